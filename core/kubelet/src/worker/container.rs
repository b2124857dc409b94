//! What a worker knows of one container: its state, its runs, its logs, its probes.

use std::collections::BTreeMap;

use apiserver::ConnectionId;
use engine::{Duration, Instant, Wake, component};
use k8s_openapi::api::core::v1::Container as Spec;
use serde::{Deserialize, Serialize};
use shell::file_system::{Ino, TreeId};
use shell::kernel::{CaptureId, Chunk, OutputStream, PipeId};
use shell::{ContextId, Machine, Pid, Programs, Signal, TerminalId};

use super::hooks::Hook;
use super::probes::Probes;
use super::{Surroundings, Worker};
use crate::latency;
use crate::logs::Log;
use crate::runtime;

/// Which of a pod's lists a container is in, and whether it stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum ContainerKind {
    Init,
    Sidecar,
    Main,
}

/// The state of a container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum State {
    /// It never ran.
    Waiting,
    Running(Run),
    Terminated(Terminated),
}

/// A run of a container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) pid: Pid,
    pub(crate) context: ContextId,
    pub(crate) output: Output,
    /// What attached clients send it, until that is closed for good.
    pub(crate) input: Option<PipeId>,
    /// Whether its input ends with the first client that sent some.
    pub(crate) input_once: bool,
    /// Trees that end with it.
    pub(crate) trees: Vec<TreeId>,
    pub(crate) termination_log: (TreeId, Ino),
    pub(crate) started: Instant,
    pub(crate) stop_signal: Signal,
    /// Where processes beside the first one start.
    pub(crate) working_dir: String,
}

/// Where the output of a process goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Output {
    Capture(CaptureId),
    Terminal(TerminalId),
}

impl Output {
    /// Takes what was written since the last time.
    pub(crate) fn take<P: Programs>(self, machine: &mut Machine<P>, now: Instant) -> Vec<Chunk> {
        match self {
            Self::Capture(capture) => machine.kernel.take_capture(capture),
            Self::Terminal(terminal) => {
                let bytes = machine.kernel.take_terminal_output(terminal);
                let chunk = Chunk { at: now, stream: OutputStream::Stdout, bytes };
                Some(chunk).filter(|chunk| !chunk.bytes.is_empty()).into_iter().collect()
            }
        }
    }

    pub(crate) fn forget<P: Programs>(self, machine: &mut Machine<P>) {
        match self {
            Self::Capture(capture) => machine.kernel.remove_capture(capture),
            Self::Terminal(terminal) => machine.kernel.remove_terminal(terminal),
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Terminated {
    pub(crate) exit_code: i32,
    pub(crate) reason: String,
    pub(crate) message: Option<String>,
    /// Absent if it never came to run.
    pub(crate) started: Option<Instant>,
    pub(crate) finished: Instant,
    pub(crate) container_id: String,
}

/// The present end of a container that is being stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Killing {
    /// When it is killed if it has not ended.
    pub(crate) deadline: Instant,
    /// The hook that runs first.
    pub(crate) hook: Option<Hook>,
    pub(crate) asked: bool,
    pub(crate) killed: bool,
}

/// Exponential delays: the present one, and from when it counts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Delay {
    pub(crate) span: Duration,
    pub(crate) since: Instant,
}

/// A container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) kind: ContainerKind,
    pub(crate) state: State,
    pub(crate) last: Option<Terminated>,
    /// Why the last attempt to start it failed: shown as the reason it waits for.
    pub(crate) reason: Option<(String, String)>,
    pub(crate) restarts: i32,
    pub(crate) container_id: String,
    pub(crate) image_name: String,
    pub(crate) image_id: String,
    pub(crate) crash_delay: Option<Delay>,
    pub(crate) pull_delay: Option<Delay>,
    pub(crate) pull_error: String,
    pub(crate) killing: Option<Killing>,
    pub(crate) started: bool,
    pub(crate) ready: bool,
    pub(crate) probes: Probes,
    pub(crate) log: Log,
    /// Whether the end of the log stands in for last words after a failure.
    log_explains: bool,
    pub(crate) previous_log: Option<Log>,
    /// What was written for the clients that are attached to it.
    pub(crate) attached: BTreeMap<ConnectionId, Vec<Chunk>>,
}

impl Container {
    pub(crate) fn new(spec: &Spec, kind: ContainerKind) -> Self {
        Self {
            name: spec.name.clone(),
            kind,
            state: State::Waiting,
            last: None,
            reason: None,
            restarts: 0,
            container_id: String::new(),
            image_name: String::new(),
            image_id: String::new(),
            crash_delay: None,
            pull_delay: None,
            pull_error: String::new(),
            killing: None,
            started: false,
            ready: false,
            probes: Probes::default(),
            log: Log::default(),
            log_explains: spec.termination_message_policy.as_deref() == Some("FallbackToLogsOnError"),
            previous_log: None,
            attached: BTreeMap::new(),
        }
    }

    /// Puts what the running container wrote into its log, and before the clients that are attached to it.
    pub(crate) fn collect<P: Programs>(&mut self, machine: &mut Machine<P>, now: Instant) {
        let Some(output) = self.run().map(|run| run.output) else { return };
        let chunks = output.take(machine, now);
        for client in self.attached.values_mut() {
            client.extend(chunks.iter().cloned());
        }
        self.log.append(chunks);
    }

    pub(crate) fn run(&self) -> Option<&Run> {
        match &self.state {
            State::Running(run) => Some(run),
            _ => None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// Whether it is an init container that has done its work.
    pub(crate) fn is_done(&self) -> bool {
        match (&self.kind, &self.state) {
            (ContainerKind::Init, State::Terminated(end)) => end.exit_code == 0,
            (ContainerKind::Sidecar, _) => self.started,
            _ => false,
        }
    }

    pub(crate) fn next_wake(&self) -> Wake {
        let killing = self.killing.as_ref().filter(|killing| self.is_running() && !killing.killed);
        let deadline = killing.map(|killing| killing.deadline);
        let hook = killing.and_then(|killing| killing.hook.as_ref()).and_then(Hook::next_wake);
        component::earlier(component::earlier(deadline, hook), self.probes.next_wake())
    }

    /// Until when its delay holds it back, if it waits for that.
    pub(crate) fn held_back_until(&self) -> Option<Instant> {
        let (reason, _) = self.reason.as_ref()?;
        let delay = match reason.as_str() {
            "CrashLoopBackOff" => self.crash_delay?,
            "ImagePullBackOff" | "ErrImagePull" => self.pull_delay?,
            _ => return None,
        };
        Some(delay.since + delay.span)
    }

    /// Whether it is still too early for a restart; otherwise the delay of the next one begins.
    pub(crate) fn in_crash_delay(&mut self, finished: Instant, now: Instant) -> bool {
        let Some(delay) = self.crash_delay else {
            self.crash_delay = Some(Delay { span: latency::CRASH_BACKOFF, since: finished });
            return false;
        };
        if now.since(finished) < delay.span {
            return true;
        }
        let span = (delay.span * 2).min(latency::CRASH_BACKOFF_MAX);
        self.crash_delay = Some(Delay { span, since: finished });
        false
    }
}

impl Worker {
    /// Notes which processes have ended.
    pub(crate) fn collect_exits<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) {
        for index in 0..self.containers.len() {
            let Some(run) = self.containers[index].run().cloned() else { continue };
            let Some(exit) = s.take_exit(run.pid) else { continue };
            let mut message = runtime::termination_message(s.machine, &run);
            let container = &mut self.containers[index];
            container.collect(s.machine, s.now);
            container.log.finish(s.now);
            if message.is_none() && exit.status != 0 && container.log_explains {
                message = runtime::message_of_log(&container.log);
            }
            let reason = match exit {
                exit if exit.out_of_memory => "OOMKilled",
                exit if exit.status == 0 => "Completed",
                _ => "Error",
            };
            let end = Terminated {
                exit_code: exit.status,
                reason: reason.to_owned(),
                message,
                started: Some(run.started),
                finished: exit.at,
                container_id: container.container_id.clone(),
            };
            if exit.at.since(run.started) >= latency::CRASH_BACKOFF_RESET {
                container.crash_delay = None;
            }
            container.state = State::Terminated(end);
            container.reason = None;
            container.killing = None;
            container.started = false;
            container.ready = false;
            container.probes.stop(s);
            runtime::remove(s.machine, &run, s.now);
            self.next_pass = Some(s.now);
        }
    }
}
