//! The scheduler's loop: what came, what to bind, whom to try next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use apiserver::{ApiServer, Caller, DeleteOptions, EventType};
use engine::component::earlier;
use engine::{Component, Duration, EventQueue, Instant, Wake};
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition};
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Cursor, Key};

use crate::cache::Cache;
use crate::decide::{self, Attempt};
use crate::events::Events;
use crate::framework::Plugin;
use crate::hints;
use crate::node_info::PodOnNode;
use crate::preemption::{self, Preemption};
use crate::queue::SchedulingQueue;
use crate::record::{Decision, Outcome};

const NAME: &str = "default-scheduler";
/// How long an attempt takes.
const ATTEMPT: Duration = Duration::from_millis(1);
/// How long a binding takes.
const BIND: Duration = Duration::from_millis(20);
/// From the binding's commit until the scheduler knows of it: the node's kubelet, who watches, knows it first.
const BIND_ANSWER: Duration = Duration::from_millis(2);
/// So many decisions are remembered...
const RECORDS_MAX: usize = 512;
/// ...of clusters of no more than so many nodes.
const RECORDED_NODES_MAX: usize = 100;

/// A decision on its way to the API server.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Binding {
    key: Key,
    /// Another pod of that name is none of its business.
    uid: String,
    node: String,
    moves: u64,
}

/// A pod that was bound, of which the scheduler has yet to be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bound {
    #[serde(with = "model::shared")]
    pod: Arc<Object>,
    node: String,
    /// The revision that woke the scheduler.
    cause: u64,
}

/// The scheduler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scheduler {
    caller: Caller,
    pods: Cursor,
    nodes: Cursor,
    cache: Cache,
    queue: SchedulingQueue,
    bindings: EventQueue<Binding>,
    bound: EventQueue<Bound>,
    busy_until: Instant,
    start: usize,
    events: Events,
    decisions: VecDeque<Decision>,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self {
            caller: Caller::scheduler(),
            pods: Cursor::from_start(Kind::Pod),
            nodes: Cursor::from_start(Kind::Node),
            cache: Cache::default(),
            queue: SchedulingQueue::default(),
            bindings: EventQueue::default(),
            bound: EventQueue::default(),
            busy_until: Instant::ZERO,
            start: 0,
            events: Events::default(),
            decisions: VecDeque::new(),
        }
    }
}

impl Component<ApiServer> for Scheduler {
    fn poll(&mut self, api: &mut ApiServer, now: Instant) -> Wake {
        self.read_nodes(api, now);
        self.read_pods(api, now);
        while let Some((_, binding)) = self.bindings.pop_due(now) {
            self.bind(api, &binding);
        }
        while let Some((_, bound)) = self.bound.pop_due(now) {
            self.record_bound(api, bound);
        }
        while self.busy_until <= now {
            let Some((key, moves)) = self.queue.pop(now) else { break };
            self.busy_until = now + ATTEMPT;
            self.try_pod(api, &key, moves);
        }
        let next_attempt = self.queue.next_at(now).map(|at| at.max(self.busy_until));
        earlier(next_attempt, earlier(self.bindings.next_at(), self.bound.next_at()))
    }
}

impl Scheduler {
    /// The decisions about a pod that are remembered, oldest first.
    pub fn decisions<'a>(
        &'a self,
        namespace: &'a str,
        pod: &'a str,
    ) -> impl Iterator<Item = &'a Decision> + use<'a> {
        self.decisions.iter().filter(move |decision| decision.namespace == namespace && decision.pod == pod)
    }

    fn read_nodes(&mut self, api: &ApiServer, now: Instant) {
        if !self.nodes.is_behind(api.store()) {
            return;
        }
        let Ok(changes) = self.nodes.read(api.store()) else { return self.relist(api, now) };
        let mut moved = false;
        for change in changes {
            match &change.new {
                Some(node) => {
                    moved |= change.old.as_deref().is_none_or(|old| may_help(old, node));
                    self.cache.set_node(node.clone());
                }
                None => self.cache.remove_node(&change.key.name),
            }
        }
        if moved {
            self.queue.move_all(now);
        }
    }

    fn read_pods(&mut self, api: &ApiServer, now: Instant) {
        if !self.pods.is_behind(api.store()) {
            return;
        }
        let Ok(changes) = self.pods.read(api.store()) else { return self.relist(api, now) };
        let (mut came, mut went) = (Vec::new(), Vec::new());
        for change in changes {
            let old = change.old.as_ref().filter(|old| is_placed(old));
            let new = change.new.as_ref().filter(|new| is_placed(new));
            match (old, new) {
                (None, Some(new)) => came.push(new.clone()),
                (Some(old), None) => went.push(old.clone()),
                (Some(old), Some(new)) if old.labels() != new.labels() => {
                    came.push(new.clone());
                    went.push(old.clone());
                }
                _ => {}
            }
            self.read_pod(change, now);
        }
        if !came.is_empty() || !went.is_empty() {
            self.queue.move_some(now, |key, rejected_by| hints::helps(api, key, rejected_by, &came, &went));
        }
    }

    /// Notes a change of a pod.
    fn read_pod(&mut self, change: &Change, now: Instant) {
        match &change.new {
            Some(pod) if is_placed(pod) => {
                self.queue.remove(&change.key);
                self.cache.set_pod(&change.key, pod.clone());
            }
            Some(pod) if is_to_be_placed(pod) => {
                self.cache.nominate(&change.key, pod);
                self.queue.add(change.key.clone(), pod.spec::<Pod>().priority.unwrap_or(0), now);
                if let Some(old) = &change.old {
                    let helps = |by: &BTreeSet<Plugin>| hints::change_helps(old, pod, by);
                    self.queue.retry(&change.key, now, helps);
                }
            }
            _ => {
                self.queue.remove(&change.key);
                self.cache.withdraw(&change.key);
                self.cache.remove_pod(&change.key);
            }
        }
    }

    /// The log no longer reaches back to where we read: begin anew from what is there.
    fn relist(&mut self, api: &ApiServer, now: Instant) {
        self.cache = Cache::default();
        for node in api.store().list(Kind::Node) {
            self.cache.set_node(node.clone());
        }
        for pod in api.store().list(Kind::Pod) {
            let key = Key::of(pod);
            if is_placed(pod) {
                self.cache.set_pod(&key, pod.clone());
            } else if is_to_be_placed(pod) {
                self.cache.nominate(&key, pod);
                self.queue.add(key, pod.spec::<Pod>().priority.unwrap_or(0), now);
            }
        }
        self.nodes.revision = api.revision();
        self.pods.revision = api.revision();
    }

    fn try_pod(&mut self, api: &mut ApiServer, key: &Key, moves: u64) {
        let now = api.now();
        let Some(object) = api.store().get_key(Kind::Pod, key).cloned() else {
            return self.queue.remove(key);
        };
        if is_bound(&object) || object.is_deleting() || self.cache.is_assumed(key) {
            return self.queue.remove(key);
        }
        let pod = PodOnNode::new(object.clone());
        let attempt = decide::attempt(api, &self.cache, &mut self.start, &pod);
        match attempt.choice.clone() {
            Some((node, equals)) => {
                self.remember(api, &object, attempt, Outcome::Placed { node: node.clone(), equals });
                self.cache.assume(key, pod, &node);
                self.bindings.push(
                    now + BIND,
                    Binding { key: key.clone(), uid: object.uid().to_owned(), node, moves },
                );
            }
            None => self.find_no_place(api, key, moves, &pod, attempt),
        }
    }

    /// Makes a place, if pods of lower priority can go, and puts the pod back to wait.
    fn find_no_place(
        &mut self,
        api: &mut ApiServer,
        key: &Key,
        moves: u64,
        pod: &PodOnNode,
        attempt: Attempt,
    ) {
        let rejections = attempt.rejections(&self.cache);
        let rejected_by: BTreeSet<Plugin> =
            rejections.iter().map(|(_, rejection)| rejection.plugin).collect();
        let mut nominated = None;
        let message = if self.cache.nodes.is_empty() {
            "no nodes available to schedule pods".to_owned()
        } else {
            let reasons = rejections.iter().map(|(_, rejection)| rejection.reasons.as_slice());
            let filters = decide::describe(self.cache.nodes.len(), reasons);
            match preemption::find(&self.cache, pod, &rejections, &attempt.state, api.store()) {
                Preemption::Found { node, victims } => {
                    self.preempt(api, pod, &node, &victims);
                    nominated = Some(node);
                    filters
                }
                Preemption::Refused(why) => format!("{filters} {why}"),
            }
        };
        self.queue.put_back(key, moves, rejected_by, api.now());
        self.fail(api, &pod.object, &message, nominated);
        self.remember(api, &pod.object, attempt, Outcome::Unschedulable { message });
    }

    /// Evicts the victims, and takes the place away from waiting pods of lower priority for whom it was freed before.
    fn preempt(&mut self, api: &mut ApiServer, pod: &PodOnNode, node: &str, victims: &[Key]) {
        let caller = self.caller.because(pod.object.revision);
        for key in victims {
            let Some(victim) = api.store().get_key(Kind::Pod, key).cloned() else { continue };
            if !victim.is_deleting() {
                mark_victim(api, &caller, &victim);
                let options =
                    DeleteOptions { uid: Some(victim.uid().to_owned()), ..DeleteOptions::default() };
                // It may be gone meanwhile: all the better.
                let _ = api.delete(&caller, Kind::Pod, victim.namespace(), victim.name(), &options);
            }
            let message = format!("Preempted by pod {} on node {node}", pod.object.uid());
            let what = (EventType::Normal, "Preempted", "Preempting");
            self.events.record(api, &caller, &victim, what, &message, Some(&pod.object));
        }
        let nominated = self.cache.nominated_on(node, pod);
        let lower: Vec<Key> = nominated
            .filter(|(_, other)| other.priority < pod.priority)
            .map(|(key, _)| key.clone())
            .collect();
        for key in lower {
            self.cache.withdraw(&key);
            if let Some(other) = api.store().get_key(Kind::Pod, &key).cloned() {
                let mut object = Object::clone(&other);
                object.status_mut::<Pod>().nominated_node_name = None;
                let _ = api.update_status(&caller, object);
            }
        }
    }

    fn bind(&mut self, api: &mut ApiServer, binding: &Binding) {
        let key = &binding.key;
        let caller = self.caller.because(self.pods.revision);
        match api.bind(&caller, &key.namespace, &key.name, &binding.uid, &binding.node) {
            Ok(()) => {
                self.queue.remove(key);
                if let Some(pod) = api.store().get_key(Kind::Pod, key).cloned() {
                    let bound = Bound { pod, node: binding.node.clone(), cause: self.pods.revision };
                    self.bound.push(api.now() + BIND_ANSWER, bound);
                }
            }
            Err(_) => {
                self.cache.remove_pod(key);
                self.queue.put_back(key, binding.moves, BTreeSet::new(), api.now());
            }
        }
    }

    fn record_bound(&mut self, api: &mut ApiServer, Bound { pod, node, cause }: Bound) {
        let message = format!("Successfully assigned {}/{} to {node}", pod.namespace(), pod.name());
        let what = (EventType::Normal, "Scheduled", "Binding");
        self.events.record(api, &self.caller.because(cause), &pod, what, &message, None);
    }

    fn fail(&mut self, api: &mut ApiServer, pod: &Arc<Object>, message: &str, nominated: Option<String>) {
        let caller = self.caller.because(pod.revision);
        self.events.record(
            api,
            &caller,
            pod,
            (EventType::Warning, "FailedScheduling", "Scheduling"),
            message,
            None,
        );
        self.note_failure(api, pod, message, nominated);
    }

    /// Says in the pod's status why it has no place, and which one was freed for it.
    fn note_failure(&self, api: &mut ApiServer, pod: &Arc<Object>, message: &str, nominated: Option<String>) {
        let mut object = Object::clone(pod);
        if nominated.is_some() {
            object.status_mut::<Pod>().nominated_node_name = nominated;
        }
        let time = api.time();
        let conditions = object.status_mut::<Pod>().conditions.get_or_insert_default();
        let at = conditions.iter().position(|condition| condition.type_ == "PodScheduled");
        let unchanged_since = at.and_then(|at| {
            let known = &conditions[at];
            (known.status == "False").then(|| known.last_transition_time.clone()).flatten()
        });
        let condition = PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: Some("Unschedulable".to_owned()),
            message: Some(message.to_owned()),
            last_transition_time: Some(unchanged_since.unwrap_or(time)),
            ..PodCondition::default()
        };
        match at {
            Some(at) => conditions[at] = condition,
            None => conditions.push(condition),
        }
        // The pod may be gone meanwhile: then there is nothing to say of it.
        let _ = api.update_status(&self.caller.because(pod.revision), object);
    }

    fn remember(&mut self, api: &ApiServer, pod: &Object, attempt: Attempt, outcome: Outcome) {
        if self.cache.nodes.len() > RECORDED_NODES_MAX {
            return;
        }
        if self.decisions.len() >= RECORDS_MAX {
            self.decisions.pop_front();
        }
        self.decisions.push_back(Decision {
            at: api.now(),
            revision: api.revision(),
            namespace: pod.namespace().to_owned(),
            pod: pod.name().to_owned(),
            nodes: attempt.verdicts(&self.cache),
            outcome,
        });
    }
}

fn is_bound(pod: &Object) -> bool {
    pod.spec::<Pod>().node_name.as_deref().is_some_and(|node| !node.is_empty())
}

fn is_finished(pod: &Object) -> bool {
    matches!(pod.status::<Pod>().phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// Whether the pod takes room on a node.
fn is_placed(pod: &Object) -> bool {
    is_bound(pod) && !is_finished(pod)
}

/// Whether the pod waits for this scheduler; one with gates waits for others first.
fn is_to_be_placed(pod: &Object) -> bool {
    let gated = pod.spec::<Pod>().scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    !is_bound(pod) && !is_finished(pod) && !gated && is_mine(pod)
}

/// Says in a victim's status why it has to go.
fn mark_victim(api: &mut ApiServer, caller: &Caller, victim: &Object) {
    let condition = PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some("PreemptionByScheduler".to_owned()),
        message: Some(format!("{NAME}: preempting to accommodate a higher priority pod")),
        last_transition_time: Some(api.time()),
        ..PodCondition::default()
    };
    let mut object = victim.clone();
    let conditions = object.status_mut::<Pod>().conditions.get_or_insert_default();
    conditions.retain(|known| known.type_ != condition.type_);
    conditions.push(condition);
    let _ = api.update_status(caller, object);
}

fn is_mine(pod: &Object) -> bool {
    !pod.is_deleting() && pod.spec::<Pod>().scheduler_name.as_deref().unwrap_or(NAME) == NAME
}

/// Whether a change of a node may let a pod in that it kept out: heartbeats do not.
fn may_help(old: &Object, new: &Object) -> bool {
    let room = |node: &Object| node.status::<Node>().allocatable.clone();
    !old.body.equal_spec(&new.body) || old.labels() != new.labels() || room(old) != room(new)
}
