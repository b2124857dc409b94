//! Reads awk programs.

use super::lex::{Token, tokens};
use super::syntax::{Comparison, Expr, Function, Program, Redirection, Source, Statement, When};

/// A line and what is wrong there.
pub type Wrong = (usize, String);
type Parsed<T> = Result<T, Wrong>;

/// Reads a program.
pub fn parse(source: &str) -> Parsed<Program> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, no_in: false, no_greater: false, depth: 0 };
    parser.program()
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    /// In the head of a `for`, where `in` is not an operator.
    no_in: bool,
    /// In the arguments of print, where `>` is a redirection.
    no_greater: bool,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Wrong {
        let (token, line) = &self.tokens[self.at.min(self.tokens.len() - 1)];
        let text = match token {
            Token::Number(number) => number.to_string(),
            Token::Text(text) => format!("\"{text}\""),
            Token::Regex(text) => format!("/{text}/"),
            Token::Name(name, _) | Token::Builtin(name) => name.clone(),
            Token::Symbol(symbol) => (*symbol).to_owned(),
            Token::Newline | Token::End => "end of line".to_owned(),
        };
        (*line, format!("syntax error at or near {text}"))
    }

    fn newlines(&mut self) {
        while matches!(self.peek(), Token::Newline) {
            self.at += 1;
        }
    }

    fn separators(&mut self) {
        while matches!(self.peek(), Token::Newline | Token::Symbol(";")) {
            self.at += 1;
        }
    }

    fn name(&mut self) -> Parsed<String> {
        let Token::Name(name, _) = self.peek().clone() else { return Err(self.unexpected()) };
        self.at += 1;
        Ok(name)
    }

    fn program(&mut self) -> Parsed<Program> {
        let mut program = Program::default();
        loop {
            self.separators();
            if matches!(self.peek(), Token::End) {
                return Ok(program);
            }
            if self.take("function") {
                let function = self.function()?;
                program.functions.push(function);
                continue;
            }
            let when = if self.take("BEGIN") {
                When::Begin
            } else if self.take("END") {
                When::End
            } else if self.is("{") {
                When::Always
            } else {
                let from = self.expression()?;
                if self.take(",") {
                    self.newlines();
                    When::Range(from, self.expression()?)
                } else {
                    When::Holds(from)
                }
            };
            let body = if self.is("{") { Some(self.block()?) } else { None };
            if body.is_none() && matches!(when, When::Begin | When::End) {
                return Err(self.unexpected());
            }
            if self.is("}") {
                return Err((self.tokens[self.at].1, "extra '}'".to_owned()));
            }
            if body.is_none() && !matches!(self.peek(), Token::Newline | Token::End | Token::Symbol(";")) {
                return Err(self.unexpected());
            }
            program.rules.push((when, body));
        }
    }

    fn function(&mut self) -> Parsed<Function> {
        let name = self.name()?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.take(")") {
            self.newlines();
            parameters.push(self.name()?);
            self.take(",");
            self.newlines();
        }
        self.newlines();
        let body = self.block()?;
        Ok(Function { name, parameters, body })
    }

    fn block(&mut self) -> Parsed<Vec<Statement>> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.separators();
            if self.take("}") {
                return Ok(statements);
            }
            if matches!(self.peek(), Token::End) {
                return Err((
                    self.tokens[self.tokens.len() - 1].1 + 1,
                    "missing } near end of file".to_owned(),
                ));
            }
            statements.push(self.statement()?);
        }
    }

    /// A statement that another one governs.
    fn inner(&mut self) -> Parsed<Box<Statement>> {
        self.newlines();
        if self.take(";") {
            return Ok(Box::new(Statement::Block(Vec::new())));
        }
        Ok(Box::new(self.statement()?))
    }

    fn end(&mut self) -> Parsed<()> {
        match self.peek() {
            Token::Newline | Token::Symbol(";") => {
                self.at += 1;
                Ok(())
            }
            Token::Symbol("}") | Token::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper()?;
        let statement = self.any_statement();
        self.depth -= 1;
        statement
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > 100 {
            Err((self.tokens[self.at].1, "program too deeply nested".to_owned()))
        } else {
            Ok(())
        }
    }

    fn any_statement(&mut self) -> Parsed<Statement> {
        if self.is("{") {
            return Ok(Statement::Block(self.block()?));
        }
        for (keyword, simple) in [
            ("next", Statement::Next),
            ("nextfile", Statement::NextFile),
            ("break", Statement::Break),
            ("continue", Statement::Continue),
        ] {
            if self.take(keyword) {
                self.end()?;
                return Ok(simple);
            }
        }
        if self.take("if") {
            return self.if_statement();
        }
        if self.take("while") {
            self.expect("(")?;
            let condition = self.expression()?;
            self.expect(")")?;
            return Ok(Statement::While(condition, self.inner()?));
        }
        if self.take("do") {
            let body = self.inner()?;
            self.separators();
            self.expect("while")?;
            self.expect("(")?;
            let condition = self.expression()?;
            self.expect(")")?;
            self.end()?;
            return Ok(Statement::Do(body, condition));
        }
        if self.take("for") {
            return self.for_statement();
        }
        for (keyword, make) in
            [("exit", Statement::Exit as fn(_) -> _), ("return", Statement::Return as fn(_) -> _)]
        {
            if self.take(keyword) {
                let ends = matches!(self.peek(), Token::Newline | Token::End | Token::Symbol(";" | "}"));
                let value = if ends { None } else { Some(self.expression()?) };
                self.end()?;
                return Ok(make(value));
            }
        }
        let simple = self.simple_statement()?;
        self.end()?;
        Ok(simple)
    }

    fn if_statement(&mut self) -> Parsed<Statement> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        let then = self.inner()?;
        let before = self.at;
        self.separators();
        if self.take("else") {
            return Ok(Statement::If(condition, then, Some(self.inner()?)));
        }
        self.at = before;
        Ok(Statement::If(condition, then, None))
    }

    fn for_statement(&mut self) -> Parsed<Statement> {
        self.expect("(")?;
        let next = |ahead: usize| self.tokens.get(self.at + ahead).map(|(token, _)| token);
        if let (
            Some(Token::Name(name, _)),
            Some(Token::Symbol("in")),
            Some(Token::Name(array, _)),
            Some(Token::Symbol(")")),
        ) = (next(0), next(1), next(2), next(3))
        {
            let (name, array) = (name.clone(), array.clone());
            self.at += 4;
            return Ok(Statement::ForIn(name, array, self.inner()?));
        }
        let first = if self.is(";") { None } else { Some(Box::new(self.simple_statement()?)) };
        self.expect(";")?;
        self.newlines();
        let condition = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        self.newlines();
        let step = if self.is(")") { None } else { Some(Box::new(self.simple_statement()?)) };
        self.expect(")")?;
        Ok(Statement::For(first, condition, step, self.inner()?))
    }

    fn simple_statement(&mut self) -> Parsed<Statement> {
        for formatted in [false, true] {
            if self.take(if formatted { "printf" } else { "print" }) {
                return self.print(formatted);
            }
        }
        if self.take("delete") {
            let array = self.name()?;
            let keys = if self.take("[") {
                let keys = self.list("]")?;
                Some(keys)
            } else {
                None
            };
            return Ok(Statement::Delete(array, keys));
        }
        Ok(Statement::Expr(self.expression()?))
    }

    fn print(&mut self, formatted: bool) -> Parsed<Statement> {
        let mut arguments = Vec::new();
        let before = std::mem::replace(&mut self.no_greater, true);
        let ends = |token: &Token| {
            matches!(token, Token::Newline | Token::End | Token::Symbol(";" | "}" | ">" | ">>" | "|"))
        };
        if !ends(self.peek()) {
            arguments.push(self.expression()?);
            while self.take(",") {
                self.newlines();
                arguments.push(self.expression()?);
            }
        }
        self.no_greater = before;
        if let [Expr::Group(_)] = arguments.as_slice()
            && let Some(Expr::Group(inner)) = arguments.pop()
        {
            arguments = inner;
        }
        if formatted && arguments.is_empty() {
            return Err(self.unexpected());
        }
        let mut to = None;
        for (symbol, kind) in
            [(">", Redirection::Write), (">>", Redirection::Append), ("|", Redirection::Pipe)]
        {
            if self.take(symbol) {
                let before = std::mem::replace(&mut self.no_greater, true);
                to = Some((kind, self.expression()?));
                self.no_greater = before;
                break;
            }
        }
        Ok(Statement::Print { formatted, arguments, to })
    }

    fn list(&mut self, close: &str) -> Parsed<Vec<Expr>> {
        let before = (std::mem::take(&mut self.no_in), std::mem::take(&mut self.no_greater));
        let mut list = Vec::new();
        self.newlines();
        while !self.take(close) {
            if !list.is_empty() {
                self.expect(",")?;
                self.newlines();
            }
            list.push(self.expression()?);
            self.newlines();
        }
        (self.no_in, self.no_greater) = before;
        Ok(list)
    }

    fn expression(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let expression = self.ternary();
        self.depth -= 1;
        expression
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let condition = self.or()?;
        if self.take("?") {
            self.newlines();
            let then = self.expression()?;
            self.newlines();
            self.expect(":")?;
            self.newlines();
            let otherwise = self.expression()?;
            return Ok(Expr::Condition(Box::new(condition), Box::new(then), Box::new(otherwise)));
        }
        self.assignment(condition)
    }

    fn assignment(&mut self, target: Expr) -> Parsed<Expr> {
        let operators = [
            ("=", None),
            ("+=", Some('+')),
            ("-=", Some('-')),
            ("*=", Some('*')),
            ("/=", Some('/')),
            ("%=", Some('%')),
            ("^=", Some('^')),
        ];
        let Some((_, operator)) = operators.into_iter().find(|(symbol, _)| self.is(symbol)) else {
            return Ok(target);
        };
        // `a == b = c` and `1 + x = 2` assign to their right end, as awk's grammar has it.
        match target {
            Expr::Variable(_) | Expr::Field(_) | Expr::Element(..) => {
                self.at += 1;
                self.newlines();
                let value = self.expression()?;
                Ok(Expr::Assign(Box::new(target), operator, Box::new(value)))
            }
            Expr::And(left, right) => Ok(Expr::And(left, Box::new(self.assignment(*right)?))),
            Expr::Or(left, right) => Ok(Expr::Or(left, Box::new(self.assignment(*right)?))),
            Expr::Not(inner) => Ok(Expr::Not(Box::new(self.assignment(*inner)?))),
            Expr::Compare(how, left, right) => {
                Ok(Expr::Compare(how, left, Box::new(self.assignment(*right)?)))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.take("||") {
            self.newlines();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.membership()?;
        while self.take("&&") {
            self.newlines();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Parsed<Expr> {
        let mut left = self.matching()?;
        while !self.no_in && self.take("in") {
            let array = self.name()?;
            let keys = if let Expr::Group(keys) = left { keys } else { vec![left] };
            left = Expr::In(keys, array);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parsed<Expr> {
        let mut left = self.comparison()?;
        loop {
            let negated = self.is("!~");
            if !negated && !self.is("~") {
                return Ok(left);
            }
            self.at += 1;
            let pattern = self.comparison()?;
            left = Expr::Match { negated, text: Box::new(left), pattern: Box::new(pattern) };
        }
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let mut left = self.concatenation()?;
        loop {
            let how = match self.peek() {
                Token::Symbol("<") => Comparison::Less,
                Token::Symbol("<=") => Comparison::LessEqual,
                Token::Symbol("==") => Comparison::Equal,
                Token::Symbol("!=") => Comparison::NotEqual,
                Token::Symbol(">") if !self.no_greater => Comparison::Greater,
                Token::Symbol(">=") => Comparison::GreaterEqual,
                Token::Symbol("|")
                    if matches!(self.tokens.get(self.at + 1), Some((Token::Symbol("getline"), _))) =>
                {
                    self.at += 2;
                    let target = self.target()?;
                    left = Expr::Getline(Source::Command(Box::new(left)), target);
                    continue;
                }
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.concatenation()?;
            left = Expr::Compare(how, Box::new(left), Box::new(right));
        }
    }

    fn starts_operand(&self) -> bool {
        match self.peek() {
            Token::Number(_) | Token::Text(_) | Token::Regex(_) | Token::Name(..) | Token::Builtin(_) => true,
            Token::Symbol(symbol) => matches!(*symbol, "$" | "!" | "(" | "-" | "+" | "++" | "--"),
            _ => false,
        }
    }

    fn concatenation(&mut self) -> Parsed<Expr> {
        let mut left = self.additive()?;
        while self.starts_operand() {
            let right = self.additive()?;
            left = Expr::Concat(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn additive(&mut self) -> Parsed<Expr> {
        let mut left = self.multiplicative()?;
        loop {
            let operator = if self.take("+") {
                '+'
            } else if self.take("-") {
                '-'
            } else {
                return Ok(left);
            };
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.multiplicative()?));
        }
    }

    fn multiplicative(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek() {
                Token::Symbol("*") => '*',
                Token::Symbol("/") => '/',
                Token::Symbol("%") => '%',
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let expression = if self.take("!") {
            self.unary().map(|inner| Expr::Not(Box::new(inner)))
        } else if self.take("-") {
            self.unary().map(|inner| Expr::Negative(Box::new(inner)))
        } else if self.take("+") {
            self.unary().map(|inner| Expr::Positive(Box::new(inner)))
        } else {
            self.power()
        };
        self.depth -= 1;
        expression
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.postfix()?;
        if self.take("^") {
            // Right-associative, and a sign may follow.
            let exponent = self.unary()?;
            return Ok(Expr::Arithmetic('^', Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let expression = self.primary()?;
        if matches!(expression, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
            for (symbol, by) in [("++", 1.0), ("--", -1.0)] {
                if self.take(symbol) {
                    return Ok(Expr::Increment { target: Box::new(expression), by, post: true });
                }
            }
        }
        Ok(expression)
    }

    fn target(&mut self) -> Parsed<Option<Box<Expr>>> {
        if !matches!(self.peek(), Token::Name(..) | Token::Symbol("$")) {
            return Ok(None);
        }
        Ok(Some(Box::new(self.primary()?)))
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.peek().clone();
        let start = self.at;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expr::Number(number)),
            Token::Text(text) => Ok(Expr::Text(text)),
            Token::Regex(text) => Ok(Expr::Regex(text)),
            Token::Builtin(name) => {
                let arguments = if self.take("(") {
                    self.list(")")?
                } else if name == "length" {
                    Vec::new()
                } else {
                    return Err(self.unexpected());
                };
                Ok(Expr::Builtin(name, arguments))
            }
            Token::Name(name, true) => {
                self.at += 1;
                Ok(Expr::Call(name, self.list(")")?))
            }
            Token::Name(name, false) => {
                if self.take("[") {
                    return Ok(Expr::Element(name, self.list("]")?));
                }
                Ok(Expr::Variable(name))
            }
            Token::Symbol("$") => {
                for (symbol, by) in [("++", 1.0), ("--", -1.0)] {
                    if self.take(symbol) {
                        let target = self.primary()?;
                        return Ok(Expr::Field(Box::new(Expr::Increment {
                            target: Box::new(target),
                            by,
                            post: false,
                        })));
                    }
                }
                if self.take("-") {
                    return Ok(Expr::Field(Box::new(Expr::Negative(Box::new(self.primary()?)))));
                }
                Ok(Expr::Field(Box::new(self.primary()?)))
            }
            Token::Symbol(sign @ ("++" | "--")) => {
                let target = self.primary()?;
                if !matches!(target, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
                    return Err(self.unexpected());
                }
                Ok(Expr::Increment {
                    target: Box::new(target),
                    by: if sign == "++" { 1.0 } else { -1.0 },
                    post: false,
                })
            }
            Token::Symbol("(") => {
                let mut inner = self.list(")")?;
                match inner.len() {
                    0 => Err(self.unexpected()),
                    1 => Ok(Expr::Group(vec![inner.remove(0)])),
                    _ => Ok(Expr::Group(inner)),
                }
            }
            Token::Symbol("getline") => {
                let target = self.target()?;
                if self.take("<") {
                    let file = self.postfix()?;
                    return Ok(Expr::Getline(Source::File(Box::new(file)), target));
                }
                Ok(Expr::Getline(Source::Input, target))
            }
            _ => {
                self.at = start;
                Err(self.unexpected())
            }
        }
    }
}
