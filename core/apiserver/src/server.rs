//! The API server's own state, and what every request passes on its way in.

use std::collections::BTreeSet;

use engine::{Instant, Random};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use model::{Kind, Status, status::Result};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::authorizer::{Attributes, AuthorizationMode, Authorizer};
use crate::caller::Caller;
use crate::connection::Connections;
use crate::refusals::Refusals;

/// What a cluster is set up with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// What time it was when the world began, in seconds since 1970.
    pub epoch_seconds: i64,
    /// What randomness grows from.
    pub seed: u64,
    /// The first two numbers of the service network: `10.96`.
    pub service_network: (u8, u8),
    /// Who decides on requests.
    pub authorization: AuthorizationMode,
}

impl Default for Settings {
    fn default() -> Self {
        // 2025-06-01T00:00:00Z, when v1.33.1 was current.
        Self {
            epoch_seconds: 1_748_736_000,
            seed: 1,
            service_network: (10, 96),
            authorization: AuthorizationMode::AlwaysAllow,
        }
    }
}

/// The API server of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiServer {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) random: Random,
    pub(crate) now: Instant,
    pub(crate) connections: Connections,
    pub(crate) allocated_ips: BTreeSet<u32>,
    pub(crate) allocated_node_ports: BTreeSet<u16>,
    /// Of the last request; nobody has to read them.
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
    /// Only to be seen.
    #[serde(skip)]
    pub(crate) refusals: Refusals,
}

impl ApiServer {
    /// The API server of a new cluster, with the objects that every new cluster has.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut api = Self {
            store: Store::default(),
            random: Random::new(settings.seed),
            settings,
            now: Instant::ZERO,
            connections: Connections::default(),
            allocated_ips: BTreeSet::new(),
            allocated_node_ports: BTreeSet::new(),
            warnings: Vec::new(),
            refusals: Refusals::default(),
        };
        crate::bootstrap::install(&mut api);
        api
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Moves the clock. Only the owner of the world does.
    pub fn set_now(&mut self, now: Instant) {
        self.now = now;
        self.store.set_now(now);
    }

    /// The present time as objects carry it.
    #[must_use]
    pub fn time(&self) -> Time {
        self.time_at(self.now)
    }

    /// The present time with microseconds.
    #[must_use]
    pub fn micro_time(&self) -> MicroTime {
        MicroTime(self.timestamp_at(self.now))
    }

    /// The time of an instant, in whole seconds as objects carry it.
    #[must_use]
    pub fn time_at(&self, at: Instant) -> Time {
        let seconds = self.settings.epoch_seconds.saturating_add_unsigned(at.as_secs());
        Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }

    /// The time of an instant, exactly.
    #[must_use]
    pub fn timestamp_at(&self, at: Instant) -> Timestamp {
        let epoch = Timestamp::from_second(self.settings.epoch_seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let span = SignedDuration::from_micros(i64::try_from(at.0).unwrap_or(i64::MAX));
        epoch.checked_add(span).unwrap_or(Timestamp::MAX)
    }

    /// The instant of a time; the beginning of the world for anything before it.
    #[must_use]
    pub fn instant_of(&self, time: &Time) -> Instant {
        let micros = time.0.as_microsecond() - self.settings.epoch_seconds.saturating_mul(1_000_000);
        Instant(u64::try_from(micros).unwrap_or(0))
    }

    /// The world's randomness.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// What the last write warned of (the `Warning` headers of its answer), whether it succeeded or not.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// What is stored, to read: what a component's informer caches hold.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The revision of the last change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// What the cluster was set up with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Forgets changes up to `revision`, as etcd's compaction does.
    pub fn compact(&mut self, revision: u64) {
        self.store.compact(revision);
    }

    /// Whether a caller may do something.
    #[must_use]
    pub fn may(&self, caller: &Caller, attributes: &Attributes<'_>) -> bool {
        self.settings.authorization.authorize(caller, attributes).is_ok()
    }

    pub(crate) fn authorize(&self, caller: &Caller, attributes: &Attributes<'_>) -> Result<()> {
        self.settings.authorization.authorize(caller, attributes).map_err(|why| {
            let info = attributes.kind.info();
            let resource = if attributes.subresource.is_empty() {
                info.plural.to_owned()
            } else {
                format!("{}/{}", info.plural, attributes.subresource)
            };
            let place = if attributes.namespace.is_empty() {
                " at the cluster scope".to_owned()
            } else {
                format!(" in the namespace \"{}\"", attributes.namespace)
            };
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            let text = format!(
                "User \"{}\" cannot {} resource \"{resource}\" in API group \"{}\"{place}{why}",
                caller.user, attributes.verb, info.group
            );
            Status::forbidden(attributes.kind, attributes.name, &text)
        })
    }

    /// The namespace a request for this kind goes to: none for cluster-scoped kinds.
    pub(crate) fn place(kind: Kind, namespace: &str) -> &str {
        if kind.info().namespaced() { namespace } else { "" }
    }
}
