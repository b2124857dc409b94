//! Words to instructions.

use brush_parser::word::{
    self, BraceExpression, BraceExpressionMember, BraceExpressionOrText, Parameter, ParameterExpr,
    ParameterTestType, WordPiece, WordPieceWithSource,
};

use super::commands::Compiler;
use super::parse::{Dialect, SyntaxError, options};
use super::{Instruction, Operation};

type Result = std::result::Result<(), SyntaxError>;

const BRACES_MAX: usize = 100_000;

/// How a word ends.
#[derive(Clone, Copy)]
pub(super) enum As {
    Value,
    Pattern,
    Regex,
}

impl Compiler {
    /// A word of a command: braces, then fields.
    pub(super) fn fields(&mut self, text: &str) -> Result {
        let words = match self.dialect {
            Dialect::Bash => expand_braces(text),
            Dialect::Ash => vec![text.to_owned()],
        };
        for word in words {
            self.emit(Instruction::BeginWord);
            self.pieces_of(&word)?;
            self.emit(Instruction::EndField);
        }
        Ok(())
    }

    /// A word that stays one value.
    pub(super) fn value(&mut self, text: &str, end: As) -> Result {
        self.emit(Instruction::BeginWord);
        self.pieces_of(text)?;
        self.end_word(end);
        Ok(())
    }

    pub(super) fn end_word(&mut self, end: As) {
        self.emit(match end {
            As::Value => Instruction::EndValue,
            As::Pattern => Instruction::EndPattern,
            As::Regex => Instruction::EndRegex,
        });
    }

    /// The value of an assignment: a tilde may also follow each colon.
    pub(super) fn assigned_value(&mut self, text: &str) -> Result {
        self.emit(Instruction::BeginWord);
        let mut options = options();
        options.tilde_expansion_after_colon = true;
        let pieces = word::parse(text, &options).map_err(|_| self.bad_substitution(text))?;
        self.pieces(&pieces, false)?;
        self.emit(Instruction::EndValue);
        Ok(())
    }

    /// The body of a here-document whose tag is not quoted.
    pub(super) fn here_document(&mut self, text: &str) -> Result {
        self.emit(Instruction::BeginWord);
        let joined = text.replace("\\\n", "");
        let pieces = word::parse_heredoc(&joined, &options()).map_err(|_| self.bad_substitution(text))?;
        self.pieces(&pieces, true)?;
        self.emit(Instruction::EndValue);
        Ok(())
    }

    /// An arithmetic expression: expanded as if in double quotes.
    pub(super) fn expression(&mut self, text: &str) -> Result {
        self.emit(Instruction::BeginWord);
        self.quoted_text(text.trim())?;
        self.emit(Instruction::EndValue);
        Ok(())
    }

    fn quoted_text(&mut self, text: &str) -> Result {
        let pieces = word::parse_heredoc(text, &options()).map_err(|_| self.bad_substitution(text))?;
        self.pieces(&pieces, true)
    }

    fn pieces_of(&mut self, text: &str) -> Result {
        let pieces = word::parse(text, &options()).map_err(|_| self.bad_substitution(text))?;
        self.pieces(&pieces, false)
    }

    fn bad_substitution(&self, text: &str) -> SyntaxError {
        SyntaxError::at_line(self.line, format!("{text}: bad substitution"))
    }

    pub(super) fn pieces(&mut self, pieces: &[WordPieceWithSource], quoted: bool) -> Result {
        pieces.iter().try_for_each(|piece| self.piece(&piece.piece, quoted))
    }

    fn text_piece(&mut self, text: &str, quoted: bool) {
        self.emit(Instruction::Text { text: text.to_owned(), quoted });
    }

    fn piece(&mut self, piece: &WordPiece, quoted: bool) -> Result {
        match piece {
            // What the parser leaves as it is was no expansion: `${x y}`.
            WordPiece::Text(text) if text.contains("${") => return Err(self.bad_substitution(text)),
            WordPiece::Text(text) => self.text_piece(text, quoted),
            WordPiece::SingleQuotedText(text) => self.text_piece(text, true),
            WordPiece::AnsiCQuotedText(text) => {
                self.text_piece(&crate::interpreter::escapes::ansi_c(text), true);
            }
            WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                if inner.is_empty() {
                    self.text_piece("", true);
                }
                self.pieces(inner, true)?;
            }
            WordPiece::TildeExpansion(tilde) => self.emit(Instruction::Tilde(tilde.clone())),
            WordPiece::EscapeSequence(text) => match text.strip_prefix('\\').unwrap_or(text) {
                "\n" => {}
                escaped => self.text_piece(escaped, true),
            },
            WordPiece::ParameterExpansion(expression) => self.parameter(expression, quoted)?,
            WordPiece::CommandSubstitution(text) => self.substitution(text, quoted)?,
            WordPiece::BackquotedCommandSubstitution(text) => {
                self.substitution(&unescape_backquoted(text), quoted)?;
            }
            WordPiece::ArithmeticExpression(expression) => {
                self.expression(&expression.value)?;
                self.emit(Instruction::Arithmetic { quoted });
            }
        }
        Ok(())
    }

    fn substitution(&mut self, text: &str, quoted: bool) -> Result {
        let at = self.reserve();
        let line = self.line;
        self.text(text, line)?;
        self.emit(Instruction::EndChild);
        let end = self.here();
        self.instructions[at] = Instruction::CommandSubstitution { end, quoted };
        Ok(())
    }

    /// The index of an array element goes to the values.
    fn index_of(&mut self, parameter: &Parameter) -> Result {
        if let Parameter::NamedWithIndex { index, .. } = parameter {
            self.value(index, As::Value)?;
        }
        Ok(())
    }

    fn expand(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
        operation: Operation,
        quoted: bool,
    ) -> Result {
        self.index_of(parameter)?;
        self.emit(Instruction::Expand { parameter: parameter.clone(), indirect, operation, quoted });
        Ok(())
    }

    fn operand(&mut self, text: Option<&String>, end: As) -> Result {
        self.value(text.map_or("", String::as_str), end)
    }

    /// `-`, `=`, `?`, `+`: the word is expanded only if it is needed.
    fn alternative(&mut self, text: Option<&String>, quoted: bool) -> Result {
        let text = text.map_or("", String::as_str);
        if quoted {
            let pieces = word::parse(&format!("\"{text}\""), &options());
            if let (Ok(pieces), false) = (pieces, text.contains('"')) {
                return self.pieces(&pieces, true);
            }
            let pieces = word::parse(text, &options()).map_err(|_| self.bad_substitution(text))?;
            return self.pieces(&pieces, true);
        }
        self.pieces_of(text)
    }

    fn jump_if_set(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
        test: &ParameterTestType,
    ) -> std::result::Result<usize, SyntaxError> {
        self.index_of(parameter)?;
        let at = self.reserve();
        let null = matches!(test, ParameterTestType::UnsetOrNull);
        self.instructions[at] =
            Instruction::JumpIfSet { parameter: parameter.clone(), indirect, null, target: 0 };
        Ok(at)
    }

    fn set_target(&mut self, at: usize) {
        let here = self.here();
        match &mut self.instructions[at] {
            Instruction::JumpIfSet { target, .. } | Instruction::Jump(target) => *target = here,
            _ => {}
        }
    }

    fn parameter(&mut self, expression: &ParameterExpr, quoted: bool) -> Result {
        use ParameterExpr as E;
        match expression {
            E::Parameter { parameter, indirect } => {
                self.expand(parameter, *indirect, Operation::Value, quoted)
            }
            E::UseDefaultValues { parameter, indirect, test_type, default_value } => {
                let set = self.jump_if_set(parameter, *indirect, test_type)?;
                self.alternative(default_value.as_ref(), quoted)?;
                let jump = self.reserve_jump();
                self.set_target(set);
                self.expand(parameter, *indirect, Operation::Value, quoted)?;
                self.set_target(jump);
                Ok(())
            }
            E::UseAlternativeValue { parameter, indirect, test_type, alternative_value } => {
                let set = self.jump_if_set(parameter, *indirect, test_type)?;
                let jump = self.reserve_jump();
                self.set_target(set);
                self.alternative(alternative_value.as_ref(), quoted)?;
                self.set_target(jump);
                Ok(())
            }
            E::AssignDefaultValues { parameter, indirect, test_type, default_value } => {
                let set = self.jump_if_set(parameter, *indirect, test_type)?;
                self.index_of(parameter)?;
                self.operand(default_value.as_ref(), As::Value)?;
                self.emit(Instruction::AssignParameter(parameter.clone()));
                self.set_target(set);
                self.expand(parameter, *indirect, Operation::Value, quoted)
            }
            E::IndicateErrorIfNullOrUnset { parameter, indirect, test_type, error_message } => {
                let set = self.jump_if_set(parameter, *indirect, test_type)?;
                self.operand(error_message.as_ref(), As::Value)?;
                let null = matches!(test_type, ParameterTestType::UnsetOrNull);
                self.emit(Instruction::ParameterError { parameter: parameter.clone(), null });
                self.set_target(set);
                self.expand(parameter, *indirect, Operation::Value, quoted)
            }
            other => self.transformed(other, quoted),
        }
    }

    /// The expansions that change the value.
    fn transformed(&mut self, expression: &ParameterExpr, quoted: bool) -> Result {
        use ParameterExpr as E;
        let (parameter, indirect, operation) = match expression {
            E::ParameterLength { parameter, indirect } => (parameter, *indirect, Operation::Length),
            E::RemoveSmallestSuffixPattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::RemoveSuffix { longest: false })
            }
            E::RemoveLargestSuffixPattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::RemoveSuffix { longest: true })
            }
            E::RemoveSmallestPrefixPattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::RemovePrefix { longest: false })
            }
            E::RemoveLargestPrefixPattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::RemovePrefix { longest: true })
            }
            E::Substring { parameter, indirect, offset, length } => {
                if let Some(length) = length {
                    self.expression(&length.value)?;
                }
                self.expression(&offset.value)?;
                (parameter, *indirect, Operation::Substring { has_length: length.is_some() })
            }
            E::Transform { parameter, indirect, op } => {
                (parameter, *indirect, Operation::Transform(op.clone()))
            }
            E::UppercaseFirstChar { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::Case { upper: true, first: true })
            }
            E::UppercasePattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::Case { upper: true, first: false })
            }
            E::LowercaseFirstChar { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::Case { upper: false, first: true })
            }
            E::LowercasePattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_ref(), As::Pattern)?;
                (parameter, *indirect, Operation::Case { upper: false, first: false })
            }
            E::ReplaceSubstring { parameter, indirect, pattern, replacement, match_kind } => {
                self.operand(replacement.as_ref(), As::Value)?;
                self.operand(Some(pattern), As::Pattern)?;
                (parameter, *indirect, Operation::Replace(match_kind.clone()))
            }
            E::VariableNames { prefix, concatenate } => {
                let parameter =
                    Parameter::NamedWithAllIndices { name: prefix.clone(), concatenate: *concatenate };
                return self.expand(&parameter, false, Operation::Names, quoted);
            }
            E::MemberKeys { variable_name, concatenate } => {
                let parameter =
                    Parameter::NamedWithAllIndices { name: variable_name.clone(), concatenate: *concatenate };
                return self.expand(&parameter, false, Operation::Keys, quoted);
            }
            _ => return Ok(()),
        };
        self.expand(parameter, indirect, operation, quoted)
    }
}

/// Inside backquotes a backslash protects only a backquote, a backslash and a dollar sign.
fn unescape_backquoted(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\\' && rest.peek().is_some_and(|next| matches!(next, '`' | '\\')) {
            plain.extend(rest.next());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// `a{b,c}` to `ab` and `ac`; any other word to itself.
fn expand_braces(text: &str) -> Vec<String> {
    if !text.contains('{') {
        return vec![text.to_owned()];
    }
    match word::parse_brace_expansions(text, &options()) {
        Ok(Some(pieces)) if pieces.iter().any(|piece| matches!(piece, BraceExpressionOrText::Expr(_))) => {
            combine(&pieces).into_iter().filter(|word| !word.is_empty()).collect()
        }
        _ => vec![text.to_owned()],
    }
}

fn combine(pieces: &[BraceExpressionOrText]) -> Vec<String> {
    let mut words = vec![String::new()];
    for piece in pieces {
        let ends = match piece {
            BraceExpressionOrText::Text(text) => vec![text.clone()],
            BraceExpressionOrText::Expr(expression) => members(expression),
        };
        if words.len() * ends.len() > BRACES_MAX {
            return words;
        }
        words = words.iter().flat_map(|word| ends.iter().map(move |end| format!("{word}{end}"))).collect();
    }
    words
}

fn members(expression: &BraceExpression) -> Vec<String> {
    expression
        .iter()
        .flat_map(|member| match member {
            BraceExpressionMember::Child(pieces) => combine(pieces),
            BraceExpressionMember::NumberSequence { start, end, increment } => {
                sequence(*start, *end, *increment).map(|number| number.to_string()).collect()
            }
            BraceExpressionMember::CharSequence { start, end, increment } => {
                sequence(*start as i64, *end as i64, *increment)
                    .filter_map(|code| char::from_u32(code as u32))
                    .map(String::from)
                    .collect()
            }
        })
        .collect()
}

fn sequence(start: i64, end: i64, increment: i64) -> impl Iterator<Item = i64> {
    let step = increment.unsigned_abs().max(1);
    let count = (start.abs_diff(end) / step).min(BRACES_MAX as u64);
    (0..=count).map(move |turn| {
        let far = (turn * step) as i64;
        if start <= end { start + far } else { start - far }
    })
}
