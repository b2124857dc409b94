//! `kubectl apply view-last-applied|set-last-applied|edit-last-applied`.

use model::{Object, manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Result, client, together};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::{self, LAST_APPLIED};

/// Runs `apply view-last-applied`.
pub fn view(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let as_json = match flags.text("output") {
        "yaml" | "" => false,
        "json" => true,
        other => {
            return Err(client(format!(
                "Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"
            )));
        }
    };
    let found = resources::find(session, flags, &flags.args, true)?;
    together(found.failures)?;
    for info in found.infos {
        // Of what was not applied there is nothing to show.
        let Ok(value) = last_applied(&info.object) else { continue };
        let text = if as_json {
            format!("{}\n", manifest::to_json_indented(&value, "  "))
        } else {
            manifest::to_yaml(&value)
        };
        session.io.out(&text);
    }
    Ok(Flow::Done)
}

/// Runs `apply set-last-applied`.
pub fn set(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    DryRun::of(flags)?;
    let objects = files::load_strictly(session, flags)?;
    visits::each(session, flags, SettingLastApplied, objects, Vec::new())
}

/// Noting of one object after the other what it was applied as.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SettingLastApplied;

impl Visitor for SettingLastApplied {
    type Subject = FileObject;
    const TASK: fn(Visit<Self>) -> Task = Task::SetLastApplied;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, object: FileObject) -> Result<()> {
        set_one(session, flags, DryRun::of(flags)?, &object)
    }
}

fn set_one(session: &mut Session<'_, '_>, flags: &Flags, dry_run: DryRun, object: &FileObject) -> Result<()> {
    let caller = session.client.caller.clone();
    let live = session.api.get(&caller, object.kind, &object.namespace, &object.name)?;
    let before = live.annotations().get(LAST_APPLIED);
    if before.is_none() && !flags.on("create-annotation") {
        return Err(client(format!(
            "no last-applied-configuration annotation found on resource: {}, to create the annotation, run the command with --create-annotation",
            object.name
        )));
    }
    let text = format!("{}\n", manifest::to_json_compact(&object.value));
    if before == Some(&text) {
        session.line(&format!("set-last-applied {}: no changes required.", object.name));
        return Ok(());
    }
    let mut value = live.to_value();
    writing::set_annotation(&mut value, LAST_APPLIED, &text);
    super::send_change(session, &live, &value, dry_run)?;
    let name = resources::kind_and_name(object.kind, &object.name);
    session.line(&format!("{name} configured{}", dry_run.suffix()));
    Ok(())
}

/// Runs `apply edit-last-applied`.
pub fn edit(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    super::edit::begin(session, flags, super::edit::Part::LastApplied)
}

/// What an object was applied as.
///
/// # Errors
/// If it was not applied.
pub fn last_applied(object: &Object) -> Result<Value> {
    match object.annotations().get(LAST_APPLIED) {
        Some(text) => Ok(serde_json::from_str(text).unwrap_or_default()),
        None => Err(client(format!(
            "no last-applied-configuration annotation found on resource: {}",
            object.name()
        ))),
    }
}
