//! `kubectl create -f`. The generators are in `generate`.

use serde_json::Value;

use crate::failure::{Result, client, together, usage};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::writing;

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !flags.args.is_empty() {
        return Err(usage("create", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !resources::names_files(flags) && flags.text("raw").is_empty() {
        return Err(client("must specify one of -f and -k"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["raw", "edit"])?;
    writing::validation(flags)?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    let (objects, unread) = files::load(session, flags)?;
    let objects = matching(objects, flags)?;
    if objects.is_empty() && unread.is_empty() {
        return Err(client("no objects passed to create"));
    }
    let (mut printed, mut failures) = (0, Vec::new());
    for object in objects {
        if let Err(failure) = create(session, flags, dry_run, format.as_ref(), object, &mut printed) {
            failures.push(failure);
        }
    }
    failures.extend(unread);
    together(failures)?;
    Ok(Flow::Done)
}

fn create(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    dry_run: DryRun,
    format: Option<&Format>,
    object: FileObject,
    printed: &mut usize,
) -> Result<()> {
    let mut value = object.value;
    if flags.on("save-config") {
        value = writing::with_last_applied(value);
    }
    if let Some(cause) = super::change_cause(session, flags) {
        writing::set_annotation(&mut value, super::CHANGE_CAUSE, &cause);
    }
    let (name, shown) = if dry_run == DryRun::Client {
        (object.name.clone(), value)
    } else {
        let options = dry_run.write_options();
        let created = writing::create(session, object.kind, value, writing::validation(flags)?, &options)
            .map_err(|status| writing::refused(status, "creating", &object.source))?;
        (created.name().to_owned(), super::get::value_of(session, flags, &created))
    };
    writing::report(session, format, dry_run, (object.kind, &name), &shown, "created", printed)
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
