//! How containers stop: the hook before, the signal that asks, the kill when the time is over; and how a pod goes.

use std::sync::Arc;

use apiserver::DeleteOptions;
use apiserver::EventType::{Normal, Warning};
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use shell::{Programs, Signal};

use super::container::{ContainerKind, Killing, State};
use super::hooks::{Hook, HookResult};
use super::local_storage::EVICTED;
use super::start::{Stage, spec_of};
use super::{Surroundings, Verdict, Worker};
use crate::{latency, sandbox};

/// After a hook the container gets at least so long.
const AFTER_HOOK_MIN: Duration = Duration::from_secs(2);
/// What a pod without a period of its own gets.
const GRACE_DEFAULT_SECONDS: i64 = 30;

/// A pod that is being stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stopping {
    /// How many seconds its containers were given.
    grace: i64,
    /// When they had to be gone by that.
    deadline: Instant,
    /// When what is left of the pod is cleaned up.
    pub(super) clean_at: Option<Instant>,
    cleaned: bool,
}

/// The grace period of a pod.
pub(super) fn grace_of(pod: &Object) -> i64 {
    pod.metadata
        .deletion_grace_period_seconds
        .or(pod.spec::<Pod>().termination_grace_period_seconds)
        .unwrap_or(GRACE_DEFAULT_SECONDS)
}

impl Worker {
    /// Brings a pod on that should stop. False once nothing is left of it.
    pub(super) fn stop<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: Option<&Object>) -> bool {
        let pod = pod.map(|pod| Arc::new(pod.clone()));
        self.note_grace(s, pod.as_ref());
        if let Some(pod) = &pod
            && self.probe(s, pod)
        {
            self.publish(s, pod);
        }
        self.kill_next(s, pod.as_ref());
        match &pod {
            Some(pod) => self.advance_killing(s, pod),
            None => self.kill_all_now(s),
        }
        if self.containers.iter().any(super::Container::is_running) {
            return true;
        }
        let Some(stopping) = &mut self.stopping else { return true };
        if stopping.cleaned {
            return self.leave(s, pod.as_deref());
        }
        let clean_at = *stopping.clean_at.get_or_insert(s.now + latency::CLEAN_UP);
        if clean_at > s.now {
            return true;
        }
        stopping.cleaned = true;
        stopping.clean_at = None;
        self.finished = true;
        sandbox::remove(self, s);
        if let Some(pod) = &pod {
            self.publish(s, pod);
        }
        self.leave(s, pod.as_deref())
    }

    /// All is gone but the object: it goes too if it was deleted.
    fn leave<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: Option<&Object>) -> bool {
        let Some(pod) = pod else { return false };
        if !pod.is_deleting() {
            return true;
        }
        if pod.metadata.deletion_grace_period_seconds == Some(0) {
            // Only finalizers hold it.
            return true;
        }
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(pod.uid().to_owned()),
            ..DeleteOptions::default()
        };
        let caller = s.node.caller.because(pod.revision);
        let _ = s.api.delete(&caller, Kind::Pod, pod.namespace(), pod.name(), &options);
        s.api.store().get_key(Kind::Pod, &self.key).is_some_and(|left| left.uid() == &*self.uid)
    }

    /// Notes that the pod stops, and by when; a later deletion may shorten the time.
    fn note_grace<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: Option<&Arc<Object>>) {
        let evicted = self.verdict.as_ref().is_some_and(|verdict| verdict.reason == EVICTED);
        let grace = match pod {
            // An eviction does not wait for the pod.
            Some(_) if evicted => 1,
            pod => pod.map_or(0, |pod| grace_of(pod)).max(0),
        };
        let deadline = s.now + Duration::from_secs(grace.unsigned_abs());
        match &mut self.stopping {
            None => {
                self.busy = None;
                self.pass.clear();
                self.next_pass = None;
                self.stopping = Some(Stopping { grace, deadline, clean_at: None, cleaned: false });
            }
            Some(stopping) if grace < stopping.grace => {
                stopping.grace = grace;
                stopping.deadline = stopping.deadline.min(deadline);
                for killing in self.containers.iter_mut().filter_map(|container| container.killing.as_mut()) {
                    killing.deadline = killing.deadline.min(deadline);
                }
            }
            Some(_) => {}
        }
    }

    /// Asks the containers to end whose turn it is: first all main ones, then the sidecars, the last one first.
    fn kill_next<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: Option<&Arc<Object>>) {
        let Some(pod) = pod else { return };
        let running = |kind: ContainerKind, this: &Self| {
            let containers = this.containers.iter().enumerate();
            let of_kind =
                containers.filter(|(_, container)| container.kind == kind && container.is_running());
            of_kind.map(|(index, _)| index).collect::<Vec<_>>()
        };
        let mut turn = running(ContainerKind::Main, self);
        turn.extend(running(ContainerKind::Init, self));
        if turn.is_empty() {
            turn.extend(running(ContainerKind::Sidecar, self).last());
        }
        let left = self.stopping.as_ref().map_or(0, |stopping| {
            let left = stopping.deadline.since(s.now);
            i64::try_from(left.as_micros().div_ceil(1_000_000)).unwrap_or(0)
        });
        for index in turn {
            if self.containers[index].killing.is_none() {
                let message = format!("Stopping container {}", self.containers[index].name);
                self.kill(s, pod, index, &message, left);
            }
        }
    }

    /// The object is gone: nobody waits any more.
    fn kill_all_now<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) {
        for container in &mut self.containers {
            if let State::Running(run) = &container.state
                && container.killing.as_ref().is_none_or(|killing| !killing.killed)
            {
                s.machine.signal(run.pid, Signal::Kill);
                let deadline = s.now;
                container.killing = Some(Killing { deadline, hook: None, asked: true, killed: true });
            }
        }
    }

    /// Begins to stop a container.
    pub(super) fn kill<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        message: &str,
        grace: i64,
    ) {
        let container = &self.containers[index];
        if !container.is_running() || container.killing.is_some() {
            return;
        }
        s.container_event(pod, container, Normal, "Killing", message);
        let spec = spec_of(pod, container);
        let handler = spec.and_then(|spec| spec.lifecycle.as_ref()?.pre_stop.as_ref()).filter(|_| grace > 0);
        let hook =
            spec.zip(handler).map(|(spec, handler)| Hook::begin(s, container, spec, handler, self.address));
        let deadline = s.now + Duration::from_secs(grace.unsigned_abs());
        self.containers[index].killing = Some(Killing { deadline, hook, asked: false, killed: false });
        self.advance_killing_of(s, pod, index);
    }

    /// Goes on with the containers that are being stopped.
    pub(super) fn advance_killing<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) {
        for index in 0..self.containers.len() {
            self.advance_killing_of(s, pod, index);
        }
    }

    fn advance_killing_of<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
    ) {
        let Some(mut killing) = self.containers[index].killing.take() else { return };
        let Some(run) = self.containers[index].run().cloned() else { return };
        if let Some(hook) = &mut killing.hook {
            match hook.advance(s) {
                HookResult::Running => {}
                result => {
                    if result == HookResult::Failed {
                        let container = &self.containers[index];
                        s.container_event(pod, container, Warning, "FailedPreStopHook", "PreStopHook failed");
                    }
                    killing.hook = None;
                    killing.deadline = killing.deadline.max(s.now + AFTER_HOOK_MIN);
                }
            }
        }
        if killing.hook.is_some() && killing.deadline <= s.now {
            killing.hook = None;
            killing.deadline = s.now + AFTER_HOOK_MIN;
        }
        if killing.hook.is_none() && !killing.asked {
            killing.asked = true;
            s.machine.signal(run.pid, run.stop_signal);
        }
        if killing.asked && !killing.killed && killing.deadline <= s.now {
            killing.killed = true;
            s.machine.signal(run.pid, Signal::Kill);
        }
        self.containers[index].killing = Some(killing);
    }

    /// The node refuses the pod: it fails before anything ran.
    pub(super) fn reject<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        verdict: Verdict,
    ) {
        self.stage = Stage::Live;
        self.finished = true;
        self.publish_rejection(s, pod, &verdict);
        self.verdict = Some(verdict);
    }

    /// All containers have ended for good.
    pub(super) fn finish<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) {
        self.finished = true;
        sandbox::remove(self, s);
        for container in &mut self.containers {
            // The runtime keeps nothing but the last run of a pod that is over.
            container.last = None;
            container.previous_log = None;
        }
    }
}
