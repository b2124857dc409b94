//! The table of Pod: its STATUS is worked out from the states of its containers.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodSpec, PodStatus};
use k8s_openapi::jiff::Timestamp;
use model::Object;

use super::{Columns, NONE, age, or_none, since};

pub(super) const COLUMNS: Columns =
    (&["Name", "Ready", "Status", "Restarts", "Age"], &["IP", "Node", "Nominated Node", "Readiness Gates"]);

pub(super) fn cells(object: &Object, now: Timestamp) -> Vec<String> {
    let (spec, status) = (object.spec::<Pod>(), object.status::<Pod>());
    let summary = summarize(object, spec, status);
    let restarts = match (summary.restarts, summary.last_restart) {
        (0, _) => "0".to_owned(),
        (count, Some(at)) => format!("{count} ({} ago)", since(Some(at), now)),
        (count, None) => count.to_string(),
    };
    let first_ip = status.pod_ips.iter().flatten().next().map(|ip| ip.ip.clone());
    vec![
        object.name().to_owned(),
        format!("{}/{}", summary.ready, summary.total),
        summary.reason,
        restarts,
        age(object, now),
        or_none(first_ip.or_else(|| status.pod_ip.clone()).unwrap_or_default()),
        or_none(spec.node_name.clone().unwrap_or_default()),
        or_none(status.nominated_node_name.clone().unwrap_or_default()),
        readiness_gates(spec, status),
    ]
}

/// What READY, STATUS and RESTARTS are made of.
struct Summary {
    ready: usize,
    total: usize,
    reason: String,
    restarts: i32,
    last_restart: Option<Timestamp>,
}

impl Summary {
    fn count_restarts(&mut self, container: &ContainerStatus) {
        self.restarts += container.restart_count;
        let ended = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let finished = ended.and_then(|ended| ended.finished_at.as_ref()).map(|time| time.0);
        self.last_restart = self.last_restart.max(finished);
    }
}

fn summarize(object: &Object, spec: &PodSpec, status: &PodStatus) -> Summary {
    let phase = status.phase.clone().unwrap_or_default();
    let sidecars: BTreeSet<&str> = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"))
        .map(|container| container.name.as_str())
        .collect();
    let gated = status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("SchedulingGated")
    });
    let own_reason = status.reason.clone().filter(|reason| !reason.is_empty());
    let mut summary = Summary {
        ready: 0,
        total: spec.containers.len() + sidecars.len(),
        reason: if gated {
            "SchedulingGated".to_owned()
        } else {
            own_reason.unwrap_or_else(|| phase.clone())
        },
        restarts: 0,
        last_restart: None,
    };
    let mut of_sidecars = Summary { reason: String::new(), ..summary };
    let initializing = summarize_init(&mut summary, &mut of_sidecars, spec, status, &sidecars);
    if !initializing || condition_is_true(status, "Initialized") {
        summary.restarts = of_sidecars.restarts;
        summary.last_restart = of_sidecars.last_restart;
        summarize_containers(&mut summary, status);
    }
    if object.is_deleting() {
        if status.reason.as_deref() == Some("NodeLost") {
            summary.reason = "Unknown".to_owned();
        } else if !matches!(phase.as_str(), "Succeeded" | "Failed") {
            summary.reason = "Terminating".to_owned();
        }
    }
    summary
}

/// Goes through the init containers up to the one that is not done; true if there is one.
fn summarize_init(
    summary: &mut Summary,
    of_sidecars: &mut Summary,
    spec: &PodSpec,
    status: &PodStatus,
    sidecars: &BTreeSet<&str>,
) -> bool {
    for (index, container) in status.init_container_statuses.iter().flatten().enumerate() {
        summary.count_restarts(container);
        let is_sidecar = sidecars.contains(container.name.as_str());
        if is_sidecar {
            of_sidecars.count_restarts(container);
        }
        let state = container.state.clone().unwrap_or_default();
        if state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0) {
            continue;
        }
        if is_sidecar && container.started == Some(true) {
            summary.ready += usize::from(container.ready);
            continue;
        }
        let waiting = state.waiting.and_then(|waiting| waiting.reason).unwrap_or_default();
        summary.reason = if let Some(ended) = &state.terminated {
            format!("Init:{}", end_reason(ended))
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            format!("Init:{waiting}")
        } else {
            format!("Init:{index}/{}", spec.init_containers.iter().flatten().count())
        };
        return true;
    }
    false
}

fn summarize_containers(summary: &mut Summary, status: &PodStatus) {
    let mut some_run = false;
    for container in status.container_statuses.iter().flatten().rev() {
        summary.count_restarts(container);
        let state = container.state.clone().unwrap_or_default();
        let waiting = state.waiting.and_then(|waiting| waiting.reason).unwrap_or_default();
        if !waiting.is_empty() {
            summary.reason = waiting;
        } else if let Some(ended) = &state.terminated {
            summary.reason = end_reason(ended);
        } else if container.ready && state.running.is_some() {
            some_run = true;
            summary.ready += 1;
        }
    }
    if summary.reason == "Completed" && some_run {
        let ready = condition_is_true(status, "Ready");
        summary.reason = if ready { "Running" } else { "NotReady" }.to_owned();
    }
}

fn end_reason(ended: &ContainerStateTerminated) -> String {
    match (ended.reason.as_deref().unwrap_or_default(), ended.signal.unwrap_or(0)) {
        ("", 0) => format!("ExitCode:{}", ended.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn condition_is_true(status: &PodStatus, wanted: &str) -> bool {
    status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == wanted && condition.status == "True")
}

fn readiness_gates(spec: &PodSpec, status: &PodStatus) -> String {
    let gates = spec.readiness_gates.as_deref().unwrap_or_default();
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let met = gates.iter().filter(|gate| condition_is_true(status, &gate.condition_type)).count();
    format!("{met}/{}", gates.len())
}

/// The STATUS column of a pod.
#[must_use]
pub fn pod_status(object: &Object) -> String {
    summarize(object, object.spec::<Pod>(), object.status::<Pod>()).reason
}
