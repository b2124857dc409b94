//! Deployments and ReplicaSets.

use k8s_openapi::api::apps::v1::{DeploymentSpec, DeploymentStrategy, ReplicaSetSpec, ReplicaSetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::error::{ErrorList, Shown};
use super::path::Path;
use super::template::{at_most_all, controller_selector, controller_template, count_or_percent, is_zero};
use super::{go, text};

/// A Deployment's spec.
pub fn deployment(spec: &DeploymentSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    errors.non_negative(&path.child("replicas"), spec.replicas.map(i64::from));
    // Upstream names the ReplicaSet in both kinds' messages, and the Deployment for an empty selector.
    let selector = controller_selector(&spec.selector, "deployment", &path, errors);
    if selector.is_some() {
        let template = path.child("template");
        controller_template(Some(&spec.template), selector.as_ref(), "ReplicaSet", &template, errors);
    }
    if let Some(given) = &spec.strategy {
        strategy(given, &path.child("strategy"), errors);
    }
    errors.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds.map(i64::from));
    errors.non_negative(&path.child("revisionHistoryLimit"), spec.revision_history_limit.map(i64::from));
    if let Some(deadline) = spec.progress_deadline_seconds {
        let at = path.child("progressDeadlineSeconds");
        errors.non_negative(&at, i64::from(deadline));
        if deadline <= spec.min_ready_seconds.unwrap_or(0) {
            errors.invalid(&at, deadline, "must be greater than minReadySeconds");
        }
    }
}

fn strategy(strategy: &DeploymentStrategy, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("rollingUpdate");
    match (text(&strategy.type_), &strategy.rolling_update) {
        ("Recreate", None) => {}
        ("Recreate", Some(_)) => {
            errors.forbidden(&at, "may not be specified when strategy `type` is 'Recreate'");
        }
        ("RollingUpdate", None) => errors.required(&at, "this should be defaulted and never be nil"),
        ("RollingUpdate", Some(rolling)) => {
            let unavailable = at.child("maxUnavailable");
            if let Some(value) = &rolling.max_unavailable {
                count_or_percent(value, &unavailable, errors);
            }
            if let Some(value) = &rolling.max_surge {
                count_or_percent(value, &at.child("maxSurge"), errors);
            }
            if let Some(value) = &rolling.max_unavailable {
                if is_zero(Some(value)) && is_zero(rolling.max_surge.as_ref()) {
                    errors.invalid(
                        &unavailable,
                        go::int_or_string(value),
                        "may not be 0 when `maxSurge` is 0",
                    );
                }
                at_most_all(value, &unavailable, errors);
            }
        }
        (other, rolling) => {
            let address = if rolling.is_some() { go::ADDRESS } else { "nil" };
            let shown = format!(
                "apps.DeploymentStrategy{{Type:{}, RollingUpdate:(*apps.RollingUpdateDeployment)({address})}}",
                go::quoted(other)
            );
            errors.not_supported(path, Shown::raw(shown), &["Recreate", "RollingUpdate"]);
        }
    }
}

/// A ReplicaSet's spec.
pub fn replica_set(spec: &ReplicaSetSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    errors.non_negative(&path.child("replicas"), spec.replicas.map(i64::from));
    errors.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds.map(i64::from));
    let selector = controller_selector(&spec.selector, "deployment", &path, errors);
    if selector.is_some() {
        let template = path.child("template");
        controller_template(spec.template.as_ref(), selector.as_ref(), "ReplicaSet", &template, errors);
    }
}

/// What a ReplicaSet says of its pods.
pub fn replica_set_status(status: &ReplicaSetStatus, errors: &mut ErrorList) {
    let path = Path::root("status");
    let counts = [
        ("fullyLabeledReplicas", status.fully_labeled_replicas.unwrap_or(0)),
        ("readyReplicas", status.ready_replicas.unwrap_or(0)),
        ("availableReplicas", status.available_replicas.unwrap_or(0)),
    ];
    errors.non_negative(&path.child("replicas"), i64::from(status.replicas));
    for (field, count) in counts {
        errors.non_negative(&path.child(field), i64::from(count));
    }
    errors.non_negative(&path.child("observedGeneration"), status.observed_generation);
    for (field, count) in counts {
        if count > status.replicas {
            errors.invalid(&path.child(field), count, "cannot be greater than status.replicas");
        }
    }
    if status.available_replicas > status.ready_replicas {
        let count = status.available_replicas.unwrap_or(0);
        errors.invalid(&path.child("availableReplicas"), count, "cannot be greater than readyReplicas");
    }
}

/// A controller's selector may not change.
pub fn selector_update(new: &LabelSelector, old: &LabelSelector, errors: &mut ErrorList) {
    if new != old {
        let path = Path::root("spec");
        let none = *new == LabelSelector::default();
        let shown = if none { "null".into() } else { go::label_selector(new) };
        errors.invalid(&path.child("selector"), shown, "field is immutable");
    }
}
