//! The scheduler's events: of the newer form, with the time of the first and a series for repetitions.

use std::collections::BTreeMap;

use apiserver::{ApiServer, Caller, EventType};
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource};
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};

/// A repetition within this time belongs to the series.
const SERIES_WITHIN: Duration = Duration::from_secs(360);
const REMEMBERED_MAX: usize = 4096;
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
    remembered: BTreeMap<String, Remembered>,
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
        let key = format!("{}|{}|{reason}|{message}", pod.uid(), pod.revision);
        let now = api.now();
        if let Some(known) = self.remembered.get_mut(&key)
            && now.since(known.last) < SERIES_WITHIN
            && let Some(stored) = api.store().get(Kind::Event, pod.namespace(), &known.name).cloned()
        {
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
        if api.create(caller, object).is_ok() {
            if self.remembered.len() >= REMEMBERED_MAX {
                self.remembered.pop_first();
            }
            self.remembered.insert(key, Remembered { name, count: 1, last: now });
        }
    }
}
