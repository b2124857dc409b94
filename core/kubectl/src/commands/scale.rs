//! `kubectl scale`.

use engine::{Duration, Instant};
use model::Kind;
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, client, together};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tasks::Task;
use crate::writing;

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !flags.given("replicas") {
        return Err(client("required flag(s) \"replicas\" not set"));
    }
    if flags.int("replicas") < 0 {
        return Err(client(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    let found = resources::find(session, flags, &flags.args, true)?;
    let mut failures = found.failures;
    if found.infos.is_empty() {
        let why = match failures.first() {
            Some(Failure::Server(status)) => format!(" {}", status.message),
            Some(Failure::Client(text) | Failure::Plain(text)) => format!(" {text}"),
            _ => String::new(),
        };
        return Err(client(format!("no objects passed to scale{why}")));
    }
    let replicas = i32::try_from(flags.int("replicas")).unwrap_or(i32::MAX);
    let (mut printed, mut waiting) = (0, Vec::new());
    for info in found.infos {
        let object = info.object;
        let (kind, namespace, name) = (object.kind(), object.namespace(), object.name());
        let caller = session.client.caller.clone();
        let scale = match session.api.get_scale(&caller, kind, namespace, name) {
            Ok(scale) => scale,
            Err(status) => {
                return Err(status.into());
            }
        };
        let expected = flags.int("current-replicas");
        if expected != -1 && i64::from(scale.spec_replicas) != expected {
            failures.push(client(format!("Expected replicas to be {expected}, was {}", scale.spec_replicas)));
            continue;
        }
        let wanted_version = flags.text("resource-version");
        if !wanted_version.is_empty() && wanted_version != object.revision.to_string() {
            failures.push(client(format!(
                "Expected resource version to be {wanted_version}, was {}",
                object.revision
            )));
            continue;
        }
        if dry_run != DryRun::Client {
            let options = dry_run.write_options();
            if let Err(status) =
                session.api.update_scale(&caller, kind, namespace, name, replicas, None, &options)
            {
                failures.push(status.into());
                continue;
            }
        }
        if dry_run == DryRun::No {
            super::record(session, flags, kind, (namespace, name))?;
        }
        let value = session
            .api
            .get(&caller, kind, namespace, name)
            .map_or_else(|_| object.to_value(), |now| now.to_value());
        writing::report(session, format.as_ref(), dry_run, (kind, name), &value, "scaled", &mut printed)?;
        waiting.push((kind, namespace.to_owned(), name.to_owned()));
    }
    together(failures)?;
    let timeout = flags.duration("timeout");
    if timeout == Duration::ZERO || dry_run != DryRun::No {
        return Ok(Flow::Done);
    }
    Scaling { waiting, replicas, until: session.io.now() + timeout }.step(session)
}

/// Waiting for as many replicas as wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scaling {
    waiting: Vec<(Kind, String, String)>,
    replicas: i32,
    until: Instant,
}

impl Scaling {
    /// Looks whether they are there.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        let caller = session.client.caller.clone();
        let replicas = self.replicas;
        self.waiting.retain(|(kind, namespace, name)| {
            let scale = session.api.get_scale(&caller, *kind, namespace, name);
            scale.is_ok_and(|scale| scale.spec_replicas == replicas && scale.status_replicas != replicas)
        });
        if self.waiting.is_empty() {
            return Ok(Flow::Done);
        }
        if session.io.now() >= self.until {
            return Err(client("timed out waiting for the condition"));
        }
        let wait = Wait { until: Some(self.until), ..Wait::world() };
        Ok(Flow::Block(Box::new(Task::Scale(self)), wait))
    }
}
