//! The scheduling queue: pods to try now, pods backing off, pods that wait until something changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};
use store::Key;

use crate::framework::Plugin;

/// The first delay of a pod that could not be placed, doubled at each attempt...
const BACKOFF_INITIAL: Duration = Duration::from_secs(1);
/// ...up to this.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// A pod waits no longer than this without another attempt.
const UNSCHEDULABLE_MAX: Duration = Duration::from_secs(300);

/// Higher priority first, then whoever waits longer.
type Place = (Reverse<i32>, Instant, Key);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    priority: i32,
    attempts: u32,
    /// When it came, or last failed.
    since: Instant,
    state: State,
    /// The plugins that kept it out at the last attempt.
    rejected_by: BTreeSet<Plugin>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum State {
    Active,
    BackingOff(Instant),
    Unschedulable,
    /// Taken out; comes back if it fails.
    InFlight,
}

/// Pods that are not bound.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SchedulingQueue {
    #[serde(with = "engine::events::pairs")]
    waiting: BTreeMap<Key, Waiting>,
    active: BTreeSet<Place>,
    backing_off: BTreeSet<(Instant, Key)>,
    unschedulable: BTreeSet<(Instant, Key)>,
    /// How often something changed that may let a pod be placed; a pod in flight meanwhile is tried again soon.
    moves: u64,
}

impl SchedulingQueue {
    pub(crate) fn add(&mut self, key: Key, priority: i32, now: Instant) {
        if self.waiting.contains_key(&key) {
            return;
        }
        self.active.insert((Reverse(priority), now, key.clone()));
        let waiting =
            Waiting { priority, attempts: 0, since: now, state: State::Active, rejected_by: BTreeSet::new() };
        self.waiting.insert(key, waiting);
    }

    /// The pod itself was changed: if that helps, it gets another attempt once its back-off is over.
    pub(crate) fn retry(&mut self, key: &Key, now: Instant, helps: impl Fn(&BTreeSet<Plugin>) -> bool) {
        let waits = |waiting: &Waiting| waiting.state == State::Unschedulable && helps(&waiting.rejected_by);
        if self.waiting.get(key).is_some_and(waits) {
            self.requeue(key, now);
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(waiting) = self.waiting.remove(key) {
            self.leave(key, &waiting);
        }
    }

    fn leave(&mut self, key: &Key, waiting: &Waiting) {
        match waiting.state {
            State::Active => {
                self.active.remove(&(Reverse(waiting.priority), waiting.since, key.clone()));
            }
            State::BackingOff(until) => {
                self.backing_off.remove(&(until, key.clone()));
            }
            State::Unschedulable => {
                self.unschedulable.remove(&(waiting.since, key.clone()));
            }
            State::InFlight => {}
        }
    }

    /// Takes the pod to try next.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Key, u64)> {
        self.wake_due(now);
        let (_, _, key) = self.active.pop_first()?;
        if let Some(waiting) = self.waiting.get_mut(&key) {
            waiting.state = State::InFlight;
            waiting.attempts += 1;
        }
        Some((key, self.moves))
    }

    /// Puts back a pod that found no place; `moves` is what `pop` said. If no plugin kept it out, nothing that changes will tell
    /// that it is time for another attempt: then the back-off alone does.
    pub(crate) fn put_back(&mut self, key: &Key, moves: u64, rejected_by: BTreeSet<Plugin>, now: Instant) {
        let retry = self.moves != moves || rejected_by.is_empty();
        let Some(waiting) = self.waiting.get_mut(key) else { return };
        waiting.since = now;
        waiting.state = State::Unschedulable;
        waiting.rejected_by = rejected_by;
        self.unschedulable.insert((now, key.clone()));
        if retry {
            self.requeue(key, now);
        }
    }

    /// Something changed that helps some of the pods that wait: those get another attempt once their back-off is over.
    pub(crate) fn move_some(&mut self, now: Instant, helps: impl Fn(&Key, &BTreeSet<Plugin>) -> bool) {
        let waits = self.unschedulable.iter().map(|(_, key)| key);
        let helped = waits.filter(|key| self.waiting.get(*key).is_some_and(|it| helps(key, &it.rejected_by)));
        for key in helped.cloned().collect::<Vec<_>>() {
            self.requeue(&key, now);
        }
    }

    /// Something changed in the cluster: all that wait get another attempt once their back-off is over.
    pub(crate) fn move_all(&mut self, now: Instant) {
        self.moves += 1;
        let keys: Vec<Key> = self.unschedulable.iter().map(|(_, key)| key.clone()).collect();
        for key in keys {
            self.requeue(&key, now);
        }
    }

    fn requeue(&mut self, key: &Key, now: Instant) {
        let Some(waiting) = self.waiting.get_mut(key) else { return };
        self.unschedulable.remove(&(waiting.since, key.clone()));
        let until = waiting.since + backoff(waiting.attempts);
        if until > now {
            waiting.state = State::BackingOff(until);
            self.backing_off.insert((until, key.clone()));
        } else {
            waiting.state = State::Active;
            self.active.insert((Reverse(waiting.priority), waiting.since, key.clone()));
        }
    }

    fn wake_due(&mut self, now: Instant) {
        while let Some((since, key)) = self.unschedulable.first().cloned()
            && since + UNSCHEDULABLE_MAX <= now
        {
            self.requeue(&key, now);
        }
        while let Some((until, key)) = self.backing_off.first().cloned()
            && until <= now
        {
            self.backing_off.pop_first();
            if let Some(waiting) = self.waiting.get_mut(&key) {
                waiting.state = State::Active;
                self.active.insert((Reverse(waiting.priority), waiting.since, key));
            }
        }
    }

    /// When a pod is next to be tried.
    pub(crate) fn next_at(&self, now: Instant) -> Option<Instant> {
        if !self.active.is_empty() {
            return Some(now);
        }
        let backing_off = self.backing_off.first().map(|(until, _)| *until);
        let unschedulable = self.unschedulable.first().map(|(since, _)| *since + UNSCHEDULABLE_MAX);
        engine::component::earlier(backing_off, unschedulable)
    }
}

fn backoff(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(8);
    (BACKOFF_INITIAL * (1 << doublings)).min(BACKOFF_MAX)
}
