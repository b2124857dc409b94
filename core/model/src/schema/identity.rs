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
    if value.get("kind").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Some(format!("Object 'Kind' is missing in '{}'", to_json_compact(value)));
    }
    let schema = Schema::get();
    let metadata: TypeId = schema.object_meta()?;
    match value.get("metadata") {
        None | Some(Value::Null) => None,
        Some(fields @ Value::Object(_)) => {
            let message = decoding_error(&schema.check(metadata, fields), false)?;
            // The checked value lies within the object: its fields' names begin with `metadata`.
            Some(message.replacen("struct field ObjectMeta.", "struct field ObjectMeta.metadata.", 1))
        }
        Some(other) => {
            let found = match other {
                Value::Array(_) => "array",
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                _ => "number",
            };
            Some(format!(
                "json: cannot unmarshal {found} into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"
            ))
        }
    }
}
