//! kubectl's JSONPath templates: `{range .items[*]}{.metadata.name}{"\n"}{end}`.
//!
//! A template is text with actions in braces. What a path does not find is nothing, and no error; `$` is, as in kubectl, the current
//! value within `range`, not the root.

mod evaluate;
mod filter;
mod parse;

use std::fmt;

use serde_json::Value;

use crate::manifest::{format_go_float, to_json_compact};
use evaluate::Nodes;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    text: String,
    nodes: Vec<Node>,
    strict: bool,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The template.
    pub template: String,
    /// kubectl's words: `unclosed action`.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing jsonpath {}, {}", self.template, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A template that fails on a value: `array index out of bounds: index 5, length 2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionError(pub String);

impl fmt::Display for ExecutionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExecutionError {}

/// A piece of a template, or a step of an action.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Constant(Value),
    Action(Vec<Node>),
    Field(String),
    Wildcard,
    Recursive,
    Slice(Slice),
    Union(Vec<Vec<Node>>),
    Filter { left: Vec<Node>, comparison: Option<(String, Vec<Node>)> },
    Identifier(String),
}

/// `[1]`, `[1:3]`, `[::2]`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    /// The end follows from a single index.
    single: bool,
    step: Option<i64>,
}

impl Template {
    /// Parses a template.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let nodes =
            parse::template(text).map_err(|message| ParseError { template: text.to_owned(), message })?;
        Ok(Self { text: text.to_owned(), nodes, strict: false })
    }

    /// The same template, to which a field that is not there is an error.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { strict: true, ..self }
    }

    /// Parses a path as `custom-columns` and `--sort-by` take it: braces and the first dot may be missing.
    pub fn parse_relaxed(path: &str) -> Result<Self, String> {
        let inner = path.strip_prefix('{').map_or(Some(path), |rest| rest.strip_suffix('}'));
        let inner = inner.map(|inner| inner.strip_prefix('.').unwrap_or(inner));
        match inner.filter(|inner| !inner.is_empty() && !inner.contains(['{', '}'])) {
            Some(inner) => Self::parse(&format!("{{.{inner}}}")).map_err(|error| error.to_string()),
            None if path.is_empty() => Self::parse("").map_err(|error| error.to_string()),
            None => Err(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                         '{.name1.name2}'"
                    .to_owned(),
            ),
        }
    }

    /// The template's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values that each piece of the template finds.
    pub fn find(&self, value: &Value) -> Result<Vec<Vec<Value>>, ExecutionError> {
        Nodes::new(&self.nodes, self.strict).run(value)
    }

    /// What the template prints: the values of a path are separated by spaces.
    pub fn render(&self, value: &Value) -> Result<String, ExecutionError> {
        let mut text = String::new();
        for values in self.find(value)? {
            text.push_str(&values.iter().map(value_text).collect::<Vec<_>>().join(" "));
        }
        Ok(text)
    }

    /// What kubectl prints when the template fails on a value.
    pub fn failure(&self, error: &ExecutionError, value: &Value) -> String {
        format!(
            "error executing jsonpath {:?}: Error executing template: {error}. Printing more information for debugging the \
             template:\n\ttemplate was:\n\t\t{}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n",
            self.text,
            self.text,
            go_syntax(value)
        )
    }
}

/// A found value as it prints: texts raw, lists and maps as JSON.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format_go_float(number.as_f64().unwrap_or_default(), 21),
        other => to_json_compact(other),
    }
}

/// A value as Go's `%#v` shows it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(go_syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| key.as_str());
            let fields: Vec<_> =
                fields.into_iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
        plain => value_text(plain),
    }
}
