//! Kinds of the cluster's own life: Namespaces, Nodes, Events, Leases, PriorityClasses.

use std::net::IpAddr;

use k8s_openapi::api::coordination::v1::LeaseSpec;
use k8s_openapi::api::core::v1::{Event, NamespaceSpec, NodeSpec, NodeStatus, Taint};
use k8s_openapi::api::scheduling::v1::PriorityClass;

use super::error::ErrorList;
use super::meta::label_key;
use super::path::Path;
use super::scheduling::taint_effect;
use super::{address, go, meta, names, resources, text};
use crate::metadata::Metadata;

const USER_PRIORITY_MAX: i32 = 1_000_000_000;

/// A Namespace's spec.
pub fn namespace(spec: &NamespaceSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    for name in spec.finalizers.iter().flatten() {
        let problems = names::qualified_name_problems(name);
        errors.problems(&path.child("finalizers"), name, problems);
        if !name.contains('/') && !meta::STANDARD_FINALIZERS.contains(&name.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(&path.child("finalizers"), name, detail);
        }
    }
}

/// A Node's spec.
pub fn node(spec: &NodeSpec, errors: &mut ErrorList) {
    // Upstream looks for taints in the spec and names the metadata.
    let path = Path::root("metadata");
    let taints = spec.taints.as_deref().unwrap_or_default();
    for (index, taint) in taints.iter().enumerate() {
        one_taint(taint, &taints[..index], &path.item("taints", index), errors);
    }
    let path = Path::root("spec");
    let ranges = spec.pod_cidrs.as_deref().unwrap_or_default();
    for (index, range) in ranges.iter().enumerate() {
        address::cidr(range, &path.item("podCIDRs", index), errors);
    }
    let versions: Vec<bool> = ranges
        .iter()
        .filter_map(|it| address::Cidr::parse(it))
        .map(|it| matches!(it.address, IpAddr::V4(_)))
        .collect();
    if ranges.len() > 2 || versions.len() == 2 && versions[0] == versions[1] {
        errors.invalid(
            &path.child("podCIDRs"),
            go::strings(ranges),
            "may specify no more than one CIDR for each IP family",
        );
    }
}

/// What a Node says that it has.
pub fn node_status(status: &NodeStatus, errors: &mut ErrorList) {
    let path = Path::root("status");
    for (field, amounts) in [("capacity", &status.capacity), ("allocatable", &status.allocatable)] {
        let path = path.child(field);
        for (name, amount) in amounts.iter().flatten() {
            resources::resource_quantity(name, amount, &path.child(name), errors);
        }
    }
}

fn one_taint(taint: &Taint, earlier: &[Taint], path: &Path<'_>, errors: &mut ErrorList) {
    label_key(&taint.key, &path.child("key"), errors);
    let value = text(&taint.value);
    errors.problems(&path.child("value"), value, names::label_value_problems(value));
    if taint.effect.is_empty() {
        errors.required(&path.child("effect"), "");
    } else {
        taint_effect(&taint.effect, &path.child("effect"), errors);
    }
    if earlier.iter().any(|it| it.key == taint.key && it.effect == taint.effect) {
        errors.duplicate(path, taint_text(taint));
    }
}

fn taint_text(taint: &Taint) -> super::error::Shown {
    super::error::Shown::raw(format!(
        "core.Taint{{Key:{}, Value:{}, Effect:{}, TimeAdded:<nil>}}: taints must be unique by key and effect pair",
        go::quoted(&taint.key),
        go::quoted(text(&taint.value)),
        go::quoted(&taint.effect)
    ))
}

/// What of a Node is set once.
pub fn node_update(new: &NodeSpec, old: &NodeSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let ranges = |spec: &NodeSpec| spec.pod_cidrs.clone().unwrap_or_default();
    if !ranges(old).is_empty() && ranges(new) != ranges(old) {
        errors.forbidden(
            &path.child("podCIDRs"),
            "node updates may not change podCIDR except from \"\" to valid",
        );
    }
    let provider = text(&old.provider_id);
    if !provider.is_empty() && provider != text(&new.provider_id) {
        errors.forbidden(
            &path.child("providerID"),
            "node updates may not change providerID except from \"\" to valid",
        );
    }
}

/// An Event of the core group.
pub fn event(meta: &Metadata, event: &Event, errors: &mut ErrorList) {
    let path = Path::root("involvedObject");
    let about = text(&event.involved_object.namespace);
    let fits = if about.is_empty() { meta.namespace == "default" } else { about == meta.namespace };
    if !fits {
        errors.invalid(&path.child("namespace"), about, "does not match event.namespace");
    }
}

/// A Lease's spec.
pub fn lease(spec: &LeaseSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    if let Some(seconds) = spec.lease_duration_seconds.filter(|seconds| *seconds <= 0) {
        errors.invalid(&path.child("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    errors.non_negative(&path.child("leaseTransitions"), spec.lease_transitions.map(i64::from));
}

/// A PriorityClass.
pub fn priority_class(meta: &Metadata, class: &PriorityClass, errors: &mut ErrorList) {
    let system = matches!(meta.name.as_str(), "system-node-critical" | "system-cluster-critical");
    if !system {
        if meta.name.starts_with("system-") {
            errors.forbidden(
                &Path::root("metadata").child("name"),
                format!(
                    "priority class names with 'system-' prefix are reserved for system use only. error: {} is not a \
                     known system priority class",
                    meta.name
                ),
            );
        }
        if class.value > USER_PRIORITY_MAX {
            errors.forbidden(
                &Path::root("value"),
                format!("maximum allowed value of a user defined priority is {USER_PRIORITY_MAX}"),
            );
        }
    }
    if let Some(policy) = class.preemption_policy.as_deref() {
        errors.one_of(&Path::root("preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
}

/// What may not change of a PriorityClass.
pub fn priority_class_update(new: &PriorityClass, old: &PriorityClass, errors: &mut ErrorList) {
    if new.value != old.value {
        errors.forbidden(&Path::root("value"), "may not be changed in an update.");
    }
    if new.preemption_policy != old.preemption_policy {
        let policy = text(&new.preemption_policy);
        errors.invalid(&Path::root("preemptionPolicy"), policy, "field is immutable");
    }
}
