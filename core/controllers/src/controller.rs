//! What a controller is, and the loop that runs one: it reads changes, queues keys, and lets its workers reconcile them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use apiserver::{ApiServer, Caller, EventType, PatchKind, Recorder, WriteOptions};
use engine::{Duration, Instant, Wake, WorkQueue};
use k8s_openapi::api::core::v1::ObjectReference;
use model::status::Result;
use model::{Kind, Object};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Change, Cursor, Key, Store};

/// When a reconciled key wants to be looked at again without being woken.
pub(crate) type Again = Option<Duration>;

/// One controller: which keys a change concerns, and what to do about a key.
pub(crate) trait Controller: Clone + Debug + Default + Serialize + DeserializeOwned {
    /// What is reconciled, one at a time.
    type Key: Ord + Clone + Debug + Serialize + DeserializeOwned;
    /// The name by which it acts.
    const NAME: &'static str;
    /// The name by which it records events.
    const EVENT_SOURCE: &'static str = Self::NAME;
    /// How many keys are worked on at once.
    const WORKERS: usize;

    /// The kinds whose changes wake it.
    fn kinds() -> Vec<Kind>;

    /// Queues the keys that a change concerns.
    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Self::Key>);

    /// Moves the world one step towards what is asked of this key. An error brings the key back after its back-off.
    fn reconcile(&mut self, context: &mut Context<'_>, key: &Self::Key) -> Result<Again>;
}

/// Where [`Controller::observe`] puts keys.
pub(crate) struct Queue<'a, K: Ord + Clone> {
    queue: &'a mut WorkQueue<K>,
    causes: &'a mut BTreeMap<K, u64>,
    revision: u64,
    now: Instant,
}

impl<K: Ord + Clone> Queue<'_, K> {
    /// To be reconciled now.
    pub(crate) fn add(&mut self, key: K) {
        self.causes.entry(key.clone()).or_insert(self.revision);
        self.queue.add(key);
    }

    /// To be reconciled after a while.
    pub(crate) fn add_after(&mut self, key: K, after: Duration) {
        self.causes.entry(key.clone()).or_insert(self.revision);
        self.queue.add_at(key, self.now + after);
    }
}

/// What a controller acts through while it reconciles.
pub(crate) struct Context<'a> {
    pub(crate) api: &'a mut ApiServer,
    pub(crate) caller: &'a Caller,
    pub(crate) recorder: &'a mut Recorder,
}

impl Context<'_> {
    /// What is stored.
    pub(crate) fn store(&self) -> &Store {
        self.api.store()
    }

    /// The object of a kind under a key.
    pub(crate) fn get(&self, kind: Kind, key: &Key) -> Option<Arc<Object>> {
        self.store().get_key(kind, key).cloned()
    }

    /// Records an event of an object.
    pub(crate) fn event(&mut self, object: &Object, event_type: EventType, reason: &str, message: &str) {
        self.recorder.event(self.api, self.caller, object, event_type, reason, message);
    }

    /// Records an event of what the reference names.
    pub(crate) fn event_of(
        &mut self,
        about: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: &str,
    ) {
        self.recorder.event_of(self.api, self.caller, about, event_type, reason, message);
    }

    /// Merges labels or annotations into a node's metadata.
    pub(crate) fn merge_node_metadata(&mut self, name: &str, metadata: &Value) -> Result<()> {
        let patch = json!({ "metadata": metadata });
        let (strategic, options) = (PatchKind::Strategic, WriteOptions::default());
        self.api.patch(self.caller, Kind::Node, "", name, "", strategic, &patch, &options).map(|_| ())
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Instant {
        self.api.now()
    }
}

/// A controller at work. Plain data: a snapshot taken between two polls goes on alike.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "C: Controller")]
pub(crate) struct Runner<C: Controller> {
    controller: C,
    caller: Caller,
    recorder: Recorder,
    cursors: Vec<Cursor>,
    queue: WorkQueue<C::Key>,
    /// The revision that first woke each waiting key.
    #[serde(with = "engine::events::pairs")]
    causes: BTreeMap<C::Key, u64>,
    /// The keys that workers are busy with, and until when.
    busy: Vec<(Instant, C::Key)>,
}

impl<C: Controller> Default for Runner<C> {
    fn default() -> Self {
        Self {
            controller: C::default(),
            caller: Caller::controller(C::NAME),
            recorder: Recorder::new(C::EVENT_SOURCE, ""),
            cursors: C::kinds().into_iter().map(Cursor::from_start).collect(),
            queue: WorkQueue::default(),
            causes: BTreeMap::new(),
            busy: Vec::new(),
        }
    }
}

impl<C: Controller> Runner<C> {
    /// The controller itself, to set it up.
    pub(crate) fn controller_mut(&mut self) -> &mut C {
        &mut self.controller
    }

    /// Reads what changed, reconciles what is due, and says when there is more to do.
    pub(crate) fn poll(&mut self, api: &mut ApiServer, now: Instant, latency: Duration) -> Wake {
        self.read_changes(api, now);
        self.busy.retain(|(until, _)| *until > now);
        while self.busy.len() < C::WORKERS {
            let Some(key) = self.queue.pop(now) else { break };
            if let Some((until, _)) = self.busy.iter().find(|(_, busy)| *busy == key) {
                self.queue.add_at(key, *until);
                continue;
            }
            self.reconcile(api, &key, now);
            self.busy.push((now + latency, key));
        }
        self.next_wake(now)
    }

    fn read_changes(&mut self, api: &ApiServer, now: Instant) {
        for cursor in &mut self.cursors {
            if !cursor.is_behind(api.store()) {
                continue;
            }
            let (queue, causes) = (&mut self.queue, &mut self.causes);
            let mut observe = |change: &Change| {
                let mut queue = Queue { queue, causes, revision: change.revision, now };
                self.controller.observe(change, api, &mut queue);
            };
            match cursor.read(api.store()) {
                Ok(changes) => changes.for_each(&mut observe),
                Err(_) => {
                    // The log begins later than what was read: look at everything anew.
                    api.store().list(cursor.kind).map(seen_anew).for_each(|change| observe(&change));
                    cursor.revision = api.revision();
                }
            }
        }
    }

    fn reconcile(&mut self, api: &mut ApiServer, key: &C::Key, now: Instant) {
        let cause = self.causes.remove(key).unwrap_or(0);
        let caller = self.caller.because(cause);
        let mut context = Context { api, caller: &caller, recorder: &mut self.recorder };
        match self.controller.reconcile(&mut context, key) {
            Ok(again) => {
                self.queue.forget(key);
                if let Some(after) = again {
                    self.queue.add_at(key.clone(), now + after);
                }
            }
            Err(_) => self.queue.add_rate_limited(key.clone(), now),
        }
    }

    fn next_wake(&self, now: Instant) -> Wake {
        let due = self.queue.next_at(now)?;
        if self.busy.len() < C::WORKERS {
            return Some(due);
        }
        let free = self.busy.iter().map(|(until, _)| *until).min().unwrap_or(now);
        Some(due.max(free))
    }
}

fn seen_anew(object: &Arc<Object>) -> Change {
    Change {
        revision: object.revision,
        key: Key::of(object),
        old: None,
        new: Some(object.clone()),
        actor: "".into(),
        cause: object.cause,
        at: Instant::ZERO,
    }
}
