//! The scheduler's events: of the newer form, with the time of the first and a series for repetitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apiserver::{ApiServer, Caller, EventType};
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource};
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};

/// A repetition within this time belongs to the series.
const SERIES_WITHIN: Duration = Duration::from_secs(360);
const CONTROLLER: &str = "default-scheduler";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Remembered {
    name: String,
    count: i32,
    last: Instant,
}

/// Records the scheduler's events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Events {
    remembered: BTreeMap<Arc<str>, Remembered>,
    /// When each was last recorded: what nothing can be added to any more is forgotten.
    by_age: BTreeSet<(Instant, Arc<str>)>,
}

impl Events {
    pub(crate) fn record(
        &mut self,
        api: &mut ApiServer,
        caller: &Caller,
        pod: &Object,
        (event_type, reason, action): (EventType, &str, &str),
        message: &str,
        related: Option<&Object>,
    ) {
        // What is repeated of an object that changed meanwhile is an event of its own.
        let key: Arc<str> = format!("{}|{}|{reason}|{message}", pod.uid(), pod.revision).into();
        let now = api.now();
        self.forget_old(now);
        if let Some(known) = self.remembered.get_mut(&key)
            && let Some(stored) = api.store().get(Kind::Event, pod.namespace(), &known.name).cloned()
        {
            self.by_age.remove(&(known.last, key.clone()));
            self.by_age.insert((now, key));
            known.count += 1;
            known.last = now;
            let mut object = Object::clone(&stored);
            let series = EventSeries { count: Some(known.count), last_observed_time: Some(api.micro_time()) };
            object.spec_mut::<Event>().series = Some(series);
            let _ = api.update(caller, object);
            return;
        }
        let name = format!("{}.{:x}", pod.name(), api.timestamp_at(now).as_nanosecond());
        let event = Event {
            involved_object: pod.reference(),
            related: related.map(Object::reference),
            type_: Some(if event_type == EventType::Normal { "Normal" } else { "Warning" }.to_owned()),
            reason: Some(reason.to_owned()),
            action: Some(action.to_owned()),
            message: Some(message.to_owned()),
            event_time: Some(api.micro_time()),
            source: Some(EventSource::default()),
            reporting_component: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(format!("{CONTROLLER}-control-plane")),
            ..Event::default()
        };
        let object = Object::new::<Event>(Metadata::named(pod.namespace(), &name), event);
        // Only what goes wrong is ever repeated: a pod is bound once.
        if api.create(caller, object).is_ok() && event_type == EventType::Warning {
            let now_known = Remembered { name, count: 1, last: now };
            if let Some(before) = self.remembered.insert(key.clone(), now_known) {
                self.by_age.remove(&(before.last, key.clone()));
            }
            self.by_age.insert((now, key));
        }
    }

    fn forget_old(&mut self, now: Instant) {
        while self.by_age.first().is_some_and(|(last, _)| now.since(*last) >= SERIES_WITHIN) {
            if let Some((_, key)) = self.by_age.pop_first() {
                self.remembered.remove(&key);
            }
        }
    }
}
