//! JSON merge patches: maps merge, `null` removes, everything else replaces.

use serde_json::{Map, Value};

/// Applies a merge patch.
pub fn apply_json_merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            fields.remove(key);
        } else {
            apply_json_merge(fields.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

/// What makes `modified` of `original`; `{}` when they are equal.
pub fn two_way_json_merge_patch(original: &Value, modified: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (original, modified) else { return modified.clone() };
    let mut patch = Map::new();
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in after {
        match before.get(key) {
            Some(old) if old == value => {}
            Some(old) if old.is_object() && value.is_object() => {
                patch.insert(key.clone(), two_way_json_merge_patch(old, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}

/// What `kubectl apply` sends for a custom resource: what `modified` adds to or changes in `current`, and the removal of what it
/// dropped since `original`, its last applied form.
pub fn three_way_json_merge_patch(original: &Value, modified: &Value, current: &Value) -> Value {
    let mut changes = two_way_json_merge_patch(current, modified);
    keep(&mut changes, false);
    let mut patch = two_way_json_merge_patch(original, modified);
    keep(&mut patch, true);
    combine(&mut patch, changes);
    patch
}

/// Keeps the removals of a patch, or all but them; maps that are left empty go.
fn keep(patch: &mut Value, removals: bool) {
    let Value::Object(fields) = patch else { return };
    fields.retain(|_, value| match value {
        Value::Null => removals,
        Value::Object(inner) if inner.is_empty() => !removals,
        Value::Object(_) => {
            keep(value, removals);
            value.as_object().is_some_and(|inner| !inner.is_empty())
        }
        _ => !removals,
    });
}

fn combine(patch: &mut Value, changes: Value) {
    match (patch, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (key, change) in changes {
                combine(fields.entry(key).or_insert_with(|| Value::Object(Map::new())), change);
            }
        }
        (place, change) => *place = change,
    }
}
