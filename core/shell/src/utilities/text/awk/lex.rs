//! Splits awk programs into tokens.

use super::syntax::BUILTINS;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    /// A name; whether `(` follows without a space.
    Name(String, bool),
    Builtin(String),
    /// A keyword or an operator.
    Symbol(&'static str),
    Newline,
    End,
}

const KEYWORDS: &[&str] = &[
    "BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue", "next",
    "nextfile", "exit", "return", "delete", "in", "getline", "print", "printf",
];
/// Longer ones first.
const OPERATORS: &[&str] = &[
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=", "!=", "!~",
    ">>", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "|", "?", ":",
    "~", "$", "=",
];

/// The tokens with their lines, or the message of what is wrong and its line.
pub fn tokens(source: &str) -> Result<Vec<(Token, usize)>, (usize, String)> {
    let mut lexer = Lexer { letters: source.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    loop {
        let token = lexer.token()?;
        let ended = token == Token::End;
        lexer.tokens.push((token, lexer.line));
        if ended {
            return Ok(lexer.tokens);
        }
    }
}

struct Lexer {
    letters: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<(Token, usize)>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn blanks(&mut self) {
        loop {
            match self.peek(0) {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.peek(1) == Some('\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                Some('#') => {
                    while self.peek(0).is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Whether a `/` divides: after a value.
    fn after_value(&self) -> bool {
        matches!(
            self.tokens.last(),
            Some((
                Token::Number(_) | Token::Text(_) | Token::Regex(_) | Token::Name(..) | Token::Builtin(_),
                _
            )) | Some((Token::Symbol(")" | "]" | "$" | "++" | "--"), _))
        )
    }

    fn token(&mut self) -> Result<Token, (usize, String)> {
        self.blanks();
        let Some(letter) = self.peek(0) else { return Ok(Token::End) };
        match letter {
            '\n' => {
                self.at += 1;
                self.line += 1;
                Ok(Token::Newline)
            }
            '"' => self.text(),
            '/' if !self.after_value() => self.regex(),
            '0'..='9' => Ok(self.number()),
            '.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) => Ok(self.number()),
            'a'..='z' | 'A'..='Z' | '_' => Ok(self.word()),
            _ => {
                let rest: String = self.letters[self.at..].iter().take(3).collect();
                let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) else {
                    return Err((self.line, format!("unexpected character '{letter}'")));
                };
                self.at += operator.len();
                Ok(Token::Symbol(match *operator {
                    "**" => "^",
                    "**=" => "^=",
                    operator => operator,
                }))
            }
        }
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        while self.peek(0).is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            self.at += 1;
        }
        let word: String = self.letters[start..self.at].iter().collect();
        if let Some(keyword) = KEYWORDS.iter().find(|keyword| **keyword == word) {
            return Token::Symbol(if *keyword == "func" { "function" } else { keyword });
        }
        if BUILTINS.contains(&word.as_str()) {
            return Token::Builtin(word);
        }
        Token::Name(word, self.peek(0) == Some('('))
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        let rest: String = self.letters[start..].iter().take(40).collect();
        let length = super::value::number_length(&rest).max(1);
        self.at += length;
        Token::Number(rest[..length].parse().unwrap_or(0.0))
    }

    fn text(&mut self) -> Result<Token, (usize, String)> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek(0) {
                Some('"') => {
                    self.at += 1;
                    return Ok(Token::Text(unescape(&text)));
                }
                Some('\\') if self.peek(1) == Some('\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                Some('\\') if self.peek(1).is_some() => {
                    text.push('\\');
                    text.extend(self.peek(1));
                    self.at += 2;
                }
                None | Some('\n') => {
                    let begin: String =
                        self.letters[start..].iter().take_while(|letter| **letter != '\n').take(10).collect();
                    return Err((self.line, format!("runaway string constant {begin} ...")));
                }
                Some(letter) => {
                    text.push(letter);
                    self.at += 1;
                }
            }
        }
    }

    fn regex(&mut self) -> Result<Token, (usize, String)> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut bracket = None;
        loop {
            match self.peek(0) {
                Some('/') if bracket.is_none() => {
                    self.at += 1;
                    return Ok(Token::Regex(text));
                }
                Some('\\') if self.peek(1) == Some('/') => {
                    text.push('/');
                    self.at += 2;
                    continue;
                }
                Some('\\') if self.peek(1).is_some_and(|next| next != '\n') => {
                    text.push('\\');
                    text.extend(self.peek(1));
                    self.at += 2;
                    continue;
                }
                Some('[') if bracket.is_none() => bracket = Some(text.len()),
                Some(']')
                    if bracket.is_some_and(|open| {
                        text.len() > open + 1 + usize::from(text[open..].starts_with("[^"))
                    }) =>
                {
                    bracket = None;
                }
                None | Some('\n') => {
                    let begin: String =
                        self.letters[start..].iter().take_while(|letter| **letter != '\n').take(10).collect();
                    return Err((self.line, format!("runaway regular expression {begin} ...")));
                }
                _ => {}
            }
            text.extend(self.peek(0));
            self.at += 1;
        }
    }
}

/// A string with its escapes replaced; unknown ones keep their backslash (they may belong to a pattern).
pub fn unescape(text: &str) -> String {
    let mut result = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            result.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('a') => result.push('\x07'),
            Some('b') => result.push('\x08'),
            Some('f') => result.push('\x0c'),
            Some('v') => result.push('\x0b'),
            Some(quoted @ ('"' | '\\' | '/')) => result.push(quoted),
            Some(digit @ '0'..='7') => {
                let mut code = digit as u32 - '0' as u32;
                for _ in 0..2 {
                    let Some(next) = letters.peek().and_then(|next| next.to_digit(8)) else { break };
                    code = code * 8 + next;
                    letters.next();
                }
                result.extend(char::from_u32(code));
            }
            Some('x') if letters.peek().is_some_and(char::is_ascii_hexdigit) => {
                let mut code = 0;
                for _ in 0..2 {
                    let Some(next) = letters.peek().and_then(|next| next.to_digit(16)) else { break };
                    code = code * 16 + next;
                    letters.next();
                }
                result.extend(char::from_u32(code));
            }
            Some(other) => result.extend(['\\', other]),
            None => result.push('\\'),
        }
    }
    result
}
