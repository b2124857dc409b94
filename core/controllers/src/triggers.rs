//! When the change happened that led to a service's endpoints: the earliest of what is new since the last look.
//! Models `k8s.io/endpointslice/util/trigger_time_tracker.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::Object;
use serde::{Deserialize, Serialize};
use store::Key;

use crate::pods;

/// Seconds since 1970, which is how exact these times are.
type Seconds = i64;

/// What each service's last look saw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Triggers {
    #[serde(with = "engine::events::pairs")]
    seen: BTreeMap<Key, Seen>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Seen {
    /// When the service was created.
    service: Seconds,
    /// When each pod became ready, or ceased to be, by its name.
    pods: BTreeMap<String, Seconds>,
}

impl Triggers {
    /// What triggered a look at a service and its pods; `None` if nothing that has a time. Of a service never seen before it is its creation,
    /// however old its pods are.
    pub(crate) fn of(&mut self, key: &Key, service: &Object, pods: &[Arc<Object>]) -> Option<String> {
        let created = service.metadata.creation_timestamp.as_ref().map_or(0, seconds);
        let now = Seen { service: created, pods: pods.iter().filter_map(changed_at).collect() };
        let is_later = |(pod, time): &(&String, &Seconds), before: &Seen| {
            before.pods.get(*pod).is_none_or(|earlier| *time > earlier)
        };
        let earliest = match self.seen.get(key) {
            None => Some(created),
            Some(before) => {
                let changed = now.pods.iter().filter(|pod| is_later(pod, before)).map(|(_, time)| *time);
                changed.chain((created > before.service).then_some(created)).min()
            }
        };
        self.seen.insert(key.clone(), now);
        earliest.and_then(|time| Timestamp::from_second(time).ok()).map(|time| time.to_string())
    }

    /// Forgets a service that is gone.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.seen.remove(key);
    }
}

fn changed_at(pod: &Arc<Object>) -> Option<(String, Seconds)> {
    let time = pods::condition(pod, "Ready")?.last_transition_time.as_ref()?;
    Some((pod.name().to_owned(), seconds(time)))
}

fn seconds(Time(time): &Time) -> Seconds {
    time.as_second()
}
