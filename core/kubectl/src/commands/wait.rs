//! `kubectl wait`. Models kubectl/pkg/cmd/wait/wait.go.

use std::collections::VecDeque;

use engine::{Duration, Instant};
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::Wait;

use super::delete::Awaited;
use crate::failure::{Failure, Result, client, together};
use crate::flags::Flags;
use crate::paths;
use crate::printers::Format;
use crate::resources::{self, Selection};
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Condition {
    /// The object is gone.
    Delete,
    /// The object is there.
    Create,
    /// A condition of its status has this state.
    Status { name: String, state: String },
    /// A path finds something, or this value.
    Path { template: String, value: Option<String> },
}

/// An object that is waited for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Subject {
    kind: Kind,
    namespace: String,
    name: String,
    awaited: Option<Awaited>,
}

/// Waiting, for one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    condition: Condition,
    subjects: VecDeque<Subject>,
    until: Option<Instant>,
    format: Option<Format>,
    failed: Vec<(Failed, Subject)>,
}

/// Why an object did not come to be as wished.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Failed {
    Gone,
    TimedOut,
}

fn failure((why, subject): &(Failed, Subject)) -> Failure {
    match why {
        Failed::Gone => model::Status::not_found(subject.kind, &subject.name).into(),
        Failed::TimedOut => client(format!(
            "timed out waiting for the condition on {}/{}",
            subject.kind.info().plural,
            subject.name
        )),
    }
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.given("for") && flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client(resources::NOTHING_NAMED));
    }
    let condition = parse(flags.text("for"))?;
    let format = Format::of(session, flags, false)?;
    let subjects = subjects(session, flags, &condition)?;
    let timeout = flags.text("timeout");
    // A negative timeout is a week, zero looks once.
    let timeout =
        if timeout.starts_with('-') { Duration::from_secs(7 * 24 * 3600) } else { flags.duration("timeout") };
    if subjects.is_empty() {
        if condition == Condition::Delete {
            return Ok(Flow::Done);
        }
        return Err(client("no matching resources found"));
    }
    let until = Some(session.io.now() + timeout);
    Waiting { condition, subjects, until, format, failed: Vec::new() }.step(session)
}

fn parse(text: &str) -> Result<Condition> {
    let lower = text.to_lowercase();
    if lower == "delete" {
        return Ok(Condition::Delete);
    }
    if lower == "create" {
        return Ok(Condition::Create);
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (name, state) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Condition::Status { name: name.to_owned(), state: state.to_owned() });
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        return path_condition(rest);
    }
    Err(client(format!("unrecognized condition: {text:?}")))
}

fn path_condition(text: &str) -> Result<Condition> {
    // The value follows the brace that closes the path.
    let (path, value) = match text.rfind('}') {
        Some(end) => {
            let rest = &text[end + 1..];
            let value = rest.strip_prefix('=').or((!rest.is_empty()).then_some(rest));
            (&text[..=end], value)
        }
        None => text.split_once('=').map_or((text, None), |(path, value)| (path, Some(value))),
    };
    if value == Some("") {
        return Err(client("jsonpath wait has to have a value after equal sign"));
    }
    let template = paths::relaxed(path)?;
    let value = value.map(|value| value.trim_matches(|letter| letter == '"' || letter == '\'').to_owned());
    Ok(Condition::Path { template: template.text().to_owned(), value })
}

fn subjects(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    condition: &Condition,
) -> Result<VecDeque<Subject>> {
    let named = |kind: Kind, namespace: &str, name: &str| Subject {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        awaited: None,
    };
    if *condition == Condition::Create {
        let namespace = session.client.namespace.clone();
        if resources::names_files(flags) {
            let objects = crate::files::load_strictly(session, flags)?;
            return Ok(objects
                .iter()
                .map(|object| named(object.kind, &object.namespace, &object.name))
                .collect());
        }
        if let Selection::Names(names) = resources::select(&flags.args)? {
            return Ok(names.iter().map(|(kind, name)| named(*kind, &namespace, name)).collect());
        }
    }
    let found = resources::find(session, flags, &flags.args, true)?;
    let mut failures = found.failures;
    if *condition == Condition::Delete {
        failures.retain(|failure| !failure.is_not_found());
    }
    // Where some are there, those that are not are told of in their turn.
    if !found.infos.is_empty()
        && !failures.is_empty()
        && !resources::names_files(flags)
        && let Selection::Names(names) = resources::select(&flags.args)?
    {
        let namespace = session.client.namespace.clone();
        return Ok(names.iter().map(|(kind, name)| named(*kind, &namespace, name)).collect());
    }
    together(failures)?;
    Ok(found
        .infos
        .iter()
        .map(|info| Subject {
            awaited: Some(Awaited::of(&info.object)),
            ..named(info.object.kind(), info.object.namespace(), info.object.name())
        })
        .collect())
}

impl Waiting {
    /// Looks whether it has come.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        while let Some(subject) = self.subjects.front().cloned() {
            let live =
                session.api.get(&session.client.caller, subject.kind, &subject.namespace, &subject.name);
            let live = live.ok();
            if self.holds(&subject, live.as_deref(), session)? {
                let value = live.as_ref().map(|object| object.to_value()).unwrap_or_default();
                let name = resources::kind_and_name(subject.kind, &subject.name);
                let text = match &self.format {
                    None => format!("{name} condition met\n"),
                    Some(Format::Name) => format!("{name}\n"),
                    Some(format) => format.print(&value, 0)?,
                };
                session.io.out(&text);
                self.subjects.pop_front();
                continue;
            }
            let gone = live.is_none() && !matches!(self.condition, Condition::Create);
            let late = self.until.is_some_and(|until| session.io.now() >= until);
            if late && self.condition == Condition::Create {
                return Err(client("timed out waiting for the condition"));
            }
            if gone || late {
                self.failed.push((if gone { Failed::Gone } else { Failed::TimedOut }, subject));
                self.subjects.pop_front();
                continue;
            }
            let wait = Wait { until: self.until, ..Wait::world() };
            return Ok(Flow::Block(Box::new(Task::Wait(self)), wait));
        }
        together(self.failed.iter().map(failure).collect())?;
        Ok(Flow::Done)
    }

    fn holds(&self, subject: &Subject, live: Option<&Object>, session: &Session<'_, '_>) -> Result<bool> {
        match (&self.condition, live) {
            (Condition::Delete, _) => {
                Ok(subject.awaited.as_ref().is_none_or(|awaited| !awaited.is_there(session)))
            }
            (Condition::Create, live) => Ok(live.is_some()),
            (_, None) => Ok(false),
            (Condition::Status { name, state }, Some(object)) => Ok(status_holds(object, name, state)),
            (Condition::Path { template, value }, Some(object)) => {
                path_holds(object, template, value.as_deref())
            }
        }
    }
}

fn status_holds(object: &Object, name: &str, state: &str) -> bool {
    let value = object.to_value();
    let generation = value["metadata"]["generation"].as_i64();
    let observed = value["status"]["observedGeneration"].as_i64();
    if let (Some(generation), Some(observed)) = (generation, observed)
        && observed < generation
        && object.kind() != Kind::Pod
    {
        return false;
    }
    let conditions = value["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.iter().any(|condition| {
        let is = |field: &str, wanted: &str| {
            condition[field].as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        is("type", name) && is("status", state)
    })
}

fn path_holds(object: &Object, template: &str, wanted: Option<&str>) -> Result<bool> {
    let found = paths::find(&paths::template(template)?, &object.to_value()).unwrap_or_default();
    let Some(first) = found.first() else { return Ok(false) };
    let Some(wanted) = wanted else { return Ok(true) };
    if found.len() > 1 {
        return Err(client("given jsonpath expression matches more than one value"));
    }
    if first.is_object() || first.is_array() {
        return Err(client("jsonpath leads to a nested object or list which is not supported"));
    }
    let text = match first {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(text.trim() == wanted.trim())
}
