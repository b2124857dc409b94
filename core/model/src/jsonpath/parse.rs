//! From a template's text to its nodes.

use serde_json::Value;

use super::{Node, Slice};

pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('{') {
        if !before.is_empty() {
            nodes.push(Node::Text(before.to_owned()));
        }
        let mut parser = Parser { rest: inside, braces: true };
        nodes.push(Node::Action(parser.action()?));
        rest = parser.rest;
    }
    if !rest.is_empty() {
        nodes.push(Node::Text(rest.to_owned()));
    }
    Ok(nodes)
}

/// A piece of an action on its own: a side of a filter, a member of a union.
fn piece(text: &str) -> Result<Vec<Node>, String> {
    Parser { rest: text, braces: false }.action()
}

struct Parser<'a> {
    rest: &'a str,
    /// The action ends with a brace; else with the text.
    braces: bool,
}

impl<'a> Parser<'a> {
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if self.braces && self.take("}") {
                return Ok(nodes);
            }
            if self.take("[?(") {
                nodes.push(self.filter()?);
                continue;
            }
            if self.take("..") {
                nodes.push(Node::Recursive);
                if self.rest.starts_with(|letter: char| letter == '_' || letter.is_alphanumeric()) {
                    nodes.push(self.field());
                }
                continue;
            }
            let Some(letter) = self.rest.chars().next() else {
                return if self.braces { Err("unclosed action".to_owned()) } else { Ok(nodes) };
            };
            match letter {
                '\n' | '\r' => return Err("unclosed action".to_owned()),
                ' ' | '\t' | '@' | '$' => self.rest = &self.rest[1..],
                '[' => nodes.push(self.array()?),
                '"' | '\'' => nodes.push(self.quote(letter)?),
                '.' => {
                    self.rest = &self.rest[1..];
                    nodes.push(self.field());
                }
                '+' | '-' | '0'..='9' => nodes.push(self.number()?),
                _ if letter == '_' || letter.is_alphanumeric() => nodes.push(self.identifier()),
                _ => {
                    return Err(format!(
                        "unrecognized character in action: U+{:04X} '{letter}'",
                        u32::from(letter)
                    ));
                }
            }
        }
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn cut(&mut self, at: usize) -> &'a str {
        let (word, rest) = self.rest.split_at(at);
        self.rest = rest;
        word
    }

    /// The name behind a dot, where a backslash keeps the letter after it.
    fn field(&mut self) -> Node {
        let mut name = String::new();
        let mut end = self.rest.len();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => name.extend(letters.next().map(|(_, kept)| kept)),
                _ if ends_word(letter) => {
                    end = at;
                    break;
                }
                _ => name.push(letter),
            }
        }
        self.cut(end);
        if name == "*" { Node::Wildcard } else { Node::Field(name) }
    }

    fn identifier(&mut self) -> Node {
        let word = self.cut(self.rest.find(ends_word).unwrap_or(self.rest.len()));
        match word {
            "true" => Node::Constant(Value::Bool(true)),
            "false" => Node::Constant(Value::Bool(false)),
            _ => Node::Identifier(word.to_owned()),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let end = self.rest[1..].find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let word = self.cut(end.map_or(self.rest.len(), |end| end + 1));
        let whole = word.strip_prefix('+').unwrap_or(word).parse::<i64>().ok().map(Value::from);
        let number = whole.or_else(|| word.parse::<f64>().ok().map(Value::from));
        number.map(Node::Constant).ok_or_else(|| format!("cannot parse number {word}"))
    }

    fn quote(&mut self, mark: char) -> Result<Node, String> {
        let mut escaped = false;
        let end = self.rest[1..].char_indices().find(|(_, letter)| {
            let ends = *letter == '\n' || *letter == mark && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        });
        match end {
            Some((at, letter)) if letter == mark => {
                let inner = &self.cut(at + 2)[1..=at];
                Ok(Node::Text(unescape(inner)))
            }
            _ => Err("unterminated quoted string".to_owned()),
        }
    }

    fn array(&mut self) -> Result<Node, String> {
        let Some(end) = self.rest.find([']', '\n']).filter(|end| self.rest[*end..].starts_with(']')) else {
            return Err("unterminated array".to_owned());
        };
        let inner = &self.cut(end + 1)[1..end];
        array_index(inner)
    }

    /// From behind `[?(` to `)]`.
    fn filter(&mut self) -> Result<Node, String> {
        let (mut quoted, mut escaped) = (None, false);
        let end = self.rest.char_indices().find(|(_, letter)| {
            match (*letter, quoted) {
                (mark, Some(open)) if mark == open && !escaped => quoted = None,
                ('"' | '\'', None) => quoted = Some(*letter),
                (')' | '\n', None) => return true,
                _ => {}
            }
            escaped = *letter == '\\' && !escaped;
            false
        });
        let Some((end, ')')) = end else { return Err("unterminated filter".to_owned()) };
        let text = &self.cut(end + 1)[..end];
        if !self.take("]") {
            return Err("unclosed array expect ]".to_owned());
        }
        let is_operator = |letter: char| "!<>=".contains(letter);
        let operator_start = text.find(is_operator).filter(|at| *at > 0);
        let Some(start) = operator_start else {
            return Ok(Node::Filter { left: piece(text)?, comparison: None });
        };
        let length = text[start..].find(|letter| !is_operator(letter)).unwrap_or(text.len() - start);
        // Something must stand on the right, if it be the operator's last sign.
        let length = if start + length == text.len() { length - 1 } else { length };
        if length == 0 {
            return Ok(Node::Filter { left: piece(text)?, comparison: None });
        }
        let (left, operator, right) = (&text[..start], &text[start..start + length], &text[start + length..]);
        Ok(Node::Filter { left: piece(left)?, comparison: Some((operator.to_owned(), piece(right)?)) })
    }
}

fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || ".,[]$@{}".contains(letter)
}

/// What stands between brackets.
fn array_index(text: &str) -> Result<Node, String> {
    if text == "*" {
        return Ok(Node::Slice(Slice { start: None, end: None, single: false, step: None }));
    }
    if text.contains(',') {
        let members =
            text.split(',').map(|member| array_index(member.trim_matches(' ')).map(|node| vec![node]));
        return members.collect::<Result<_, _>>().map(Node::Union);
    }
    let quoted =
        text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).filter(|key| !key.contains('\''));
    if let Some(key) = quoted {
        return piece(&format!(".{key}")).map(Node::Action);
    }
    slice(text).map(Node::Slice).ok_or_else(|| format!("invalid array index {text}"))
}

fn slice(text: &str) -> Option<Slice> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |index: usize| match parts.get(index).copied().unwrap_or_default() {
        "" => Some(None),
        word if word
            .bytes()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_digit() || at == 0 && byte == b'-') =>
        {
            word.parse().ok().map(Some)
        }
        _ => None,
    };
    let (start, end, step) = (number(0)?, number(1)?, number(2)?);
    match parts.len() {
        1 => Some(Slice { start, end: Some(start.unwrap_or(0) + 1), single: true, step }),
        2 | 3 => Some(Slice { start, end, single: false, step }),
        _ => None,
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('a') => plain.push('\u{7}'),
            Some('b') => plain.push('\u{8}'),
            Some('f') => plain.push('\u{c}'),
            Some('v') => plain.push('\u{b}'),
            Some(kind @ ('x' | 'u' | 'U')) => {
                let length = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits: String = letters.by_ref().take(length).collect();
                plain.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}
