//! The table of Event.

use k8s_openapi::api::core::v1::Event;
use k8s_openapi::jiff::Timestamp;
use model::Object;

use super::{Column, Columns, micro, since};

pub(super) const COLUMNS: Columns = (
    &["Last Seen", "Type", "Reason", "Object", "Message"],
    &["Subobject", "Source", "First Seen", "Count", "Name"],
);

/// Narrow and wide columns stand among each other here.
pub(super) fn ordered_columns() -> Vec<Column> {
    [
        ("Last Seen", false),
        ("Type", false),
        ("Reason", false),
        ("Object", false),
        ("Subobject", true),
        ("Source", true),
        ("Message", false),
        ("First Seen", true),
        ("Count", true),
        ("Name", true),
    ]
    .map(|(name, wide)| Column { name, wide })
    .to_vec()
}

pub(super) fn cells(object: &Object, now: Timestamp) -> Vec<String> {
    let event = object.spec::<Event>();
    let about = &event.involved_object;
    let kind = about.kind.clone().unwrap_or_default().to_lowercase();
    let target = match about.name.as_deref().unwrap_or_default() {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let (first, last, count) = event_times(event);
    vec![
        since(last, now),
        event.type_.clone().unwrap_or_default(),
        event.reason.clone().unwrap_or_default(),
        target,
        about.field_path.clone().unwrap_or_default(),
        source(event),
        event.message.as_deref().unwrap_or_default().trim().to_owned(),
        since(first, now),
        count.to_string(),
        object.name().to_owned(),
    ]
}

/// When an event was first and last seen, and how often.
#[must_use]
pub fn event_times(event: &Event) -> (Option<Timestamp>, Option<Timestamp>, i32) {
    let at = micro(event.event_time.as_ref());
    let first = event.first_timestamp.as_ref().map(|time| time.0).or(at);
    match &event.series {
        Some(series) => {
            let last = series.last_observed_time.as_ref().map(|time| time.0);
            (first, last.or(at), series.count.unwrap_or(1))
        }
        None => {
            let last = event.last_timestamp.as_ref().map(|time| time.0).or(at);
            (first, last, event.count.filter(|count| *count != 0).unwrap_or(1))
        }
    }
}

fn source(event: &Event) -> String {
    let text = |part: Option<&String>| part.cloned().unwrap_or_default();
    let source = event.source.clone().unwrap_or_default();
    let (component, host) = match text(source.component.as_ref()) {
        component if component.is_empty() => {
            (text(event.reporting_component.as_ref()), text(event.reporting_instance.as_ref()))
        }
        component => (component, text(source.host.as_ref())),
    };
    if host.is_empty() { component } else { format!("{component}, {host}") }
}
