//! Redirections to instructions.

use brush_parser::ast::{IoFileRedirectKind, IoFileRedirectTarget, IoRedirect, ProcessSubstitutionKind};

use super::commands::Compiler;
use super::parse::{Dialect, SyntaxError};
use super::words::As;
use super::{Instruction, RedirectKind};
use crate::program::Fd;

type Result = std::result::Result<(), SyntaxError>;

impl Compiler {
    pub(super) fn redirect(&mut self, redirect: &IoRedirect) -> Result {
        let (fd, kind) = match redirect {
            IoRedirect::File(fd, kind, target) => {
                let kind = self.redirect_target(kind, target)?;
                (*fd, kind)
            }
            IoRedirect::HereDocument(fd, document) => {
                let text = &document.doc.value;
                if document.requires_expansion {
                    self.here_document(text)?;
                } else {
                    self.emit(Instruction::BeginWord);
                    self.emit(Instruction::Text { text: text.clone(), quoted: true });
                    self.emit(Instruction::EndValue);
                }
                (*fd, RedirectKind::Here)
            }
            IoRedirect::HereString(..) if self.dialect == Dialect::Ash => {
                return Err(self.unexpected("<<<"));
            }
            IoRedirect::HereString(fd, word) => {
                self.emit(Instruction::BeginWord);
                self.here_string(&word.value)?;
                self.emit(Instruction::Text { text: "\n".to_owned(), quoted: true });
                self.emit(Instruction::EndValue);
                (*fd, RedirectKind::Here)
            }
            IoRedirect::OutputAndError(word, append) => {
                self.value(&word.value, As::Value)?;
                (None, RedirectKind::OutputAndError { append: *append })
            }
        };
        let fd = fd.map(|fd| Fd::try_from(fd).unwrap_or(0));
        self.emit(Instruction::Redirect { fd, kind });
        Ok(())
    }

    fn here_string(&mut self, text: &str) -> Result {
        let pieces = brush_parser::word::parse(text, &super::parse::options())
            .map_err(|_| SyntaxError::at_line(self.line, format!("{text}: bad substitution")))?;
        self.pieces(&pieces, false)
    }

    fn redirect_target(
        &mut self,
        kind: &IoFileRedirectKind,
        target: &IoFileRedirectTarget,
    ) -> std::result::Result<RedirectKind, SyntaxError> {
        match target {
            IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                self.value(&word.value, As::Value)?;
            }
            IoFileRedirectTarget::Fd(fd) => {
                self.emit(Instruction::BeginWord);
                self.emit(Instruction::Text { text: fd.to_string(), quoted: true });
                self.emit(Instruction::EndValue);
            }
            IoFileRedirectTarget::ProcessSubstitution(direction, subshell) => {
                self.emit(Instruction::BeginWord);
                self.process_substitution(direction, subshell)?;
                self.emit(Instruction::EndValue);
            }
        }
        let duplicates = matches!(target, IoFileRedirectTarget::Fd(_) | IoFileRedirectTarget::Duplicate(_));
        Ok(match kind {
            IoFileRedirectKind::DuplicateInput => RedirectKind::DuplicateInput,
            IoFileRedirectKind::DuplicateOutput => RedirectKind::Duplicate,
            _ if duplicates => RedirectKind::Duplicate,
            IoFileRedirectKind::Read => RedirectKind::Read,
            IoFileRedirectKind::Write => RedirectKind::Write,
            IoFileRedirectKind::Append => RedirectKind::Append,
            IoFileRedirectKind::ReadAndWrite => RedirectKind::ReadWrite,
            IoFileRedirectKind::Clobber => RedirectKind::Clobber,
        })
    }

    pub(super) fn process_substitution(
        &mut self,
        direction: &ProcessSubstitutionKind,
        subshell: &brush_parser::ast::SubshellCommand,
    ) -> Result {
        let at = self.reserve();
        self.list(&subshell.list, false)?;
        self.emit(Instruction::EndChild);
        let end = self.here();
        let write = matches!(direction, ProcessSubstitutionKind::Write);
        self.instructions[at] = Instruction::ProcessSubstitution { write, end };
        Ok(())
    }
}
