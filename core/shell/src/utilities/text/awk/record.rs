//! The record and its fields: split when a field is asked for, joined when `$0` is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::value::Value;
use crate::utilities::text::regex::{Options, Pattern, Syntax};

/// How many patterns made from strings are kept.
const KEPT: usize = 50;
/// The highest field number.
const FIELDS: usize = 32_767;

/// Patterns that were compiled; never part of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Patterns(BTreeMap<String, Pattern>);

impl Patterns {
    /// The pattern of a source.
    pub fn get(&mut self, source: &str) -> Result<&Pattern, String> {
        if !self.0.contains_key(source) {
            if self.0.len() >= KEPT {
                self.0.clear();
            }
            let pattern = Pattern::new(source, Syntax::Awk, Options::default())
                .map_err(|message| broken_pattern(source, &message))?;
            self.0.insert(source.to_owned(), pattern);
        }
        self.0.get(source).ok_or_else(String::new)
    }
}

/// The message of a pattern that is malformed.
pub fn broken_pattern(source: &str, message: &str) -> String {
    let why = match message {
        "Unmatched ( or \\(" => "missing ')'",
        message if message.starts_with("Unmatched [") => "missing ']'",
        message => message,
    };
    format!("regular expression compile failed ({why})\n{source}")
}

/// The current record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    text: String,
    fields: Vec<Value>,
    /// Whether `fields` are those of `text`.
    split: bool,
    /// Whether `text` is no longer that of `fields`.
    stale: bool,
}

/// What separates fields.
pub struct Separators<'a> {
    /// FS.
    pub fields: &'a str,
    /// Whether records are paragraphs, in which a newline separates too.
    pub paragraphs: bool,
    /// OFS.
    pub output: &'a str,
}

impl Record {
    /// Takes a new text.
    pub fn set(&mut self, text: String) {
        *self = Self { text, ..Self::default() };
    }

    /// `$0`
    pub fn text(&mut self, output: &str) -> &str {
        if self.stale {
            let fields: Vec<String> = self.fields.iter().map(|field| field.text("%.6g")).collect();
            self.text = fields.join(output);
            self.stale = false;
        }
        &self.text
    }

    /// `NF`
    pub fn count(&mut self, separators: &Separators<'_>, patterns: &mut Patterns) -> Result<usize, String> {
        self.split(separators, patterns)?;
        Ok(self.fields.len())
    }

    /// `$index`, of a record that may not be split yet.
    pub fn field(
        &mut self,
        index: usize,
        separators: &Separators<'_>,
        patterns: &mut Patterns,
    ) -> Result<Value, String> {
        if index == 0 {
            return Ok(Value::input(self.text(separators.output).to_owned()));
        }
        self.split(separators, patterns)?;
        Ok(self.fields.get(index - 1).cloned().unwrap_or_default())
    }

    /// Assigns a field.
    pub fn set_field(
        &mut self,
        index: usize,
        value: Value,
        separators: &Separators<'_>,
        patterns: &mut Patterns,
    ) -> Result<(), String> {
        if index == 0 {
            self.set(value.text("%.6g"));
            return Ok(());
        }
        if index > FIELDS {
            return Err(format!("program limit exceeded: maximum number of fields size={FIELDS}"));
        }
        self.split(separators, patterns)?;
        if self.fields.len() < index {
            self.fields.resize(index, Value::Unset);
        }
        self.fields[index - 1] = value;
        self.stale = true;
        Ok(())
    }

    /// Assigns `NF`.
    pub fn resize(
        &mut self,
        count: usize,
        separators: &Separators<'_>,
        patterns: &mut Patterns,
    ) -> Result<(), String> {
        self.split(separators, patterns)?;
        self.fields.resize(count.min(FIELDS), Value::Unset);
        self.stale = true;
        Ok(())
    }

    fn split(&mut self, separators: &Separators<'_>, patterns: &mut Patterns) -> Result<(), String> {
        if !self.split {
            let parts = split(&self.text, separators.fields, separators.paragraphs, patterns)?;
            self.fields = parts.into_iter().map(|part| Value::input(part.to_owned())).collect();
            self.split = true;
        }
        Ok(())
    }
}

/// Splits as FS does: blanks, one character, or a pattern.
pub fn split<'a>(
    text: &'a str,
    separator: &str,
    paragraphs: bool,
    patterns: &mut Patterns,
) -> Result<Vec<&'a str>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if separator == " " {
        return Ok(text.split([' ', '\t', '\n']).filter(|part| !part.is_empty()).collect());
    }
    let mut letters = separator.chars();
    match (letters.next(), letters.next()) {
        (None, _) => Ok(text.char_indices().map(|(at, letter)| &text[at..at + letter.len_utf8()]).collect()),
        (Some(letter), None) if letter != '\\' => {
            Ok(text.split(|found| found == letter || paragraphs && found == '\n').collect())
        }
        _ if paragraphs => split_by(text, patterns.get(&format!("({separator})|\n"))?),
        _ => split_by(text, patterns.get(separator)?),
    }
}

/// Splits at the matches of a pattern.
pub fn split_by<'a>(text: &'a str, pattern: &Pattern) -> Result<Vec<&'a str>, String> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    if text.is_empty() {
        return Ok(parts);
    }
    while let Some((from, to)) = pattern.find_at(text, at) {
        if to == from {
            at = to + text[to..].chars().next().map_or(1, char::len_utf8);
            if at > text.len() {
                break;
            }
            continue;
        }
        parts.push(&text[start..from]);
        (start, at) = (to, to);
    }
    parts.push(&text[start..]);
    Ok(parts)
}
