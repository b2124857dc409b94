//! The ReplicaSet controller: it keeps as many pods as are asked for. Models `pkg/controller/replicaset/replica_set.go`.

use std::sync::Arc;

use apiserver::{ApiServer, DeleteOptions, EventType};
use engine::Duration;
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use model::selector::Selector;
use model::status::{Cause, Result};
use model::{Kind, Object, Status};
use serde::{Deserialize, Serialize};
use store::{Change, Key};

use crate::claim::{Orphans, claim, ownership_changed};
use crate::controller::{Again, Context, Controller, Queue};
use crate::pods;

mod ranking;

/// At most so many pods are made or deleted in one go.
const BURST: usize = 500;
/// So many creations are tried first; each batch that succeeds doubles the next.
const SLOW_START: usize = 1;
const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Its own state: the pods that nobody controls, which it might adopt.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ReplicaSetController {
    orphans: Orphans,
}

impl Controller for ReplicaSetController {
    type Key = Key;
    const NAME: &'static str = "replicaset-controller";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::ReplicaSet, Kind::Pod]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
        if change.object().kind() == Kind::ReplicaSet {
            return queue.add(change.key.clone());
        }
        self.orphans.observe(change);
        observe_pod(change, api, queue);
    }

    fn reconcile(&mut self, context: &mut Context<'_>, key: &Key) -> Result<Again> {
        let Some(set) = context.get(Kind::ReplicaSet, key) else { return Ok(None) };
        let selector = Selector::from_typed(Some(&set.spec::<ReplicaSet>().selector))
            .map_err(|error| Status::internal(error.to_string()))?;
        let candidates = self.candidates(context, &set);
        let pods = pods::active(claim(context, &set, &selector, candidates)?);
        let managed = if set.is_deleting() { Ok(()) } else { manage_replicas(context, &set, &pods) };
        let set = write_status(context, &set, &pods, managed.as_ref().err())?;
        managed?;
        Ok(until_available(&set))
    }
}

impl ReplicaSetController {
    /// The pods that are the set's, and those that it might adopt.
    fn candidates(&self, context: &Context<'_>, set: &Object) -> Vec<Arc<Object>> {
        let store = context.store();
        let own = store.owned_by(Kind::Pod, set.uid());
        let orphans = self.orphans.within(store, Kind::Pod, set.namespace());
        let orphans = orphans.filter(|pod| pod.metadata.controller().is_none() && pods::is_active(pod));
        own.chain(orphans).cloned().collect()
    }
}

fn observe_pod(change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
    let sides = [&change.old, &change.new];
    for controller in sides.into_iter().flatten().filter_map(|pod| pod.metadata.controller()) {
        if controller.kind == "ReplicaSet" {
            queue.add(Key::new(&change.key.namespace, &controller.name));
        }
    }
    let Some(pod) = &change.new else { return };
    match pod.metadata.controller() {
        Some(controller) => wake_when_available(change, controller.name.as_str(), api, queue),
        None if ownership_changed(change) => {
            for set in api.store().list_namespace(Kind::ReplicaSet, pod.namespace()) {
                let selector = Selector::from_typed(Some(&set.spec::<ReplicaSet>().selector));
                if selector.is_ok_and(|selector| selector.matches(pod.labels())) {
                    queue.add(Key::of(set));
                }
            }
        }
        None => {}
    }
}

/// A pod that became ready counts as available only later, when nothing else changes.
fn wake_when_available(change: &Change, name: &str, api: &ApiServer, queue: &mut Queue<'_, Key>) {
    let is_ready = |side: &Option<Arc<Object>>| side.as_ref().is_some_and(|pod| pods::is_ready(pod));
    if is_ready(&change.old) || !is_ready(&change.new) {
        return;
    }
    let namespace = &change.key.namespace;
    let Some(set) = api.store().get(Kind::ReplicaSet, namespace, name) else { return };
    let min_ready = min_ready_seconds(set);
    if min_ready > 0 {
        queue.add_after(Key::of(set), seconds(min_ready + 1));
    }
}

fn wanted(set: &Object) -> usize {
    usize::try_from(set.spec::<ReplicaSet>().replicas.unwrap_or(1)).unwrap_or(0)
}

fn min_ready_seconds(set: &Object) -> i32 {
    set.spec::<ReplicaSet>().min_ready_seconds.unwrap_or(0)
}

fn seconds(count: i32) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0))
}

fn manage_replicas(context: &mut Context<'_>, set: &Arc<Object>, pods: &[Arc<Object>]) -> Result<()> {
    let wanted = wanted(set);
    if pods.len() < wanted {
        create_pods(context, set, (wanted - pods.len()).min(BURST))
    } else if pods.len() > wanted {
        delete_pods(context, set, pods, (pods.len() - wanted).min(BURST))
    } else {
        Ok(())
    }
}

/// Creates pods in batches that double, so that what cannot be created is not tried too often at once.
fn create_pods(context: &mut Context<'_>, set: &Arc<Object>, count: usize) -> Result<()> {
    let template = set.spec::<ReplicaSet>().template.clone().unwrap_or_default();
    let mut left = count;
    let mut batch = SLOW_START.min(left);
    while batch > 0 {
        let mut failed = None;
        for _ in 0..batch {
            if let Err(status) = create_pod(context, set, &template) {
                failed.get_or_insert(status);
            }
        }
        if let Some(status) = failed {
            return Err(status);
        }
        left -= batch;
        batch = (2 * batch).min(left);
    }
    Ok(())
}

fn create_pod(context: &mut Context<'_>, set: &Arc<Object>, template: &PodTemplateSpec) -> Result<()> {
    match context.api.create(context.caller, pods::from_template(template, set)) {
        Ok(pod) => {
            let message = format!("Created pod: {}", pod.name());
            context.event(set, EventType::Normal, "SuccessfulCreate", &message);
            Ok(())
        }
        // The namespace is going, and the set with it.
        Err(status) if is_terminating_namespace(&status) => Ok(()),
        Err(status) => {
            let message = format!("Error creating: {status}");
            context.event(set, EventType::Warning, "FailedCreate", &message);
            Err(status)
        }
    }
}

fn is_terminating_namespace(status: &Status) -> bool {
    let is_going = |cause: &Cause| cause.reason == "NamespaceTerminating";
    status.details.iter().flat_map(|details| &details.causes).any(is_going)
}

fn delete_pods(
    context: &mut Context<'_>,
    set: &Arc<Object>,
    pods: &[Arc<Object>],
    count: usize,
) -> Result<()> {
    let mut failed = None;
    for pod in ranking::pods_to_delete(context.api, set, pods, count) {
        let options = DeleteOptions::default();
        match context.api.delete(context.caller, Kind::Pod, pod.namespace(), pod.name(), &options) {
            Ok(_) => {
                let message = format!("Deleted pod: {}", pod.name());
                context.event(set, EventType::Normal, "SuccessfulDelete", &message);
            }
            Err(status) if status.is_not_found() => {}
            Err(status) => {
                let message = format!("Error deleting: {status}");
                context.event(set, EventType::Warning, "FailedDelete", &message);
                failed.get_or_insert(status);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Writes what the set's pods are like, as they were before this look changed them; the change itself wakes the next look.
fn write_status(
    context: &mut Context<'_>,
    set: &Arc<Object>,
    pods: &[Arc<Object>],
    failure: Option<&Status>,
) -> Result<Arc<Object>> {
    let status = calculate_status(context.api, set, pods, failure);
    if status == *set.status::<ReplicaSet>() {
        return Ok(set.clone());
    }
    // The set may have been written meanwhile only by others; their change brings it back.
    context.api.update_status(context.caller, set.with_status::<ReplicaSet>(status))
}

fn calculate_status(
    api: &ApiServer,
    set: &Object,
    pods: &[Arc<Object>],
    failure: Option<&Status>,
) -> ReplicaSetStatus {
    let count = |wanted: &dyn Fn(&Object) -> bool| -> Option<i32> {
        let number = pods.iter().filter(|pod| wanted(pod)).count();
        i32::try_from(number).ok().filter(|number| *number != 0)
    };
    let ready = count(&pods::is_ready);
    let min_ready = min_ready_seconds(set);
    let available = if min_ready > 0 { count(&|pod| pods::is_available(pod, min_ready, api)) } else { ready };
    let mut conditions = set.status::<ReplicaSet>().conditions.clone().unwrap_or_default();
    let has_failure = conditions.iter().any(|condition| condition.type_ == REPLICA_FAILURE);
    match failure {
        Some(failure) if !has_failure => conditions.push(failure_condition(api, set, pods, failure)),
        None => conditions.retain(|condition| condition.type_ != REPLICA_FAILURE),
        Some(_) => {}
    }
    ReplicaSetStatus {
        replicas: i32::try_from(pods.len()).unwrap_or(i32::MAX),
        fully_labeled_replicas: match unselected_labels(set) {
            None => count(&|_| true),
            Some(labels) => count(&|pod| labels.matches(pod.labels())),
        },
        ready_replicas: ready,
        available_replicas: available,
        observed_generation: Some(set.generation),
        conditions: (!conditions.is_empty()).then_some(conditions),
        ..ReplicaSetStatus::default()
    }
}

/// What the template's labels ask of a pod beyond the selector; `None` if all that is selected has them anyway.
fn unselected_labels(set: &Object) -> Option<Selector> {
    let spec = set.spec::<ReplicaSet>();
    let metadata = spec.template.as_ref().and_then(|template| template.metadata.as_ref());
    let labels = metadata.and_then(|metadata| metadata.labels.as_ref())?;
    let is_selected = spec.selector.match_labels.as_ref().is_some_and(|selected| selected == labels);
    (!is_selected).then(|| Selector::from_labels(labels))
}

fn failure_condition(
    api: &ApiServer,
    set: &Object,
    pods: &[Arc<Object>],
    failure: &Status,
) -> ReplicaSetCondition {
    let reason = if pods.len() < wanted(set) { "FailedCreate" } else { "FailedDelete" };
    ReplicaSetCondition {
        type_: REPLICA_FAILURE.to_owned(),
        status: "True".to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(failure.message.clone()),
        last_transition_time: Some(api.time()),
    }
}

/// A set whose pods are ready but not yet available looks again when they may be.
fn until_available(set: &Object) -> Again {
    let status = set.status::<ReplicaSet>();
    let wanted = set.spec::<ReplicaSet>().replicas.unwrap_or(1);
    let waits = min_ready_seconds(set) > 0
        && status.ready_replicas.unwrap_or(0) == wanted
        && status.available_replicas.unwrap_or(0) != wanted;
    waits.then(|| seconds(min_ready_seconds(set)))
}
