//! Making strategic merge patches: from two states, and from three as `kubectl apply` does.

use serde_json::{Map, Value, json};

use super::strategic::{DELETE_PRIMITIVES, PATCH, RETAIN_KEYS, Rule, SET_ORDER, identity, rule};
use crate::schema::TypeId;

/// What makes `modified` of `original`; `{}` when they are equal.
pub fn two_way_strategic_patch(original: &Value, modified: &Value, root: TypeId) -> Value {
    patch_between(original, modified, root, Wanted { changes: true, deletions: true, order: false })
}

/// What `kubectl apply` sends: what `modified` adds to or changes in `current`, and the removal of what it dropped since `original`,
/// its last applied form.
pub fn three_way_strategic_patch(original: &Value, modified: &Value, current: &Value, root: TypeId) -> Value {
    let changes =
        patch_between(current, modified, root, Wanted { changes: true, deletions: false, order: true });
    let mut patch =
        patch_between(original, modified, root, Wanted { changes: false, deletions: true, order: true });
    combine(&mut patch, changes, Rule { inner: Some(root), ..Rule::default() });
    patch
}

/// Which parts of a difference a patch shall carry.
#[derive(Clone, Copy)]
struct Wanted {
    changes: bool,
    deletions: bool,
    /// `$setElementOrder` beside each merged list that the patch touches.
    order: bool,
}

fn patch_between(before: &Value, after: &Value, root: TypeId, wanted: Wanted) -> Value {
    let none = Map::new();
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_else(|| none.clone());
    Value::Object(diff_maps(&fields(before), &fields(after), Some(root), false, wanted))
}

fn diff_maps(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    owner: Option<TypeId>,
    retain_keys: bool,
    wanted: Wanted,
) -> Map<String, Value> {
    let mut patch = Map::new();
    if wanted.deletions {
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            patch.insert(key.clone(), Value::Null);
        }
    }
    for (key, new) in after {
        match before.get(key) {
            None if wanted.changes => {
                patch.insert(key.clone(), new.clone());
            }
            None => {}
            Some(old) => diff_field(&mut patch, key, old, new, rule(owner, key), wanted),
        }
    }
    let adds = || after.iter().any(|(key, value)| !value.is_null() && !before.contains_key(key));
    if retain_keys && (!patch.is_empty() || adds()) {
        let mut keys: Vec<&String> = after.keys().collect();
        keys.sort();
        patch.insert(RETAIN_KEYS.to_owned(), json!(keys));
    }
    patch
}

fn diff_field(
    patch: &mut Map<String, Value>,
    key: &str,
    old: &Value,
    new: &Value,
    rule: Rule,
    wanted: Wanted,
) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if !rule.strategy.replace => {
            let inner = diff_maps(old, new, rule.inner, rule.strategy.retain_keys, wanted);
            if !inner.is_empty() {
                patch.insert(key.to_owned(), Value::Object(inner));
            }
        }
        (Value::Array(old), Value::Array(new)) if rule.strategy.merge => {
            if rule.merge_key.is_some() {
                diff_list_of_maps(patch, key, old, new, rule, wanted);
            } else {
                diff_list_of_scalars(patch, key, old, new, wanted);
            }
        }
        (old, new) if old != new && wanted.changes => {
            patch.insert(key.to_owned(), new.clone());
        }
        _ => {}
    }
}

fn diff_list_of_maps(
    patch: &mut Map<String, Value>,
    key: &str,
    old: &[Value],
    new: &[Value],
    rule: Rule,
    wanted: Wanted,
) {
    let Some(merge_key) = rule.merge_key else { return };
    let id = |item: &Value| identity(item, Some(merge_key));
    let find = |list: &[Value], item: &Value| list.iter().find(|other| id(other) == id(item)).cloned();
    let mut items = Vec::new();
    for item in new {
        match (find(old, item), item) {
            (Some(Value::Object(before)), Value::Object(after)) => {
                let mut inner = diff_maps(&before, after, rule.inner, rule.strategy.retain_keys, wanted);
                if !inner.is_empty() {
                    inner.insert(merge_key.to_owned(), id(item));
                    items.push(Value::Object(inner));
                }
            }
            _ if wanted.changes => items.push(item.clone()),
            _ => {}
        }
    }
    if wanted.deletions {
        let mut gone: Vec<_> = old.iter().filter(|item| find(new, item).is_none()).map(id).collect();
        gone.sort_by_key(ToString::to_string);
        items.extend(gone.into_iter().map(|id| json!({PATCH: "delete", merge_key: id})));
    }
    if wanted.order && (!items.is_empty() || wanted.changes && moved(old, new, &id)) {
        let order: Vec<Value> = new.iter().map(|item| json!({merge_key: id(item)})).collect();
        patch.insert(format!("{SET_ORDER}{key}"), Value::Array(order));
    }
    if !items.is_empty() {
        patch.insert(key.to_owned(), Value::Array(items));
    }
}

fn diff_list_of_scalars(
    patch: &mut Map<String, Value>,
    key: &str,
    old: &[Value],
    new: &[Value],
    wanted: Wanted,
) {
    let added: Vec<Value> =
        new.iter().filter(|item| wanted.changes && !old.contains(item)).cloned().collect();
    let mut removed: Vec<Value> =
        old.iter().filter(|item| wanted.deletions && !new.contains(item)).cloned().collect();
    removed.sort_by_key(ToString::to_string);
    let touched = !added.is_empty() || !removed.is_empty();
    if wanted.order && (touched || wanted.changes && moved(old, new, &Value::clone)) {
        patch.insert(format!("{SET_ORDER}{key}"), Value::from(new));
    }
    if !added.is_empty() {
        patch.insert(key.to_owned(), Value::Array(added));
    }
    if !removed.is_empty() {
        patch.insert(format!("{DELETE_PRIMITIVES}{key}"), Value::Array(removed));
    }
}

/// Whether what both lists hold stands in another order.
fn moved(old: &[Value], new: &[Value], id: &dyn Fn(&Value) -> Value) -> bool {
    let common = |list: &[Value], other: &[Value]| -> Vec<Value> {
        let other: Vec<Value> = other.iter().map(id).collect();
        list.iter().map(id).filter(|id| other.contains(id)).collect()
    };
    common(old, new) != common(new, old)
}

/// Lays the changes over the removals: both are patches of the same object.
fn combine(patch: &mut Value, changes: Value, rule_here: Rule) {
    match (patch, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (key, change) in changes {
                match fields.get_mut(&key) {
                    Some(place) => combine(place, change, rule(rule_here.inner, &key)),
                    None => {
                        fields.insert(key, change);
                    }
                }
            }
        }
        (Value::Array(items), Value::Array(changes)) if rule_here.strategy.merge => {
            let merge_key = rule_here.merge_key;
            let mut merged = Vec::new();
            for change in changes {
                let same =
                    items.iter().position(|item| identity(item, merge_key) == identity(&change, merge_key));
                match same {
                    Some(index) => {
                        let mut item = items.remove(index);
                        combine(&mut item, change, rule_here);
                        merged.push(item);
                    }
                    None => merged.push(change),
                }
            }
            merged.append(items);
            *items = merged;
        }
        (place, change) => *place = change,
    }
}
