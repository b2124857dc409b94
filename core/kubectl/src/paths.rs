//! JSONPath as kubectl's flags take it.

use model::jsonpath::Template;
use serde_json::Value;

use crate::failure::{Failure, Result, client};

/// A template.
///
/// # Errors
/// kubectl's words if it is none.
pub fn template(text: &str) -> Result<Template> {
    Template::parse(text).map_err(|error| client(error.to_string()))
}

/// A path whose braces and first dot may be missing.
///
/// # Errors
/// kubectl's words if it is none.
pub fn relaxed(text: &str) -> Result<Template> {
    Template::parse_relaxed(text).map_err(client)
}

/// What a template prints of a tree. `strict`: a field that is not there is an error.
///
/// # Errors
/// If it fails on this tree.
pub fn render(text: &str, value: &Value, strict: bool) -> Result<String> {
    let template = template(text)?;
    let template = if strict { template.strict() } else { template };
    template.render(value).map_err(|error| Failure::Client(template.failure(&error, value) + "\n"))
}

/// All values that a template finds in a tree.
///
/// # Errors
/// If it fails on this tree.
pub fn find(template: &Template, value: &Value) -> Result<Vec<Value>> {
    let found = template.find(value).map_err(|error| client(error.to_string()))?;
    Ok(found.into_iter().flatten().collect())
}
