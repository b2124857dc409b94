//! From client-side apply to server-side apply: what `kubectl apply --server-side` does for objects that it applied by itself before.

use serde_json::{Value, json};

use super::{OwnedFields, sort};
use crate::fieldset::PathElement;

/// The annotation in which client-side apply keeps what it applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The configuration that kubectl applies so that the last-applied annotation outlives the migration: the object's identity and that
/// annotation. `None` if the object has none, or an applier owns it already.
///
/// `object` is the object as the API shows it, with its managed fields.
#[must_use]
pub fn annotation_to_keep(object: &Value) -> Option<Value> {
    let metadata = &object["metadata"];
    let text = metadata["annotations"][LAST_APPLIED].as_str()?;
    if entries(object).iter().any(|entry| entry.owner.apply && owns_annotation(entry)) {
        return None;
    }
    let mut configuration = json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"],
        "metadata": { "annotations": { LAST_APPLIED: text }, "name": metadata["name"] },
    });
    if let Some(namespace) = metadata.get("namespace") {
        configuration["metadata"]["namespace"] = namespace.clone();
    }
    Some(configuration)
}

/// The JSON patch that gives `manager`, who applies, what client-side apply owns: all that belongs to whoever wrote the last-applied
/// annotation without applying. `None` if there is nothing to migrate.
///
/// `object` is the object as the API shows it, with its managed fields.
#[must_use]
pub fn migrated(object: &Value, manager: &str) -> Option<Value> {
    let all = entries(object);
    let is_client_side = |entry: &OwnedFields| {
        let owner = &entry.owner;
        let wrote = |other: &OwnedFields| !other.owner.apply && other.owner.manager == owner.manager;
        !owner.apply
            && owner.subresource.is_empty()
            && all.iter().any(|other| wrote(other) && owns_annotation(other))
    };
    let (moved, mut entries): (Vec<_>, Vec<_>) = all.iter().cloned().partition(is_client_side);
    let is_applier = |entry: &OwnedFields| {
        entry.owner.apply && entry.owner.manager == manager && entry.owner.subresource.is_empty()
    };
    let known = entries.iter().position(is_applier).map(|at| entries.remove(at));
    let mut applier = known.or_else(|| moved.first().cloned()).filter(|_| !moved.is_empty())?;
    applier.owner.apply = true;
    manager.clone_into(&mut applier.owner.manager);
    for other in &moved {
        applier.owner.fields = applier.owner.fields.union(&other.owner.fields);
    }
    entries.push(applier);
    sort(&mut entries);
    let entries: Vec<Value> = entries.iter().map(OwnedFields::to_value).collect();
    Some(json!([
        { "op": "replace", "path": "/metadata/managedFields", "value": entries },
        { "op": "replace", "path": "/metadata/resourceVersion", "value": object["metadata"]["resourceVersion"] },
    ]))
}

fn entries(object: &Value) -> Vec<OwnedFields> {
    let listed = object["metadata"]["managedFields"].as_array();
    listed.into_iter().flatten().filter_map(OwnedFields::from_value).collect()
}

fn owns_annotation(entry: &OwnedFields) -> bool {
    let path = ["metadata", "annotations", LAST_APPLIED].map(|name| PathElement::Field(name.to_owned()));
    entry.owner.fields.contains(&path)
}
