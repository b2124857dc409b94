//! `kubectl rollout pause|resume|restart`.

use model::{Kind, Object};
use serde_json::{Value, json};

use crate::failure::{Failure, Result, client, together};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::writing;

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Runs `rollout pause`.
pub fn pause(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, "paused", "pausing", |object, value, _| {
        if is_paused(value) {
            return Err(client(format!(
                "{} \"{}\" is already paused",
                object.info().resource(),
                object.name()
            )));
        }
        value["spec"]["paused"] = true.into();
        Ok(())
    })
}

/// Runs `rollout resume`.
pub fn resume(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, "resumed", "resuming", |object, value, _| {
        if !is_paused(value) {
            return Err(client(format!("{} \"{}\" is not paused", object.info().resource(), object.name())));
        }
        if let Some(spec) = value["spec"].as_object_mut() {
            spec.remove("paused");
        }
        Ok(())
    })
}

/// Runs `rollout restart`.
pub fn restart(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, "restarted", "restarting", |object, value, now| {
        if is_paused(value) {
            return Err(client(format!(
                "{} \"{}\" can't restart paused deployment (run rollout resume first)",
                object.info().resource(),
                object.name()
            )));
        }
        let before = value["spec"]["template"]["metadata"]["annotations"][RESTARTED_AT].as_str();
        if before == Some(now) {
            return Err(client(format!(
                "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
                object.name()
            )));
        }
        let metadata = &mut value["spec"]["template"]["metadata"];
        if !metadata["annotations"].is_object() {
            metadata["annotations"] = json!({});
        }
        metadata["annotations"][RESTARTED_AT] = now.into();
        Ok(())
    })
}

fn is_paused(value: &Value) -> bool {
    value["spec"]["paused"] == true
}

fn change(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    done: &str,
    doing: &str,
    mutate: impl Fn(&Object, &mut Value, &str) -> Result<()>,
) -> Outcome {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client("required resource not specified"));
    }
    let dry_run = if flags.knows("dry-run") { DryRun::of(flags)? } else { DryRun::No };
    let format = Format::of(session, flags, false)?;
    let found = resources::find(session, flags, &flags.args, false)?;
    let mut failures = found.failures;
    if found.infos.is_empty() && failures.is_empty() {
        let text = format!("No resources found in {} namespace.", session.client.namespace);
        session.error_line(&text);
        return Ok(Flow::Done);
    }
    let now = session.api.time().0.to_string();
    let mut printed = 0;
    for info in found.infos {
        let object = info.object;
        if object.kind() != Kind::Deployment {
            failures.push(unsupported(&object, doing));
            continue;
        }
        let mut value = object.to_value();
        if let Err(failure) = mutate(&object, &mut value, &now) {
            failures.push(failure);
            continue;
        }
        match super::send_change(session, &object, &value, dry_run) {
            Ok(shown) => {
                let subject = (object.kind(), object.name());
                writing::report(session, format.as_ref(), dry_run, subject, &shown, done, &mut printed)?;
            }
            Err(status) => failures.push(Failure::failed("failed to patch: ", &status)),
        }
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn unsupported(object: &Object, doing: &str) -> Failure {
    client(format!("{} \"{}\" {doing} is not supported", object.info().resource(), object.name()))
}
