//! What may not change of a pod.

use k8s_openapi::api::core::v1::{Container, PodSpec, Toleration};

use super::error::ErrorList;
use super::go;
use super::path::Path;

const MUTABLE_FIELDS: &str = "pod updates may not change fields other than \
     `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only \
     additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously \
     negative)";

/// An update of a pod through its main resource.
pub fn pod_update(new: &PodSpec, old: &PodSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let count = |list: &Option<Vec<Container>>| list.as_ref().map_or(0, Vec::len);
    if new.containers.len() != old.containers.len() {
        errors.forbidden(&path.child("containers"), "pod updates may not add or remove containers");
        return;
    }
    if count(&new.init_containers) != count(&old.init_containers) {
        errors.forbidden(&path.child("initContainers"), "pod updates may not add or remove containers");
        return;
    }
    gates(new, old, &path, errors);
    active_deadline(new, old, &path, errors);
    tolerations(new, old, &path, errors);
    let gated = old.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    if gated && !adds_only(new, old) {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        let given = go::optional_string_map(new.node_selector.as_ref());
        errors.invalid(&path.child("nodeSelector"), given, detail);
        return;
    }
    let munged = munged(new, old);
    if munged != *old {
        let diff = super::pod_diff::pod_spec_diff(old, &munged);
        errors.forbidden(&path, format!("{MUTABLE_FIELDS}\n{diff}"));
    }
}

fn gates(new: &PodSpec, old: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let old = old.scheduling_gates.as_deref().unwrap_or_default();
    for (index, gate) in new.scheduling_gates.iter().flatten().enumerate() {
        if !old.contains(gate) {
            errors.forbidden(
                &path.item("schedulingGates", index).child("name"),
                format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name),
            );
        }
    }
}

fn active_deadline(new: &PodSpec, old: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("activeDeadlineSeconds");
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(new), Some(old)) if new > old => {
            errors.invalid(&at, new, "must be less than or equal to previous value");
        }
        (None, Some(_)) => {
            errors.invalid(&at, "null", "must not update from a positive integer to nil value");
        }
        _ => {}
    }
}

fn tolerations(new: &PodSpec, old: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let blank = |toleration: &Toleration| Toleration { toleration_seconds: None, ..toleration.clone() };
    let new = new.tolerations.as_deref().unwrap_or_default();
    let kept = |old: &Toleration| new.iter().any(|it| blank(it) == blank(old));
    if !old.tolerations.iter().flatten().all(kept) {
        errors.forbidden(
            &path.child("tolerations"),
            "existing toleration can not be modified except its tolerationSeconds",
        );
    }
}

/// The new spec with what may change taken from the old one.
fn munged(new: &PodSpec, old: &PodSpec) -> PodSpec {
    let mut munged = new.clone();
    let images = |new: &mut [Container], old: &[Container]| {
        for (new, old) in new.iter_mut().zip(old) {
            new.image.clone_from(&old.image);
        }
    };
    images(&mut munged.containers, &old.containers);
    if let (Some(new), Some(old)) = (&mut munged.init_containers, &old.init_containers) {
        images(new, old);
    }
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.scheduling_gates.clone_from(&old.scheduling_gates);
    munged.tolerations.clone_from(&old.tolerations);
    if old.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0)
        && munged.termination_grace_period_seconds == Some(1)
    {
        munged.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    let gated = old.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    if gated {
        // Before it is scheduled, a pod may be bound to fewer nodes.
        if adds_only(new, old) {
            munged.node_selector.clone_from(&old.node_selector);
        }
        if old.affinity.as_ref().is_none_or(|affinity| affinity.node_affinity.is_none())
            && let Some(affinity) = &mut munged.affinity
        {
            affinity.node_affinity = None;
            if affinity.pod_affinity.is_none() && affinity.pod_anti_affinity.is_none() {
                munged.affinity.clone_from(&old.affinity);
            }
        }
    }
    munged
}

fn adds_only(new: &PodSpec, old: &PodSpec) -> bool {
    let new = new.node_selector.as_ref();
    old.node_selector.iter().flatten().all(|(key, value)| new.and_then(|new| new.get(key)) == Some(value))
}
