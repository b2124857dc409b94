//! A pod's status as its kubelet sees it. Conditions and phases model pkg/kubelet/status/generate.go and the kubelet's getPhase.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{
    Container as Spec, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, HostIP, Pod, PodCondition, PodIP, VolumeMountStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use model::Object;
use model::pod::{PodSpec, PodStatus};
use shell::Programs;

use super::container::{Container, ContainerKind, State, Terminated};
use super::start::{Stage, spec_of};
use super::{Surroundings, Verdict, Worker};

impl Worker {
    /// Writes the pod's status if it is not what it should be.
    pub(super) fn publish<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        let Some(current) = s.api.store().get_key(model::Kind::Pod, &self.key).cloned() else { return };
        if current.uid() != &*self.uid {
            return;
        }
        let mut status = self.status(s, &current);
        let over = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
        if over && !self.finished && self.stopping.is_none() {
            self.finish(s);
            status = self.status(s, &current);
        }
        if status == *current.status::<Pod>() {
            return;
        }
        let caller = s.node.caller.because(pod.revision);
        let mut object = current.with_status::<Pod>(status);
        object.revision = 0;
        let _ = s.api.update_status(&caller, object);
    }

    /// Writes the status of a pod that the node refused.
    pub(super) fn publish_rejection<P: Programs>(
        &self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        verdict: &Verdict,
    ) {
        let mut status = pod.status::<Pod>().clone();
        status.phase = Some("Failed".to_owned());
        status.reason = Some(verdict.reason.clone());
        status.message = Some(format!("Pod was rejected: {}", verdict.message));
        status.start_time = Some(s.api.time());
        let _ = s.api.update_status(&s.node.caller.because(pod.revision), pod.with_status::<Pod>(status));
    }

    fn status<P: Programs>(&self, s: &Surroundings<'_, P>, pod: &Object) -> PodStatus {
        let old = pod.status::<Pod>();
        let (spec, now) = (pod.spec::<Pod>(), s.api.time());
        if matches!(&self.verdict, Some(verdict) if self.finished && verdict.message == *old.message.as_deref().unwrap_or_default())
            && old.container_statuses.is_none()
        {
            return old.clone();
        }
        let statuses = |kinds: &[ContainerKind]| -> Vec<ContainerStatus> {
            let of_kind = self.containers.iter().filter(|container| kinds.contains(&container.kind));
            of_kind.filter_map(|container| self.container_status(s, pod, container)).collect()
        };
        let mut status = old.clone();
        let phase = self.phase(spec.restart_policy.as_deref().unwrap_or("Always"));
        status.phase = Some(phase.to_owned());
        if let Some(verdict) = &self.verdict {
            status.phase = Some("Failed".to_owned());
            status.reason = Some(verdict.reason.clone());
            status.message = Some(verdict.message.clone());
        }
        status.conditions =
            Some(self.conditions(old, spec, status.phase.as_deref().unwrap_or_default(), &now));
        let mut mains = statuses(&[ContainerKind::Main]);
        mains.sort_by(|one, other| one.name.cmp(&other.name));
        status.container_statuses = Some(mains);
        let init = statuses(&[ContainerKind::Init, ContainerKind::Sidecar]);
        status.init_container_statuses = Some(init).filter(|init| !init.is_empty());
        status.host_ip = Some(s.node.address.to_string());
        status.host_ips = Some(vec![HostIP { ip: s.node.address.to_string() }]);
        if let Some(address) = self.address {
            status.pod_ip = Some(address.to_string());
            status.pod_ips = Some(vec![PodIP { ip: address.to_string() }]);
        }
        status.start_time.get_or_insert_with(|| s.api.time_at(self.started));
        status
    }

    fn phase(&self, policy: &str) -> &'static str {
        let init = self.containers.iter().filter(|container| container.kind != ContainerKind::Main);
        let mut failed_init = false;
        for container in init {
            match &container.state {
                _ if container.is_done() => {}
                State::Terminated(end) if end.exit_code != 0 && policy == "Never" => failed_init = true,
                // A sidecar that ended with its pod no longer counts.
                State::Terminated(_) if container.kind == ContainerKind::Sidecar && self.mains_have_run() => {
                }
                State::Running(_) if container.kind == ContainerKind::Sidecar && self.mains_have_run() => {}
                _ => return if failed_init { "Failed" } else { "Pending" },
            }
        }
        if failed_init {
            return "Failed";
        }
        let (mut waiting, mut running, mut stopped, mut succeeded) = (0, 0, 0, 0);
        for container in self.containers.iter().filter(|container| container.kind == ContainerKind::Main) {
            match &container.state {
                State::Running(_) => running += 1,
                State::Terminated(end) => {
                    stopped += 1;
                    succeeded += i32::from(end.exit_code == 0);
                }
                State::Waiting => waiting += 1,
            }
        }
        if self.finished && self.stopping.is_some() && waiting + running == 0 {
            return if stopped == succeeded { "Succeeded" } else { "Failed" };
        }
        match policy {
            _ if waiting > 0 => "Pending",
            _ if running > 0 => "Running",
            "Always" => "Running",
            _ if stopped == succeeded => "Succeeded",
            "Never" => "Failed",
            _ => "Running",
        }
    }

    fn mains_have_run(&self) -> bool {
        let mut mains = self.containers.iter().filter(|container| container.kind == ContainerKind::Main);
        mains.any(|container| !matches!(container.state, State::Waiting))
    }

    fn conditions(
        &self,
        old: &PodStatus,
        spec: &k8s_openapi::api::core::v1::PodSpec,
        phase: &str,
        now: &Time,
    ) -> Vec<PodCondition> {
        let over = match phase {
            "Succeeded" => Some("PodCompleted"),
            "Failed" => Some("PodFailed"),
            _ => None,
        };
        let names = |pick: &dyn Fn(&Container) -> bool| {
            let picked = self.containers.iter().filter(|container| pick(container));
            picked.map(|container| container.name.as_str()).collect::<Vec<_>>()
        };
        let incomplete = names(&|container| {
            container.kind != ContainerKind::Main && !container.is_done() && over != Some("PodCompleted")
        });
        let unready = names(&|container| container.kind != ContainerKind::Init && !container.ready);
        let initialized = match over {
            Some("PodCompleted") => Answer::yes("PodCompleted"),
            _ if incomplete.is_empty() || self.mains_have_run() => Answer::yes(""),
            _ => Answer::no(
                "ContainersNotInitialized",
                format!("containers with incomplete status: [{}]", incomplete.join(" ")),
            ),
        };
        let containers_ready = match over {
            Some(reason) => Answer::no(reason, String::new()),
            None if unready.is_empty() => Answer::yes(""),
            None => Answer::no(
                "ContainersNotReady",
                format!("containers with unready status: [{}]", unready.join(" ")),
            ),
        };
        let gates = spec.readiness_gates.iter().flatten();
        let missing: Vec<String> = gates.filter_map(|gate| gate_problem(old, &gate.condition_type)).collect();
        let ready = if containers_ready.status && !missing.is_empty() {
            Answer::no("ReadinessGatesNotReady", missing.join(", "))
        } else {
            containers_ready.clone()
        };
        let sandbox = matches!(self.stage, Stage::Live) && !self.finished && self.address.is_some();
        let sandbox = if sandbox { Answer::yes("") } else { Answer::no("", String::new()) };
        let mut conditions: Vec<PodCondition> = [
            ("PodReadyToStartContainers", sandbox),
            ("Initialized", initialized),
            ("Ready", ready),
            ("ContainersReady", containers_ready),
            ("PodScheduled", Answer::yes("")),
        ]
        .into_iter()
        .map(|(kind, verdict)| verdict.condition(kind, old, now))
        .collect();
        let others = old.conditions.iter().flatten();
        let others: Vec<_> = others
            .filter(|other| !conditions.iter().any(|known| known.type_ == other.type_))
            .cloned()
            .collect();
        conditions.extend(others);
        conditions
    }

    fn container_status<P: Programs>(
        &self,
        s: &Surroundings<'_, P>,
        pod: &Object,
        container: &Container,
    ) -> Option<ContainerStatus> {
        let spec = spec_of(pod, container)?;
        let (state, last) = self.states(s, container);
        let ran = !matches!(container.state, State::Waiting) || container.last.is_some();
        let init_done = container.kind == ContainerKind::Init && container.is_done();
        let known = |text: &str| ran && !text.is_empty();
        Some(ContainerStatus {
            name: container.name.clone(),
            image: if known(&container.image_name) {
                container.image_name.clone()
            } else {
                spec.image.clone().unwrap_or_default()
            },
            image_id: if ran { container.image_id.clone() } else { String::new() },
            container_id: known(&container.container_id)
                .then(|| format!("containerd://{}", container.container_id)),
            ready: container.ready || init_done,
            started: Some(container.started && container.is_running()),
            restart_count: container.restarts,
            state: Some(state),
            last_state: Some(last.unwrap_or_default()),
            allocated_resources: spec
                .resources
                .as_ref()
                .and_then(|resources| resources.requests.clone())
                .filter(|_| ran),
            resources: ran.then(|| spec.resources.clone().unwrap_or_default()),
            volume_mounts: mounts(pod.spec::<Pod>(), spec),
            ..ContainerStatus::default()
        })
    }

    /// What the container is and what it was before.
    fn states<P: Programs>(
        &self,
        s: &Surroundings<'_, P>,
        container: &Container,
    ) -> (ContainerState, Option<ContainerState>) {
        let terminated = |end: &Terminated| ContainerState {
            terminated: Some(terminated_state(s, end)),
            ..ContainerState::default()
        };
        let waiting = |reason: &str, message: Option<String>| ContainerState {
            waiting: Some(ContainerStateWaiting { reason: Some(reason.to_owned()), message }),
            ..ContainerState::default()
        };
        let last = container.last.as_ref().map(terminated);
        match &container.state {
            State::Running(run) => {
                let running = ContainerStateRunning { started_at: Some(s.api.time_at(run.started)) };
                (ContainerState { running: Some(running), ..ContainerState::default() }, last)
            }
            State::Terminated(end) => match &container.reason {
                Some((reason, message))
                    if !self.finished && self.stopping.is_none() && self.restarts_again(s, container) =>
                {
                    (waiting(reason, Some(message.clone())), Some(terminated(end)))
                }
                _ => (terminated(end), last),
            },
            State::Waiting => match &container.reason {
                Some((reason, message)) => (waiting(reason, Some(message.clone())), last),
                None => (waiting(self.waiting_reason(container), None), last),
            },
        }
    }

    /// Whether a failed container will be started again: only then its waiting has a reason.
    fn restarts_again<P: Programs>(&self, s: &Surroundings<'_, P>, container: &Container) -> bool {
        let Some(pod) = s.api.store().get_key(model::Kind::Pod, &self.key) else { return false };
        let policy = pod.spec::<Pod>().restart_policy.as_deref();
        container.kind == ContainerKind::Sidecar || policy != Some("Never")
    }

    fn waiting_reason(&self, container: &Container) -> &'static str {
        let has_init = self.containers.first().is_some_and(|first| first.kind != ContainerKind::Main);
        let all_done =
            self.containers.iter().all(|other| other.kind == ContainerKind::Main || other.is_done());
        let initializing = has_init && (!all_done || container.kind != ContainerKind::Main);
        if initializing { "PodInitializing" } else { "ContainerCreating" }
    }
}

/// What a condition says.
#[derive(Clone)]
struct Answer {
    status: bool,
    reason: String,
    message: String,
}

impl Answer {
    fn yes(reason: &str) -> Self {
        Self { status: true, reason: reason.to_owned(), message: String::new() }
    }

    fn no(reason: &str, message: String) -> Self {
        Self { status: false, reason: reason.to_owned(), message }
    }

    fn condition(self, kind: &str, old: &PodStatus, now: &Time) -> PodCondition {
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let status = if self.status { "True" } else { "False" };
        let same =
            old.conditions.iter().flatten().find(|known| known.type_ == kind && known.status == status);
        let since = same.and_then(|known| known.last_transition_time.clone());
        PodCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: text(self.reason),
            message: text(self.message),
            last_transition_time: since.or_else(|| Some(now.clone())),
            ..PodCondition::default()
        }
    }
}

fn gate_problem(status: &PodStatus, gate: &str) -> Option<String> {
    match status.conditions.iter().flatten().find(|condition| condition.type_ == gate) {
        None => Some(format!("corresponding condition of pod readiness gate \"{gate}\" does not exist.")),
        Some(condition) if condition.status != "True" => Some(format!(
            "the status of pod readiness gate \"{gate}\" is not \"True\", but {}",
            condition.status
        )),
        Some(_) => None,
    }
}

fn terminated_state<P: Programs>(s: &Surroundings<'_, P>, end: &Terminated) -> ContainerStateTerminated {
    let started = end.started.map_or(Time(Timestamp::UNIX_EPOCH), |started| s.api.time_at(started));
    ContainerStateTerminated {
        exit_code: end.exit_code,
        reason: Some(end.reason.clone()),
        message: end.message.clone(),
        started_at: Some(started),
        finished_at: Some(s.api.time_at(end.finished)),
        container_id: Some(format!("containerd://{}", end.container_id)),
        ..ContainerStateTerminated::default()
    }
}

fn mounts(pod: &PodSpec, spec: &Spec) -> Option<Vec<VolumeMountStatus>> {
    let mounts: Vec<_> = spec
        .volume_mounts
        .iter()
        .flatten()
        .map(|mount| VolumeMountStatus {
            name: pod.volume_name(&mount.name),
            mount_path: mount.mount_path.clone(),
            read_only: mount.read_only,
            recursive_read_only: (mount.read_only == Some(true)).then(|| "Disabled".to_owned()),
        })
        .collect();
    Some(mounts).filter(|mounts| !mounts.is_empty())
}
