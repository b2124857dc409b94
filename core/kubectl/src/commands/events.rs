//! `kubectl events`.

use std::sync::Arc;

use apiserver::ListOptions;
use apiserver::printers::event::event_times;
use apiserver::printers::since;
use k8s_openapi::api::core::v1::Event;
use model::{Kind, Object};

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::printers::{Format, list_of};
use crate::resources;
use crate::session::{Flow, Outcome, Session, refuse};
use crate::tabwriter;

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["watch", "chunk-size"])?;
    let format = Format::of(session, flags, false)?;
    let namespace = session.list_namespace(flags);
    let options = ListOptions { field_selector: selector(flags)?, ..ListOptions::default() };
    let types = types(flags)?;
    let mut events = session.api.list(&session.client.caller, Kind::Event, &namespace, &options)?.items;
    if !types.is_empty() {
        events.retain(|event| {
            event
                .spec::<Event>()
                .type_
                .as_ref()
                .is_some_and(|own| types.iter().any(|wanted| wanted.eq_ignore_ascii_case(own)))
        });
    }
    // Events of the newer API have no last time, and stand first.
    events.sort_by_key(|event| event.spec::<Event>().last_timestamp.as_ref().map(|time| time.0));
    if events.is_empty() {
        let text = if flags.on("all-namespaces") {
            "No events found.".to_owned()
        } else {
            format!("No events found in {namespace} namespace.")
        };
        session.error_line(&text);
        return Ok(Flow::Done);
    }
    let text = match format {
        Some(format) => {
            format.print(&list_of(&events.iter().map(|event| event.to_value()).collect::<Vec<_>>()), 0)?
        }
        None => table(session, flags, &events),
    };
    session.io.out(&text);
    Ok(Flow::Done)
}

fn types(flags: &Flags) -> Result<Vec<String>> {
    let types = flags.list("types").to_vec();
    let known = |text: &String| ["normal", "warning"].contains(&text.to_lowercase().as_str());
    if types.iter().all(known) { Ok(types) } else { Err(client("valid --types are Normal or Warning")) }
}

fn selector(flags: &Flags) -> Result<String> {
    let about = flags.text("for");
    if about.is_empty() {
        return Ok(String::new());
    }
    let Some((kind, name)) = about.split_once('/') else {
        return Err(client("--for must be in resource/name form"));
    };
    let kind = resources::kind_of(kind).map_err(|failure| match failure {
        Failure::Client(text) => Failure::Plain(text),
        other => other,
    })?;
    Ok(format!("involvedObject.kind={},involvedObject.name={name}", kind.info().name))
}

fn table(session: &Session<'_, '_>, flags: &Flags, events: &[Arc<Object>]) -> String {
    let with_namespace = flags.on("all-namespaces");
    let now = session.api.timestamp_at(session.api.now());
    let mut text = String::new();
    if !flags.on("no-headers") {
        text.push_str(if with_namespace { "NAMESPACE\t" } else { "" });
        text.push_str("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
    }
    for object in events {
        let event = object.spec::<Event>();
        let (first, last, count) = event_times(event);
        let age = if count > 1 {
            format!("{} (x{count} over {})", since(last, now), since(first, now))
        } else {
            since(first, now)
        };
        if with_namespace {
            text.push_str(&format!("{}\t", object.namespace()));
        }
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        text.push_str(&format!(
            "{age}\t{}\t{}\t{}/{}\t{}\n",
            part(&event.type_),
            part(&event.reason),
            part(&event.involved_object.kind),
            part(&event.involved_object.name),
            event.message.as_deref().unwrap_or_default().trim()
        ));
    }
    tabwriter::align(&text, tabwriter::TABLE)
}
