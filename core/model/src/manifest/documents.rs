//! A text's YAML documents. kubectl cuts at lines that begin with `---` before it parses, so each document counts its own lines.

use super::error::ManifestError;
use super::spans::Position;

/// One document's text and the line (from 0) of the whole text at which it begins.
pub(super) struct Part<'a> {
    pub text: &'a str,
    pub first_line: usize,
}

pub(super) fn split(text: &str) -> Vec<Result<Part<'_>, ManifestError>> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut offset, mut count) = (0, 0, 0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                let position = Position { line: count + 1, column: 4 };
                let message = format!("invalid Yaml document separator: {rest}");
                parts.push(Err(ManifestError::new(message, position)));
                return parts;
            }
            parts.push(Ok(Part { text: &text[start..offset], first_line }));
            (start, first_line) = (offset + line.len(), count + 1);
        }
        offset += line.len();
        count += 1;
    }
    parts.push(Ok(Part { text: &text[start..], first_line }));
    parts
}
