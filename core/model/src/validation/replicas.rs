//! DaemonSets, StatefulSets and ReplicationControllers.

use k8s_openapi::api::apps::v1::{
    DaemonSetSpec, DaemonSetUpdateStrategy, StatefulSetSpec, StatefulSetUpdateStrategy,
};
use k8s_openapi::api::core::v1::ReplicationControllerSpec;

use super::error::{ErrorList, Shown};
use super::path::Path;
use super::template::{
    at_most_all, controller_selector, controller_template, count_or_percent, is_zero, stateful_template,
};
use super::{go, names, text};
use crate::selector::Selector;

const STATEFUL_SET_MUTABLE: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
     'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/// A DaemonSet's spec.
pub fn daemon_set(spec: &DaemonSetSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let selector = controller_selector(&spec.selector, "daemonset", &path, errors);
    let template = path.child("template");
    controller_template(Some(&spec.template), selector.as_ref(), "DaemonSet", &template, errors);
    errors.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds.map(i64::from));
    if let Some(strategy) = &spec.update_strategy {
        daemon_strategy(strategy, &path.child("updateStrategy"), errors);
    }
    errors.non_negative(&path.child("revisionHistoryLimit"), spec.revision_history_limit.map(i64::from));
}

fn daemon_strategy(strategy: &DaemonSetUpdateStrategy, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("rollingUpdate");
    match (text(&strategy.type_), &strategy.rolling_update) {
        ("OnDelete", _) => {}
        ("RollingUpdate", None) => errors.required(&at, ""),
        ("RollingUpdate", Some(rolling)) => {
            let (unavailable, surge) = (rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref());
            for (field, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
                if let Some(value) = value {
                    count_or_percent(value, &at.child(field), errors);
                    at_most_all(value, &at.child(field), errors);
                }
            }
            match (is_zero(unavailable), is_zero(surge), surge) {
                (true, true, _) => {
                    errors.required(&at.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
                }
                (false, false, Some(surge)) => errors.invalid(
                    &at.child("maxSurge"),
                    go::int_or_string(surge),
                    "may not be set when maxUnavailable is non-zero",
                ),
                _ => {}
            }
        }
        (other, rolling) => {
            let shown =
                strategy_text("DaemonSetUpdateStrategy", other, "RollingUpdateDaemonSet", rolling.is_some());
            errors.not_supported(path, shown, &["RollingUpdate", "OnDelete"]);
        }
    }
}

fn strategy_text(name: &str, kind: &str, rolling: &str, given: bool) -> Shown {
    let address = if given { go::ADDRESS } else { "nil" };
    Shown::raw(format!(
        "apps.{name}{{Type:{}, RollingUpdate:(*apps.{rolling})({address})}}",
        go::quoted(kind)
    ))
}

/// A StatefulSet's spec.
pub fn stateful_set(spec: &StatefulSetSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let policy = text(&spec.pod_management_policy);
    if !matches!(policy, "OrderedReady" | "Parallel") {
        errors.invalid(&path.child("podManagementPolicy"), policy, "must be 'OrderedReady' or 'Parallel'");
    }
    if let Some(strategy) = &spec.update_strategy {
        stateful_strategy(strategy, &path.child("updateStrategy"), errors);
    }
    if let Some(policy) = &spec.persistent_volume_claim_retention_policy {
        let at = path.child("persistentVolumeClaimRetentionPolicy");
        for (field, value) in [("whenDeleted", &policy.when_deleted), ("whenScaled", &policy.when_scaled)] {
            errors.one_of(&at.child(field), text(value), &["Retain", "Delete"]);
        }
    }
    errors.non_negative(&path.child("replicas"), spec.replicas.map(i64::from));
    errors.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds.map(i64::from));
    if let Some(start) = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start) {
        errors.non_negative(&path.child("ordinals").child("start"), i64::from(start));
    }
    let service = text(&spec.service_name);
    if !service.is_empty() {
        errors.problems(&path.child("serviceName"), service, names::label_problems(service));
    }
    let selector = controller_selector(&spec.selector, "statefulset", &path, errors);
    let template = path.child("template");
    stateful_template(&spec.template, selector.as_ref(), &template, errors);
}

fn stateful_strategy(strategy: &StatefulSetUpdateStrategy, path: &Path<'_>, errors: &mut ErrorList) {
    let kind = text(&strategy.type_);
    let rolling = strategy.rolling_update.as_ref();
    let shown = || {
        strategy_text(
            "StatefulSetUpdateStrategy",
            kind,
            "RollingUpdateStatefulSetStrategy",
            rolling.is_some(),
        )
    };
    match (kind, rolling) {
        ("OnDelete", Some(_)) => errors.invalid(
            &path.child("rollingUpdate"),
            shown(),
            "only allowed for updateStrategy 'RollingUpdate'",
        ),
        ("OnDelete" | "RollingUpdate", None) => {}
        ("RollingUpdate", Some(rolling)) => {
            let at = path.child("rollingUpdate");
            errors.non_negative(&at.child("partition"), rolling.partition.map(i64::from));
        }
        _ => errors.invalid(path, shown(), "must be 'RollingUpdate' or 'OnDelete'"),
    }
}

/// What may not change of a StatefulSet.
pub fn stateful_set_update(new: &StatefulSetSpec, old: &StatefulSetSpec, errors: &mut ErrorList) {
    let kept = StatefulSetSpec {
        replicas: old.replicas,
        ordinals: old.ordinals.clone(),
        template: old.template.clone(),
        update_strategy: old.update_strategy.clone(),
        revision_history_limit: old.revision_history_limit,
        persistent_volume_claim_retention_policy: old.persistent_volume_claim_retention_policy.clone(),
        min_ready_seconds: old.min_ready_seconds,
        ..new.clone()
    };
    if kept != *old {
        errors.forbidden(&Path::root("spec"), STATEFUL_SET_MUTABLE);
    }
}

/// A ReplicationController's spec.
pub fn replication_controller(spec: &ReplicationControllerSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    errors.non_negative(&path.child("minReadySeconds"), spec.min_ready_seconds.map(i64::from));
    let selector = spec.selector.as_ref().filter(|selector| !selector.is_empty());
    if selector.is_none() {
        errors.required(&path.child("selector"), "");
    }
    errors.non_negative(&path.child("replicas"), spec.replicas.map(i64::from));
    let selector = selector.map_or_else(Selector::everything, Selector::from_labels);
    let template = path.child("template");
    controller_template(spec.template.as_ref(), Some(&selector), "ReplicationController", &template, errors);
}
