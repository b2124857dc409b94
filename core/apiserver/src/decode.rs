//! From what a client sent to an object: checked against the schema, quantities in their canonical form, then typed.

use model::schema::{ProblemKind, Schema, decoding_error};
use model::{Kind, Object, Status, status::Result};
use serde_json::{Map, Value};

/// What becomes of fields that the kind does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FieldValidation {
    /// The request is refused.
    #[default]
    Strict,
    /// They are dropped, and the client is warned.
    Warn,
    /// They are dropped.
    Ignore,
}

/// Reads an object of a kind; with it, warnings for the client.
///
/// # Errors
/// 400, worded as the API server words it.
pub fn object(kind: Kind, mut value: Value, validation: FieldValidation) -> Result<(Object, Vec<String>)> {
    let info = kind.info();
    let refuse = |why: &str| {
        Status::bad_request(format!(
            "{name} in version \"{version}\" cannot be handled as a {name}: {why}",
            name = info.name,
            version = info.version
        ))
    };
    if let Some(name) = value["kind"].as_str().filter(|name| !name.is_empty() && *name != info.name) {
        return Err(Status::bad_request(format!(
            "{name} in version \"{version}\" cannot be handled as a {}: no kind \"{name}\" is registered for version \"{api}\" in scheme \"pkg/runtime/scheme.go:110\"",
            info.name,
            version = info.version,
            api = info.api_version(),
        )));
    }
    let schema = Schema::get();
    let mut warnings = Vec::new();
    if let Some(root) = schema.of_kind(info.group, info.version, info.name) {
        let problems = schema.check(root, &value);
        if let Some(why) = decoding_error(&problems, validation == FieldValidation::Strict) {
            return Err(refuse(&why));
        }
        if validation == FieldValidation::Warn {
            let unknown = problems.iter().filter(|problem| problem.kind == ProblemKind::UnknownField);
            warnings.extend(unknown.map(|problem| problem.message.clone()));
        }
        schema.canonicalize(root, &mut value);
    }
    if matches!(kind, Kind::Deployment | Kind::ReplicaSet) {
        mark_empty_selector(&mut value);
    }
    let object = Object::from_value(kind, value).map_err(|error| refuse(&error.to_string()))?;
    Ok((object, warnings))
}

/// The typed selector cannot tell `{}` from nothing, and the refusals differ: one that is given gets a field.
fn mark_empty_selector(value: &mut Value) {
    let selector = value.pointer_mut("/spec/selector").and_then(Value::as_object_mut);
    let says_nothing = |selector: &&mut Map<String, Value>| {
        ["matchLabels", "matchExpressions"].iter().all(|field| !selector.contains_key(*field))
    };
    if let Some(selector) = selector.filter(says_nothing) {
        selector.insert("matchLabels".to_owned(), Value::Object(Map::new()));
    }
}
