//! Metadata: what holds for every object.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::error::{ErrorList, Shown};
use super::go;
use super::names::{self, NameCheck};
use super::path::Path;
use crate::metadata::Metadata;

const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;

/// Finalizers without a domain that the API server knows.
pub(super) const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Metadata of an object to be created or updated.
pub fn metadata(meta: &Metadata, namespaced: bool, check: NameCheck, errors: &mut ErrorList) {
    let path = Path::root("metadata");
    if let Some(prefix) = meta.generate_name.as_deref() {
        errors.problems(&path.child("generateName"), prefix, names::prefix_problems(prefix, check));
    }
    let name = path.child("name");
    if meta.name.is_empty() {
        errors.required(&name, "name or generateName is required");
    } else {
        errors.problems(&name, &meta.name, check(&meta.name));
    }
    let namespace = path.child("namespace");
    if namespaced && meta.namespace.is_empty() {
        errors.required(&namespace, "");
    } else if namespaced {
        errors.problems(&namespace, &meta.namespace, names::label_problems(&meta.namespace));
    } else if !meta.namespace.is_empty() {
        errors.forbidden(&namespace, "not allowed on this type");
    }
    labels(&meta.labels, &path.child("labels"), errors);
    annotations(&meta.annotations, &path.child("annotations"), errors);
    owner_references(&meta.owner_references, &path.child("ownerReferences"), errors);
    finalizers(&meta.finalizers, &path.child("finalizers"), errors);
}

/// What may not change of an object's metadata, and the rules of its new one.
pub fn metadata_update(new: &Metadata, old: &Metadata, errors: &mut ErrorList) {
    let path = Path::root("metadata");
    if old.is_deleting() {
        let added: Vec<&String> = new.finalizers.iter().filter(|it| !old.finalizers.contains(it)).collect();
        if !added.is_empty() {
            let added = format!("{added:?}");
            let list = added.trim_start_matches('[').trim_end_matches(']');
            errors.forbidden(
                &path.child("finalizers"),
                format!("no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"),
            );
        }
    }
    if new.deletion_timestamp != old.deletion_timestamp
        && let Some(time) = &new.deletion_timestamp
    {
        let shown = time.0.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string();
        errors.invalid(&path.child("deletionTimestamp"), Shown::raw(shown), "field is immutable");
    }
    if new.deletion_grace_period_seconds != old.deletion_grace_period_seconds
        && let Some(seconds) = new.deletion_grace_period_seconds
    {
        errors.invalid(&path.child("deletionGracePeriodSeconds"), seconds, "field is immutable");
    }
    for (field, new, old) in [
        ("name", &new.name, &old.name),
        ("namespace", &new.namespace, &old.namespace),
        ("uid", &new.uid, &old.uid),
    ] {
        if new != old {
            errors.invalid(&path.child(field), new, "field is immutable");
        }
    }
    labels(&new.labels, &path.child("labels"), errors);
    annotations(&new.annotations, &path.child("annotations"), errors);
    owner_references(&new.owner_references, &path.child("ownerReferences"), errors);
    finalizers(&new.finalizers, &path.child("finalizers"), errors);
}

/// Labels: keys and values.
pub fn labels<'a>(
    labels: impl IntoIterator<Item = (&'a String, &'a String)>,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    for (key, value) in labels {
        label_key(key, path, errors);
        errors.problems(path, value, names::label_value_problems(value));
    }
}

/// The key of a label.
pub fn label_key(key: &str, path: &Path<'_>, errors: &mut ErrorList) {
    errors.problems(path, key, names::qualified_name_problems(key));
}

/// Annotations: keys (whose letters' case does not matter) and the size of all together.
pub fn annotations(annotations: &BTreeMap<String, String>, path: &Path<'_>, errors: &mut ErrorList) {
    for key in annotations.keys() {
        errors.problems(path, key, names::qualified_name_problems(&key.to_lowercase()));
    }
    let size: usize = annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > ANNOTATIONS_BYTES_MAX {
        errors.too_long(path, ANNOTATIONS_BYTES_MAX);
    }
}

fn owner_references(owners: &[OwnerReference], path: &Path<'_>, errors: &mut ErrorList) {
    let mut controller: Option<String> = None;
    for owner in owners {
        owner_reference(owner, path, errors);
        if owner.controller != Some(true) {
            continue;
        }
        let name = format!("{}/{}", owner.kind, owner.name);
        match &controller {
            Some(first) => errors.invalid(
                path,
                owner_references_text(owners),
                format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                ),
            ),
            None => controller = Some(name),
        }
    }
}

fn owner_reference(owner: &OwnerReference, path: &Path<'_>, errors: &mut ErrorList) {
    let version = match owner.api_version.matches('/').count() {
        0 | 1 => owner.api_version.rsplit('/').next().unwrap_or(""),
        _ => "",
    };
    for (field, value, what) in [
        ("apiVersion", version, "version"),
        ("kind", owner.kind.as_str(), "kind"),
        ("name", owner.name.as_str(), "name"),
        ("uid", owner.uid.as_str(), "uid"),
    ] {
        if value.is_empty() {
            let shown = if field == "apiVersion" { owner.api_version.as_str() } else { value };
            errors.invalid(&path.child(field), shown, format!("{what} must not be empty"));
        }
    }
    if owner.kind == "Event" && matches!(owner.api_version.as_str(), "v1" | "events.k8s.io/v1") {
        let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
        errors.invalid(
            path,
            Shown::raw(owner_text(owner)),
            format!("{group}/{version}, Kind=Event is disallowed from being an owner"),
        );
    }
}

fn owner_references_text(owners: &[OwnerReference]) -> Shown {
    let items: Vec<String> = owners.iter().map(owner_text).collect();
    Shown::raw(format!("[]v1.OwnerReference{{{}}}", items.join(", ")))
}

fn owner_text(owner: &OwnerReference) -> String {
    let flag = |flag: Option<bool>| flag.map_or("nil", |_| go::ADDRESS);
    format!(
        "v1.OwnerReference{{APIVersion:{}, Kind:{}, Name:{}, UID:{}, Controller:(*bool)({}), BlockOwnerDeletion:(*bool)({})}}",
        go::quoted(&owner.api_version),
        go::quoted(&owner.kind),
        go::quoted(&owner.name),
        go::quoted(&owner.uid),
        flag(owner.controller),
        flag(owner.block_owner_deletion),
    )
}

fn finalizers(finalizers: &[String], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, name) in finalizers.iter().enumerate() {
        errors.problems(path, name, names::qualified_name_problems(name));
        if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name.as_str()) {
            errors.invalid(
                &path.item("", index),
                name,
                "name is neither a standard finalizer name nor is it fully qualified",
            );
        }
    }
    let both = |name: &str| finalizers.iter().any(|it| it == name);
    if both("orphan") && both("foregroundDeletion") {
        errors.invalid(
            path,
            go::strings(finalizers),
            "finalizer orphan and foregroundDeletion cannot be both set",
        );
    }
}
