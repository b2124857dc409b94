//! `kubectl patch`.

use apiserver::decode::{self, FieldValidation};
use apiserver::{Part, PatchKind};
use model::{Object, Status, manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Result, client};
use crate::files;
use crate::flags::Flags;
use crate::printers::{Format, name_of};
use crate::resources::{self, Info};
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::Reporter;

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
        return locally(session, flags, kind, &patch, format);
    }
    let found = resources::find(session, flags, &flags.args, true)?;
    // That the server was not asked is not said here.
    let said = if dry_run == DryRun::Client { DryRun::No } else { dry_run };
    let patching = Patching { kind, patch, dry_run, reporter: Reporter::new(format, said) };
    visits::each(session, flags, patching, found.infos, found.failures)
}

/// Patching one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Patching {
    kind: PatchKind,
    #[serde(with = "model::tree")]
    patch: Value,
    dry_run: DryRun,
    reporter: Reporter,
}

impl Visitor for Patching {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Patch;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let object = info.object;
        let (before, value) = patch_one(session, flags, &object, (self.kind, &self.patch), self.dry_run)?;
        if self.dry_run == DryRun::No {
            super::record(session, flags, object.kind(), (object.namespace(), object.name()))?;
        }
        // A scale is never what the object was.
        let same = value == before && flags.text("subresource") != "scale";
        let done = if same { "patched (no change)" } else { "patched" };
        self.reporter.say_named(session, &name_of(&value), &value, done)
    }
}

/// The object, or the part of it that a subresource shows, before and after.
fn patch_one(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    object: &Object,
    (kind, patch): (PatchKind, &Value),
    dry_run: DryRun,
) -> Result<(Value, Value)> {
    let path = (object.namespace(), object.name(), flags.text("subresource"));
    let caller = session.client.caller.clone();
    let before = session.api.get_part(&caller, object.kind(), path.0, path.1, path.2)?.to_value();
    if dry_run == DryRun::Client {
        let after = patched(object.kind(), kind, before.clone(), patch)?;
        return Ok((before, after));
    }
    if path.2.is_empty() {
        warn_of_unknown_fields(session, object.kind(), kind, before.clone(), patch);
    }
    let after = session.patch_part(object.kind(), path, kind, patch, &dry_run.write_options())?;
    let after = match &after {
        Part::Object(object) => super::get::value_of(session, flags, object),
        Part::Scale(scale) => scale.to_value(),
    };
    Ok((before, after))
}

/// The server drops what it does not know, and says so.
fn warn_of_unknown_fields(
    session: &mut Session<'_, '_>,
    kind: model::Kind,
    patch_kind: PatchKind,
    before: Value,
    patch: &Value,
) {
    let Ok(value) = patched(kind, patch_kind, before, patch) else { return };
    if let Ok((_, warnings)) = decode::object(kind, value, FieldValidation::Warn) {
        for warning in warnings {
            session.warn(&warning);
        }
    }
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
        path if files::open_file(path).is_some() => session.stdin.clone(),
        path => {
            let bytes = session.io.read_file(path).map_err(|_| {
                client(format!("unable to read patch file: open {path}: no such file or directory"))
            })?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    if text.trim_start().starts_with('{') {
        return from_json(&text, flags.text("type") == "strategic");
    }
    manifest::read_value(&text).map_err(|error| {
        let why = error.message.trim_start_matches("error converting YAML to JSON: ").to_owned();
        client(format!("unable to parse {text:?}: {why}"))
    })
}

/// What looks like JSON is sent as it is: the server finds what is wrong with it.
fn from_json(text: &str, strategic: bool) -> Result<Value> {
    manifest::read_json(text).map_err(|error| {
        let why = error.message.rsplit(": ").next().unwrap_or_default();
        let why = if why.contains("EOF") { "unexpected end of JSON input" } else { why };
        let doing = if strategic { "" } else { "error decoding patch: " };
        Status::bad_request(format!("{doing}{why}")).into()
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
    format: Option<Format>,
) -> Outcome {
    let mut reporter = Reporter::new(format, DryRun::No);
    for object in files::load_strictly(session, flags)? {
        let value = patched(object.kind, kind, object.value.clone(), patch)?;
        let done = if value == object.value { "patched (no change)" } else { "patched" };
        let subject = (object.kind, object.name.as_str());
        reporter.say(session, subject, &value, done)?;
    }
    Ok(Flow::Done)
}
