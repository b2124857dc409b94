//! `kubectl replace`.

use apiserver::{DeleteOptions, Part};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::Wait;

use super::delete::{Awaited, delete_options};
use crate::failure::{Failure, Result, client, together, usage};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::writing;

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !flags.args.is_empty() {
        return Err(usage("replace", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !resources::names_files(flags) && flags.text("raw").is_empty() {
        return Err(client("must specify one of -f and -k"));
    }
    if flags.int("grace-period") >= 0 && !flags.on("force") {
        return Err(client("--grace-period must have --force specified"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["record", "raw"])?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    let (objects, mut failures) = files::load(session, flags)?;
    if objects.is_empty() && failures.is_empty() {
        return Err(client("no objects passed to replace"));
    }
    if flags.on("force") {
        together(failures)?;
        return force(session, flags, format, &objects);
    }
    let mut printed = 0;
    for object in objects {
        if let Err(failure) = replace(session, flags, dry_run, format.as_ref(), &object, &mut printed) {
            failures.push(failure);
        }
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn replace(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    dry_run: DryRun,
    format: Option<&Format>,
    object: &FileObject,
    printed: &mut usize,
) -> Result<()> {
    let value = wanted(flags, object);
    let shown = if dry_run == DryRun::Client {
        value
    } else {
        let replaced = send(session, flags, dry_run, object, value)
            .map_err(|status| writing::refused(status, "replacing", &object.source))?;
        match &replaced {
            Part::Object(object) => super::get::value_of(session, flags, object),
            Part::Scale(scale) => scale.to_value(),
        }
    };
    writing::report(session, format, dry_run, (object.kind, &object.name), &shown, "replaced", printed)
}

fn send(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    dry_run: DryRun,
    object: &FileObject,
    value: Value,
) -> model::status::Result<Part> {
    let validation = writing::validation(flags).unwrap_or(apiserver::decode::FieldValidation::Strict);
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

/// `replace --force`: waiting for the old objects to go, to make the new ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recreating {
    waiting: Vec<Awaited>,
    #[serde(with = "model::tree")]
    wanted: Vec<(String, Value)>,
    format: Option<Format>,
}

fn force(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    format: Option<Format>,
    objects: &[FileObject],
) -> Outcome {
    let mut task = Recreating { waiting: Vec::new(), wanted: Vec::new(), format };
    let dry_run = DryRun::of(flags)?;
    if dry_run != DryRun::No {
        return Err(client("--dry-run can not be used when --force is set"));
    }
    let options: DeleteOptions = delete_options(flags, dry_run)?;
    for object in objects {
        let caller = session.client.caller.clone();
        let (kind, name) = (object.kind, &object.name);
        match session.api.get(&caller, kind, &object.namespace, name) {
            Ok(live) => {
                let options = if flags.int("grace-period") < 0 {
                    DeleteOptions { grace_period_seconds: None, ..options.clone() }
                } else {
                    options.clone()
                };
                session.delete(kind, (&object.namespace, name), &options)?;
                session.line(&format!("{} \"{name}\" deleted", kind.info().qualified_singular()));
                task.waiting.push(Awaited::of(&live));
            }
            Err(status) if status.is_not_found() => {}
            Err(status) => return Err(status.into()),
        }
        task.wanted.push((object.source.clone(), wanted(flags, object)));
    }
    task.step(session)
}

impl Recreating {
    /// Looks whether the old ones are gone.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        self.waiting.retain(|object| object.is_there(session));
        if !self.waiting.is_empty() {
            return Ok(Flow::Block(Box::new(Task::Recreate(self)), Wait::world()));
        }
        let (mut failures, mut printed) = (Vec::new(), 0);
        for (source, value) in self.wanted {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let Some(kind) = model::Kind::from_api(&text(&value["apiVersion"]), &text(&value["kind"])) else {
                continue;
            };
            let validation = apiserver::decode::FieldValidation::Strict;
            match writing::create(session, kind, value, validation, &apiserver::WriteOptions::default()) {
                Ok(made) => {
                    let subject = (kind, made.name());
                    let format = self.format.as_ref();
                    writing::report(
                        session,
                        format,
                        DryRun::No,
                        subject,
                        &made.to_value(),
                        "replaced",
                        &mut printed,
                    )?;
                }
                Err(status) => failures.push(Failure::clone(&writing::refused(status, "creating", &source))),
            }
        }
        together(failures)?;
        Ok(Flow::Done)
    }
}
