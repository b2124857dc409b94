//! Arithmetic, order and annotations of Deployments and their ReplicaSets. Models `pkg/controller/deployment/util`.

use std::cmp::Ordering;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentCondition, DeploymentSpec, DeploymentStatus, ReplicaSet, ReplicaSetStatus,
};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::Object;

/// The label that tells the pods of one revision from those of another.
pub(super) const POD_TEMPLATE_HASH: &str = "pod-template-hash";
/// The revision of a ReplicaSet, and on a Deployment the current one.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// Earlier revisions of a ReplicaSet that was rolled back to.
pub(super) const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The Deployment's replicas when the ReplicaSet was last scaled.
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// The Deployment's replicas with surge when the ReplicaSet was last scaled.
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";

const PROGRESSING: &str = "Progressing";

pub(super) fn spec(deployment: &Object) -> &DeploymentSpec {
    deployment.spec::<Deployment>()
}

pub(super) fn status(deployment: &Object) -> &DeploymentStatus {
    deployment.status::<Deployment>()
}

pub(super) fn desired(deployment: &Object) -> i32 {
    spec(deployment).replicas.unwrap_or(1)
}

pub(super) fn min_ready_seconds(deployment: &Object) -> i32 {
    spec(deployment).min_ready_seconds.unwrap_or(0)
}

pub(super) fn is_paused(deployment: &Object) -> bool {
    spec(deployment).paused.unwrap_or(false)
}

pub(super) fn is_rolling_update(deployment: &Object) -> bool {
    let strategy = spec(deployment).strategy.as_ref().and_then(|strategy| strategy.type_.as_deref());
    strategy.unwrap_or("RollingUpdate") == "RollingUpdate"
}

/// How many replicas a ReplicaSet is to have.
pub(super) fn replicas(set: &Object) -> i32 {
    set.spec::<ReplicaSet>().replicas.unwrap_or(1)
}

pub(super) fn set_status(set: &Object) -> &ReplicaSetStatus {
    set.status::<ReplicaSet>()
}

pub(super) fn available(set: &Object) -> i32 {
    set_status(set).available_replicas.unwrap_or(0)
}

pub(super) fn sum<'a>(
    sets: impl IntoIterator<Item = &'a Arc<Object>>,
    count: impl Fn(&Object) -> i32,
) -> i32 {
    sets.into_iter().map(|set| count(set)).sum()
}

/// The ReplicaSets that are to have pods.
pub(super) fn with_replicas(sets: &[Arc<Object>]) -> Vec<Arc<Object>> {
    sets.iter().filter(|set| replicas(set) > 0).cloned().collect()
}

/// How many pods more than desired a rollout may make.
pub(super) fn max_surge(deployment: &Object) -> i32 {
    if is_rolling_update(deployment) { fenceposts(deployment).0 } else { 0 }
}

/// How many pods less than desired may be available during a rollout.
pub(super) fn max_unavailable(deployment: &Object) -> i32 {
    if !is_rolling_update(deployment) || desired(deployment) == 0 {
        return 0;
    }
    fenceposts(deployment).1.min(desired(deployment))
}

/// Surge (percentages rounded up) and unavailability (rounded down); they cannot both be zero, or no rollout would move.
fn fenceposts(deployment: &Object) -> (i32, i32) {
    let rolling = spec(deployment).strategy.as_ref().and_then(|strategy| strategy.rolling_update.as_ref());
    let scaled_value = |value: Option<&IntOrString>, up: bool| {
        value.map_or(0, |value| scaled(value, desired(deployment), up))
    };
    let surge = scaled_value(rolling.and_then(|rolling| rolling.max_surge.as_ref()), true);
    let unavailable = scaled_value(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()), false);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

fn scaled(value: &IntOrString, total: i32, up: bool) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent: i64 = text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0);
            let product = percent.saturating_mul(i64::from(total));
            let rounded = if up { (product + 99).div_euclid(100) } else { product.div_euclid(100) };
            i32::try_from(rounded).unwrap_or(i32::MAX)
        }
    }
}

/// Whether two templates are the same but for the label that the controller adds.
pub(super) fn equal_ignoring_hash(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
        let mut template = template.clone();
        let metadata = template.metadata.get_or_insert_default();
        metadata.labels.get_or_insert_default().remove(POD_TEMPLATE_HASH);
        // Annotations of none and no annotations are the same.
        metadata.annotations.get_or_insert_default();
        template
    }
    a.spec == b.spec && without_hash(a) == without_hash(b)
}

/// The ReplicaSet of the Deployment's present template: the oldest, if there are several.
pub(super) fn find_new(deployment: &Object, sets: &[Arc<Object>]) -> Option<Arc<Object>> {
    let mut sets: Vec<&Arc<Object>> = sets.iter().collect();
    sets.sort_by(|a, b| by_creation(a, b));
    let wanted = &spec(deployment).template;
    let has_template = |set: &&&Arc<Object>| {
        set.spec::<ReplicaSet>()
            .template
            .as_ref()
            .is_some_and(|template| equal_ignoring_hash(template, wanted))
    };
    sets.iter().find(has_template).copied().cloned()
}

/// The one ReplicaSet that has pods, or, if none has, the newest; `None` if several have.
pub(super) fn active_or_latest(new: Option<&Arc<Object>>, old: &[Arc<Object>]) -> Option<Arc<Object>> {
    let all: Vec<Arc<Object>> = old.iter().chain(new).cloned().collect();
    match with_replicas(&all).as_slice() {
        [] => new.cloned().or_else(|| old.iter().max_by(|a, b| by_creation(a, b)).cloned()),
        [only] => Some(only.clone()),
        _ => None,
    }
}

pub(super) fn by_creation(a: &Object, b: &Object) -> Ordering {
    let created = |set: &Object| set.metadata.creation_timestamp.as_ref().map(|time| time.0);
    created(a).cmp(&created(b)).then_with(|| a.name().cmp(b.name()))
}

/// Largest first, then older first.
pub(super) fn by_size_older(a: &Object, b: &Object) -> Ordering {
    replicas(b).cmp(&replicas(a)).then_with(|| by_creation(a, b))
}

/// Largest first, then newer first.
pub(super) fn by_size_newer(a: &Object, b: &Object) -> Ordering {
    replicas(b).cmp(&replicas(a)).then_with(|| by_creation(b, a))
}

pub(super) fn annotation_number(object: &Object, name: &str) -> Option<i64> {
    object.annotations().get(name).and_then(|text| text.parse().ok())
}

pub(super) fn revision(set: &Object) -> i64 {
    annotation_number(set, REVISION).unwrap_or(0)
}

/// The deadline by which a rollout must move, if there is one; the largest number means none.
pub(super) fn progress_deadline_seconds(deployment: &Object) -> Option<i32> {
    spec(deployment).progress_deadline_seconds.filter(|seconds| *seconds != i32::MAX)
}

pub(super) fn condition<'a>(
    status: &'a DeploymentStatus,
    condition_type: &str,
) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == condition_type)
}

pub(super) fn progressing(status: &DeploymentStatus) -> Option<&DeploymentCondition> {
    condition(status, PROGRESSING)
}

pub(super) fn new_condition(
    condition_type: &str,
    condition_status: &str,
    reason: &str,
    message: &str,
    time: &Time,
) -> DeploymentCondition {
    DeploymentCondition {
        type_: condition_type.to_owned(),
        status: condition_status.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        last_update_time: Some(time.clone()),
        last_transition_time: Some(time.clone()),
    }
}

pub(super) fn progressing_condition(
    condition_status: &str,
    reason: &str,
    message: &str,
    time: &Time,
) -> DeploymentCondition {
    new_condition(PROGRESSING, condition_status, reason, message, time)
}

/// Puts a condition at the end, in place of one of its type; nothing if status and reason are as before.
pub(super) fn set_condition(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    let conditions = status.conditions.get_or_insert_default();
    if let Some(current) = conditions.iter().find(|current| current.type_ == condition.type_) {
        if current.status == condition.status && current.reason == condition.reason {
            return;
        }
        if current.status == condition.status {
            condition.last_transition_time.clone_from(&current.last_transition_time);
        }
    }
    conditions.retain(|current| current.type_ != condition.type_);
    conditions.push(condition);
}

pub(super) fn remove_condition(status: &mut DeploymentStatus, condition_type: &str) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != condition_type);
    }
    if status.conditions.as_ref().is_some_and(Vec::is_empty) {
        status.conditions = None;
    }
}

/// A count as the API holds it: zero is not said.
pub(super) fn count(number: i32) -> Option<i32> {
    (number != 0).then_some(number)
}
