//! `kubectl replace`.

use apiserver::Part;
use apiserver::decode::FieldValidation;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::Wait;

use super::delete::{Awaited, delete_options};
use crate::failure::{Failure, Result, client, together, usage};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::{self, Reporter};

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !flags.args.is_empty() {
        return Err(usage("replace", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !resources::names_files(flags) {
        return Err(client("must specify one of -f and -k"));
    }
    if flags.int("grace-period") >= 0 && !flags.on("force") {
        return Err(client("--grace-period must have --force specified"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if super::raw::asks(flags) {
        return super::raw::write(session, flags, "PUT");
    }
    refuse(flags, &["record"])?;
    let reporter = Reporter::of(session, flags)?;
    let (objects, failures) = files::load(session, flags)?;
    if objects.is_empty() && failures.is_empty() {
        return Err(client("no objects passed to replace"));
    }
    if flags.on("force") {
        together(failures)?;
        return force(session, flags, reporter, objects);
    }
    visits::each(session, flags, Replacing(reporter), objects, failures)
}

/// Replacing one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replacing(Reporter);

impl Visitor for Replacing {
    type Subject = FileObject;
    const TASK: fn(Visit<Self>) -> Task = Task::Replace;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, object: FileObject) -> Result<()> {
        let Self(reporter) = self;
        let value = wanted(flags, &object);
        let shown = if reporter.dry_run == DryRun::Client {
            value
        } else {
            let replaced = send(session, flags, reporter.dry_run, &object, value)
                .map_err(|status| writing::refused(status, "replacing", &object.source))?;
            match &replaced {
                Part::Object(object) => super::get::value_of(session, flags, object),
                Part::Scale(scale) => scale.to_value(),
            }
        };
        reporter.say(session, (object.kind, &object.name), &shown, "replaced")
    }
}

fn send(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    dry_run: DryRun,
    object: &FileObject,
    value: Value,
) -> model::status::Result<Part> {
    let validation = writing::validation(flags).unwrap_or(FieldValidation::Strict);
    let options = dry_run.write_options();
    let (caller, subresource) = (session.client.caller.clone(), flags.text("subresource"));
    if subresource.is_empty() {
        return writing::update(session, object.kind, value, validation, &options).map(Part::Object);
    }
    let (namespace, name) = (object.namespace.as_str(), object.name.as_str());
    let replaced = session.api.update_part(
        &caller,
        object.kind,
        namespace,
        name,
        subresource,
        value,
        validation,
        &options,
    );
    session.show_warnings();
    replaced
}

fn wanted(flags: &Flags, object: &FileObject) -> Value {
    if flags.on("save-config") {
        writing::with_last_applied(object.value.clone())
    } else {
        object.value.clone()
    }
}

/// `replace --force`: asking one old object after the other to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clearing {
    reporter: Reporter,
    waiting: Vec<Awaited>,
    objects: Vec<FileObject>,
}

/// Making new objects once the old ones are gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recreating {
    flags: Flags,
    cleared: Clearing,
}

/// Making one new object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Remaking(Reporter);

fn force(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    reporter: Reporter,
    objects: Vec<FileObject>,
) -> Outcome {
    if reporter.dry_run != DryRun::No {
        return Err(client("--dry-run can not be used when --force is set"));
    }
    delete_options(flags, reporter.dry_run)?;
    let clearing = Clearing { reporter, waiting: Vec::new(), objects: objects.clone() };
    visits::each(session, flags, clearing, objects, Vec::new())
}

impl Visitor for Clearing {
    type Subject = FileObject;
    const TASK: fn(Visit<Self>) -> Task = Task::Clear;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, object: FileObject) -> Result<()> {
        let (kind, name) = (object.kind, &object.name);
        let live = match session.api.get(&session.client.caller, kind, &object.namespace, name) {
            Ok(live) => live,
            Err(status) if status.is_not_found() => return Ok(()),
            Err(status) => return Err(status.into()),
        };
        let mut options = delete_options(flags, DryRun::No)?;
        if flags.int("grace-period") < 0 {
            options.grace_period_seconds = None;
        }
        session.delete(kind, (&object.namespace, name), &options)?;
        session.line(&format!("{} \"{name}\" deleted", kind.info().qualified_singular()));
        self.waiting.push(Awaited::of(&live));
        Ok(())
    }

    fn end(self, session: &mut Session<'_, '_>, flags: &Flags, failures: Vec<Failure>) -> Outcome {
        together(failures)?;
        Recreating { flags: flags.clone(), cleared: self }.step(session)
    }
}

impl Recreating {
    /// Looks whether the old ones are gone.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        self.cleared.waiting.retain(|object| object.is_there(session));
        if !self.cleared.waiting.is_empty() {
            return Ok(Flow::Block(Box::new(Task::Recreate(self)), Wait::world()));
        }
        let Clearing { reporter, objects, .. } = self.cleared;
        visits::each(session, &self.flags, Remaking(reporter), objects, Vec::new())
    }
}

impl Visitor for Remaking {
    type Subject = FileObject;
    const TASK: fn(Visit<Self>) -> Task = Task::Remake;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, object: FileObject) -> Result<()> {
        let (value, options) = (wanted(flags, &object), apiserver::WriteOptions::default());
        let made = writing::create(session, object.kind, value, FieldValidation::Strict, &options)
            .map_err(|status| writing::refused(status, "creating", &object.source))?;
        self.0.say(session, (object.kind, made.name()), &made.to_value(), "replaced")
    }
}
