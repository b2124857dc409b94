//! Deployments and ReplicaSets.

use k8s_openapi::api::apps::v1::{DeploymentSpec, ReplicaSetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::default_text;
use super::pod::template;

const HISTORY: i32 = 10;
const PROGRESS_SECONDS: i32 = 600;
const ROLLING_SHARE: &str = "25%";

/// A Deployment's spec.
pub fn deployment(spec: &mut DeploymentSpec) {
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(HISTORY);
    spec.progress_deadline_seconds.get_or_insert(PROGRESS_SECONDS);
    let strategy = spec.strategy.get_or_insert_default();
    default_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        let share = || IntOrString::String(ROLLING_SHARE.to_owned());
        rolling.max_unavailable.get_or_insert_with(share);
        rolling.max_surge.get_or_insert_with(share);
    }
    template(&mut spec.template);
}

/// A ReplicaSet's spec.
pub fn replica_set(spec: &mut ReplicaSetSpec) {
    spec.replicas.get_or_insert(1);
    template(spec.template.get_or_insert_default());
}
