//! From the segments of a word to its fields: splitting, and names of files for patterns.

use serde::{Deserialize, Serialize};

use super::{Shell, pattern};
use crate::io::Io;

/// A part of a word that is being made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Segment {
    /// Text that was written without quotes: not split, but may be a pattern.
    Plain(String),
    /// Protected text.
    Quoted(String),
    /// What an expansion gave without quotes: it is split, and may be a pattern.
    Split(String),
    /// The end of a field (between the values of `"$@"`).
    Break,
}

/// A field as pairs of text and whether it is protected.
#[derive(Default)]
struct Field {
    parts: Vec<(String, bool)>,
    exists: bool,
}

impl Field {
    fn add(&mut self, text: &str, protected: bool) {
        self.exists |= protected || !text.is_empty();
        self.parts.push((text.to_owned(), protected));
    }

    fn text(&self) -> String {
        self.parts.iter().map(|(text, _)| text.as_str()).collect()
    }

    fn pattern(&self) -> String {
        self.parts
            .iter()
            .map(|(text, protected)| if *protected { pattern::protect(text) } else { text.clone() })
            .collect()
    }
}

/// A word as one text.
pub(super) fn value_of(segments: &[Segment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Plain(text) | Segment::Quoted(text) | Segment::Split(text) => text.as_str(),
            Segment::Break => " ",
        })
        .collect()
}

/// A word as a pattern: what was protected matches only itself.
pub(super) fn pattern_of(segments: &[Segment]) -> String {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Plain(text) | Segment::Split(text) => text.clone(),
            Segment::Quoted(text) => pattern::protect(text),
            Segment::Break => " ".to_owned(),
        })
        .collect()
}

/// A word as a regular expression.
pub(super) fn regex_of(segments: &[Segment]) -> String {
    let escape = |text: &str| -> String {
        text.chars()
            .flat_map(|c| if "\\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] })
            .collect()
    };
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Plain(text) | Segment::Split(text) => text.clone(),
            Segment::Quoted(text) => escape(text),
            Segment::Break => " ".to_owned(),
        })
        .collect()
}

impl Shell {
    /// The fields of a word, with the names of files in place of patterns that match some.
    pub(super) fn fields_of(&self, io: &Io<'_>, segments: &[Segment]) -> Vec<String> {
        let separators = self.variables.text("IFS").unwrap_or(" \t\n").to_owned();
        let mut fields = Vec::new();
        let mut field = Field::default();
        for segment in segments {
            match segment {
                Segment::Plain(text) => field.add(text, false),
                Segment::Quoted(text) => field.add(text, true),
                Segment::Split(text) => split(text, &separators, &mut field, &mut fields),
                Segment::Break => {
                    field.exists = true;
                    fields.push(std::mem::take(&mut field));
                }
            }
        }
        fields.push(field);
        fields.into_iter().filter(|field| field.exists).flat_map(|field| self.names_of(io, &field)).collect()
    }

    fn names_of(&self, io: &Io<'_>, field: &Field) -> Vec<String> {
        let pattern = field.pattern();
        if self.options.noglob || !pattern::is_pattern(&pattern) {
            return vec![field.text()];
        }
        let names = glob(io, &pattern);
        if names.is_empty() && !self.options.nullglob { vec![field.text()] } else { names }
    }
}

/// Splits a text: white space among the separators joins, each other separator ends a field.
fn split(text: &str, separators: &str, field: &mut Field, fields: &mut Vec<Field>) {
    let is_space = |c: char| separators.contains(c) && c.is_whitespace();
    let is_other = |c: char| separators.contains(c) && !c.is_whitespace();
    let mut rest = text;
    let mut pending = false;
    if rest.starts_with(is_space) {
        rest = rest.trim_start_matches(is_space);
        pending = true;
    }
    loop {
        if pending && field.exists {
            fields.push(std::mem::take(field));
        }
        pending = false;
        let end = rest.find(|c| is_space(c) || is_other(c)).unwrap_or(rest.len());
        if end > 0 {
            field.add(&rest[..end], false);
        }
        rest = &rest[end..];
        if rest.is_empty() {
            return;
        }
        let trimmed = rest.trim_start_matches(is_space);
        match trimmed.chars().next() {
            Some(c) if is_other(c) => {
                field.exists = true;
                fields.push(std::mem::take(field));
                rest = trimmed[c.len_utf8()..].trim_start_matches(is_space);
                if rest.is_empty() {
                    return;
                }
            }
            Some(_) => {
                rest = trimmed;
                pending = true;
            }
            None => {
                // White space at the end ends the field, so that what follows in the word starts another.
                if field.exists {
                    fields.push(std::mem::take(field));
                }
                return;
            }
        }
    }
}

/// The names that a pattern matches, sorted.
pub(crate) fn glob(io: &Io<'_>, pattern: &str) -> Vec<String> {
    let absolute = pattern.starts_with('/');
    let mut found = vec![if absolute { "/".to_owned() } else { String::new() }];
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        let mut next = Vec::new();
        for base in &found {
            if !pattern::is_pattern(part) {
                let path = format!("{base}{}", pattern::unprotect(part));
                if io.lstat(&path).is_ok() {
                    next.push(path);
                }
                continue;
            }
            let folder = if base.is_empty() { "." } else { base.as_str() };
            for name in io.read_folder(folder).unwrap_or_default() {
                let hidden = name.starts_with('.') && !part.starts_with('.') && !part.starts_with("\\.");
                if !hidden && pattern::matches(part, &name) {
                    next.push(format!("{base}{name}"));
                }
            }
        }
        if !last {
            next.retain(|path| io.stat(path).is_ok_and(|metadata| metadata.is_folder()));
            next.iter_mut().for_each(|path| path.push('/'));
        }
        found = next;
    }
    if pattern.ends_with('/') {
        found.retain(|path| io.stat(path).is_ok_and(|metadata| metadata.is_folder()));
        found.iter_mut().for_each(|path| path.push('/'));
    }
    found.sort();
    found
}
