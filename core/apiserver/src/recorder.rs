//! Events as clients write them: equal ones are counted on one object, similar ones combined, and a flood is held back.

use std::sync::Arc;

use engine::{Duration, Instant, Stream};
use k8s_openapi::api::core::v1::{Event, EventSource, ObjectReference};
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::server::ApiServer;

mod memory;

use memory::Memory;

/// Similar events within this time are combined.
const SIMILAR_WITHIN: Duration = Duration::from_secs(600);
/// So many different messages of one reason are recorded one by one.
const SIMILAR_MAX: usize = 10;
/// A source may record so many events of one object at once...
const BURST: u32 = 25;
/// ...and one more after each such span.
const REFILL: Duration = Duration::from_secs(300);
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

/// What is remembered of events that were equal, also of those that were held back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Equal {
    name: String,
    count: i32,
    first: Instant,
}

/// What is remembered of events that differ only in their message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Similar {
    messages: Vec<String>,
    last: Instant,
}

/// How many events one object may still have: each costs a [`REFILL`] of what gathered since.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Allowance {
    left: Duration,
    at: Instant,
}

/// Records the events of one component.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorder {
    component: Arc<str>,
    host: Arc<str>,
    equal: Memory<Equal>,
    similar: Memory<Similar>,
    allowances: Memory<Allowance>,
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
            equal: Memory::default(),
            similar: Memory::default(),
            allowances: Memory::default(),
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
        let group = format!("{subject}|{}|{reason}", event_type.text());
        let field = about.field_path.as_deref().unwrap_or_default();
        let (message, key) = self.combine(group, field, message, now);
        // What is held back is counted all the same.
        let seen = self.observe(api, &key, &about);
        if !self.allowed(&subject, now) {
            return;
        }
        if seen.count > 1 && count_up(api, caller, &about, &seen, &message) {
            return;
        }
        let event = self.new_event(api, about, event_type, reason, &message, &seen);
        let metadata = Metadata::named(namespace_of(&event.involved_object), &seen.name);
        // An event that cannot be stored (its namespace is going) is lost, as in life.
        let _lost = api.create(caller, Object::new::<Event>(metadata, event));
    }

    /// Counts an event among its equals.
    fn observe(&mut self, api: &mut ApiServer, key: &str, about: &ObjectReference) -> Equal {
        let equal = self.equal.of(key, Equal::default);
        equal.count += 1;
        if equal.count == 1 {
            equal.first = api.now();
            let nanos = unix_nanos(api);
            self.last_nanos = nanos.max(self.last_nanos.saturating_add(1));
            equal.name = format!("{}.{:x}", about.name.as_deref().unwrap_or_default(), self.last_nanos);
        }
        equal.clone()
    }

    fn new_event(
        &self,
        api: &ApiServer,
        about: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: &str,
        seen: &Equal,
    ) -> Event {
        Event {
            involved_object: about,
            type_: Some(event_type.text().to_owned()),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            count: Some(seen.count),
            first_timestamp: Some(api.time_at(seen.first)),
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

    /// The message to record, and the key under which equal events are counted: from the tenth different message of one reason on they
    /// are combined.
    fn combine(&mut self, group: String, field: &str, message: &str, now: Instant) -> (String, String) {
        let similar = self.similar.of(&group, Similar::default);
        if now.since(similar.last) > SIMILAR_WITHIN {
            similar.messages.clear();
        }
        similar.last = now;
        if !similar.messages.iter().any(|known| known == message) {
            similar.messages.push(message.to_owned());
        }
        if similar.messages.len() < SIMILAR_MAX {
            let key = format!("{group}|{field}|{message}");
            return (message.to_owned(), key);
        }
        similar.messages.pop();
        (format!("(combined from similar events): {message}"), group)
    }

    fn allowed(&mut self, subject: &str, now: Instant) -> bool {
        let full = REFILL * u64::from(BURST);
        let allowance = self.allowances.of(subject, || Allowance { left: full, at: now });
        allowance.left = full.min(allowance.left + now.since(allowance.at));
        allowance.at = now;
        if allowance.left < REFILL {
            return false;
        }
        allowance.left = Duration::from_micros(allowance.left.as_micros() - REFILL.as_micros());
        true
    }
}

/// Counts an event that was recorded before; false if that one is gone.
fn count_up(
    api: &mut ApiServer,
    caller: &Caller,
    about: &ObjectReference,
    seen: &Equal,
    message: &str,
) -> bool {
    let Some(stored) = api.store().get(Kind::Event, namespace_of(about), &seen.name).cloned() else {
        return false;
    };
    let mut object = Object::clone(&stored);
    let event = object.spec_mut::<Event>();
    event.count = Some(seen.count);
    event.last_timestamp = Some(api.time());
    event.message = Some(message.to_owned());
    api.update(caller, object).is_ok()
}

/// Events of cluster-scoped objects stand in `default`.
fn namespace_of(about: &ObjectReference) -> &str {
    about.namespace.as_deref().filter(|namespace| !namespace.is_empty()).unwrap_or("default")
}

/// What the allowance is of: the object, whatever field of it the event is about.
fn subject(about: &ObjectReference) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    format!(
        "{}/{}/{}/{}/{}",
        text(&about.kind),
        text(&about.namespace),
        text(&about.name),
        text(&about.uid),
        text(&about.api_version)
    )
}

fn unix_nanos(api: &mut ApiServer) -> i64 {
    // Several events of one instant need names of their own.
    let nanos = api.timestamp_at(api.now()).as_nanosecond();
    let nanos = nanos + i128::from(api.random().below(Stream::Events, 1000));
    i64::try_from(nanos).unwrap_or(i64::MAX)
}
