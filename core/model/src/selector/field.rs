//! Field selectors: `status.phase!=Running,spec.nodeName=node-1`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a field selector is none; the text is the API server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSelectorError(pub String);

impl fmt::Display for FieldSelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FieldSelectorError {}

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldRequirement {
    /// The field's path, `metadata.name`.
    pub field: String,
    /// What it is compared with.
    pub value: String,
    /// True for `=` and `==`, false for `!=`.
    pub equal: bool,
}

/// A field selector: every requirement must hold. The default selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldSelector {
    /// The conditions, in the order of the text.
    pub requirements: Vec<FieldRequirement>,
}

impl FieldSelector {
    /// Whether an object is selected; `value` gives a field's text (an unset field is the empty text).
    pub fn matches<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|it| (value(&it.field).unwrap_or_default() == it.value) == it.equal)
    }

    /// The one value that a field must have, if the selector says so: `metadata.name=a` makes a list a look-up.
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.requirements.iter().find(|it| it.equal && it.field == field).map(|it| it.value.as_str())
    }

    /// True when it selects every object.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl FromStr for FieldSelector {
    type Err = FieldSelectorError;

    fn from_str(text: &str) -> Result<Self, FieldSelectorError> {
        let mut requirements = Vec::new();
        for term in split_terms(text).into_iter().filter(|term| !term.is_empty()) {
            let Some((field, equal, value)) = split_term(term) else {
                return Err(FieldSelectorError(format!(
                    "invalid selector: '{text}'; can't understand '{term}'"
                )));
            };
            requirements.push(FieldRequirement { field: field.to_owned(), value: unescape(value)?, equal });
        }
        Ok(Self { requirements })
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, it) in self.requirements.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let operator = if it.equal { "=" } else { "!=" };
            write!(f, "{comma}{}{operator}{}", it.field, escape(&it.value))?;
        }
        Ok(())
    }
}

/// The terms between commas that no backslash escapes.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (index, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    let at =
        term.char_indices().find(|(index, letter)| *letter == '=' || term[*index..].starts_with("!="))?.0;
    let (field, rest) = term.split_at(at);
    ["!=", "==", "="].iter().find_map(|operator| {
        let value = rest.strip_prefix(operator)?;
        Some((field, *operator != "!=", value))
    })
}

fn unescape(value: &str) -> Result<String, FieldSelectorError> {
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                other => {
                    let sequence: String = std::iter::once('\\').chain(other).collect();
                    return Err(FieldSelectorError(format!(
                        "invalid field selector: invalid escape sequence: {sequence}"
                    )));
                }
            },
            // Upstream prints the letter's number.
            ',' | '=' => {
                return Err(FieldSelectorError(format!(
                    "invalid field selector: unescaped character in value: {}",
                    u32::from(letter)
                )));
            }
            _ => plain.push(letter),
        }
    }
    Ok(plain)
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=")
}
