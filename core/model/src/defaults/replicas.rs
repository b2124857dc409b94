//! DaemonSets, StatefulSets and ReplicationControllers.

use k8s_openapi::api::apps::v1::{DaemonSetSpec, StatefulSetSpec};
use k8s_openapi::api::core::v1::ReplicationControllerSpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::default_text;
use super::pod::template;
use super::volume::claim_spec;
use crate::metadata::StringMap;

const HISTORY: i32 = 10;

/// A DaemonSet's spec.
pub fn daemon_set(spec: &mut DaemonSetSpec) {
    spec.revision_history_limit.get_or_insert(HISTORY);
    let strategy = spec.update_strategy.get_or_insert_default();
    default_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
    template(&mut spec.template);
}

/// A StatefulSet's spec.
pub fn stateful_set(spec: &mut StatefulSetSpec) {
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(HISTORY);
    default_text(&mut spec.pod_management_policy, "OrderedReady");
    let strategy = spec.update_strategy.get_or_insert_default();
    default_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        strategy.rolling_update.get_or_insert_default().partition.get_or_insert(0);
    }
    let policy = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
    default_text(&mut policy.when_deleted, "Retain");
    default_text(&mut policy.when_scaled, "Retain");
    for claim in spec.volume_claim_templates.iter_mut().flatten() {
        if let Some(spec) = &mut claim.spec {
            claim_spec(spec);
        }
        default_text(&mut claim.status.get_or_insert_default().phase, "Pending");
    }
    template(&mut spec.template);
}

/// A ReplicationController's spec and labels, which are the template's labels where nothing else is said.
pub fn replication_controller(spec: &mut ReplicationControllerSpec, labels: &mut StringMap) {
    spec.replicas.get_or_insert(1);
    let Some(given) = &mut spec.template else { return };
    template(given);
    let of_template = given.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
    if of_template.is_empty() {
        return;
    }
    if spec.selector.as_ref().is_none_or(StringMap::is_empty) {
        spec.selector = Some(of_template.clone());
    }
    if labels.is_empty() {
        *labels = of_template;
    }
}
