//! From a template's text to its nodes.

use serde_json::Value;

use super::functions;

/// A piece of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Action(Pipe),
    Branch(Branch),
    Break,
    Continue,
}

/// `{{if}}`, `{{range}}` or `{{with}}` up to its `{{end}}`.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub word: Word,
    pub pipe: Pipe,
    pub body: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// What kind of branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    If,
    Range,
    With,
}

/// `$x := a | b`.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    pub variables: Vec<String>,
    /// The variables are there already.
    pub assigns: bool,
    pub commands: Vec<Command>,
}

/// A function or value with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub position: usize,
    pub operands: Vec<Operand>,
}

/// One operand.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub position: usize,
    /// As Go prints it in errors.
    pub text: String,
    pub term: Term,
    /// Fields of the term.
    pub fields: Vec<String>,
}

/// What an operand starts with.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Dot,
    Nil,
    Constant(Value),
    Variable(String),
    Function(String),
    Pipe(Pipe),
}

/// Why a text is no template.
#[derive(Clone, Debug)]
pub(super) struct ParseError {
    pub position: usize,
    pub message: String,
}

type Result<T> = std::result::Result<T, ParseError>;
/// A token with its place in the text.
type Placed = (usize, Token);

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Space,
    Field(String),
    Dot,
    Word(String),
    Variable(String),
    Constant(Value, String),
    Symbol(&'static str),
}

enum Piece {
    Text(String),
    Action { position: usize, tokens: Vec<Placed> },
}

/// Parses a whole template.
pub(super) fn template(text: &str) -> Result<Vec<Node>> {
    let pieces = split(text)?;
    let mut parser =
        Parser { pieces: &pieces, next: 0, variables: vec!["$".to_owned()], loops: 0, end: text.len() };
    let (nodes, closed) = parser.list()?;
    match closed {
        None => Ok(nodes),
        Some(closing) => Err(ParseError {
            position: closing.position,
            message: format!("unexpected {{{{{}}}}}", closing.word),
        }),
    }
}

fn split(text: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let (mut at, mut trims) = (0, false);
    while let Some(found) = text[at..].find("{{") {
        let start = at + found;
        let mut inside = start + 2;
        let mut before = &text[at..start];
        if trims {
            before = before.trim_start();
        }
        if is_trim(&text[inside..]) {
            before = before.trim_end();
            inside += 2;
        }
        pieces.push(Piece::Text(before.to_owned()));
        if text[inside..].starts_with("/*") {
            let end = text[inside..].find("*/").map(|end| inside + end + 2);
            let end = end.ok_or_else(|| wrong(start, "unclosed comment"))?;
            trims = text[end..].starts_with(" -}}");
            at = end + if trims { 4 } else { 2 };
            if !text[end..].starts_with(if trims { " -}}" } else { "}}" }) {
                return Err(wrong(start, "comment ends before closing delimiter"));
            }
            continue;
        }
        let (tokens, end, cut) = tokens(text, inside)?;
        pieces.push(Piece::Action { position: start, tokens });
        (at, trims) = (end, cut);
    }
    let rest = &text[at..];
    pieces.push(Piece::Text(if trims { rest.trim_start() } else { rest }.to_owned()));
    Ok(pieces)
}

fn is_trim(text: &str) -> bool {
    text.starts_with('-') && text[1..].starts_with(char::is_whitespace)
}

fn wrong(position: usize, message: impl Into<String>) -> ParseError {
    ParseError { position, message: message.into() }
}

const SYMBOLS: &[&str] = &[":=", "=", "(", ")", "|", ","];

/// The tokens of an action, where it ends, and whether it trims what follows.
fn tokens(text: &str, mut at: usize) -> Result<(Vec<Placed>, usize, bool)> {
    let mut tokens = Vec::new();
    loop {
        let rest = &text[at..];
        let Some(letter) = rest.chars().next() else {
            // A dot that nothing follows is met before the end is.
            let dot = text.ends_with('.') && matches!(tokens.as_slice(), [.., (_, Token::Field(_)), _]);
            return Err(wrong(at, if dot { "unexpected \".\" in operand" } else { "unclosed action" }));
        };
        if rest.starts_with("}}") {
            return Ok((tokens, at + 2, false));
        }
        if letter.is_whitespace() {
            let trimmed = rest.trim_start();
            if trimmed.starts_with("-}}") {
                return Ok((tokens, text.len() - trimmed.len() + 3, true));
            }
            tokens.push((at, Token::Space));
            at = text.len() - trimmed.len();
            continue;
        }
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push((at, Token::Symbol(symbol)));
            at += symbol.len();
            continue;
        }
        let adjacent =
            matches!(tokens.last(), Some((_, Token::Field(_) | Token::Word(_) | Token::Variable(_))));
        let unknown = if adjacent { "bad character" } else { "unrecognized character in action:" };
        let unknown = || format!("{unknown} U+{:04X} '{letter}'", u32::from(letter));
        let (token, length) = token(rest, letter, unknown).map_err(|message| wrong(at, message))?;
        tokens.push((at, token));
        at += length;
    }
}

fn token(
    rest: &str,
    letter: char,
    unknown: impl Fn() -> String,
) -> std::result::Result<(Token, usize), String> {
    let word = |from: usize| {
        let end = rest[from..].find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        end.map_or(rest.len(), |end| from + end)
    };
    match letter {
        '"' => text_constant(rest),
        '\'' => match rest.chars().nth(1).filter(|_| rest.chars().nth(2) == Some('\'')) {
            Some(inner) => {
                let length = 2 + inner.len_utf8();
                Ok((Token::Constant(u32::from(inner).into(), rest[..length].to_owned()), length))
            }
            None => Err("unterminated character constant".to_owned()),
        },
        '`' => {
            let end = rest[1..].find('`').ok_or("unterminated raw quoted string")? + 2;
            Ok((Token::Constant(rest[1..end - 1].into(), rest[..end].to_owned()), end))
        }
        '$' => Ok((Token::Variable(rest[..word(1)].to_owned()), word(1))),
        '.' if !rest[1..].starts_with(|letter: char| letter.is_ascii_digit()) => match word(1) {
            1 => Ok((Token::Dot, 1)),
            end => Ok((Token::Field(rest[1..end].to_owned()), end)),
        },
        '0'..='9' | '+' | '-' | '.' => {
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && !"+-._".contains(letter));
            let text = &rest[..end.unwrap_or(rest.len())];
            let value = number(text).ok_or_else(|| format!("bad number syntax: {text:?}"))?;
            Ok((Token::Constant(value, text.to_owned()), text.len()))
        }
        letter if letter.is_alphabetic() || letter == '_' => {
            Ok((Token::Word(rest[..word(0)].to_owned()), word(0)))
        }
        _ => Err(unknown()),
    }
}

/// A whole number, also by 16, or a float; one without a fraction counts as whole.
fn number(text: &str) -> Option<Value> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().map(Value::from);
    }
    text.parse::<i64>().map(Value::from).ok().or_else(|| text.parse::<f64>().map(Value::from).ok())
}

/// A text in double quotes.
fn text_constant(rest: &str) -> std::result::Result<(Token, usize), String> {
    let mut value = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((index, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Token::Constant(value.into(), rest[..=index].to_owned()), index + 1)),
            '\n' => break,
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, other)) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("unterminated quoted string".to_owned())
}

/// What ends a list of nodes: `end`, or `else` with what stands behind it.
struct Closing<'a> {
    position: usize,
    word: String,
    rest: &'a [Placed],
}

struct Parser<'a> {
    pieces: &'a [Piece],
    next: usize,
    variables: Vec<String>,
    loops: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    fn list(&mut self) -> Result<(Vec<Node>, Option<Closing<'a>>)> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.next) {
            self.next += 1;
            match piece {
                Piece::Text(text) if text.is_empty() => {}
                Piece::Text(text) => nodes.push(Node::Text(text.clone())),
                Piece::Action { position, tokens } => {
                    let position = *position;
                    let tokens = trimmed(tokens);
                    let word = match tokens.first() {
                        Some((_, Token::Word(word))) => word.as_str(),
                        _ => "",
                    };
                    match word {
                        "end" | "else" => {
                            let rest = trimmed(&tokens[1..]);
                            return Ok((nodes, Some(Closing { position, word: word.to_owned(), rest })));
                        }
                        "if" => nodes.push(self.branch(Word::If, position, &tokens[1..])?),
                        "range" => nodes.push(self.branch(Word::Range, position, &tokens[1..])?),
                        "with" => nodes.push(self.branch(Word::With, position, &tokens[1..])?),
                        "break" | "continue" if self.loops == 0 => {
                            return Err(wrong(position, format!("{{{{{word}}}}} outside {{{{range}}}}")));
                        }
                        "break" => nodes.push(Node::Break),
                        "continue" => nodes.push(Node::Continue),
                        "define" | "template" | "block" => {
                            return Err(wrong(
                                position,
                                format!("{{{{{word}}}}} is not supported in this cluster yet"),
                            ));
                        }
                        _ => nodes.push(Node::Action(self.pipe(position, tokens, "command")?)),
                    }
                }
            }
        }
        Ok((nodes, None))
    }

    fn branch(&mut self, word: Word, position: usize, tokens: &'a [Placed]) -> Result<Node> {
        let outer = self.variables.len();
        let name = match word {
            Word::If => "if",
            Word::Range => "range",
            Word::With => "with",
        };
        let pipe = self.pipe(position, tokens, name)?;
        self.loops += usize::from(word == Word::Range);
        let (body, closing) = self.list()?;
        self.loops -= usize::from(word == Word::Range);
        let closing = closing.ok_or_else(|| wrong(self.end, "unexpected EOF"))?;
        let mut otherwise = Vec::new();
        if closing.word == "else" {
            match closing.rest.first() {
                None => {
                    let (nodes, closing) = self.list()?;
                    let closing = closing.ok_or_else(|| wrong(self.end, "unexpected EOF"))?;
                    if closing.word != "end" {
                        return Err(wrong(closing.position, "expected end; found {{else}}"));
                    }
                    otherwise = nodes;
                }
                // `else if` ends with the same `end`.
                Some((_, Token::Word(next))) if next == name && word != Word::Range => {
                    otherwise.push(self.branch(word, closing.position, &closing.rest[1..])?);
                }
                Some(_) => return Err(wrong(closing.position, "unexpected command in else")),
            }
        }
        self.variables.truncate(outer);
        Ok(Node::Branch(Branch { word, pipe, body, otherwise }))
    }

    fn pipe(&mut self, position: usize, tokens: &[Placed], context: &str) -> Result<Pipe> {
        let (variables, assigns, tokens) = self.declaration(position, tokens, context == "range")?;
        let mut commands = Vec::new();
        let mut rest = trimmed(tokens);
        if rest.is_empty() {
            return Err(wrong(position, format!("missing value for {context}")));
        }
        loop {
            let split = top_level_pipe(rest);
            let own = trimmed(split.map_or(rest, |at| &rest[..at]));
            if own.is_empty() {
                return Err(wrong(position, "missing value for command"));
            }
            commands.push(self.command(own)?);
            match split {
                Some(at) => rest = trimmed(&rest[at + 1..]),
                None => break,
            }
        }
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipe { variables, assigns, commands })
    }

    /// `$x :=`, `$x =`, and in `range` `$i, $x :=`.
    fn declaration<'t>(
        &self,
        position: usize,
        tokens: &'t [Placed],
        two: bool,
    ) -> Result<(Vec<String>, bool, &'t [Placed])> {
        let sign = tokens.iter().position(|(_, token)| matches!(token, Token::Symbol(":=" | "=")));
        let Some(sign) = sign else { return Ok((Vec::new(), false, tokens)) };
        let mut names = Vec::new();
        for (_, token) in &tokens[..sign] {
            match token {
                Token::Variable(name) => names.push(name.clone()),
                Token::Space | Token::Symbol(",") => {}
                _ => return Err(wrong(position, "unexpected \":=\" in operand")),
            }
        }
        if names.is_empty() || names.len() > if two { 2 } else { 1 } {
            return Err(wrong(position, "too many declarations in command"));
        }
        let assigns = tokens[sign].1 == Token::Symbol("=");
        if assigns && let Some(unknown) = names.iter().find(|name| !self.variables.contains(name)) {
            return Err(wrong(position, format!("undefined variable {unknown:?}")));
        }
        Ok((names, assigns, &tokens[sign + 1..]))
    }

    fn command(&mut self, tokens: &[Placed]) -> Result<Command> {
        let mut operands = Vec::new();
        let mut at = 0;
        while let Some((position, token)) = tokens.get(at) {
            if *token == Token::Space {
                at += 1;
                continue;
            }
            let (mut operand, next) = self.operand(*position, token, tokens, at)?;
            at = next;
            let mut chained = matches!(operand.term, Term::Dot) && !operand.fields.is_empty();
            while let Some((position, Token::Field(name))) = tokens.get(at) {
                if operand.fields.is_empty() || chained {
                    operand.position = *position;
                    chained = false;
                }
                operand.text.push_str(&format!(".{name}"));
                operand.fields.push(name.clone());
                at += 1;
            }
            operands.push(operand);
        }
        let position = tokens.first().map_or(0, |(position, _)| *position);
        Ok(Command { position, operands })
    }

    fn operand(
        &mut self,
        position: usize,
        token: &Token,
        tokens: &[Placed],
        at: usize,
    ) -> Result<(Operand, usize)> {
        let made = |text: String, term: Term| Operand { position, text, term, fields: Vec::new() };
        let operand = match token {
            Token::Field(name) => {
                Operand { fields: vec![name.clone()], ..made(format!(".{name}"), Term::Dot) }
            }
            Token::Dot => made(".".to_owned(), Term::Dot),
            Token::Variable(name) if self.variables.contains(name) => {
                made(name.clone(), Term::Variable(name.clone()))
            }
            Token::Variable(name) => return Err(wrong(position, format!("undefined variable {name:?}"))),
            Token::Constant(value, text) => made(text.clone(), Term::Constant(value.clone())),
            Token::Word(word) => made(
                word.clone(),
                match word.as_str() {
                    "true" => Term::Constant(true.into()),
                    "false" => Term::Constant(false.into()),
                    "nil" => Term::Nil,
                    name if functions::is_known(name) => Term::Function(name.to_owned()),
                    name => return Err(wrong(position, format!("function {name:?} not defined"))),
                },
            ),
            Token::Symbol("(") => {
                let end = closing_paren(tokens, at).ok_or_else(|| wrong(position, "unclosed left paren"))?;
                let pipe = self.pipe(position, &tokens[at + 1..end], "parenthesized pipeline")?;
                let text = format!("({})", pipe_text(&pipe));
                return Ok((made(text, Term::Pipe(pipe)), end + 1));
            }
            Token::Symbol(symbol) => {
                return Err(wrong(position, format!("unexpected {symbol:?} in command")));
            }
            Token::Space => return Err(wrong(position, "unexpected space in command")),
        };
        Ok((operand, at + 1))
    }
}

impl Command {
    /// As Go prints it in errors.
    pub(super) fn text(&self) -> String {
        self.operands.iter().map(|operand| operand.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn pipe_text(pipe: &Pipe) -> String {
    pipe.commands.iter().map(Command::text).collect::<Vec<_>>().join(" | ")
}

fn trimmed(mut tokens: &[Placed]) -> &[Placed] {
    while let [(_, Token::Space), rest @ ..] = tokens {
        tokens = rest;
    }
    while let [rest @ .., (_, Token::Space)] = tokens {
        tokens = rest;
    }
    tokens
}

fn top_level_pipe(tokens: &[Placed]) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|(_, token)| {
        match token {
            Token::Symbol("(") => depth += 1,
            Token::Symbol(")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Symbol("|")
    })
}

fn closing_paren(tokens: &[Placed], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (index, (_, token)) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Symbol("(") => depth += 1,
            Token::Symbol(")") => {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}
