//! The order of a merged list: that of the patch, with what only the server has where it stood.

use serde_json::Value;

/// Where in a list the item of that identity stands.
pub(super) type Identity<'a> = dyn Fn(&Value) -> Value + 'a;

/// Sorts `merged`: items that `wanted` names in its order; the others before the first of those that followed them in `before`.
pub(super) fn arrange(
    merged: Vec<Value>,
    wanted: &[Value],
    before: &[Value],
    identity: &Identity<'_>,
) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| {
        let id = identity(item);
        list.iter().position(|other| identity(other) == id)
    };
    let (mut right, left): (Vec<_>, Vec<_>) =
        merged.into_iter().map(|item| (place(wanted, &item), item)).partition(|(place, _)| place.is_some());
    right.sort_by_key(|(place, _)| *place);
    let mut result: Vec<Value> = right.into_iter().map(|(_, item)| item).collect();
    let mut from = 0;
    for (_, item) in left {
        let own = place(before, &item);
        let follows =
            |other: &Value| matches!((own, place(before, other)), (Some(own), Some(other)) if other > own);
        let at = (from..result.len()).find(|at| follows(&result[*at])).unwrap_or(result.len());
        result.insert(at, item);
        from = at + 1;
    }
    result
}
