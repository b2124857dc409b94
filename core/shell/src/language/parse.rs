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

fn explain(error: &ParseError, text: &str) -> SyntaxError {
    let last_line = text.lines().count().max(1) as u32;
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
