//! `kubectl diff`: what apply would change, told by the `diff` of this computer. Models kubectl/pkg/cmd/diff.

use std::sync::Arc;

use apiserver::PatchKind;
use apiserver::decode::FieldValidation;
use model::{Kind, Object, manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::kernel::Pid;
use shell::{Signal, Spawn, Wait};

use crate::failure::{Failure, Result, client};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::writing;

/// The status of a failure: 1 says that there are differences.
const TROUBLE: i32 = 2;
/// What is shown of a Secret's values.
const MASK: &str = "***";
/// What may end the command before its time.
const SIGNALS: [Signal; 4] = [Signal::Hup, Signal::Int, Signal::Quit, Signal::Term];

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    begin(session, flags).map_err(troubled)
}

/// Every failure ends with a status that does not say "different".
fn troubled(failure: Failure) -> Failure {
    Failure::WithStatus(TROUBLE, Box::new(failure))
}

fn begin(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["prune", "prune-allowlist"])?;
    if !flags.args.is_empty() {
        return Err(crate::failure::usage("diff", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !resources::names_files(flags) {
        return Err(client("must specify one of -f and -k"));
    }
    if flags.on("force-conflicts") && !flags.on("server-side") {
        return Err(client("--force-conflicts only works with --server-side"));
    }
    if flags.on("server-side") && !flags.given("field-manager") {
        session.client.caller = session.client.caller.with_manager("kubectl");
    }
    let objects = super::create::matching(files::load_strictly(session, flags)?, flags)?;
    let folders = folders(session)?;
    let compared = compare(session, flags, &objects, &folders);
    if compared.is_err() {
        clean(session, &folders);
    }
    let child = compared?;
    // The folders have to go, whatever ends the command.
    session.io.handle_signals(&SIGNALS);
    Comparing { folders, child }.step(session)
}

/// Makes the folders of both states: either both or none.
fn folders(session: &mut Session<'_, '_>) -> Result<[String; 2]> {
    let live = folder(session, "LIVE")?;
    let merged = folder(session, "MERGED");
    if merged.is_err() {
        clean(session, std::slice::from_ref(&live));
    }
    Ok([live, merged?])
}

/// Writes both states of every object and starts the program that compares.
fn compare(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    objects: &[FileObject],
    folders: &[String; 2],
) -> Result<Pid> {
    for object in objects {
        write(session, flags, object, folders)?;
    }
    let argv = command(session.io.env("KUBECTL_EXTERNAL_DIFF").unwrap_or_default(), folders);
    session
        .io
        .spawn(Spawn { argv: argv.clone(), ..Spawn::default() })
        .map_err(|_| client(format!("failed to run {:?}: executable file not found in $PATH", argv[0])))
}

/// The words of the program that compares. Of another one's own options those are passed on that cannot mean anything to a shell.
fn command(external: &str, [live, merged]: &[String; 2]) -> Vec<String> {
    let mut words = external.split_whitespace().map(str::to_owned);
    let Some(program) = words.next() else {
        return ["diff", "-u", "-N", live, merged].map(str::to_owned).to_vec();
    };
    let harmless = |word: &String| {
        word.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '='))
    };
    [program, live.clone(), merged.clone()].into_iter().chain(words.filter(harmless)).collect()
}

fn folder(session: &mut Session<'_, '_>, name: &str) -> Result<String> {
    let path = format!("/tmp/{name}-{}", session.io.random() % 4_294_967_296);
    session.io.make_folder(&path, 0o700).map_err(|error| client(format!("mkdir {path}: {error}")))?;
    Ok(path)
}

/// Writes both states of an object.
fn write(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    object: &FileObject,
    folders: &[String; 2],
) -> Result<()> {
    if object.name.is_empty() {
        return Err(client(resources::NAME_EMPTY));
    }
    let caller = session.client.caller.clone();
    let live = match session.api.get(&caller, object.kind, &object.namespace, &object.name) {
        Ok(live) => Some(live),
        Err(status) if status.is_not_found() => None,
        Err(status) => return Err(status.into()),
    };
    let merged = merged(session, flags, object, live.as_deref())?;
    let mut before = live.map_or(Value::Null, |live| shown(session, flags, &live));
    let mut after = shown(session, flags, &merged);
    let is_secret = object.kind == Kind::Secret;
    if is_secret {
        mask(&mut before, &mut after);
    }
    let name = file_name(object);
    for (folder, value) in folders.iter().zip([before, after]) {
        let text = if value.is_null() && !is_secret { String::new() } else { manifest::to_yaml(&value) };
        let path = format!("{folder}/{name}");
        session
            .io
            .write_file(&path, text.as_bytes())
            .map_err(|error| client(format!("open {path}: {error}")))?;
    }
    Ok(())
}

/// `apps.v1.Deployment.default.web`.
fn file_name(object: &FileObject) -> String {
    let info = object.kind.info();
    let group = if info.group.is_empty() { String::new() } else { format!("{}.", info.group) };
    format!("{group}{}.{}.{}.{}", info.version, info.name, object.namespace, object.name)
}

fn shown(session: &Session<'_, '_>, flags: &Flags, object: &Object) -> Value {
    let mut value = object.to_value();
    if flags.on("show-managed-fields") {
        value["metadata"]["managedFields"] = Value::Array(session.api.managed_fields(object));
    }
    value
}

/// What the object would be.
fn merged(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    object: &FileObject,
    live: Option<&Object>,
) -> Result<Arc<Object>> {
    let options = DryRun::Server.write_options();
    let path = (object.namespace.as_str(), object.name.as_str(), "");
    if flags.on("server-side") {
        let kind = PatchKind::Apply { force: flags.on("force-conflicts") };
        return Ok(session.patch(object.kind, path, kind, &object.value, &options)?);
    }
    let Some(live) = live else {
        let value = object.value.clone();
        return Ok(writing::create(session, object.kind, value, FieldValidation::Warn, &options)?);
    };
    // Apply notes what it applied; here the note stays as it is.
    let noted = writing::last_applied_text(&object.value);
    let modified = serde_json::from_str(&noted).unwrap_or_else(|_| object.value.clone());
    let (kind, patch) = super::apply::patch_to(&modified, live);
    super::apply::warn_of_fields(session, object);
    Ok(session.patch(object.kind, path, kind, &patch, &options)?)
}

/// Hides the values of a Secret; those that differ are still told apart.
fn mask(before: &mut Value, after: &mut Value) {
    let keys = |value: &Value| -> Vec<String> {
        value["data"].as_object().map(|data| data.keys().cloned().collect()).unwrap_or_default()
    };
    for key in keys(before).into_iter().chain(keys(after)) {
        let (old, new) = (before["data"].get(&key).cloned(), after["data"].get(&key).cloned());
        let differ = old.is_some() && new.is_some() && old != new;
        let (masked_old, masked_new) = if differ {
            (format!("{MASK} (before)"), format!("{MASK} (after)"))
        } else {
            (MASK.into(), MASK.into())
        };
        if old.as_ref().and_then(Value::as_str).is_some_and(|text| !text.starts_with(MASK)) {
            before["data"][&key] = masked_old.into();
        }
        if new.as_ref().and_then(Value::as_str).is_some_and(|text| !text.starts_with(MASK)) {
            after["data"][&key] = masked_new.into();
        }
    }
}

fn clean(session: &mut Session<'_, '_>, folders: &[String]) {
    for folder in folders {
        for name in session.io.read_folder(folder).unwrap_or_default() {
            let _ = session.io.unlink(&format!("{folder}/{name}"));
        }
        let _ = session.io.remove_folder(folder);
    }
}

/// The comparing program runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparing {
    folders: [String; 2],
    child: Pid,
}

impl Comparing {
    /// Looks whether it is done.
    pub fn step(self, session: &mut Session<'_, '_>) -> Outcome {
        if let Some(signal) = session.io.take_signal() {
            return Ok(self.end_by(session, signal));
        }
        let Some(status) = session.io.child_status(self.child) else {
            return Ok(Flow::Block(Box::new(Task::Diff(self)), Wait::child()));
        };
        clean(session, &self.folders);
        match status {
            0 | 1 => Ok(Flow::Exit(status)),
            other => Err(troubled(client(format!("exit status {other}")))),
        }
    }

    /// Cleans up and lets the signal do what it does by default.
    fn end_by(self, session: &mut Session<'_, '_>, signal: Signal) -> Flow {
        clean(session, &self.folders);
        session.io.default_signals(&SIGNALS);
        let own = session.io.pid();
        session.io.kill(own, signal);
        Flow::Block(Box::new(Task::Diff(self)), Wait::child())
    }
}
