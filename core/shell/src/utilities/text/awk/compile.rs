//! Turns the syntax tree into instructions.

use std::collections::BTreeSet;

use super::arrays::{Scoped, arrays, resolve};
use super::code::{Code, Entry, Op, Place, Reading, SPECIAL, SPECIAL_ARRAYS, Separator};
use super::parse::{Wrong, parse};
use super::record::broken_pattern;
use super::syntax::{Expr, Program, Source, Statement, When};
use crate::utilities::text::regex::{Options, Pattern, Syntax};

/// Compiles a program.
pub fn compile(source: &str) -> Result<Code, Wrong> {
    let program = parse(source)?;
    let known = arrays(&program);
    let code = Code {
        globals: SPECIAL.iter().map(|name| (*name).to_owned()).collect(),
        arrays: SPECIAL_ARRAYS.iter().map(|name| (*name).to_owned()).collect(),
        ..Code::default()
    };
    let last_line = source.lines().count() + 1;
    let mut compiler = Compiler { program: &program, known, code, scope: None, loops: Vec::new(), last_line };
    compiler.program()?;
    Ok(compiler.code)
}

struct Compiler<'a> {
    program: &'a Program,
    known: BTreeSet<Scoped>,
    code: Code,
    scope: Option<usize>,
    loops: Vec<Loop>,
    last_line: usize,
}

/// Jumps out of a loop that get their target at its end.
#[derive(Default)]
struct Loop {
    breaks: Vec<usize>,
    continues: Vec<usize>,
}

type Compiled = Result<(), Wrong>;

impl Compiler<'_> {
    fn emit(&mut self, op: Op) -> usize {
        self.code.ops.push(op);
        self.code.ops.len() - 1
    }

    fn here(&self) -> usize {
        self.code.ops.len()
    }

    /// Lets the jump at `at` lead to here.
    fn land(&mut self, at: usize) {
        let here = self.here();
        match &mut self.code.ops[at] {
            Op::Jump(to)
            | Op::JumpUnless(to)
            | Op::JumpIf(to)
            | Op::JumpIfNone(to)
            | Op::NextKey(to)
            | Op::JumpIfInRange(_, to) => {
                *to = here;
            }
            _ => {}
        }
    }

    fn program(&mut self) -> Compiled {
        let program = self.program;
        self.code.functions = vec![Entry::default(); program.functions.len()];
        for (index, function) in program.functions.iter().enumerate() {
            let is_array = |parameter: &String| self.known.contains(&(Some(index), parameter.clone()));
            self.code.functions[index].parameters = function.parameters.iter().map(is_array).collect();
        }
        for (index, function) in program.functions.iter().enumerate() {
            self.code.functions[index].at = self.here();
            self.scope = Some(index);
            function.body.iter().try_for_each(|statement| self.statement(statement))?;
            self.emit(Op::Text(String::new()));
            self.emit(Op::Return);
        }
        self.scope = None;
        self.code.begin = self.section(|when| *when == When::Begin)?;
        self.code.main = self.section(|when| !matches!(when, When::Begin | When::End))?;
        self.code.end = self.section(|when| *when == When::End)?;
        Ok(())
    }

    fn section(&mut self, belongs: impl Fn(&When) -> bool) -> Result<Option<usize>, Wrong> {
        let start = self.here();
        let program = self.program;
        let mut any = false;
        for (when, body) in program.rules.iter().filter(|(when, _)| belongs(when)) {
            any = true;
            let skip = self.condition(when)?;
            match body {
                Some(body) => body.iter().try_for_each(|statement| self.statement(statement))?,
                None => {
                    self.emit(Op::Print(0, None));
                }
            }
            if let Some(skip) = skip {
                self.land(skip);
            }
        }
        self.emit(Op::Done);
        Ok(any.then_some(start))
    }

    fn condition(&mut self, when: &When) -> Result<Option<usize>, Wrong> {
        Ok(match when {
            When::Begin | When::End | When::Always => None,
            When::Holds(test) => {
                self.expr(test)?;
                Some(self.emit(Op::JumpUnless(0)))
            }
            When::Range(from, to) => {
                let range = self.code.ranges;
                self.code.ranges += 1;
                let inside = self.emit(Op::JumpIfInRange(range, 0));
                self.expr(from)?;
                let skip = self.emit(Op::JumpUnless(0));
                self.emit(Op::SetRange(range, true));
                self.land(inside);
                self.expr(to)?;
                let goes_on = self.emit(Op::JumpUnless(0));
                self.emit(Op::SetRange(range, false));
                self.land(goes_on);
                Some(skip)
            }
        })
    }

    fn place(&mut self, name: &str) -> Place {
        if let Some(scope) = self.scope
            && let Some(index) =
                self.program.functions[scope].parameters.iter().position(|parameter| parameter == name)
        {
            return Place::Local(index);
        }
        Place::Global(index_of(&mut self.code.globals, name))
    }

    fn array(&mut self, name: &str) -> Place {
        if let Some(scope) = self.scope
            && let Some(index) =
                self.program.functions[scope].parameters.iter().position(|parameter| parameter == name)
        {
            return Place::Local(index);
        }
        Place::Global(index_of(&mut self.code.arrays, name))
    }

    fn is_array(&self, name: &str) -> bool {
        self.known.contains(&resolve(&self.program.functions, self.scope, name))
    }

    fn statement(&mut self, statement: &Statement) -> Compiled {
        match statement {
            Statement::Block(inner) => inner.iter().try_for_each(|statement| self.statement(statement))?,
            Statement::Expr(expr) => {
                self.expr(expr)?;
                self.emit(Op::Pop);
            }
            Statement::Print { formatted, arguments, to } => {
                arguments.iter().try_for_each(|argument| self.expr(argument))?;
                to.iter().try_for_each(|(_, to)| self.expr(to))?;
                let to = to.as_ref().map(|(kind, _)| *kind);
                self.emit(if *formatted {
                    Op::Printf(arguments.len(), to)
                } else {
                    Op::Print(arguments.len(), to)
                });
            }
            Statement::If(test, then, otherwise) => {
                self.expr(test)?;
                let skip = self.emit(Op::JumpUnless(0));
                self.statement(then)?;
                if let Some(otherwise) = otherwise {
                    let end = self.emit(Op::Jump(0));
                    self.land(skip);
                    self.statement(otherwise)?;
                    self.land(end);
                } else {
                    self.land(skip);
                }
            }
            Statement::While(test, body) => self.for_loop(None, Some(test), None, body)?,
            Statement::For(first, test, step, body) => {
                self.for_loop(first.as_deref(), test.as_ref(), step.as_deref(), body)?;
            }
            Statement::Do(body, test) => {
                let start = self.here();
                self.loops.push(Loop::default());
                self.statement(body)?;
                self.end_continues();
                self.expr(test)?;
                self.emit(Op::JumpIf(start));
                self.end_loop();
            }
            Statement::ForIn(name, array, body) => self.for_in(name, array, body)?,
            Statement::Next => drop(self.emit(Op::Next)),
            Statement::NextFile => drop(self.emit(Op::NextFile)),
            Statement::Exit(value) => {
                value.iter().try_for_each(|value| self.expr(value))?;
                self.emit(Op::Exit(value.is_some()));
            }
            Statement::Return(value) => {
                match value {
                    Some(value) => self.expr(value)?,
                    None => drop(self.emit(Op::Text(String::new()))),
                }
                self.emit(Op::Return);
            }
            Statement::Break | Statement::Continue => {
                let jump = self.emit(Op::Jump(0));
                let is_break = *statement == Statement::Break;
                let Some(inner) = self.loops.last_mut() else {
                    let word = if is_break { "break" } else { "continue" };
                    return Err((self.last_line - 1, format!("{word} statement outside of loop")));
                };
                if is_break { inner.breaks.push(jump) } else { inner.continues.push(jump) }
            }
            Statement::Delete(array, keys) => {
                let array = self.array(array);
                match keys {
                    Some(keys) => {
                        self.keys(keys)?;
                        self.emit(Op::Delete(array));
                    }
                    None => drop(self.emit(Op::DeleteAll(array))),
                }
            }
        }
        Ok(())
    }

    fn end_continues(&mut self) {
        let continues = self.loops.last_mut().map(|inner| std::mem::take(&mut inner.continues));
        continues.into_iter().flatten().for_each(|jump| self.land(jump));
    }

    fn end_loop(&mut self) {
        let breaks = self.loops.pop().map(|inner| inner.breaks);
        breaks.into_iter().flatten().for_each(|jump| self.land(jump));
    }

    fn for_loop(
        &mut self,
        first: Option<&Statement>,
        test: Option<&Expr>,
        step: Option<&Statement>,
        body: &Statement,
    ) -> Compiled {
        first.map_or(Ok(()), |first| self.statement(first))?;
        let start = self.here();
        let leave = match test {
            Some(test) => {
                self.expr(test)?;
                Some(self.emit(Op::JumpUnless(0)))
            }
            None => None,
        };
        self.loops.push(Loop::default());
        self.statement(body)?;
        self.end_continues();
        step.map_or(Ok(()), |step| self.statement(step))?;
        self.emit(Op::Jump(start));
        self.end_loop();
        if let Some(leave) = leave {
            self.land(leave);
        }
        Ok(())
    }

    fn for_in(&mut self, name: &str, array: &str, body: &Statement) -> Compiled {
        let array = self.array(array);
        let place = self.place(name);
        self.emit(Op::Keys(array));
        let start = self.here();
        let leave = self.emit(Op::NextKey(0));
        self.emit(Op::Set(place));
        self.emit(Op::Pop);
        self.loops.push(Loop::default());
        self.statement(body)?;
        self.end_continues();
        self.emit(Op::Jump(start));
        self.end_loop();
        self.land(leave);
        self.emit(Op::EndKeys);
        Ok(())
    }

    fn keys(&mut self, keys: &[Expr]) -> Compiled {
        keys.iter().try_for_each(|key| self.expr(key))?;
        if keys.len() != 1 {
            self.emit(Op::Join(keys.len()));
        }
        Ok(())
    }

    fn both(&mut self, left: &Expr, right: &Expr, op: Op) -> Compiled {
        self.expr(left)?;
        self.expr(right)?;
        self.emit(op);
        Ok(())
    }

    fn one(&mut self, inner: &Expr, op: Op) -> Compiled {
        self.expr(inner)?;
        self.emit(op);
        Ok(())
    }

    /// A pattern as a string: a literal one is not matched against the record.
    fn pattern(&mut self, expr: &Expr) -> Compiled {
        match expr {
            Expr::Regex(source) => {
                self.check(source)?;
                self.emit(Op::Text(source.clone()));
                Ok(())
            }
            Expr::Group(inner) if inner.len() == 1 => self.pattern(&inner[0]),
            _ => self.expr(expr),
        }
    }

    fn check(&self, source: &str) -> Compiled {
        Pattern::new(source, Syntax::Awk, Options::default())
            .map(drop)
            .map_err(|message| (self.last_line - 1, broken_pattern(source, &message)))
    }

    fn expr(&mut self, expr: &Expr) -> Compiled {
        match expr {
            Expr::Number(number) => drop(self.emit(Op::Number(*number))),
            Expr::Text(text) => drop(self.emit(Op::Text(text.clone()))),
            Expr::Regex(source) => {
                self.check(source)?;
                self.emit(Op::Number(0.0));
                self.emit(Op::Field);
                self.emit(Op::Text(source.clone()));
                self.emit(Op::Match(false));
            }
            Expr::Variable(_) | Expr::Field(_) | Expr::Element(..) => {
                self.prepare(expr)?;
                self.load(expr);
            }
            Expr::Assign(target, operator, value) => {
                self.prepare(target)?;
                if operator.is_some() {
                    if !matches!(**target, Expr::Variable(_)) {
                        self.emit(Op::Dup);
                    }
                    self.load(target);
                }
                self.expr(value)?;
                if let Some(operator) = operator {
                    self.emit(Op::Arithmetic(*operator));
                }
                self.store(target);
            }
            Expr::Condition(test, then, otherwise) => {
                self.expr(test)?;
                let skip = self.emit(Op::JumpUnless(0));
                self.expr(then)?;
                let end = self.emit(Op::Jump(0));
                self.land(skip);
                self.expr(otherwise)?;
                self.land(end);
            }
            Expr::And(left, right) | Expr::Or(left, right) => {
                let or = matches!(expr, Expr::Or(..));
                self.expr(left)?;
                let short = self.emit(if or { Op::JumpIf(0) } else { Op::JumpUnless(0) });
                self.expr(right)?;
                self.emit(Op::Truth);
                let end = self.emit(Op::Jump(0));
                self.land(short);
                self.emit(Op::Number(f64::from(u8::from(or))));
                self.land(end);
            }
            Expr::Not(inner) => self.one(inner, Op::Not)?,
            Expr::Negative(inner) => self.one(inner, Op::Negative)?,
            Expr::Positive(inner) => self.one(inner, Op::Positive)?,
            Expr::Arithmetic(operator, left, right) => self.both(left, right, Op::Arithmetic(*operator))?,
            Expr::Concat(left, right) => self.both(left, right, Op::Concat)?,
            Expr::Compare(how, left, right) => self.both(left, right, Op::Compare(*how))?,
            Expr::Match { negated, text, pattern } => {
                self.expr(text)?;
                self.pattern(pattern)?;
                self.emit(Op::Match(*negated));
            }
            Expr::In(keys, array) => {
                self.keys(keys)?;
                let array = self.array(array);
                self.emit(Op::In(array));
            }
            Expr::Increment { target, by, post } => {
                self.prepare(target)?;
                let op = match &**target {
                    Expr::Variable(name) => Op::Increment(self.place(name), *by, *post),
                    Expr::Element(name, _) => Op::IncrementElement(self.array(name), *by, *post),
                    _ => Op::IncrementField(*by, *post),
                };
                self.emit(op);
            }
            Expr::Call(name, arguments) => self.call(name, arguments)?,
            Expr::Builtin(name, arguments) => self.builtin(name, arguments)?,
            Expr::Getline(source, target) => self.getline(source, target.as_deref())?,
            Expr::Group(inner) if inner.len() == 1 => self.expr(&inner[0])?,
            Expr::Group(inner) => {
                inner.iter().try_for_each(|inner| self.expr(inner))?;
                self.emit(Op::Join(inner.len()));
            }
        }
        Ok(())
    }

    /// Puts the key or the field's number on the stack, if the target has one.
    fn prepare(&mut self, target: &Expr) -> Compiled {
        match target {
            Expr::Field(index) => self.expr(index),
            Expr::Element(_, keys) => self.keys(keys),
            _ => Ok(()),
        }
    }

    fn load(&mut self, target: &Expr) {
        let op = match target {
            Expr::Variable(name) => Op::Get(self.place(name)),
            Expr::Element(name, _) => Op::Element(self.array(name)),
            _ => Op::Field,
        };
        self.emit(op);
    }

    fn store(&mut self, target: &Expr) {
        let op = match target {
            Expr::Variable(name) => Op::Set(self.place(name)),
            Expr::Element(name, _) => Op::SetElement(self.array(name)),
            _ => Op::SetField,
        };
        self.emit(op);
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) -> Compiled {
        let Some(callee) = self.program.functions.iter().position(|function| function.name == name) else {
            return Err((self.last_line, format!("function {name} never defined")));
        };
        let parameters = self.code.functions[callee].parameters.clone();
        if arguments.len() > parameters.len() {
            return Err((self.last_line - 1, format!("too many arguments in call to {name}")));
        }
        for (argument, is_array) in arguments.iter().zip(parameters) {
            match argument {
                Expr::Variable(name) if is_array => {
                    let array = self.array(name);
                    self.emit(Op::Array(array));
                }
                _ => self.expr(argument)?,
            }
        }
        self.emit(Op::Call(callee, arguments.len()));
        Ok(())
    }

    fn builtin(&mut self, name: &str, arguments: &[Expr]) -> Compiled {
        let count = arguments.len();
        let (least, most) = match name {
            "length" | "srand" | "fflush" => (0, 1),
            "rand" | "systime" => (0, 0),
            "substr" | "split" | "sub" | "gsub" => (2, 3),
            "gensub" => (3, 4),
            "index" | "match" | "atan2" => (2, 2),
            "sprintf" => (1, usize::MAX),
            _ => (1, 1),
        };
        if count < least || count > most {
            let many = if count < least { "not enough" } else { "too many" };
            return Err((self.last_line - 1, format!("{many} arguments in call to {name}")));
        }
        match (name, arguments) {
            ("length", [Expr::Variable(array)]) if self.is_array(array) => {
                let array = self.array(array);
                self.emit(Op::Length(array));
            }
            ("length", []) => {
                self.emit(Op::Number(0.0));
                self.emit(Op::Field);
                self.emit(Op::Builtin(name.to_owned(), 1));
            }
            ("split", [text, Expr::Variable(array), rest @ ..]) => {
                self.expr(text)?;
                let separator = match rest.first() {
                    None => Separator::Fields,
                    Some(Expr::Regex(_)) => Separator::Pattern,
                    Some(_) => Separator::Text,
                };
                rest.iter().try_for_each(|separator| self.pattern(separator))?;
                let array = self.array(array);
                self.emit(Op::Split(array, separator));
            }
            ("sub" | "gsub", [pattern, replacement, rest @ ..]) => {
                let record = Expr::Field(Box::new(Expr::Number(0.0)));
                self.substitution(pattern, replacement, rest.first().unwrap_or(&record), name == "gsub")?;
            }
            ("match" | "gensub", _) => {
                let at = usize::from(name == "match");
                for (index, argument) in arguments.iter().enumerate() {
                    if index == at { self.pattern(argument)? } else { self.expr(argument)? }
                }
                if name == "gensub" && count == 3 {
                    self.emit(Op::Number(0.0));
                    self.emit(Op::Field);
                }
                self.emit(Op::Builtin(name.to_owned(), count.max(if name == "gensub" { 4 } else { 2 })));
            }
            _ => {
                arguments.iter().try_for_each(|argument| self.expr(argument))?;
                self.emit(Op::Builtin(name.to_owned(), count));
            }
        }
        Ok(())
    }

    fn substitution(&mut self, pattern: &Expr, replacement: &Expr, target: &Expr, every: bool) -> Compiled {
        let keyed = matches!(target, Expr::Field(_) | Expr::Element(..));
        let assignable = keyed || matches!(target, Expr::Variable(_));
        if assignable {
            self.prepare(target)?;
            if keyed {
                self.emit(Op::Dup);
            }
            self.load(target);
        } else {
            self.expr(target)?;
        }
        self.pattern(pattern)?;
        self.expr(replacement)?;
        self.emit(Op::Substitute(every));
        let none = self.emit(Op::JumpIfNone(0));
        if assignable {
            self.store(target);
        }
        self.emit(Op::Pop);
        let end = self.emit(Op::Jump(0));
        self.land(none);
        if keyed {
            self.emit(Op::Pop);
        }
        self.land(end);
        self.emit(Op::Outcome);
        Ok(())
    }

    fn getline(&mut self, source: &Source, target: Option<&Expr>) -> Compiled {
        target.map_or(Ok(()), |target| self.prepare(target))?;
        let reading = match source {
            Source::Input => Reading::Input,
            Source::File(file) => {
                self.expr(file)?;
                Reading::File
            }
            Source::Command(command) => {
                self.expr(command)?;
                Reading::Command
            }
        };
        self.emit(Op::Getline(reading));
        let none = self.emit(Op::JumpIfNone(0));
        match target {
            Some(target) => self.store(target),
            None => drop(self.emit(Op::SetRecord)),
        }
        self.emit(Op::Pop);
        let end = self.emit(Op::Jump(0));
        self.land(none);
        if matches!(target, Some(Expr::Field(_) | Expr::Element(..))) {
            self.emit(Op::Pop);
        }
        self.land(end);
        self.emit(Op::Outcome);
        Ok(())
    }
}

fn index_of(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
