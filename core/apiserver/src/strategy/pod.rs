//! What a new pod's status begins with.
// Models pkg/registry/core/pod/strategy.go.

use k8s_openapi::api::core::v1::{Pod, PodCondition};
use model::Object;

/// The conditions of a new pod: one that is not to be scheduled yet says so.
pub(super) fn conditions(pod: &Object) -> Option<Vec<PodCondition>> {
    let gated = pod.spec::<Pod>().scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    gated.then(|| {
        vec![PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: Some("SchedulingGated".to_owned()),
            message: Some("Scheduling is blocked due to non-empty scheduling gates".to_owned()),
            last_transition_time: pod.metadata.creation_timestamp.clone(),
            ..PodCondition::default()
        }]
    })
}
