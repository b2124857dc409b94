//! `kubectl scale`.

use engine::{Duration, Instant};
use model::Kind;
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, client, together};
use crate::flags::Flags;
use crate::resources::{self, Info};
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::Reporter;

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
    let reporter = Reporter::of(session, flags)?;
    let found = resources::find(session, flags, &flags.args, true)?;
    if found.infos.is_empty() {
        let why: Vec<&str> = found.failures.iter().filter_map(Failure::message).collect();
        let why = match why.as_slice() {
            [] => String::new(),
            [only] => format!(" {only}"),
            several => format!(" [{}]", several.join(", ")),
        };
        return Err(client(format!("no objects passed to scale{why}")));
    }
    let replicas = i32::try_from(flags.int("replicas")).unwrap_or(i32::MAX);
    let resizing = Resizing { reporter, replicas, waiting: Vec::new() };
    visits::each(session, flags, resizing, found.infos, found.failures)
}

/// Scaling one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resizing {
    reporter: Reporter,
    replicas: i32,
    waiting: Vec<(Kind, String, String)>,
}

impl Visitor for Resizing {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Resize;
    const STOPS_AT_FAILURE: bool = true;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let (object, dry_run) = (info.object, self.reporter.dry_run);
        let (kind, namespace, name) = (object.kind(), object.namespace(), object.name());
        let caller = session.client.caller.clone();
        let scale = session.api.get_scale(&caller, kind, namespace, name)?;
        let expected = flags.int("current-replicas");
        if expected != -1 && i64::from(scale.spec_replicas) != expected {
            let is = scale.spec_replicas;
            return Err(client(format!("Expected replicas to be {expected}, was {is}")));
        }
        let (wanted, is) = (flags.text("resource-version"), object.revision);
        if !wanted.is_empty() && wanted != is.to_string() {
            return Err(client(format!("Expected resource version to be {wanted}, was {is}")));
        }
        if dry_run != DryRun::Client {
            let options = dry_run.write_options();
            session.api.update_scale(&caller, kind, namespace, name, self.replicas, None, &options)?;
        }
        if dry_run == DryRun::No {
            super::record(session, flags, kind, (namespace, name))?;
        }
        let now = session.api.get(&caller, kind, namespace, name);
        let value = now.map_or_else(|_| object.to_value(), |now| now.to_value());
        self.reporter.say(session, (kind, name), &value, "scaled")?;
        self.waiting.push((kind, namespace.to_owned(), name.to_owned()));
        Ok(())
    }

    fn end(self, session: &mut Session<'_, '_>, flags: &Flags, failures: Vec<Failure>) -> Outcome {
        together(failures)?;
        let timeout = flags.duration("timeout");
        if timeout == Duration::ZERO || self.reporter.dry_run != DryRun::No {
            return Ok(Flow::Done);
        }
        let until = session.io.now() + timeout;
        Scaling { waiting: self.waiting, replicas: self.replicas, until }.step(session)
    }
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
