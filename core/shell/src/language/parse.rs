//! Text to code, and the wording of syntax errors.

use brush_parser::{ParseError, Parser, ParserOptions};

use super::commands::Compiler;
use super::{Code, Instruction};

/// Why a text can't be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SyntaxError {
    /// More lines may make it whole.
    Incomplete(String),
    /// It is wrong: what bash says after `line N: `, with that line number.
    Wrong(u32, String),
}

impl SyntaxError {
    pub(super) fn at_line(line: u32, message: impl Into<String>) -> Self {
        Self::Wrong(line, message.into())
    }
}

pub(super) fn options() -> ParserOptions {
    ParserOptions { tilde_expansion_after_colon: false, ..ParserOptions::default() }
}

/// Compiles a text.
///
/// # Errors
/// If it is not of the language, or not whole.
pub fn compile(text: &str) -> Result<Code, SyntaxError> {
    let mut compiler = Compiler::default();
    compiler.text(text, 1)?;
    compiler.emit(Instruction::End);
    Ok(Code { instructions: compiler.instructions })
}

pub(super) fn parse(text: &str) -> Result<brush_parser::ast::Program, SyntaxError> {
    let mut parser = Parser::new(text.as_bytes(), &options());
    parser.parse_program().map_err(|error| explain(&error, text))
}

/// The tag of a here-document that the text does not end, and the line that asks for it.
#[must_use]
pub fn open_here_document(text: &str) -> Option<(String, u32)> {
    let mut parser = Parser::new(text.as_bytes(), &options());
    let Err(ParseError::Tokenizing { inner, .. }) = parser.parse_program() else { return None };
    let brush_parser::TokenizerError::UnterminatedHereDocuments(tags, _) = inner else { return None };
    let tag = tags.split(", ").next()?.replace(['\'', '"', '\\'], "");
    let asks = |line: &str| line.contains("<<") && line.contains(&tag);
    let line = text.lines().position(asks)?;
    Some((tag, line as u32 + 1))
}

fn explain(error: &ParseError, text: &str) -> SyntaxError {
    let last_line = text.lines().count().max(1) as u32;
    if let ParseError::ParsingAtEndOfInput | ParseError::ParsingNear(_) = error
        && let Some((line, token)) = misplaced(text)
    {
        return SyntaxError::at_line(line, format!("syntax error near unexpected token `{token}'"));
    }
    match error {
        ParseError::ParsingAtEndOfInput => {
            SyntaxError::Incomplete("syntax error: unexpected end of file".to_owned())
        }
        ParseError::ParsingNear(position) => {
            let line = position.line as u32;
            let near = token_at(text, position.index);
            let near = if near == "\n" { "newline".to_owned() } else { near };
            SyntaxError::at_line(line, format!("syntax error near unexpected token `{near}'"))
        }
        ParseError::Tokenizing { inner, .. } => {
            use brush_parser::TokenizerError as Error;
            let message = match inner {
                Error::UnterminatedSingleQuote(_) | Error::UnterminatedAnsiCQuote(_) => {
                    "unexpected EOF while looking for matching `''".to_owned()
                }
                Error::UnterminatedDoubleQuote(_) => {
                    "unexpected EOF while looking for matching `\"'".to_owned()
                }
                Error::UnterminatedBackquote(_) => "unexpected EOF while looking for matching ``'".to_owned(),
                Error::UnterminatedCommandSubstitution | Error::UnterminatedExpansion => {
                    "unexpected EOF while looking for matching `)'".to_owned()
                }
                Error::UnterminatedVariable => "unexpected EOF while looking for matching `}'".to_owned(),
                Error::UnterminatedEscapeSequence | Error::UnterminatedHereDocuments(..) => String::new(),
                other => return SyntaxError::at_line(last_line, format!("syntax error: {other}")),
            };
            SyntaxError::Incomplete(message)
        }
    }
}

/// Words that end what another word begins.
const CLOSING: [&str; 7] = ["done", "fi", "}", "then", "do", "else", "esac"];

/// What more lines cannot make right, though the parser only meets its consequences later: a word that closes nothing, a redirection to
/// nowhere, a parenthesis amid a command's words.
fn misplaced(text: &str) -> Option<(u32, String)> {
    let first = text.split_whitespace().next().unwrap_or_default().trim_end_matches(';');
    if CLOSING.contains(&first) {
        return Some((1, first.to_owned()));
    }
    if text.trim_end().ends_with(['<', '>']) {
        return Some((text.trim_end().lines().count() as u32, "newline".to_owned()));
    }
    let lines = text.lines().enumerate();
    lines.map(|(index, line)| (index as u32 + 1, line)).find_map(|(number, line)| {
        let pattern = line.split_whitespace().any(|word| word == "case");
        (!pattern && parenthesis_amid_words(line)).then(|| (number, "(".to_owned()))
    })
}

/// `echo b (c)`: after a command's second word none may begin.
fn parenthesis_amid_words(line: &str) -> bool {
    let (mut quote, mut words, mut in_word, mut before) = (None, 0, false, ' ');
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) => {
                if letter == open {
                    quote = None;
                }
            }
            (None, '\'' | '"') => (quote, in_word) = (Some(letter), true),
            (None, '(') if before == ' ' && !in_word => return words > 1,
            (None, '(' | '`' | '\\' | '#') => return false,
            (None, ';' | '|' | '&') => (words, in_word) = (0, false),
            (None, ' ' | '\t') => {
                words += u32::from(in_word);
                in_word = false;
            }
            (None, _) => in_word = true,
        }
        before = letter;
    }
    false
}

/// The token that starts at a character.
fn token_at(text: &str, index: usize) -> String {
    let rest: Vec<char> = text.chars().skip(index).collect();
    let operators =
        [";;&", "<<<", "&>>", "&&", "||", ";;", ";&", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "|&"];
    let start: String = rest.iter().take(3).collect();
    if let Some(operator) = operators.iter().find(|operator| start.starts_with(**operator)) {
        return (*operator).to_owned();
    }
    match rest.first() {
        None => "newline".to_owned(),
        Some(first) if "\n;&|()<>".contains(*first) => first.to_string(),
        Some(_) => rest.iter().take_while(|c| !c.is_whitespace() && !";&|()<>".contains(**c)).collect(),
    }
}
