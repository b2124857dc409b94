//! Applying strategic merge patches: lists with a merge key merge by it, directives delete, replace and order.

use serde_json::{Map, Value};

use super::json_patch::empty;
use super::order::arrange;
use super::{PatchError, go_value};
use crate::schema::{Field, PatchStrategy, Schema, TypeId};

pub(super) const PATCH: &str = "$patch";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const SET_ORDER: &str = "$setElementOrder/";
pub(super) const DELETE_PRIMITIVES: &str = "$deleteFromPrimitiveList/";

/// Applies a strategic merge patch to an object of that type.
pub fn apply_strategic(target: &mut Value, patch: &Value, root: TypeId) -> Result<(), PatchError> {
    let Value::Object(changes) = patch else {
        return Err(PatchError("invalid JSON document".to_owned()));
    };
    if !target.is_object() {
        *target = empty();
    }
    let Value::Object(fields) = target else { return Ok(()) };
    merge_map(fields, changes, Some(root))
}

/// What the schema says of a field, as far as patches care.
#[derive(Clone, Copy, Default)]
pub(super) struct Rule {
    pub strategy: PatchStrategy,
    pub merge_key: Option<&'static str>,
    pub inner: Option<TypeId>,
}

pub(super) fn rule(owner: Option<TypeId>, name: &str) -> Rule {
    let schema = Schema::get();
    let field: Option<&Field> = owner.and_then(|owner| schema.type_of(owner).field(name));
    field.map_or_else(Rule::default, |field| Rule {
        strategy: field.strategy,
        merge_key: field.merge_key,
        inner: field.shape.struct_type(),
    })
}

fn merge_map(
    fields: &mut Map<String, Value>,
    changes: &Map<String, Value>,
    owner: Option<TypeId>,
) -> Result<(), PatchError> {
    match changes.get(PATCH).map(|directive| directive.as_str().unwrap_or_default()) {
        None | Some("merge") => {}
        Some("delete") => {
            fields.clear();
            return Ok(());
        }
        Some("replace") => {
            *fields = changes.clone();
            fields.remove(PATCH);
            return Ok(());
        }
        Some(other) => return Err(unknown_directive(other, changes)),
    }
    if let Some(Value::Array(kept)) = changes.get(RETAIN_KEYS) {
        fields.retain(|key, _| kept.iter().any(|kept| kept == key));
    }
    for (key, removed) in
        changes.iter().filter_map(|(key, list)| Some((key.strip_prefix(DELETE_PRIMITIVES)?, list)))
    {
        if let (Some(Value::Array(items)), Value::Array(removed)) = (fields.get_mut(key), removed) {
            items.retain(|item| !removed.contains(item));
        }
    }
    for (key, change) in changes.iter().filter(|(key, _)| !key.starts_with('$')) {
        merge_field(fields, key, change, changes.get(&format!("{SET_ORDER}{key}")), rule(owner, key))?;
    }
    // An order alone moves what is there.
    for (key, wanted) in changes.iter().filter_map(|(key, list)| Some((key.strip_prefix(SET_ORDER)?, list))) {
        if let (None, Some(Value::Array(items)), Value::Array(wanted)) =
            (changes.get(key), fields.get_mut(key), wanted)
        {
            let merge_key = rule(owner, key).merge_key;
            let before = items.clone();
            *items = arrange(std::mem::take(items), wanted, &before, &|item| identity(item, merge_key));
        }
    }
    Ok(())
}

fn merge_field(
    fields: &mut Map<String, Value>,
    key: &str,
    change: &Value,
    wanted: Option<&Value>,
    rule: Rule,
) -> Result<(), PatchError> {
    if change.is_null() {
        fields.remove(key);
        return Ok(());
    }
    match (fields.get_mut(key), change) {
        (Some(Value::Object(inner)), Value::Object(changes)) if !rule.strategy.replace => {
            merge_map(inner, changes, rule.inner)
        }
        (Some(Value::Array(items)), Value::Array(changes)) if rule.strategy.merge => {
            let wanted = wanted.and_then(Value::as_array);
            *items = merge_list(std::mem::take(items), changes, wanted, rule)?;
            Ok(())
        }
        _ => {
            if let Value::Array(changes) = change
                && let Some(unknown) = changes.iter().find_map(bad_directive)
            {
                return Err(unknown);
            }
            if let Some(plain) = without_directives(change) {
                fields.insert(key.to_owned(), plain);
            }
            Ok(())
        }
    }
}

/// What identifies a list's item: the value of its merge key, or itself.
pub(super) fn identity(item: &Value, merge_key: Option<&str>) -> Value {
    match merge_key {
        Some(key) => item.get(key).cloned().unwrap_or(Value::Null),
        None => item.clone(),
    }
}

fn merge_list(
    items: Vec<Value>,
    changes: &[Value],
    wanted: Option<&Vec<Value>>,
    rule: Rule,
) -> Result<Vec<Value>, PatchError> {
    let merge_key = rule.merge_key;
    if changes.iter().any(|change| change.get(PATCH).is_some_and(|directive| directive == "replace")) {
        return Ok(changes
            .iter()
            .filter(|change| change.get(PATCH).is_none())
            .filter_map(without_directives)
            .collect());
    }
    let before = items.clone();
    let mut merged = items;
    let mut order = Vec::new();
    for change in changes {
        let id = match (merge_key, change) {
            (Some(key), Value::Object(fields)) => match fields.get(key) {
                Some(id) => id.clone(),
                None => {
                    return Err(PatchError(format!(
                        "map: {} does not contain declared merge key: {key}",
                        go_value(change)
                    )));
                }
            },
            _ => change.clone(),
        };
        if let Some(unknown) = bad_directive(change) {
            return Err(unknown);
        }
        if change.get(PATCH).is_some_and(|directive| directive == "delete") {
            merged.retain(|item| identity(item, merge_key) != id);
            continue;
        }
        order.push(change.clone());
        match merged.iter_mut().find(|item| identity(item, merge_key) == id) {
            Some(Value::Object(fields)) => {
                if let Value::Object(changes) = change {
                    merge_map(fields, changes, rule.inner)?;
                }
            }
            Some(_) => {}
            None => merged.extend(without_directives(change)),
        }
    }
    if let Some(wanted) = wanted {
        check_order(&order, wanted, merge_key)?;
    }
    let wanted = wanted.unwrap_or(&order);
    Ok(arrange(merged, wanted, &before, &|item| identity(item, merge_key)))
}

/// The patch's items must stand in the order that its `$setElementOrder` states.
fn check_order(order: &[Value], wanted: &[Value], merge_key: Option<&str>) -> Result<(), PatchError> {
    let mut rest = wanted.iter();
    let ordered =
        order.iter().all(|item| rest.any(|other| identity(other, merge_key) == identity(item, merge_key)));
    if ordered {
        return Ok(());
    }
    Err(PatchError(format!(
        "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
        go_value(&Value::from(order)),
        go_value(&Value::from(wanted))
    )))
}

fn bad_directive(item: &Value) -> Option<PatchError> {
    let fields = item.as_object()?;
    let directive = fields.get(PATCH)?.as_str().unwrap_or_default();
    let known = matches!(directive, "delete" | "replace" | "merge");
    (!known).then(|| unknown_directive(directive, fields))
}

fn unknown_directive(directive: &str, fields: &Map<String, Value>) -> PatchError {
    PatchError(format!(
        "unknown patch type: {directive} in map: {}",
        go_value(&Value::Object(fields.clone()))
    ))
}

/// A patch's value where there is nothing to merge with: what it sets, without what it would remove.
fn without_directives(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Object(fields) => {
            if fields.get(PATCH).is_some_and(|directive| directive == "delete") {
                return None;
            }
            let kept = fields.iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
            Value::Object(
                kept.filter_map(|(key, value)| Some((key.clone(), without_directives(value)?))).collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().filter_map(without_directives).collect()),
        plain => plain.clone(),
    })
}
