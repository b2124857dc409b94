//! Why a manifest could not be read, in the words and with the line numbers of kubectl's YAML parser.

use std::fmt;

use saphyr_parser::ScanError;

use super::spans::Position;

/// A text that is no manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// kubectl's words, without the file: `error converting YAML to JSON: yaml: line 4: did not find expected key`.
    pub message: String,
    /// Where in the whole text (kubectl's line number counts from the document's first line, and is one less for some errors).
    pub position: Position,
}

impl ManifestError {
    pub(super) fn new(message: String, position: Position) -> Self {
        Self { message, position }
    }

    /// An error of the YAML parser, at no stated line.
    pub(super) fn yaml(message: &str, position: Position) -> Self {
        Self::new(format!("error converting YAML to JSON: {message}"), position)
    }

    /// kubectl's whole message about a file: `error parsing m.yaml: ...`.
    pub fn in_file(&self, file: &str) -> String {
        format!("error parsing {file}: {}", self.message)
    }

    pub(super) fn from_scan(error: &ScanError, text: &str, first_line: usize) -> Self {
        let mark = error.marker();
        let line_count = text.split('\n').count();
        let line = mark.line().clamp(1, line_count);
        let position = Position { line: first_line + line, column: mark.col() + 1 };
        let (words, place) = wording(error.info(), text, line, mark.col());
        // Upstream's parser counts from 0, its scanner from 1; the first line goes unmentioned.
        let shown = match (place, line) {
            (Place::Nowhere, _) | (Place::Scanner | Place::Parser, 1) => String::new(),
            (Place::Parser, line) => format!("line {}: ", line - 1),
            (Place::Scanner, line) => format!("line {line}: "),
            (Place::NextLine, line) => format!("line {}: ", line + 1),
            (Place::End, _) => format!("line {line_count}: "),
        };
        Self::yaml(&format!("yaml: {shown}{words}"), position)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ManifestError {}

/// Which line kubectl names: it depends on who finds the mistake, its scanner (words) or its parser (structure).
#[derive(Clone, Copy)]
enum Place {
    Scanner,
    Parser,
    /// The scanner, a line further than ours.
    NextLine,
    /// The scanner, at the end of the text.
    End,
    Nowhere,
}

/// Part of our parser's message, kubectl's words for it, and who finds it there. The first that fits counts.
const WORDINGS: [(&str, &str, Place); 33] = [
    (
        "mapping values are not allowed in this context",
        "mapping values are not allowed in this context",
        Place::Scanner,
    ),
    (
        "mapping keys are not allowed in this context",
        "mapping keys are not allowed in this context",
        Place::Scanner,
    ),
    (
        "block sequence entries are not allowed",
        "block sequence entries are not allowed in this context",
        Place::Scanner,
    ),
    ("is only valid inside a block", "did not find expected node content", Place::Parser),
    ("simple key expect", "could not find expected ':'", Place::Scanner),
    ("illegal placement of ':'", "mapping values are not allowed in this context", Place::Scanner),
    ("unexpected character", "found character that cannot start any token", Place::Scanner),
    ("tab cannot be used as indentation", "found character that cannot start any token", Place::Scanner),
    ("tabs disallowed", "found character that cannot start any token", Place::Scanner),
    (
        "must be followed by a valid YAML whitespace",
        "found character that cannot start any token",
        Place::Scanner,
    ),
    ("found a tab", "found a tab character that violates indentation", Place::NextLine),
    (
        "cannot start with a tab",
        "found a tab character where an indentation space is expected",
        Place::NextLine,
    ),
    ("found unexpected end of stream", "found unexpected end of stream", Place::End),
    ("unexpected eof", "found unexpected end of stream", Place::End),
    ("found unexpected document indicator", "found unexpected document indicator", Place::Scanner),
    ("found unknown escape character", "found unknown escape character", Place::Scanner),
    ("did not find expected hexadecimal number", "did not find expected hexdecimal number", Place::Scanner),
    ("found invalid Unicode character escape", "found invalid Unicode character escape code", Place::Scanner),
    (
        "alphabetic or numeric character",
        "did not find expected alphabetic or numeric character",
        Place::Scanner,
    ),
    ("indentation indicator equal to 0", "found an indentation indicator equal to 0", Place::Scanner),
    ("scanning a block scalar", "did not find expected comment or line break", Place::Scanner),
    ("wrongly indented line in block scalar", "did not find expected key", Place::Parser),
    ("trailing content after double-quoted", "did not find expected key", Place::Parser),
    ("invalid indentation in quoted scalar", "found unexpected end of stream", Place::End),
    ("invalid indentation", "did not find expected key", Place::Parser),
    ("expected ',' or ']'", "did not find expected ',' or ']'", Place::Parser),
    ("expected ',' or '}'", "did not find expected ',' or '}'", Place::Parser),
    ("did not find expected node content", "did not find expected node content", Place::Parser),
    ("expected '-' indicator", "did not find expected '-' indicator", Place::Parser),
    ("did not find expected key", "did not find expected key", Place::Parser),
    ("misplaced bracket", "did not find expected node content", Place::Parser),
    ("did not find expected <document", "did not find expected <document start>", Place::Parser),
    ("missing explicit document end marker", "did not find expected <document start>", Place::Parser),
];

fn wording(info: &str, text: &str, line: usize, column: usize) -> (String, Place) {
    if info.contains("unknown anchor") {
        let here = text.split('\n').nth(line - 1).unwrap_or_default();
        let rest: String = here.chars().skip(column).collect();
        let name: String = rest
            .trim_start_matches('*')
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || "_-".contains(*letter))
            .collect();
        return match name.as_str() {
            "" => ("did not find expected alphabetic or numeric character".to_owned(), Place::Scanner),
            name => (format!("unknown anchor '{name}' referenced"), Place::Nowhere),
        };
    }
    match WORDINGS.iter().find(|(part, _, _)| info.contains(part)) {
        Some((_, words, place)) => ((*words).to_owned(), *place),
        None => (info.to_owned(), Place::Scanner),
    }
}
