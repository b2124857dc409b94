//! Reads sed scripts.

use serde::{Deserialize, Serialize};

use super::super::regex::{Options, Pattern, Piece, Syntax};

/// An address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Address {
    /// This line.
    Line(u64),
    /// Every `step`th line from `first`.
    Step { first: u64, step: u64 },
    /// The last line.
    Last,
    /// A line that matches.
    Match(Pattern),
    /// As an end: so many lines further.
    Plus(u64),
    /// As an end: the next line whose number is a multiple.
    Multiple(u64),
}

/// A command with its addresses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The only or first address.
    pub from: Option<Address>,
    /// The end of a range.
    pub to: Option<Address>,
    /// `!`
    pub negated: bool,
    /// What it does.
    pub action: Action,
    /// Where its range stands.
    pub range: Range,
}

/// The state of a command's range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Range {
    /// It has not begun, or has ended.
    Closed,
    /// It lasts until a line matches.
    Open,
    /// It lasts until this line.
    Until(u64),
}

/// What a command does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Action {
    /// `{`: jumps behind its `}` if not selected.
    Block(usize),
    /// `}`, `:label`, comments.
    Nothing,
    /// `b`, to a command; past the end if there is no label.
    Branch(usize),
    /// `t` (after a substitution) or `T` (after none).
    Test { to: usize, substituted: bool },
    /// `s`
    Substitute(Box<Substitution>),
    /// `y`
    Translate(Vec<(char, char)>),
    /// `a`, `i`, `c`
    Text(char, String),
    /// `q`, `Q` with a status.
    Quit { print: bool, status: i32 },
    /// `r`
    Read(String),
    /// `w`
    Write(String),
    /// A command of one letter.
    Simple(char),
}

/// `s/pattern/replacement/flags`
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Substitution {
    pub pattern: Pattern,
    pub replacement: Vec<Piece>,
    pub every: bool,
    pub number: usize,
    pub print: bool,
    pub file: Option<String>,
}

/// A script, or what is wrong with it after how many characters.
pub fn parse(script: &str, extended: bool) -> Result<Vec<Command>, (usize, String)> {
    let mut parser = Parser {
        letters: script.chars().collect(),
        at: 0,
        extended,
        last: None,
        commands: Vec::new(),
        blocks: Vec::new(),
        labels: Vec::new(),
        jumps: Vec::new(),
    };
    parser.script().map_err(|message| (parser.at, message))?;
    parser.link()?;
    Ok(parser.commands)
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    extended: bool,
    last: Option<Pattern>,
    commands: Vec<Command>,
    blocks: Vec<usize>,
    labels: Vec<(String, usize)>,
    jumps: Vec<(usize, String)>,
}

type Parsed<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek();
        self.at += 1;
        letter
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&skipped) {
            self.at += 1;
        }
    }

    fn script(&mut self) -> Parsed<()> {
        loop {
            self.skip(|letter| letter.is_whitespace() || letter == ';');
            if self.peek().is_none() {
                return Ok(());
            }
            self.command()?;
        }
    }

    fn link(&mut self) -> Result<(), (usize, String)> {
        if !self.blocks.is_empty() {
            return Err((0, "unmatched `{'".to_owned()));
        }
        for (command, label) in std::mem::take(&mut self.jumps) {
            let target = match self.labels.iter().find(|(known, _)| *known == label) {
                Some((_, target)) => *target,
                None if label.is_empty() => usize::MAX,
                None => return Err((usize::MAX, format!("can't find label for jump to `{label}'"))),
            };
            match &mut self.commands[command].action {
                Action::Branch(to) | Action::Test { to, .. } => *to = target,
                _ => {}
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<()> {
        let from = self.address(false)?;
        let mut to = None;
        self.skip(|letter| letter == ' ');
        if from.is_some() && self.peek() == Some(',') {
            self.at += 1;
            self.skip(|letter| letter == ' ');
            to = self.address(true)?;
            if to.is_none() {
                self.at += 1;
                return Err("unexpected `,'".to_owned());
            }
        }
        if matches!(from, Some(Address::Line(0))) && !matches!(to, Some(Address::Match(_))) {
            return Err("invalid usage of line address 0".to_owned());
        }
        self.skip(char::is_whitespace);
        let negated = self.peek() == Some('!');
        self.skip(|letter| letter == '!' || letter.is_whitespace());
        let Some(letter) = self.next() else {
            self.at = self.letters.len();
            return Err("missing command".to_owned());
        };
        let action = self.action(letter, from.is_some())?;
        if let Some(action) = action {
            self.commands.push(Command { from, to, negated, action, range: Range::Closed });
        }
        Ok(())
    }

    fn action(&mut self, letter: char, addressed: bool) -> Parsed<Option<Action>> {
        let index = self.commands.len();
        Ok(Some(match letter {
            '#' => {
                if addressed {
                    return Err("comments don't accept any addresses".to_owned());
                }
                self.skip(|letter| letter != '\n');
                return Ok(None);
            }
            ':' => {
                if addressed {
                    return Err(": doesn't want any addresses".to_owned());
                }
                let label = self.label();
                if label.is_empty() {
                    return Err("\":\" lacks a label".to_owned());
                }
                self.labels.push((label, index));
                return Ok(None);
            }
            '{' => {
                self.blocks.push(index);
                Action::Block(0)
            }
            '}' => {
                let Some(start) = self.blocks.pop() else { return Err("unexpected `}'".to_owned()) };
                if let Action::Block(end) = &mut self.commands[start].action {
                    *end = index;
                }
                self.end()?;
                return Ok(None);
            }
            'b' | 't' | 'T' => {
                let label = self.label();
                self.jumps.push((index, label));
                match letter {
                    'b' => Action::Branch(0),
                    _ => Action::Test { to: 0, substituted: letter == 't' },
                }
            }
            's' => Action::Substitute(Box::new(self.substitution()?)),
            'y' => self.translation()?,
            'a' | 'i' | 'c' => Action::Text(letter, self.text()?),
            'q' | 'Q' => {
                self.skip(|letter| letter == ' ');
                let status = self.number().map_or(0, |status| status as i32);
                self.end()?;
                Action::Quit { print: letter == 'q', status }
            }
            'r' => Action::Read(self.file_name()?),
            'w' => Action::Write(self.file_name()?),
            'p' | 'P' | 'd' | 'D' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | '=' | 'l' | 'z' | 'F' => {
                if letter == 'l' {
                    self.skip(|letter| letter == ' ');
                    self.number();
                }
                self.end()?;
                Action::Simple(letter)
            }
            'e' | 'v' | 'R' | 'W' => return Err(format!("command `{letter}' is not supported here")),
            _ => return Err(format!("unknown command: `{letter}'")),
        }))
    }

    /// The end of a command: `;`, a newline, or `}` that is left for the next.
    fn end(&mut self) -> Parsed<()> {
        self.skip(|letter| letter == ' ' || letter == '\t');
        match self.peek() {
            None | Some('}' | '#') => Ok(()),
            Some(';' | '\n') => {
                self.at += 1;
                Ok(())
            }
            Some(_) => {
                self.at += 1;
                Err("extra characters after command".to_owned())
            }
        }
    }

    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        self.skip(|letter| letter.is_ascii_digit());
        self.letters[start..self.at].iter().collect::<String>().parse().ok()
    }

    fn label(&mut self) -> String {
        self.skip(|letter| letter == ' ' || letter == '\t');
        let start = self.at;
        self.skip(|letter| !letter.is_whitespace() && letter != ';' && letter != '}');
        self.letters[start..self.at].iter().collect()
    }

    fn file_name(&mut self) -> Parsed<String> {
        self.skip(|letter| letter == ' ' || letter == '\t');
        let start = self.at;
        self.skip(|letter| letter != '\n');
        let name: String = self.letters[start..self.at].iter().collect();
        if name.is_empty() { Err("missing filename in r/R/w/W commands".to_owned()) } else { Ok(name) }
    }

    fn address(&mut self, end: bool) -> Parsed<Option<Address>> {
        let Some(letter) = self.peek() else { return Ok(None) };
        match letter {
            '0'..='9' => {
                let first = self.number().unwrap_or(0);
                if self.peek() == Some('~') && !end {
                    self.at += 1;
                    let step = self.number().unwrap_or(0);
                    return Ok(Some(Address::Step { first, step }));
                }
                Ok(Some(Address::Line(first)))
            }
            '+' | '~' if end => {
                self.at += 1;
                let number = self.number().ok_or_else(|| "expected number".to_owned())?;
                Ok(Some(if letter == '+' { Address::Plus(number) } else { Address::Multiple(number) }))
            }
            '$' => {
                self.at += 1;
                Ok(Some(Address::Last))
            }
            '/' | '\\' => {
                self.at += 1;
                let delimiter = if letter == '\\' { self.next().unwrap_or('/') } else { '/' };
                let source =
                    self.delimited(delimiter, true).ok_or_else(|| "unterminated address regex".to_owned())?;
                let mut options = Options::default();
                while let Some(flag @ ('I' | 'M')) = self.peek() {
                    self.at += 1;
                    if flag == 'I' { options.ignore_case = true } else { options.multiline = true }
                }
                Ok(Some(Address::Match(self.pattern(&source, options)?)))
            }
            _ => Ok(None),
        }
    }

    fn pattern(&mut self, source: &str, options: Options) -> Parsed<Pattern> {
        if source.is_empty() {
            return self.last.clone().ok_or_else(|| "no previous regular expression".to_owned());
        }
        let syntax = if self.extended { Syntax::SedExtended } else { Syntax::SedBasic };
        let pattern = Pattern::new(source, syntax, options)?;
        self.last = Some(pattern.clone());
        Ok(pattern)
    }

    /// The text until `delimiter`, where an escaped delimiter stands for itself.
    fn delimited(&mut self, delimiter: char, regex: bool) -> Option<String> {
        let mut text = String::new();
        let mut bracket: Option<usize> = None;
        loop {
            let letter = self.next().or_else(|| {
                self.at = self.letters.len();
                None
            })?;
            match (letter, bracket) {
                (_, None) if letter == delimiter => return Some(text),
                ('\\', None) => {
                    let escaped = self.next()?;
                    if escaped != delimiter || !regex && escaped == '&' {
                        text.push('\\');
                    }
                    text.push(escaped);
                }
                ('[', None) if regex => {
                    bracket = Some(text.len() + 1 + usize::from(self.peek() == Some('^')));
                    text.push('[');
                }
                ('[', Some(_)) if matches!(self.peek(), Some(':' | '.' | '=')) => {
                    let kind = self.next()?;
                    text.extend(['[', kind]);
                    while !(self.peek()? == kind && self.letters.get(self.at + 1) == Some(&']')) {
                        text.push(self.next()?);
                    }
                    text.extend([kind, ']']);
                    self.at += 2;
                }
                (']', Some(start))
                    if text.len() > start || text.len() == start && !text.ends_with(['[', '^']) =>
                {
                    bracket = None;
                    text.push(']');
                }
                ('\n', Some(_)) if regex => return None,
                _ => text.push(letter),
            }
        }
    }

    fn substitution(&mut self) -> Parsed<Substitution> {
        let unterminated = || "unterminated `s' command".to_owned();
        let delimiter =
            self.next().filter(|letter| *letter != '\n' && *letter != '\\').ok_or_else(unterminated)?;
        let source = self.delimited(delimiter, true).ok_or_else(unterminated)?;
        let replacement = self.delimited(delimiter, false).ok_or_else(unterminated)?;
        let (mut every, mut number, mut print, mut file) = (false, 1, false, None);
        let mut options = Options::default();
        loop {
            match self.peek() {
                Some('g') => every = true,
                Some('p') => print = true,
                Some('i' | 'I') => options.ignore_case = true,
                Some('m' | 'M') => options.multiline = true,
                Some('0'..='9') => {
                    number = self.number().unwrap_or(0) as usize;
                    if number == 0 {
                        return Err("number option to `s' command may not be zero".to_owned());
                    }
                    continue;
                }
                Some('w') => {
                    self.at += 1;
                    file = Some(self.file_name()?);
                    break;
                }
                None | Some('}' | '#' | ';' | '\n' | ' ' | '\t') => {
                    self.end()?;
                    break;
                }
                Some(_) => {
                    self.at += 1;
                    return Err("unknown option to `s'".to_owned());
                }
            }
            self.at += 1;
        }
        let pattern = self.pattern(&source, options)?;
        let replacement = pieces(&replacement);
        for piece in &replacement {
            if let Piece::Group(group) = piece
                && *group > pattern.groups()
            {
                return Err(format!("invalid reference \\{group} on `s' command's RHS"));
            }
        }
        Ok(Substitution { pattern, replacement, every, number, print, file })
    }

    fn translation(&mut self) -> Parsed<Action> {
        let unterminated = || "unterminated `y' command".to_owned();
        let delimiter = self.next().ok_or_else(unterminated)?;
        let from = unescaped(&self.delimited(delimiter, false).ok_or_else(unterminated)?);
        let to = unescaped(&self.delimited(delimiter, false).ok_or_else(unterminated)?);
        if from.len() != to.len() {
            return Err("strings for `y' command are different lengths".to_owned());
        }
        self.end()?;
        Ok(Action::Translate(from.into_iter().zip(to).collect()))
    }

    fn text(&mut self) -> Parsed<String> {
        self.skip(|letter| letter == ' ' || letter == '\t');
        if self.peek().is_none() {
            return Err("expected \\ after `a', `c' or `i'".to_owned());
        }
        if self.peek() == Some('\\') {
            self.at += 1;
            let start = self.at;
            self.skip(|letter| letter == ' ' || letter == '\t');
            if self.peek() == Some('\n') {
                self.at += 1;
            } else {
                self.at = start;
            }
            if self.peek().is_none() {
                return Err("expected \\ after `a', `c' or `i'".to_owned());
            }
        }
        let mut text = String::new();
        while let Some(letter) = self.next() {
            match letter {
                '\n' => break,
                '\\' => text.extend(self.next().filter(|_| self.at <= self.letters.len())),
                _ => text.push(letter),
            }
        }
        text.push('\n');
        Ok(text)
    }
}

fn escape_of(letter: char) -> Option<char> {
    Some(match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\x0c',
        'v' => '\x0b',
        'a' => '\x07',
        _ => return None,
    })
}

fn unescaped(text: &str) -> Vec<char> {
    let mut result = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = if letter == '\\' {
            letters.next().map_or('\\', |next| escape_of(next).unwrap_or(next))
        } else {
            letter
        };
        result.push(letter);
    }
    result
}

fn pieces(replacement: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut letters = replacement.chars();
    while let Some(letter) = letters.next() {
        let piece = match letter {
            '&' => Piece::Group(0),
            '\\' => match letters.next() {
                Some(digit @ '0'..='9') => Piece::Group(digit as usize - '0' as usize),
                Some(case @ ('U' | 'L' | 'u' | 'l' | 'E')) => Piece::Case(case),
                Some(other) => {
                    text.push(escape_of(other).unwrap_or(other));
                    continue;
                }
                None => continue,
            },
            _ => {
                text.push(letter);
                continue;
            }
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(piece);
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}
