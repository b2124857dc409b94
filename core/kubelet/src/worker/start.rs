//! How a pod comes to run: volumes, sandbox, then passes over its containers. A pass starts what should run, one container after
//! another; after one that changed something the pod is looked at again at once, after one that failed in ten seconds or so.

use std::sync::Arc;

use apiserver::EventType::{Normal, Warning};
use engine::{Instant, Wake};
use k8s_openapi::api::core::v1::{Container as Spec, Pod};
use model::Object;
use serde::{Deserialize, Serialize};
use shell::Programs;

use super::container::{Container, ContainerKind, Delay, State, Terminated};
use super::hooks::{Hook, HookResult};
use super::{Surroundings, Worker};
use crate::images::{Pull, canonical};
use crate::runtime::{self, StartError};
use crate::{environment, latency, sandbox, volumes};

/// How far a pod has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Just seen.
    New,
    /// Its volumes are being set up.
    Volumes { retry_at: Instant },
    /// Its sandbox is being made.
    Sandbox { until: Instant },
    /// Its containers run, or are being started.
    Live,
}

/// What the pass waits for, at one of the containers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Busy {
    /// An image comes.
    Pull { index: usize, began: Instant, until: Instant, digest: Result<String, String> },
    /// The runtime makes the container.
    Create { index: usize, until: Instant, digest: String },
    /// The hook after its start runs.
    Hook { index: usize, hook: Hook },
}

impl Busy {
    pub(super) fn until(&self) -> Wake {
        match self {
            Self::Pull { until, .. } | Self::Create { until, .. } => Some(*until),
            Self::Hook { hook, .. } => hook.next_wake(),
        }
    }
}

impl Worker {
    /// Brings a pod on that should run.
    pub(super) fn run<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        if matches!(self.stage, Stage::New) {
            if let Err(verdict) = super::admission::admit(s, pod) {
                s.event(pod, Warning, &verdict.reason, &verdict.message);
                self.reject(s, pod, verdict);
                return;
            }
            self.publish(s, pod);
            self.stage = Stage::Volumes { retry_at: s.now };
        }
        if matches!(self.stage, Stage::Volumes { retry_at } if retry_at <= s.now) {
            self.mount(s, pod);
        }
        if matches!(self.stage, Stage::Sandbox { until } if until <= s.now) {
            sandbox::create(self, s, pod);
            self.stage = Stage::Live;
            self.next_pass = Some(s.now);
            self.fresh = true;
        }
        if matches!(self.stage, Stage::Live) {
            if self.probe(s, pod) && self.busy.is_none() {
                self.publish(s, pod);
            }
            self.continue_passes(s, pod);
            self.advance_killing(s, pod);
        }
    }

    fn mount<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        match volumes::mount(s, pod, self.started) {
            Ok(volumes) => {
                self.volumes = volumes;
                self.stage = Stage::Sandbox { until: s.now + latency::SANDBOX };
            }
            Err(message) => {
                s.event(pod, Warning, "FailedMount", &message);
                let factor = 1u64.checked_shl(self.mount_failures).unwrap_or(u64::MAX);
                let delay = (latency::MOUNT_RETRY * factor).min(latency::MOUNT_RETRY_MAX);
                self.mount_failures = (self.mount_failures + 1).min(16);
                self.stage = Stage::Volumes { retry_at: s.now + delay };
            }
        }
    }

    /// Goes on with the pass that is under way, and begins the next one if it is due.
    fn continue_passes<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        // A pass that changes something is followed by another; containers that end at once don't, since ending takes time.
        for _ in 0..16 {
            if let Some(busy) = self.busy.take() {
                self.busy = self.advance(s, pod, busy);
                if self.busy.is_some() {
                    return;
                }
            }
            if let Some(index) = self.pass.pop() {
                self.busy = self.begin(s, pod, index);
                continue;
            }
            if std::mem::take(&mut self.changed) {
                self.failed = false;
                self.next_pass = Some(s.now + latency::RELIST);
            } else if std::mem::take(&mut self.failed) {
                self.next_pass = Some(s.retry_at());
            }
            if self.next_pass.is_none_or(|at| at > s.now) {
                return;
            }
            self.next_pass = None;
            self.publish(s, pod);
            if self.finished {
                return;
            }
            self.pass = self.wanted(pod);
            // The new sandbox is a change that the kubelet hears of during its first pass.
            self.changed |= std::mem::take(&mut self.fresh);
            if self.pass.is_empty() {
                return;
            }
        }
    }

    /// The containers that this pass should start, the first one last.
    fn wanted(&self, pod: &Object) -> Vec<usize> {
        let policy = pod.spec::<Pod>().restart_policy.as_deref().unwrap_or("Always");
        let should_start = |container: &Container| match &container.state {
            State::Running(_) => false,
            State::Waiting => true,
            State::Terminated(_) if container.kind == ContainerKind::Sidecar => true,
            State::Terminated(end) => match policy {
                "Never" => false,
                "OnFailure" => end.exit_code != 0,
                _ => container.kind == ContainerKind::Main || end.exit_code != 0,
            },
        };
        let mut wanted = Vec::new();
        for (index, container) in self.containers.iter().enumerate() {
            if container.kind != ContainerKind::Main && !container.is_done() {
                if should_start(container) {
                    wanted.push(index);
                }
                // What comes behind waits for this one.
                wanted.reverse();
                return wanted;
            }
            let sidecar_or_main = container.kind != ContainerKind::Init;
            if sidecar_or_main && should_start(container) {
                wanted.push(index);
            }
        }
        wanted.reverse();
        wanted
    }

    /// Begins to start a container.
    fn begin<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
    ) -> Option<Busy> {
        if let State::Terminated(end) = &self.containers[index].state {
            let finished = end.finished;
            if self.containers[index].in_crash_delay(finished, s.now) {
                self.refuse_restart(s, pod, index);
                return None;
            }
        }
        let spec = spec_of(pod, &self.containers[index])?;
        match self.find_image(s, pod, index, spec) {
            Ok(busy) => Some(busy),
            Err((reason, message)) => {
                self.fail(index, reason, message);
                None
            }
        }
    }

    fn refuse_restart<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>, index: usize) {
        let full_name = self.full_name();
        let container = &self.containers[index];
        let span = container.crash_delay.map_or(latency::CRASH_BACKOFF, |delay| delay.span);
        let name = &container.name;
        let message = format!("Back-off restarting failed container {name} in pod {full_name}");
        s.container_event(pod, container, Warning, "BackOff", &message);
        let minutes = span.as_secs() / 60;
        let seconds = span.as_secs() % 60;
        let text = if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") };
        let message = format!("back-off {text} restarting failed container={name} pod={full_name}");
        self.fail(index, "CrashLoopBackOff", message);
    }

    fn fail(&mut self, index: usize, reason: &str, message: String) {
        self.containers[index].reason = Some((reason.to_owned(), message));
        self.failed = true;
    }

    /// Finds the container's image on the node or begins to pull it.
    fn find_image<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        spec: &Spec,
    ) -> Result<Busy, (&'static str, String)> {
        let container = &mut self.containers[index];
        let name = spec.image.as_deref().unwrap_or_default();
        let reference = match canonical(name) {
            Ok(reference) => reference,
            Err(error) => {
                s.container_event(pod, container, Warning, "InspectFailed", &error.0);
                s.container_event(pod, container, Warning, "Failed", "Error: InvalidImageName");
                return Err(("InvalidImageName", error.0));
            }
        };
        let present = s.images.present(&s.node.name, &reference).map(|image| image.digest.clone());
        let policy = spec.image_pull_policy.as_deref().unwrap_or("IfNotPresent");
        match (policy, present) {
            ("IfNotPresent" | "Never", Some(digest)) => {
                let message = format!("Container image \"{name}\" already present on machine");
                s.container_event(pod, container, Normal, "Pulled", &message);
                return Ok(Busy::Create { index, until: s.now + latency::CONTAINER_START, digest });
            }
            ("Never", None) => {
                let message = format!("Container image \"{name}\" is not present with pull policy of Never");
                s.container_event(pod, container, Warning, "ErrImageNeverPull", &message);
                s.container_event(pod, container, Warning, "Failed", "Error: ErrImageNeverPull");
                return Err(("ErrImageNeverPull", message));
            }
            _ => {}
        }
        if container.pull_delay.is_some_and(|delay| s.now.since(delay.since) < delay.span) {
            let message = format!("Back-off pulling image \"{name}\"");
            s.container_event(pod, container, Normal, "BackOff", &message);
            s.container_event(pod, container, Warning, "Failed", "Error: ImagePullBackOff");
            let message = format!("{message}: ErrImagePull: {}", container.pull_error);
            return Err(("ImagePullBackOff", message));
        }
        s.container_event(pod, container, Normal, "Pulling", &format!("Pulling image \"{name}\""));
        let (digest, takes) = match s.images.pull(&s.node.name, &reference) {
            Pull::Image { digest, takes } => (Ok(digest), takes),
            Pull::Failed { message, takes } => (Err(message), takes),
        };
        Ok(Busy::Pull { index, began: s.now, until: s.now + takes, digest })
    }

    /// Goes on with what the pass waits for; what it waits for next, or nothing once that container is through.
    fn advance<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        busy: Busy,
    ) -> Option<Busy> {
        match busy {
            Busy::Pull { until, .. } | Busy::Create { until, .. } if until > s.now => Some(busy),
            Busy::Pull { index, began, digest: Ok(digest), .. } => {
                self.pulled(s, pod, index, &digest, began);
                Some(Busy::Create { index, until: s.now + latency::CONTAINER_START, digest })
            }
            Busy::Pull { index, digest: Err(error), .. } => {
                self.pull_failed(s, pod, index, error);
                None
            }
            Busy::Create { index, digest, .. } => self.create(s, pod, index, &digest),
            Busy::Hook { index, mut hook } => {
                if !self.containers[index].is_running() {
                    return None;
                }
                match hook.advance(s) {
                    HookResult::Running => Some(Busy::Hook { index, hook }),
                    HookResult::Done => {
                        self.changed = true;
                        None
                    }
                    HookResult::Failed => {
                        let container = &self.containers[index];
                        s.container_event(
                            pod,
                            container,
                            Warning,
                            "FailedPostStartHook",
                            "PostStartHook failed",
                        );
                        self.kill(s, pod, index, "FailedPostStartHook", super::stop::grace_of(pod));
                        self.fail(index, "PostStartHookError", "PostStartHook failed".to_owned());
                        None
                    }
                }
            }
        }
    }

    fn pulled<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        digest: &str,
        began: Instant,
    ) {
        let node = s.node.name.clone();
        s.images.arrived(&node, digest);
        s.node.images_changed = true;
        let container = &mut self.containers[index];
        container.pull_delay = None;
        let size = s.images.get(digest).map_or(0, |image| image.size);
        let name = spec_of(pod, container).and_then(|spec| spec.image.clone()).unwrap_or_default();
        let took = go_duration(s.now.since(began).as_millis());
        let message = format!(
            "Successfully pulled image \"{name}\" in {took} ({took} including waiting). Image size: {size} bytes."
        );
        s.container_event(pod, container, Normal, "Pulled", &message);
    }

    fn pull_failed<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        error: String,
    ) {
        let container = &mut self.containers[index];
        let name = spec_of(pod, container).and_then(|spec| spec.image.clone()).unwrap_or_default();
        let span = container.pull_delay.map_or(latency::CRASH_BACKOFF, |delay| delay.span * 2);
        container.pull_delay = Some(Delay { span: span.min(latency::CRASH_BACKOFF_MAX), since: s.now });
        container.pull_error.clone_from(&error);
        let message = format!("Failed to pull image \"{name}\": {error}");
        s.container_event(pod, container, Warning, "Failed", &message);
        s.container_event(pod, container, Warning, "Failed", "Error: ErrImagePull");
        self.fail(index, "ErrImagePull", error);
    }

    /// The container is made and started.
    fn create<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        digest: &str,
    ) -> Option<Busy> {
        let spec = spec_of(pod, &self.containers[index])?;
        let variables = match environment::of_container(s, pod, spec, self, digest) {
            Ok(variables) => variables,
            Err(message) => {
                let text = format!("Error: {message}");
                s.container_event(pod, &self.containers[index], Warning, "Failed", &text);
                self.fail(index, "CreateContainerConfigError", message);
                return None;
            }
        };
        if let Err(message) = self.check_user(pod, spec) {
            let text = format!("Error: {message}");
            s.container_event(pod, &self.containers[index], Warning, "Failed", &text);
            self.fail(index, "CreateContainerConfigError", message);
            return None;
        }
        let started = runtime::start(s, self, pod, spec, digest, variables);
        let image = s.images.get(digest).map(|image| (image.shown_name().to_owned(), image.id()));
        let container = &mut self.containers[index];
        if let State::Terminated(end) = std::mem::replace(&mut container.state, State::Waiting) {
            container.restarts += 1;
            container.last = Some(end);
            container.previous_log = Some(std::mem::take(&mut container.log));
        }
        container.container_id = runtime::container_id(s.api.random());
        (container.image_name, container.image_id) = image.unwrap_or_default();
        container.reason = None;
        let message = format!("Created container: {}", container.name);
        s.container_event(pod, container, Normal, "Created", &message);
        self.changed = true;
        match started {
            Ok(run) => {
                let container = &mut self.containers[index];
                container.state = State::Running(run);
                container.probes.begin(spec, s.now);
                container.started = spec.startup_probe.is_none();
                container.ready = container.started && spec.readiness_probe.is_none();
                let message = format!("Started container {}", container.name);
                s.container_event(pod, container, Normal, "Started", &message);
                let handler = spec.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.as_ref())?;
                let hook = Hook::begin(s, container, spec, handler, self.address);
                self.advance(s, pod, Busy::Hook { index, hook })
            }
            Err(error) => {
                self.start_failed(s, pod, index, error);
                None
            }
        }
    }

    /// Refuses to run as root what must not: all images that there are run as root unless they are told otherwise.
    fn check_user(&self, pod: &Object, spec: &Spec) -> Result<(), String> {
        let all = pod.spec::<Pod>().security_context.as_ref();
        let own = spec.security_context.as_ref();
        let non_root =
            own.and_then(|own| own.run_as_non_root).or_else(|| all.and_then(|all| all.run_as_non_root));
        let user = own.and_then(|own| own.run_as_user).or_else(|| all.and_then(|all| all.run_as_user));
        let why = match (non_root, user) {
            (Some(true), None) => "container has runAsNonRoot and image will run as root",
            (Some(true), Some(0)) => "container's runAsUser breaks non-root policy",
            _ => return Ok(()),
        };
        let whole = format!("{}_{}({})", pod.name(), pod.namespace(), pod.uid());
        Err(format!("{why} (pod: {whole:?}, container: {})", spec.name))
    }

    fn start_failed<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        error: StartError,
    ) {
        let text = format!("Error: {}", error.message);
        s.container_event(pod, &self.containers[index], Warning, "Failed", &text);
        let container = &mut self.containers[index];
        container.state = State::Terminated(Terminated {
            exit_code: 128,
            reason: "StartError".to_owned(),
            message: Some(error.message.clone()),
            started: None,
            finished: s.now,
            container_id: container.container_id.clone(),
        });
        self.fail(index, "RunContainerError", error.message);
    }
}

/// A container's part of the pod.
pub(super) fn spec_of<'a>(pod: &'a Object, container: &Container) -> Option<&'a Spec> {
    let spec = pod.spec::<Pod>();
    let list = match container.kind {
        ContainerKind::Main => &spec.containers,
        ContainerKind::Init | ContainerKind::Sidecar => spec.init_containers.as_ref()?,
    };
    list.iter().find(|candidate| candidate.name == container.name)
}

/// A time as Go prints it: `1.234s`, `345ms`.
fn go_duration(millis: u64) -> String {
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let (minutes, millis) = (millis / 60_000, millis % 60_000);
    let seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.').to_owned();
    if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") }
}
