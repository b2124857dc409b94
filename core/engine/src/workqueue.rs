//! A rate-limited work queue: a key waits once however often it is added, and comes back later and later while it fails.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::clock::{Duration, Instant};

/// Exponential back-off: `base`, doubled at each failure, up to `max`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Backoff {
    /// The first delay.
    pub base: Duration,
    /// The longest delay.
    pub max: Duration,
}

impl Backoff {
    /// What client-go's controllers use for one item: 5 ms up to 1,000 s.
    pub const CONTROLLER: Self = Self { base: Duration::from_millis(5), max: Duration::from_secs(1_000) };

    /// The delay after `failures` earlier ones.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        let factor = 1u64.checked_shl(failures).unwrap_or(u64::MAX);
        (self.base * factor).min(self.max)
    }
}

/// Keys to work on. Plain data: whoever owns it decides when to take from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "K: Ord + Clone + Serialize + serde::de::DeserializeOwned")]
pub struct WorkQueue<K> {
    backoff: Backoff,
    ready: VecDeque<K>,
    queued: BTreeSet<K>,
    later: BTreeSet<(Instant, K)>,
    #[serde(with = "crate::events::pairs")]
    failures: BTreeMap<K, u32>,
}

impl<K: Ord + Clone> Default for WorkQueue<K> {
    fn default() -> Self {
        Self::new(Backoff::CONTROLLER)
    }
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// An empty queue with this back-off.
    #[must_use]
    pub fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            ready: VecDeque::new(),
            queued: BTreeSet::new(),
            later: BTreeSet::new(),
            failures: BTreeMap::new(),
        }
    }

    /// Adds `key`; nothing happens if it waits already.
    pub fn add(&mut self, key: K) {
        if self.queued.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    /// Adds `key` at `at`. Several such additions of one key each count.
    pub fn add_at(&mut self, key: K, at: Instant) {
        self.later.insert((at, key));
    }

    /// Adds `key` after its back-off, which grows at each call until [`forget`](Self::forget).
    pub fn add_rate_limited(&mut self, key: K, now: Instant) {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let delay = self.backoff.delay(*failures);
        *failures = failures.saturating_add(1);
        self.add_at(key, now + delay);
    }

    /// Ends the back-off of `key`: it succeeded.
    pub fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    /// How often `key` failed since it last succeeded.
    #[must_use]
    pub fn failures(&self, key: &K) -> u32 {
        self.failures.get(key).copied().unwrap_or(0)
    }

    /// Takes the next key that is due at `now`.
    pub fn pop(&mut self, now: Instant) -> Option<K> {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, key)) = self.later.pop_first() {
                self.add(key);
            }
        }
        let key = self.ready.pop_front()?;
        self.queued.remove(&key);
        Some(key)
    }

    /// When the next key is due: `now` if one waits.
    #[must_use]
    pub fn next_at(&self, now: Instant) -> Option<Instant> {
        if self.ready.is_empty() { self.later.first().map(|(at, _)| (*at).max(now)) } else { Some(now) }
    }
}
