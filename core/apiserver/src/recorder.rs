//! Events as clients write them: equal ones are counted on one object, similar ones combined, and a flood is held back.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::server::ApiServer;

/// Similar events within this time are combined.
const SIMILAR_WITHIN: Duration = Duration::from_secs(600);
/// So many different messages of one reason are recorded one by one.
const SIMILAR_MAX: usize = 10;
/// A source may record so many events of one object at once...
const BURST: u32 = 25;
/// ...and one more after each such span.
const REFILL: Duration = Duration::from_secs(300);
/// So many remembered keys are enough.
const REMEMBERED_MAX: usize = 4096;

/// `Normal` or `Warning`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EventType {
    /// All is well.
    Normal,
    /// Something needs a look.
    Warning,
}

impl EventType {
    fn text(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// What is remembered of events that were equal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Remembered {
    namespace: String,
    name: String,
    count: i32,
}

/// What is remembered of events that differ only in their message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Similar {
    messages: Vec<String>,
    last: Instant,
}

/// How many events one object may still have.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Allowance {
    left: u32,
    refilled: Instant,
}

/// Records the events of one component.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorder {
    component: Arc<str>,
    host: Arc<str>,
    equal: BTreeMap<String, Remembered>,
    similar: BTreeMap<String, Similar>,
    allowances: BTreeMap<String, Allowance>,
    /// The time in the name of the last event: names say the order, as lists go by them.
    last_nanos: i64,
}

impl Recorder {
    /// The recorder of a component (`kubelet`), on a host where it has one (`worker-1`).
    #[must_use]
    pub fn new(component: &str, host: &str) -> Self {
        Self {
            component: component.into(),
            host: host.into(),
            equal: BTreeMap::new(),
            similar: BTreeMap::new(),
            allowances: BTreeMap::new(),
            last_nanos: 0,
        }
    }

    /// Records an event of an object.
    pub fn event(
        &mut self,
        api: &mut ApiServer,
        caller: &Caller,
        object: &Object,
        event_type: EventType,
        reason: &str,
        message: &str,
    ) {
        self.event_of(api, caller, object.reference(), event_type, reason, message);
    }

    /// Records an event of whatever the reference names, such as one container of a pod (`field_path`).
    pub fn event_of(
        &mut self,
        api: &mut ApiServer,
        caller: &Caller,
        about: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: &str,
    ) {
        let now = api.now();
        let subject = subject(&about);
        if !self.allowed(&subject, now) {
            return;
        }
        let group = format!("{subject}|{}|{reason}", event_type.text());
        let (message, key) = self.combine(group, message, now);
        if self.count_up(api, caller, &key, &message) {
            return;
        }
        let namespace = about.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let name = format!("{}.{:x}", about.name.as_deref().unwrap_or_default(), self.unique_nanos(api));
        let event = self.first_event(api, about, event_type, reason, &message);
        let object = Object::new::<Event>(Metadata::named(&namespace, &name), event);
        // An event that cannot be stored (its namespace is going) is lost, as in life.
        if let Ok(stored) = api.create(caller, object) {
            forget_oldest(&mut self.equal);
            let name = stored.name().to_owned();
            self.equal.insert(key, Remembered { namespace, name, count: 1 });
        }
    }

    fn unique_nanos(&mut self, api: &mut ApiServer) -> i64 {
        let nanos = i64::try_from(unix_nanos(api)).unwrap_or(i64::MAX);
        self.last_nanos = nanos.max(self.last_nanos.saturating_add(1));
        self.last_nanos
    }

    fn first_event(
        &self,
        api: &ApiServer,
        about: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: &str,
    ) -> Event {
        Event {
            involved_object: about,
            type_: Some(event_type.text().to_owned()),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            count: Some(1),
            first_timestamp: Some(api.time()),
            last_timestamp: Some(api.time()),
            source: Some(EventSource {
                component: Some(self.component.to_string()),
                host: (!self.host.is_empty()).then(|| self.host.to_string()),
            }),
            reporting_component: Some(self.component.to_string()),
            reporting_instance: Some(self.host.to_string()),
            ..Event::default()
        }
    }

    /// Counts an event that was recorded before; false if it was not, or is gone.
    fn count_up(&mut self, api: &mut ApiServer, caller: &Caller, key: &str, message: &str) -> bool {
        let Some(remembered) = self.equal.get_mut(key) else { return false };
        let Some(stored) = api.store().get(Kind::Event, &remembered.namespace, &remembered.name).cloned()
        else {
            return false;
        };
        let mut object = Object::clone(&stored);
        remembered.count += 1;
        let event = object.spec_mut::<Event>();
        event.count = Some(remembered.count);
        event.last_timestamp = Some(api.time());
        event.message = Some(message.to_owned());
        api.update(caller, object).is_ok()
    }

    /// The message to record, and the key under which equal events are counted: past ten different messages of one reason the
    /// rest are combined.
    fn combine(&mut self, group: String, message: &str, now: Instant) -> (String, String) {
        forget_oldest(&mut self.similar);
        let similar = self.similar.entry(group.clone()).or_default();
        if now.since(similar.last) > SIMILAR_WITHIN {
            similar.messages.clear();
        }
        similar.last = now;
        if !similar.messages.iter().any(|known| known == message) {
            similar.messages.push(message.to_owned());
        }
        if similar.messages.len() < SIMILAR_MAX {
            let key = format!("{group}|{message}");
            return (message.to_owned(), key);
        }
        similar.messages.truncate(SIMILAR_MAX);
        (format!("(combined from similar events): {message}"), group)
    }

    fn allowed(&mut self, subject: &str, now: Instant) -> bool {
        forget_oldest(&mut self.allowances);
        let fresh = Allowance { left: BURST, refilled: now };
        let allowance = self.allowances.entry(subject.to_owned()).or_insert(fresh);
        let refills = now.since(allowance.refilled).as_micros() / REFILL.as_micros();
        if refills > 0 {
            let refills_capped = u32::try_from(refills).unwrap_or(BURST).min(BURST);
            allowance.left = (allowance.left + refills_capped).min(BURST);
            allowance.refilled += REFILL * refills;
        }
        if allowance.left == 0 {
            return false;
        }
        allowance.left -= 1;
        true
    }
}

fn subject(about: &ObjectReference) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    format!(
        "{}/{}/{}/{}/{}",
        text(&about.kind),
        text(&about.namespace),
        text(&about.name),
        text(&about.uid),
        text(&about.field_path)
    )
}

fn unix_nanos(api: &mut ApiServer) -> i128 {
    // Several events of one instant need names of their own.
    let nanos = api.timestamp_at(api.now()).as_nanosecond();
    nanos + i128::from(api.random().below(engine::Stream::Names, 1000))
}

/// Keeps what is remembered bounded; what is forgotten is merely recorded anew.
fn forget_oldest<T>(remembered: &mut BTreeMap<String, T>) {
    if remembered.len() >= REMEMBERED_MAX {
        remembered.pop_first();
    }
}
