//! `kubectl events`.

use std::sync::Arc;

use apiserver::printers::event::event_times;
use apiserver::printers::since;
use apiserver::{ListOptions, WatchEventType, Watcher};
use k8s_openapi::api::core::v1::Event;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::printers::{Format, list_of};
use crate::resources;
use crate::session::{Flow, Outcome, Session};
use crate::tabwriter;
use crate::tasks::Task;

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let format = Format::of(session, flags, false)?;
    let namespace = session.list_namespace(flags);
    let options = ListOptions { field_selector: selector(flags)?, ..ListOptions::default() };
    let types = types(flags)?;
    let mut events = session.api.list(&session.client.caller, Kind::Event, &namespace, &options)?.items;
    events.retain(|event| is_wanted(event, &types));
    // Events of the newer API have no last time, and stand first.
    events.sort_by_key(|event| event.spec::<Event>().last_timestamp.as_ref().map(|time| time.0));
    if flags.on("watch") {
        return watch(session, flags, (options, types), format, &events);
    }
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
        None => {
            let with_namespace = flags.on("all-namespaces");
            let text = heading(flags) + &rows(session, with_namespace, &events);
            tabwriter::align(&text, tabwriter::TABLE)
        }
    };
    session.io.out(&text);
    Ok(Flow::Done)
}

fn is_wanted(event: &Object, types: &[String]) -> bool {
    let own = event.spec::<Event>().type_.clone().unwrap_or_default();
    types.is_empty() || types.iter().any(|wanted| wanted.eq_ignore_ascii_case(&own))
}

/// `events --watch` under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watching {
    watcher: Watcher,
    types: Vec<String>,
    format: Option<Format>,
    with_namespace: bool,
    widths: Vec<usize>,
    printed: usize,
}

fn watch(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    (options, types): (ListOptions, Vec<String>),
    format: Option<Format>,
    events: &[Arc<Object>],
) -> Outcome {
    let namespace = session.list_namespace(flags);
    let caller = session.client.caller.clone();
    let revision = session.api.revision();
    let watcher = session.api.watch(&caller, Kind::Event, &namespace, &options, revision)?;
    let with_namespace = flags.on("all-namespaces");
    let mut watching = Watching { watcher, types, format, with_namespace, widths: Vec::new(), printed: 0 };
    let heading = if watching.format.is_none() { heading(flags) } else { String::new() };
    watching.show(session, heading, events)?;
    Ok(Flow::Block(Box::new(Task::Events(watching)), Wait::world()))
}

impl Watching {
    /// Shows what happened since the last step.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        let changes = self.watcher.read(session.api).map_err(Failure::Server)?;
        let events: Vec<Arc<Object>> = changes
            .into_iter()
            .filter(|change| change.event_type != WatchEventType::Deleted)
            .map(|change| change.object)
            .filter(|event| is_wanted(event, &self.types))
            .collect();
        self.show(session, String::new(), &events)?;
        Ok(Flow::Block(Box::new(Task::Events(self)), Wait::world()))
    }

    fn show(&mut self, session: &mut Session<'_, '_>, heading: String, events: &[Arc<Object>]) -> Result<()> {
        let text = match &self.format {
            None => {
                let text = heading + &rows(session, self.with_namespace, events);
                tabwriter::align_further(&text, tabwriter::TABLE, &mut self.widths)
            }
            Some(format) => {
                let mut text = String::new();
                for event in events {
                    text.push_str(&format.print(&event.to_value(), self.printed)?);
                    self.printed += 1;
                }
                text
            }
        };
        session.io.out(&text);
        Ok(())
    }
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

fn heading(flags: &Flags) -> String {
    match (flags.on("no-headers"), flags.on("all-namespaces")) {
        (true, _) => String::new(),
        (false, true) => "NAMESPACE\tLAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n".to_owned(),
        (false, false) => "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n".to_owned(),
    }
}

fn rows(session: &Session<'_, '_>, with_namespace: bool, events: &[Arc<Object>]) -> String {
    let now = session.api.timestamp_at(session.api.now());
    let mut text = String::new();
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
    text
}
