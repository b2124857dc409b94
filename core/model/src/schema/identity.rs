//! What kubectl itself demands of an object before it asks the server: a kind, and metadata of the right types.

use serde_json::Value;

use super::check::decoding_error;
use super::{Schema, TypeId};
use crate::manifest::to_json_compact;

/// Why kubectl can't take the document for an object, in its words (it prints `error: unable to decode "m.yaml": ` before them).
pub fn identity_error(value: &Value) -> Option<String> {
    let kind_of_json = match value {
        Value::Object(_) => return object_error(value),
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Null => return None,
    };
    Some(format!("json: cannot unmarshal {kind_of_json} into Go value of type unstructured.detector"))
}

fn object_error(value: &Value) -> Option<String> {
    let version = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let no_kind = value.get("kind").and_then(Value::as_str).is_none_or(str::is_empty);
    if no_kind || version.matches('/').count() > 1 {
        return Some(format!("Object 'Kind' is missing in '{}'", to_json_compact(value)));
    }
    if let Some(found) = value.get("apiVersion").and_then(no_text) {
        return Some(format!(
            "json: cannot unmarshal {found} into Go struct field metadataOnlyObject.apiVersion of type string"
        ));
    }
    let schema = Schema::get();
    let metadata: TypeId = schema.object_meta()?;
    match value.get("metadata") {
        None | Some(Value::Null) => None,
        Some(fields @ Value::Object(_)) => {
            let message = decoding_error(&schema.check(metadata, fields), false)?;
            // The checked value lies within the object: its fields' names begin with `metadata`.
            let (before, field) = message.split_once("struct field ")?;
            let (type_name, path) = field.split_once('.')?;
            Some(format!("{before}struct field {type_name}.metadata.{path}"))
        }
        Some(other) => {
            let found = no_text(other).unwrap_or("string");
            Some(format!(
                "json: cannot unmarshal {found} into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"
            ))
        }
    }
}

/// What JSON calls a value that is neither text nor nothing.
fn no_text(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null | Value::String(_) => None,
        Value::Array(_) => Some("array"),
        Value::Object(_) => Some("object"),
        Value::Bool(_) => Some("bool"),
        Value::Number(_) => Some("number"),
    }
}
