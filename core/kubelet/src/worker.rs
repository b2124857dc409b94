//! Pod workers: one for each pod of a full kubelet. A worker looks at the pod, at its containers and at the time, does what can be done
//! and says when it wants to look again.

pub(crate) mod admission;
pub(crate) mod container;
mod hooks;
mod local_storage;
mod probes;
mod start;
mod status;
mod stop;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use apiserver::{ApiServer, Caller, EventType, Recorder};
use engine::{Duration, Instant, Stream, Wake, component};
use k8s_openapi::api::core::v1::Pod;
use model::metadata::StringMap;
use model::{Kind, Object};
use network::{Network, NetworkNamespace};
use serde::{Deserialize, Serialize};
use shell::file_system::TreeId;
use shell::{Exit, Machine, Pid, Programs};
use store::Key;

use crate::images::Images;
use crate::{latency, sandbox};
pub(crate) use container::{Container, ContainerKind};
use start::{Busy, Stage};

/// What a worker acts on.
pub(crate) struct Surroundings<'a, P: Programs> {
    pub(crate) api: &'a mut ApiServer,
    pub(crate) network: &'a mut Network,
    pub(crate) machine: &'a mut Machine<P>,
    pub(crate) images: &'a mut Images,
    pub(crate) node: &'a mut NodeState,
    pub(crate) owners: &'a mut Owners,
    /// Whose worker is being stepped: what it opens is its.
    pub(crate) current: Arc<str>,
    pub(crate) now: Instant,
}

/// Whose the processes and sockets are, by the pod's uid.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Owners {
    pub(crate) processes: BTreeMap<Pid, Arc<str>>,
    #[serde(with = "engine::events::pairs")]
    pub(crate) sockets: BTreeMap<network::SocketId, Arc<str>>,
}

/// What the workers of one node share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeState {
    pub(crate) name: Arc<str>,
    pub(crate) machine_name: Arc<str>,
    pub(crate) address: Ipv4Addr,
    pub(crate) recorder: Recorder,
    pub(crate) caller: Caller,
    /// Folders of the node that pods mount, by path.
    pub(crate) host_paths: BTreeMap<String, TreeId>,
    /// How much memory and how many processors its containers see.
    pub(crate) memory: u64,
    pub(crate) cpus: u32,
    /// Whether the images in the node's status have to be written anew.
    pub(crate) images_changed: bool,
}

/// Why a pod is stopped although nobody deleted it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// The worker of a pod.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Worker {
    pub(crate) key: Key,
    pub(crate) uid: Arc<str>,
    pub(crate) node: Arc<str>,
    /// Init containers first, each group in the pod's order.
    pub(crate) containers: Vec<Container>,
    pub(crate) stage: Stage,
    pub(crate) started: Instant,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) netns: Option<NetworkNamespace>,
    pub(crate) hostname: String,
    /// The process of the sandbox, where the containers share its process namespace.
    pub(crate) pause: Option<sandbox::Pause>,
    pub(crate) volumes: BTreeMap<String, TreeId>,
    pub(crate) mount_failures: u32,
    /// When the volumes that are made of objects are written anew.
    refresh_at: Option<Instant>,
    /// The pod has changed since its volumes were looked at.
    pod_changed: bool,
    /// The labels and annotations that files show, where any do.
    shown_metadata: Option<Box<(StringMap, StringMap)>>,
    busy: Option<Busy>,
    /// Containers that the present pass has still to look at, the next one last.
    pass: Vec<usize>,
    /// What the present pass has met: something that changed, something that failed.
    changed: bool,
    failed: bool,
    /// The sandbox is new.
    fresh: bool,
    /// When the next pass is.
    next_pass: Option<Instant>,
    /// When the pod's use of the disk is looked at next.
    storage_checked_at: Option<Instant>,
    pub(crate) verdict: Option<Verdict>,
    /// The pod is to stop, by when its containers must have.
    stopping: Option<stop::Stopping>,
    /// All is over but the object.
    pub(crate) finished: bool,
    /// When the worker wants to be stepped.
    pub(crate) wake: Wake,
}

impl Worker {
    pub(crate) fn new(pod: &Object, node: &Arc<str>, now: Instant) -> Self {
        let spec = pod.spec::<Pod>();
        let init = spec.init_containers.iter().flatten().map(|container| {
            let sidecar = container.restart_policy.as_deref() == Some("Always");
            Container::new(container, if sidecar { ContainerKind::Sidecar } else { ContainerKind::Init })
        });
        let main = spec.containers.iter().map(|container| Container::new(container, ContainerKind::Main));
        Self {
            key: Key::of(pod),
            uid: pod.uid().into(),
            node: node.clone(),
            containers: init.chain(main).collect(),
            stage: Stage::New,
            started: now,
            address: None,
            netns: None,
            hostname: sandbox::hostname(pod),
            pause: None,
            volumes: BTreeMap::new(),
            mount_failures: 0,
            refresh_at: None,
            pod_changed: true,
            shown_metadata: None,
            busy: None,
            pass: Vec::new(),
            changed: false,
            failed: false,
            fresh: false,
            next_pass: Some(now),
            storage_checked_at: None,
            verdict: None,
            stopping: None,
            finished: false,
            wake: None,
        }
    }

    /// Does what can be done now. False once nothing is left of the pod.
    pub(crate) fn step<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) -> bool {
        self.collect_exits(s);
        let pod = s.api.store().get_key(Kind::Pod, &self.key).filter(|pod| pod.uid() == &*self.uid).cloned();
        let deleting = pod.as_ref().is_none_or(|pod| pod.is_deleting());
        if let Some(pod) = pod.as_ref().filter(|_| !deleting) {
            self.check_deadline(s, pod);
            self.check_storage(s, pod);
        }
        let alive = if deleting || self.verdict.is_some() || self.stopping.is_some() {
            self.stop(s, pod.as_deref())
        } else {
            if let Some(pod) = pod.as_ref().filter(|_| !self.finished) {
                self.refresh_volumes(s, pod);
                self.run(s, pod);
            }
            true
        };
        self.wake = self.next_wake(s.now, pod.as_deref());
        alive
    }

    fn next_wake(&self, now: Instant, pod: Option<&Object>) -> Wake {
        let mut wake = match &self.stage {
            Stage::New => Some(now),
            Stage::Volumes { retry_at } => Some(*retry_at),
            Stage::Sandbox { until } => Some(*until),
            Stage::Live => None,
        };
        if self.finished && self.stopping.is_none() {
            return None;
        }
        if self.stopping.is_some() {
            wake = None;
        }
        wake = component::earlier(wake, self.refresh_at);
        if self.stopping.is_none() {
            wake = component::earlier(wake, self.busy.as_ref().and_then(Busy::until));
            if self.busy.is_none() && matches!(self.stage, Stage::Live) {
                wake = component::earlier(wake, self.next_pass);
            }
            wake = component::earlier(wake, pod.and_then(|pod| self.deadline(pod)));
            wake = component::earlier(wake, self.storage_checked_at);
        }
        wake = component::earlier(wake, self.stopping.as_ref().and_then(|stopping| stopping.clean_at));
        for container in &self.containers {
            wake = component::earlier(wake, container.next_wake());
        }
        wake
    }

    /// An object that a volume is made of has changed: the kubelet finds out at one of its rounds.
    pub(crate) fn note_source_change(&mut self, at: Instant) {
        if !self.finished && self.stopping.is_none() {
            self.refresh_at.get_or_insert(at);
        }
    }

    fn refresh_volumes<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        if self.refresh_at.is_some_and(|at| at <= s.now) || self.metadata_changed(pod) {
            self.refresh_at = None;
            crate::volumes::refresh(s, pod, &self.volumes, self.started);
        }
    }

    /// Whether labels or annotations that files show have changed: that the kubelet sees at once.
    fn metadata_changed(&mut self, pod: &Object) -> bool {
        if !std::mem::take(&mut self.pod_changed) || !crate::volumes::show_metadata(pod) {
            return false;
        }
        let now = Box::new((pod.labels().clone(), pod.annotations().clone()));
        let before = self.shown_metadata.replace(now);
        before.is_some() && before != self.shown_metadata
    }

    /// When a container that is held back is next tried, as far as can be foreseen: at the first round after its delay. A round whose
    /// time is not drawn yet is taken to come as early as it may.
    pub(crate) fn held_back_until(&self) -> Option<Instant> {
        let over = self.containers.iter().filter_map(Container::held_back_until).min()?;
        let mut round = self.next_pass?;
        while round < over {
            round += latency::SYNC_RETRY;
        }
        Some(round)
    }

    /// Whether a pass is under way: the pod's status lags behind its containers.
    pub(crate) fn is_starting(&self) -> bool {
        self.busy.is_some()
    }

    /// The pod has changed: it is looked at again.
    pub(crate) fn note_change(&mut self, now: Instant) {
        if !self.finished {
            self.next_pass = Some(now);
            self.pod_changed = true;
        }
    }

    /// When `activeDeadlineSeconds` are over.
    fn deadline(&self, pod: &Object) -> Wake {
        let seconds = pod.spec::<Pod>().active_deadline_seconds?;
        Some(self.started + Duration::from_secs(seconds.unsigned_abs()))
    }

    fn check_deadline<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        if self.finished
            || self.verdict.is_some()
            || self.deadline(pod).is_none_or(|deadline| s.now < deadline)
        {
            return;
        }
        let message = "Pod was active on the node longer than the specified deadline";
        s.event(pod, EventType::Normal, "DeadlineExceeded", message);
        self.verdict = Some(Verdict { reason: "DeadlineExceeded".to_owned(), message: message.to_owned() });
    }

    /// What the kubelet calls the pod in back-off texts: `name_namespace(uid)`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}_{}({})", self.key.name, self.key.namespace, self.uid)
    }
}

impl<P: Programs> Surroundings<'_, P> {
    /// Records an event of a pod.
    pub(crate) fn event(&mut self, pod: &Object, kind: EventType, reason: &str, message: &str) {
        let caller = self.node.caller.because(pod.revision);
        self.node.recorder.event(self.api, &caller, pod, kind, reason, message);
    }

    /// Records an event of one container of a pod.
    pub(crate) fn container_event(
        &mut self,
        pod: &Object,
        container: &Container,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        let caller = self.node.caller.because(pod.revision);
        let mut about = pod.reference();
        let list = if container.kind == ContainerKind::Main { "containers" } else { "initContainers" };
        about.field_path = Some(format!("spec.{list}{{{}}}", container.name));
        self.node.recorder.event_of(self.api, &caller, about, kind, reason, message);
    }

    /// Notes that a process is this worker's: its end wakes it.
    pub(crate) fn own(&mut self, pid: Pid) {
        self.owners.processes.insert(pid, self.current.clone());
    }

    /// How a process ended, once; after that nobody remembers it.
    pub(crate) fn take_exit(&mut self, pid: Pid) -> Option<Exit> {
        let exit = self.machine.exit_status(pid)?;
        self.forget(pid);
        Some(exit)
    }

    /// Nobody asks any more how a process ended.
    pub(crate) fn forget(&mut self, pid: Pid) {
        self.machine.forget(pid);
        self.owners.processes.remove(&pid);
    }

    /// When a sync that failed is tried again.
    pub(crate) fn retry_at(&mut self) -> Instant {
        let jitter = self.api.random().below(Stream::Jitter, latency::SYNC_RETRY_JITTER.as_micros());
        self.now + latency::SYNC_RETRY + Duration::from_micros(jitter)
    }
}
