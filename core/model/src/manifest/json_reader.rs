//! JSON manifests: one or several objects, with Go's words for what is wrong.

use serde_json::{Deserializer, Value};

use super::error::ManifestError;
use super::spans::{Position, Spans};
use super::{Document, Manifest, builder};

pub(super) fn read(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let start = values.byte_offset();
        match values.next() {
            None => break,
            Some(Ok(value)) if value.is_null() => {}
            Some(Ok(value)) => {
                let spans = spans_of(text, start, values.byte_offset());
                manifest.documents.push(Document { value, spans });
            }
            Some(Err(error)) => {
                manifest.error = Some(describe(&error, text));
                break;
            }
        }
    }
    manifest
}

/// JSON is YAML, so the YAML reader knows the places too.
fn spans_of(text: &str, start: usize, end: usize) -> Spans {
    let first_line = text[..start].matches('\n').count();
    builder::build(&text[start..end], first_line)
        .ok()
        .flatten()
        .map(|document| document.spans)
        .unwrap_or_default()
}

fn describe(error: &serde_json::Error, text: &str) -> ManifestError {
    let position = Position { line: error.line(), column: error.column().max(1) };
    if error.is_eof() {
        return ManifestError::new("unexpected EOF".to_owned(), position);
    }
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = line_start + position.column;
    // Go looks at bytes, and shows each as if it were a letter of its own.
    let found = text.as_bytes().get(offset - 1).copied().map_or(' ', char::from);
    let before = text.get(..offset - 1).unwrap_or_default();
    let said = error.to_string();
    let literal = said.starts_with("expected ident").then(|| in_literal(before)).flatten();
    let place = if let Some(place) = &literal {
        place
    } else if said.starts_with("key must be a string") || said.starts_with("trailing comma") {
        let in_list = before.trim_end().ends_with(',') && found == ']';
        if in_list { "looking for beginning of value" } else { "looking for beginning of object key string" }
    } else if said.starts_with("expected `:`") {
        "after object key"
    } else if said.starts_with("expected `,` or `}`") {
        "after object key:value pair"
    } else if said.starts_with("expected `,` or `]`") {
        "after array element"
    } else if said.starts_with("control character") {
        "in string literal"
    } else if said.starts_with("invalid escape") {
        "in string escape code"
    } else if said.starts_with("invalid number") {
        "in numeric literal"
    } else {
        "looking for beginning of value"
    };
    ManifestError::new(format!("json: offset {offset}: invalid character '{found}' {place}"), position)
}

/// Where a word begins as `true`, `false` or `null` does and goes on otherwise.
fn in_literal(before: &str) -> Option<String> {
    let start = before.rfind(|letter: char| !letter.is_ascii_lowercase()).map_or(0, |end| end + 1);
    let word = before.get(start..).filter(|word| !word.is_empty())?;
    let literal = ["true", "false", "null"].into_iter().find(|literal| literal.starts_with(word))?;
    let expected = literal.chars().nth(word.len())?;
    Some(format!("in literal {literal} (expecting '{expected}')"))
}
