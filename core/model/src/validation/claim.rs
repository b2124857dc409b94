//! What a PersistentVolumeClaim asks for.

use k8s_openapi::api::core::v1::PersistentVolumeClaimSpec;

use super::error::ErrorList;
use super::names;
use super::path::Path;
use super::text;
use crate::quantity::Quantity;

/// How a volume may be mounted.
pub(super) const ACCESS_MODES: [&str; 4] =
    ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// The spec of a claim, or of a template for claims.
pub fn claim_spec(spec: &PersistentVolumeClaimSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        errors.required(&path.child("accessModes"), "at least 1 access mode is required");
    }
    if let Some(selector) = &spec.selector {
        super::selector::label_selector(selector, &path.child("selector"), errors);
    }
    access_modes(modes, &path.child("accessModes"), errors);
    let storage = spec
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.as_ref())
        .and_then(|requests| requests.get("storage"));
    let at = path.entry("resources", "storage");
    match storage {
        None => errors.required(&at, ""),
        Some(raw) => {
            if let Ok(size) = Quantity::try_from(raw)
                && (size.is_zero() || size.is_negative())
            {
                errors.invalid(&at, &size.to_string(), "must be greater than zero");
            }
        }
    }
    let class = text(&spec.storage_class_name);
    if !class.is_empty() {
        errors.problems(&path.child("storageClassName"), class, names::subdomain_problems(class));
    }
    if let (Some(source), Some(reference)) = (&spec.data_source, &spec.data_source_ref) {
        let same = source.api_group == reference.api_group
            && source.kind == reference.kind
            && source.name == reference.name;
        if reference.namespace.is_none() && !same {
            // Upstream shows its own path object for a value.
            let shown = format!(
                "field.Path{{name:\"dataSource\", index:\"\", parent:(*field.Path)({})}}",
                super::go::ADDRESS
            );
            errors.invalid(path, super::Shown::raw(shown), "must match dataSourceRef");
        }
    }
    if let Some(mode) = spec.volume_mode.as_deref() {
        errors.one_of(&path.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
}

/// Access modes of a claim or volume.
pub fn access_modes(modes: &[String], path: &Path<'_>, errors: &mut ErrorList) {
    for mode in modes {
        errors.one_of(path, mode, &ACCESS_MODES);
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        errors.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

const IMMUTABLE: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

/// What may not change of a claim; the requests of a bound one may grow.
pub fn claim_update(
    new: &PersistentVolumeClaimSpec,
    old: &PersistentVolumeClaimSpec,
    bound: bool,
    errors: &mut ErrorList,
) {
    let path = Path::root("spec");
    let mut kept = new.clone();
    // The volume controller sets the name once.
    if text(&old.volume_name).is_empty() {
        kept.volume_name.clone_from(&old.volume_name);
    }
    if bound {
        kept.volume_attributes_class_name.clone_from(&old.volume_attributes_class_name);
        if let (Some(resources), Some(old)) = (&mut kept.resources, &old.resources) {
            resources.requests.clone_from(&old.requests);
        }
    }
    if kept != *old {
        let diff = super::go_diff::diff(&internal(old), &internal(&kept));
        errors.forbidden(&path, format!("{IMMUTABLE}\n{diff}"));
    }
    if bound && storage(new) < storage(old) {
        errors.forbidden(
            &path.child("resources").child("requests").child("storage"),
            "field can not be less than status.capacity",
        );
    }
}

fn storage(spec: &PersistentVolumeClaimSpec) -> Quantity {
    let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    requests
        .and_then(|requests| requests.get("storage"))
        .map(crate::quantity::parse_or_zero)
        .unwrap_or_default()
}

fn internal(spec: &PersistentVolumeClaimSpec) -> super::go_value::GoValue {
    let value = serde_json::to_value(spec).unwrap_or_default();
    super::go_value::GoValue::read("core.PersistentVolumeClaimSpec", &value)
}
