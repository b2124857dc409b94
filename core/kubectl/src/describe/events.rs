//! The events of a described object.

use apiserver::ListOptions;
use apiserver::printers::event::event_times;
use apiserver::printers::since;
use k8s_openapi::api::core::v1::Event;
use model::{Kind, Object};

use super::writer::Writer;
use crate::session::Session;

/// Lists the events about an object, oldest first.
pub fn describe(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    // Nodes are named by their own name as uid in events of their kubelet.
    let namespace = object.namespace();
    let options = ListOptions {
        field_selector: format!(
            "involvedObject.name={},involvedObject.kind={}",
            object.name(),
            object.info().name
        ),
        ..ListOptions::default()
    };
    let Ok(list) = session.api.list(&session.client.caller, Kind::Event, namespace, &options) else { return };
    let mut events: Vec<&Event> = list
        .items
        .iter()
        .map(|event| event.spec::<Event>())
        .filter(|event| {
            let uid = event.involved_object.uid.as_deref().unwrap_or_default();
            uid == object.uid() || (object.kind() == Kind::Node && uid == object.name())
        })
        .collect();
    if events.is_empty() {
        writer.field(0, "Events", "<none>");
        return;
    }
    // Events of the newer API have no last time, and stand first.
    events.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
    writer.flush();
    writer.write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
    writer.write(1, "----\t------\t----\t----\t-------\n");
    let now = session.api.timestamp_at(session.api.now());
    for event in events {
        let (first, last, count) = event_times(event);
        let age = if count > 1 {
            format!("{} (x{count} over {})", since(last, now), since(first, now))
        } else {
            since(first, now)
        };
        let component =
            event.source.as_ref().and_then(|source| source.component.clone()).filter(|text| !text.is_empty());
        let from = component.or_else(|| event.reporting_component.clone()).unwrap_or_default();
        writer.write(
            1,
            &format!(
                "{}\t{}\t{age}\t{from}\t{}\n",
                event.type_.as_deref().unwrap_or_default(),
                event.reason.as_deref().unwrap_or_default(),
                event.message.as_deref().unwrap_or_default().trim()
            ),
        );
    }
}
