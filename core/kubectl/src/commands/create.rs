//! `kubectl create -f`. The generators are in `generate`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
        return Err(usage("create", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !resources::names_files(flags) {
        return Err(client("must specify one of -f and -k"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if super::raw::asks(flags) {
        return super::raw::write(session, flags, "POST");
    }
    refuse(flags, &["edit"])?;
    writing::validation(flags)?;
    let reporter = Reporter::of(session, flags)?;
    let (objects, unread) = files::load(session, flags)?;
    let objects = matching(objects, flags)?;
    if objects.is_empty() && unread.is_empty() {
        return Err(client("no objects passed to create"));
    }
    visits::each(session, flags, Creating { reporter, unread }, objects, Vec::new())
}

/// Creating one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Creating {
    reporter: Reporter,
    /// What is wrong with the files.
    unread: Vec<Failure>,
}

impl Visitor for Creating {
    type Subject = FileObject;
    const TASK: fn(Visit<Self>) -> Task = Task::Create;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, object: FileObject) -> Result<()> {
        let mut value = object.value;
        if flags.on("save-config") {
            value = writing::with_last_applied(value);
        }
        if let Some(cause) = super::change_cause(session, flags) {
            writing::set_annotation(&mut value, super::CHANGE_CAUSE, &cause);
        }
        let dry_run = self.reporter.dry_run;
        let (name, shown) = if dry_run == DryRun::Client {
            (object.name.clone(), value)
        } else {
            let (validation, options) = (writing::validation(flags)?, dry_run.write_options());
            let created = writing::create(session, object.kind, value, validation, &options)
                .map_err(|status| writing::refused(status, "creating", &object.source))?;
            (created.name().to_owned(), super::get::value_of(session, flags, &created))
        };
        self.reporter.say(session, (object.kind, &name), &shown, "created")
    }

    fn end(self, _session: &mut Session<'_, '_>, _flags: &Flags, mut failures: Vec<Failure>) -> Outcome {
        failures.extend(self.unread);
        together(failures)?;
        Ok(Flow::Done)
    }
}

/// The objects of files that `-l` selects.
///
/// # Errors
/// If the selector cannot be read.
pub fn matching(objects: Vec<FileObject>, flags: &Flags) -> Result<Vec<FileObject>> {
    let text = flags.text("selector");
    if text.is_empty() {
        return Ok(objects);
    }
    let selector: model::selector::Selector =
        text.parse().map_err(|error: model::selector::SelectorError| client(error.to_string()))?;
    let matches = |value: &Value| {
        selector.matches_with(|key| value["metadata"]["labels"].get(key).and_then(Value::as_str))
    };
    Ok(objects.into_iter().filter(|object| matches(&object.value)).collect())
}
