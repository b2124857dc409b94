//! `kubectl patch`.

use apiserver::PatchKind;
use model::manifest;
use serde_json::Value;

use crate::failure::{Result, client, together};
use crate::files;
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::writing;

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let kind = match flags.text("type") {
        "json" => PatchKind::Json,
        "merge" => PatchKind::Merge,
        "strategic" => PatchKind::Strategic,
        other => {
            return Err(client(format!("--type must be one of [json merge strategic], not {other:?}")));
        }
    };
    let patch = read_patch(session, flags)?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    if flags.on("local") {
        return locally(session, flags, kind, &patch, format.as_ref());
    }
    let found = resources::find(session, flags, &flags.args, true)?;
    let mut failures = found.failures;
    let mut printed = 0;
    for info in found.infos {
        let object = info.object;
        let (before, name) = (object.to_value(), object.name());
        let value = if dry_run == DryRun::Client {
            patched(object.kind(), kind, before.clone(), &patch)?
        } else {
            let path = (object.namespace(), name, flags.text("subresource"));
            match session.patch(object.kind(), path, kind, &patch, &dry_run.write_options()) {
                Ok(patched) => super::get::value_of(session, flags, &patched),
                Err(status) => {
                    failures.push(status.into());
                    continue;
                }
            }
        };
        if dry_run == DryRun::No {
            super::record(session, flags, object.kind(), (object.namespace(), name))?;
        }
        let done = if value == before { "patched (no change)" } else { "patched" };
        writing::report(
            session,
            format.as_ref(),
            dry_run,
            (object.kind(), name),
            &value,
            done,
            &mut printed,
        )?;
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn read_patch(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Value> {
    let (inline, path) = (flags.text("patch"), flags.text("patch-file"));
    if inline.is_empty() && path.is_empty() {
        return Err(client("must specify --patch or --patch-file containing the contents of the patch"));
    }
    if !inline.is_empty() && !path.is_empty() {
        return Err(client("cannot specify --patch and --patch-file together"));
    }
    let text = match path {
        "" => inline.to_owned(),
        "-" => session.stdin.clone(),
        path => {
            let bytes = session.io.read_file(path).map_err(|_| {
                client(format!("unable to read patch file: open {path}: no such file or directory"))
            })?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    manifest::read_value(&text).map_err(|error| {
        let why = error.message.trim_start_matches("error converting YAML to JSON: ").to_owned();
        client(format!("unable to parse {text:?}: {why}"))
    })
}

fn patched(kind: model::Kind, patch_kind: PatchKind, mut value: Value, patch: &Value) -> Result<Value> {
    let info = kind.info();
    match patch_kind {
        PatchKind::Json => {
            model::patch::apply_json_patch(&mut value, patch).map_err(|error| client(error.to_string()))?;
        }
        PatchKind::Strategic => {
            if let Some(root) = model::schema::Schema::get().of_kind(info.group, info.version, info.name) {
                model::patch::apply_strategic(&mut value, patch, root)
                    .map_err(|error| client(error.to_string()))?;
            }
        }
        _ => model::patch::apply_json_merge(&mut value, patch),
    }
    Ok(value)
}

fn locally(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    kind: PatchKind,
    patch: &Value,
    format: Option<&Format>,
) -> Outcome {
    let mut printed = 0;
    for object in files::load_strictly(session, flags)? {
        let value = patched(object.kind, kind, object.value.clone(), patch)?;
        let done = if value == object.value { "patched (no change)" } else { "patched" };
        let subject = (object.kind, object.name.as_str());
        writing::report(session, format, DryRun::No, subject, &value, done, &mut printed)?;
    }
    Ok(Flow::Done)
}
