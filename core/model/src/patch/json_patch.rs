//! JSON patches (RFC 6902).

use serde_json::{Map, Value};

use super::PatchError;

/// Applies the operations in order; at the first that fails, the target stays half changed and is to be dropped.
pub fn apply_json_patch(target: &mut Value, patch: &Value) -> Result<(), PatchError> {
    let Value::Array(operations) = patch else {
        let found = match patch {
            Value::Object(_) => "object",
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "bool",
            _ => return Ok(()),
        };
        return fail(format!("json: cannot unmarshal {found} into Go value of type jsonpatch.Patch"));
    };
    operations.iter().try_for_each(|operation| apply(target, operation))
}

fn fail<T>(message: String) -> Result<T, PatchError> {
    Err(PatchError(message))
}

fn apply(target: &mut Value, operation: &Value) -> Result<(), PatchError> {
    let kind = operation.get("op").and_then(Value::as_str).unwrap_or("unknown");
    if !matches!(kind, "add" | "remove" | "replace" | "move" | "copy" | "test") {
        return fail(format!("Unexpected kind: {kind}"));
    }
    let Some(path) = operation.get("path").and_then(Value::as_str) else {
        return fail(format!("{kind} operation failed to decode path: missing value"));
    };
    let value = operation.get("value").cloned().unwrap_or(Value::Null);
    match kind {
        "add" => add(target, path, value, "add"),
        "remove" => remove(target, path, "remove").map(drop),
        "replace" => replace(target, path, value),
        "test" => test(target, path, &value),
        _ => {
            let Some(from) = operation.get("from").and_then(Value::as_str) else {
                return fail(format!("{kind} operation failed to decode from: missing value"));
            };
            let value = match kind {
                "move" => remove(target, from, "move")?,
                _ => get(target, from).cloned().unwrap_or(Value::Null),
            };
            add(target, path, value, kind)
        }
    }
}

/// The steps of a pointer; `~1` is a slash, `~0` a tilde.
fn steps(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

fn get<'a>(target: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path).iter().try_fold(target, |value, step| match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The collection that holds what the path names, and the last step.
fn holder<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut steps = steps(path);
    let last = steps.pop()?;
    let mut value = target;
    for step in &steps {
        value = match value {
            Value::Object(fields) => fields.get_mut(step)?,
            Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    (value.is_object() || value.is_array()).then_some((value, last))
}

fn index(step: &str, length: usize, operation: &str, path: &str) -> Result<usize, PatchError> {
    let Ok(number) = step.parse::<i64>() else {
        return fail(format!(
            "error in {operation} for path: '{path}': value was not a proper array index: '{step}': strconv.Atoi: parsing \
             {step:?}: invalid syntax"
        ));
    };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = if number < 0 { number + length } else { number };
    match usize::try_from(place) {
        Ok(place) if number < length => Ok(place),
        _ => fail(format!(
            "error in {operation} for path: '{path}': Unable to access invalid index: {number}: invalid index referenced"
        )),
    }
}

fn add(target: &mut Value, path: &str, value: Value, operation: &str) -> Result<(), PatchError> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let Some((holder, step)) = holder(target, path) else {
        return fail(format!(
            "{operation} operation does not apply: doc is missing path: {path:?}: missing value"
        ));
    };
    match holder {
        Value::Object(fields) => {
            fields.insert(step, value);
        }
        Value::Array(items) if step == "-" => items.push(value),
        Value::Array(items) => items.insert(index(&step, items.len() + 1, operation, path)?, value),
        _ => {}
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str, operation: &str) -> Result<Value, PatchError> {
    let Some((holder, step)) = holder(target, path) else {
        return fail(format!(
            "{operation} operation does not apply: doc is missing path: {path:?}: missing value"
        ));
    };
    match holder {
        Value::Object(fields) => match fields.remove(&step) {
            Some(value) => Ok(value),
            None => {
                // Upstream names the last step only when it moves.
                let shown = if operation == "move" { &step } else { path };
                fail(format!(
                    "error in {operation} for path: '{shown}': Unable to remove nonexistent key: {step}: missing value"
                ))
            }
        },
        Value::Array(items) => {
            let place = index(&step, items.len(), operation, path)?;
            Ok(items.remove(place))
        }
        _ => Ok(Value::Null),
    }
}

fn replace(target: &mut Value, path: &str, value: Value) -> Result<(), PatchError> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let Some((holder, step)) = holder(target, path) else {
        return fail(format!("replace operation does not apply: doc is missing path: {path}: missing value"));
    };
    match holder {
        // Upstream's replacing of an absent key adds it.
        Value::Object(fields) => {
            fields.insert(step, value);
        }
        Value::Array(items) => {
            let missing = |_| {
                PatchError(format!(
                    "replace operation does not apply: doc is missing key: {path}: missing value"
                ))
            };
            let place = index(&step, items.len(), "replace", path).map_err(missing)?;
            items[place] = value;
        }
        _ => {}
    }
    Ok(())
}

fn test(target: &Value, path: &str, value: &Value) -> Result<(), PatchError> {
    let found = get(target, path).unwrap_or(&Value::Null);
    if found == value {
        return Ok(());
    }
    fail(format!("testing value {path} failed: test failed"))
}

/// An empty map, for targets that are null.
pub(super) fn empty() -> Value {
    Value::Object(Map::new())
}
