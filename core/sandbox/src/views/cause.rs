//! What is wrong with a thing, so that the inspector can lead with it: the image's own error rather than `ImagePullBackOff`, the exit code
//! and the last lines of the log rather than `CrashLoopBackOff`.

use std::collections::BTreeMap;

use apiserver::ApiServer;
use apiserver::printers::pod::pod_status;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod, Service};
use model::{Kind, Object};
use protocol::{CauseView, EventView, Phase, Words};
use scheduler::Decision;
use serde_json::Value;

use super::pod::{is_ready, phase};
use super::service::service_view;

/// Conditions that say what is wrong, by kind, and the status that says it.
const CONDITIONS: [(Kind, &str, &[&str]); 4] = [
    (Kind::Deployment, "ReplicaFailure", &["True"]),
    (Kind::Deployment, "Progressing", &["False"]),
    (Kind::ReplicaSet, "ReplicaFailure", &["True"]),
    (Kind::Node, "Ready", &["False", "Unknown"]),
];

/// Reasons for waiting under which the image did not come.
const IMAGE_REASONS: [&str; 4] =
    ["ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"];
/// Reasons for waiting that pass by themselves.
const CALM_REASONS: [&str; 2] = ["ContainerCreating", "PodInitializing"];
/// How `kubelet` ends what it was told to stop: by a signal, whose number comes on top.
const SIGNALS: i32 = 128;

/// What is known of a thing beside its object.
pub(super) struct Evidence<'a> {
    pub api: &'a ApiServer,
    /// Its events, newest last.
    pub events: &'a [EventView],
    /// The scheduler's last attempt.
    pub decision: Option<&'a Decision>,
    /// The last lines that a container of the pod wrote.
    pub log: &'a mut dyn FnMut(&str) -> String,
}

/// What is wrong, if anything is.
pub(super) fn cause(object: &Object, evidence: &mut Evidence<'_>) -> Option<CauseView> {
    let api = evidence.api;
    let newest = evidence.events.last().filter(|event| event.warning);
    let warning =
        newest.map(|event| told(Words::new("cause-warning", &[("reason", &event.reason)]), &event.message));
    match object.kind() {
        Kind::Pod if object.is_deleting() || is_well(object) => None,
        Kind::Pod => of_pod(object, evidence).or(warning),
        Kind::Service => of_service(api, object),
        _ => of_condition(object).or_else(|| of_pods(api, object)).or(warning),
    }
}

fn told(what: Words, said: &str) -> CauseView {
    CauseView { what, counts: Vec::new(), said: said.to_owned(), log: String::new() }
}

fn is_well(pod: &Object) -> bool {
    is_ready(pod) || pod.status::<Pod>().phase.as_deref() == Some("Succeeded")
}

fn of_pod(pod: &Object, evidence: &mut Evidence<'_>) -> Option<CauseView> {
    let status = pod.status::<Pod>();
    if pod.spec::<Pod>().node_name.is_none() {
        let mut conditions = status.conditions.iter().flatten();
        let scheduled =
            conditions.find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")?;
        let (reason, message) =
            (scheduled.reason.as_deref(), scheduled.message.as_deref().unwrap_or_default());
        return Some(match evidence.decision {
            Some(decision) if reason == Some("Unschedulable") => unschedulable(decision, message),
            _ => told(Words::new("cause-condition", &[("reason", reason.unwrap_or_default())]), message),
        });
    }
    let init = status.init_container_statuses.iter().flatten();
    let mut containers = init.chain(status.container_statuses.iter().flatten());
    if let Some(found) = containers.find_map(|container| of_container(container, evidence)) {
        return Some(found);
    }
    let reason = status.reason.as_deref()?;
    let message = status.message.as_deref().unwrap_or_default();
    Some(told(Words::new("cause-condition", &[("reason", reason)]), message))
}

/// No node passed: by which filters, and how often each.
fn unschedulable(decision: &Decision, message: &str) -> CauseView {
    let reasons =
        decision.nodes.iter().filter_map(|verdict| verdict.rejection.as_ref()).flat_map(|it| &it.reasons);
    let counts = counted(reasons.cloned());
    let all = decision.nodes.len().to_string();
    let said = if counts.is_empty() { message } else { "" };
    CauseView { counts, ..told(Words::new("cause-unschedulable", &[("all", &all)]), said) }
}

fn of_container(container: &ContainerStatus, evidence: &mut Evidence<'_>) -> Option<CauseView> {
    let name = [("container", container.name.as_str())];
    let ContainerState { waiting, terminated, .. } = container.state.as_ref()?;
    let last = || container.last_state.as_ref()?.terminated.as_ref();
    if let Some(ended) = terminated.as_ref().filter(|ended| ended.exit_code != 0) {
        return Some(of_exit(&container.name, ended, evidence));
    }
    if terminated.is_some() {
        return None;
    }
    let Some(waiting) = waiting else {
        let unhealthy = evidence.events.iter().rev().find(|event| event.reason == "Unhealthy");
        let unhealthy = unhealthy.filter(|_| !container.ready);
        return unhealthy.map(|event| told(Words::new("cause-not-ready", &name), &event.message));
    };
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let message = waiting.message.as_deref().unwrap_or_default();
    if CALM_REASONS.contains(&reason) {
        return None;
    }
    if IMAGE_REASONS.contains(&reason) {
        let real = message.split_once("ErrImagePull: ").map_or(message, |(_, real)| real);
        return Some(told(Words::new("cause-image", &[("image", &container.image)]), real));
    }
    match last() {
        Some(ended) if reason == "CrashLoopBackOff" => Some(of_exit(&container.name, ended, evidence)),
        _ => Some(told(Words::new("cause-start", &name), if message.is_empty() { reason } else { message })),
    }
}

/// A container ended: with what, and what it said last.
fn of_exit(name: &str, ended: &ContainerStateTerminated, evidence: &mut Evidence<'_>) -> CauseView {
    let reason = ended.reason.as_deref().unwrap_or_default();
    let code = ended.exit_code.to_string();
    let what = match reason {
        "OOMKilled" => Words::new("cause-memory", &[("container", name)]),
        _ => Words::new("cause-exit", &[("container", name), ("code", &code)]),
    };
    // It did not end by itself: a probe had it killed.
    let unhealthy = evidence.events.iter().rev().find(|event| event.reason == "Unhealthy");
    let killed = unhealthy.filter(|_| ended.exit_code > SIGNALS).map(|event| event.message.as_str());
    let said = ended.message.as_deref().or(killed).unwrap_or_default();
    CauseView { log: (evidence.log)(name), ..told(what, said) }
}

fn of_condition(object: &Object) -> Option<CauseView> {
    let value = object.to_value();
    let conditions = value["status"]["conditions"].as_array()?;
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    CONDITIONS.iter().filter(|(kind, ..)| *kind == object.kind()).find_map(|(_, type_, bad)| {
        let found = conditions.iter().find(|condition| condition["type"] == *type_)?;
        bad.contains(&found["status"].as_str()?).then(|| {
            told(
                Words::new("cause-condition", &[("reason", &text(found, "reason"))]),
                &text(found, "message"),
            )
        })
    })
}

/// What is wrong with the pods that it owns, itself or by its ReplicaSets.
fn of_pods(api: &ApiServer, object: &Object) -> Option<CauseView> {
    let store = api.store();
    let sets = store.owned_by(Kind::ReplicaSet, object.uid());
    let owners = std::iter::once(object.uid()).chain(sets.map(|set| set.uid()));
    let pods = owners.flat_map(|owner| store.owned_by(Kind::Pod, owner));
    let bad: Vec<&Object> = pods.map(|pod| &**pod).filter(|pod| is_bad(pod)).collect();
    let first = bad.first()?;
    let none = &mut |_: &str| String::new();
    let why = of_pod(first, &mut Evidence { api, events: &[], decision: None, log: none });
    let said = why.map(|why| why.said).unwrap_or_default();
    let counts = counted(bad.into_iter().map(pod_status));
    Some(CauseView { counts, ..told(Words::new("cause-pods", &[]), &said) })
}

fn is_bad(pod: &Object) -> bool {
    let mut conditions = pod.status::<Pod>().conditions.iter().flatten();
    match phase(pod, &pod_status(pod)) {
        Phase::Failed | Phase::BackOff => true,
        Phase::Pending => conditions.any(|it| it.type_ == "PodScheduled" && it.status == "False"),
        _ => false,
    }
}

/// A Service with a selector that nobody answers for.
fn of_service(api: &ApiServer, service: &Object) -> Option<CauseView> {
    let selector = service.spec::<Service>().selector.as_ref().filter(|selector| !selector.is_empty())?;
    if !service_view(api, service).ready_pods.is_empty() {
        return None;
    }
    let pods = api.store().list_namespace(Kind::Pod, service.namespace());
    let meant = pods.filter(|pod| selector.iter().all(|(key, value)| pod.labels().get(key) == Some(value)));
    let counts = counted(meant.map(|pod| pod_status(pod)));
    let wanted: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Some(CauseView {
        counts,
        ..told(Words::new("cause-endpoints", &[]), &format!("selector: {}", wanted.join(",")))
    })
}

/// How often each came, the most frequent first.
fn counted(all: impl Iterator<Item = String>) -> Vec<(usize, String)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    let mut counts: Vec<(usize, String)> = counts.into_iter().map(|(text, count)| (count, text)).collect();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    counts
}
