//! What controllers ask of a pod.

use std::sync::Arc;

use apiserver::ApiServer;
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::{Pod, PodCondition, PodTemplateSpec};
use model::status::Result;
use model::{Metadata, Object};

use crate::controller::Context;

/// Whether the pod has run to its end.
pub(crate) fn is_terminal(pod: &Object) -> bool {
    matches!(pod.status::<Pod>().phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// Whether the pod counts as one of its owner's: neither finished nor going.
pub(crate) fn is_active(pod: &Object) -> bool {
    !is_terminal(pod) && !pod.is_deleting()
}

/// The pod's condition of a type.
pub(crate) fn condition<'a>(pod: &'a Object, condition_type: &str) -> Option<&'a PodCondition> {
    pod.status::<Pod>().conditions.iter().flatten().find(|condition| condition.type_ == condition_type)
}

/// Whether the pod is ready.
pub(crate) fn is_ready(pod: &Object) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready.status == "True")
}

/// Since when the pod is ready, if it is.
pub(crate) fn ready_since(pod: &Object, api: &ApiServer) -> Option<Instant> {
    let ready = condition(pod, "Ready").filter(|ready| ready.status == "True")?;
    ready.last_transition_time.as_ref().map(|time| api.instant_of(time))
}

/// Whether the pod has been ready for so long.
pub(crate) fn is_available(pod: &Object, min_ready_seconds: i32, api: &ApiServer) -> bool {
    if min_ready_seconds <= 0 {
        return is_ready(pod);
    }
    let span = Duration::from_secs(u64::from(min_ready_seconds.unsigned_abs()));
    ready_since(pod, api).is_some_and(|since| since + span <= api.now())
}

/// The node the pod is bound to; empty if it is not.
pub(crate) fn node_name(pod: &Object) -> &str {
    pod.spec::<Pod>().node_name.as_deref().unwrap_or_default()
}

/// A pod of a template, controlled by `owner`.
pub(crate) fn from_template(template: &PodTemplateSpec, owner: &Object) -> Object {
    let about = template.metadata.clone().unwrap_or_default();
    let metadata = Metadata {
        namespace: owner.namespace().to_owned(),
        generate_name: Some(format!("{}-", owner.name())),
        labels: about.labels.unwrap_or_default(),
        annotations: about.annotations.unwrap_or_default(),
        finalizers: about.finalizers.unwrap_or_default(),
        owner_references: vec![owner.controller_reference()],
        ..Metadata::default()
    };
    Object::new::<Pod>(metadata, template.spec.clone().unwrap_or_default().into())
}

/// The pods among `objects` that count as their owner's.
pub(crate) fn active(objects: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
    objects.into_iter().filter(|pod| is_active(pod)).collect()
}

/// Notes on a pod why it is about to be deleted: reason and message.
pub(crate) fn mark_disrupted(
    context: &mut Context<'_>,
    pod: &Object,
    (reason, message): (&str, &str),
) -> Result<()> {
    let condition = PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        last_transition_time: Some(context.api.time()),
        ..PodCondition::default()
    };
    let mut marked = pod.clone();
    let conditions = marked.status_mut::<Pod>().conditions.get_or_insert_default();
    conditions.retain(|current| current.type_ != condition.type_);
    conditions.push(condition);
    match context.api.update_status(context.caller, marked) {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}
