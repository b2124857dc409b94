//! `-o custom-columns`.

use model::jsonpath::Template;
use serde_json::Value;

use super::go_value;
use crate::failure::{Failure, Result, client};
use crate::paths;
use crate::tabwriter;

/// Reads `NAME:.metadata.name,IMAGE:.spec.image`.
///
/// # Errors
/// If it is not of that form.
pub fn parse(text: &str) -> Result<Vec<(String, String)>> {
    if text.is_empty() {
        return Err(client("custom-columns format specified but no custom columns given"));
    }
    split_columns(text)
        .into_iter()
        .map(|part| match part.split_once(':') {
            Some((heading, path)) if !heading.is_empty() => Ok((heading.to_owned(), checked(path)?)),
            _ => Err(client(format!(
                "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            ))),
        })
        .collect()
}

/// Commas within brackets or quotes do not end a column.
fn split_columns(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0usize, 0usize);
    for (index, letter) in text.char_indices() {
        match letter {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Reads a template file: a line of headings, a line of paths.
///
/// # Errors
/// If it is not of that form.
pub fn parse_file(text: &str) -> Result<Vec<(String, String)>> {
    let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let (headings, specs) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if headings.len() != specs.len() {
        return Err(client(format!(
            "number of headers ({}) and field specifications ({}) don't match",
            headings.len(),
            specs.len()
        )));
    }
    headings.iter().zip(specs).map(|(heading, path)| Ok(((*heading).to_owned(), checked(path)?))).collect()
}

/// What is wrong within a path is found when it is used, after the headings.
fn checked(path: &str) -> Result<String> {
    match paths::relaxed(path) {
        Err(failure) if parse_error(&failure).is_none() => Err(failure),
        _ => Ok(path.to_owned()),
    }
}

/// What is wrong within a path.
fn parse_error(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Client(text) if text.starts_with("error parsing jsonpath ") => {
            text.rsplit_once("}, ").map(|(_, why)| why.to_owned())
        }
        _ => None,
    }
}

/// The rows of trees, with a heading if wanted.
///
/// # Errors
/// If a path is wrong.
pub fn print(columns: &[(String, String)], values: &[Value], heading: bool) -> Result<String> {
    let mut text = String::new();
    if heading {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        text.push_str(&names.join("\t"));
        text.push('\n');
    }
    let templates = columns.iter().map(|(_, path)| paths::relaxed(path)).collect::<Result<Vec<_>>>();
    let templates = templates.map_err(|failure| match parse_error(&failure) {
        Some(why) => Failure::Printed(tabwriter::align(&text, tabwriter::TABLE), Box::new(client(why))),
        None => failure,
    })?;
    for value in values {
        let cells: Vec<String> = templates.iter().map(|template| cell(template, value)).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    Ok(tabwriter::align(&text, tabwriter::TABLE))
}

fn cell(template: &Template, value: &Value) -> String {
    let found = paths::find(template, value).unwrap_or_default();
    if found.is_empty() {
        return "<none>".to_owned();
    }
    found
        .iter()
        .map(|value| match value {
            Value::Null => "<nil>".to_owned(),
            other => go_value::to_text(other),
        })
        .collect::<Vec<_>>()
        .join(",")
}
