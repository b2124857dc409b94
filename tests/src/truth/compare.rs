//! Objects compared: what differs from run to run is left out or masked.

use serde_json::Value;

use super::normalize::Normalizer;

/// Fields of metadata that differ from run to run.
const UNSTABLE_METADATA: [&str; 4] = ["uid", "resourceVersion", "creationTimestamp", "managedFields"];

/// The object without what differs from run to run.
#[must_use]
pub fn stable(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in UNSTABLE_METADATA {
            metadata.remove(name);
        }
    }
    without_creation_times(&mut value);
    value
}

/// The recording left out every `creationTimestamp`, a template's `null` too.
fn without_creation_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("creationTimestamp");
            fields.values_mut().for_each(without_creation_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_creation_times),
        _ => {}
    }
}

/// The objects as text that can be compared line by line.
#[must_use]
pub fn text(objects: &[Value]) -> String {
    objects
        .iter()
        .map(|object| serde_yaml::to_string(&stable(object)).unwrap_or_default())
        .collect::<Vec<_>>()
        .join("---\n")
}

/// How two texts differ, as lines with `-` (expected) and `+` (got); `None` if they do not.
#[must_use]
pub fn difference(normalizer: &Normalizer, expected: &str, got: &str) -> Option<String> {
    let (expected, got) = normalizer.pair(expected, got);
    if expected == got {
        return None;
    }
    let diff = similar::TextDiff::from_lines(&expected, &got);
    Some(diff.unified_diff().context_radius(2).to_string())
}
