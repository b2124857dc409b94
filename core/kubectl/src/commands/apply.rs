//! `kubectl apply`. Models kubectl/pkg/cmd/apply.

use apiserver::decode::{self, FieldValidation};
use apiserver::{DeleteOptions, PatchKind};
use model::schema::Schema;
use model::{Object, Status, manifest, patch};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Failure, Result, client, together};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::printers::{Format, go_value, list_of};
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::{self, LAST_APPLIED, Reporter};

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !flags.args.is_empty() {
        return Err(crate::failure::usage("apply", format!("Unexpected args: [{}]", flags.args.join(" "))));
    }
    if !resources::names_files(flags) {
        return Err(client("must specify one of -f and -k"));
    }
    if flags.on("force-conflicts") && !flags.on("server-side") {
        return Err(client("--force-conflicts only works with --server-side"));
    }
    if flags.text("dry-run") == "client" && flags.on("server-side") {
        return Err(client(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ));
    }
    if flags.on("force") && flags.on("server-side") {
        return Err(client("--force cannot be used with --server-side"));
    }
    Ok(())
}

/// The manager of server-side apply if none is named.
const SERVER_SIDE_MANAGER: &str = "kubectl";
/// Who owns the annotation of client-side apply once server-side apply has taken over.
const LAST_APPLIED_MANAGER: &str = "kubectl-last-applied";

/// Applying one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Applying {
    reporter: Reporter,
    change_cause: Option<String>,
    /// What is printed at the end, in one list.
    #[serde(with = "model::tree")]
    shown: Vec<Value>,
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.on("prune") && !flags.on("all") && flags.text("selector").is_empty() && !flags.given("applyset")
    {
        return Err(client(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
        ));
    }
    refuse(flags, &["prune", "prune-allowlist", "applyset", "subresource", "wait"])?;
    writing::validation(flags)?;
    let reporter = Reporter::of(session, flags)?;
    if flags.on("server-side") && !flags.given("field-manager") {
        session.client.caller = session.client.caller.with_manager(SERVER_SIDE_MANAGER);
    }
    let (objects, failures) = files::load(session, flags)?;
    let objects = super::create::matching(objects, flags)?;
    if objects.is_empty() && failures.is_empty() {
        return Err(client("no objects passed to apply"));
    }
    let change_cause = super::change_cause(session, flags);
    let applying = Applying { reporter, change_cause, shown: Vec::new() };
    visits::each(session, flags, applying, objects, failures)
}

impl Visitor for Applying {
    type Subject = FileObject;
    const TASK: fn(Visit<Self>) -> Task = Task::Apply;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, mut object: FileObject) -> Result<()> {
        if object.name.is_empty() {
            return Err(client(match object.value["metadata"]["generateName"].as_str() {
                Some(prefix) => format!("from {prefix}: cannot use generate name with apply"),
                None => retrieving(&object, resources::NAME_EMPTY),
            }));
        }
        if let Some(cause) = &self.change_cause {
            writing::set_annotation(&mut object.value, super::CHANGE_CAUSE, cause);
        }
        if flags.on("server-side") {
            return self.apply_on_server(session, flags, &object);
        }
        let modified = writing::with_last_applied(object.value.clone());
        if object.kind == model::Kind::Endpoints {
            session.warn_once(writing::ENDPOINTS_WARNING);
        }
        match session.api.get(&session.client.caller, object.kind, &object.namespace, &object.name) {
            Ok(live) => self.change(session, flags, &object, &modified, &live),
            Err(status) if status.is_not_found() => self.create(session, flags, &object, modified),
            Err(status) => Err(while_retrieving(status, &object)),
        }
    }

    fn end(self, session: &mut Session<'_, '_>, _flags: &Flags, failures: Vec<Failure>) -> Outcome {
        if let Some(format) = &self.reporter.format
            && *format != Format::Name
        {
            let text = match self.shown.as_slice() {
                [] => String::new(),
                [only] => format.print(only, 0)?,
                _ => format.print(&list_of(&self.shown), 0)?,
            };
            session.io.out(&text);
        }
        together(failures)?;
        Ok(Flow::Done)
    }
}

impl Applying {
    fn say(
        &mut self,
        session: &mut Session<'_, '_>,
        object: &FileObject,
        value: Value,
        done: &str,
    ) -> Result<()> {
        match &self.reporter.format {
            None | Some(Format::Name) => {
                self.reporter.say(session, (object.kind, object.name.as_str()), &value, done)
            }
            Some(_) => {
                self.shown.push(value);
                Ok(())
            }
        }
    }

    fn create(
        &mut self,
        session: &mut Session<'_, '_>,
        flags: &Flags,
        object: &FileObject,
        modified: Value,
    ) -> Result<()> {
        let value = if self.reporter.dry_run == DryRun::Client {
            modified
        } else {
            let validation = writing::validation(flags)?;
            let options = self.reporter.dry_run.write_options();
            let created =
                writing::create(session, object.kind, without_nulls(&modified), validation, &options)
                    .map_err(|status| writing::refused(status, "creating", &object.source))?;
            super::get::value_of(session, flags, &created)
        };
        self.say(session, object, value, "created")
    }

    fn change(
        &mut self,
        session: &mut Session<'_, '_>,
        flags: &Flags,
        object: &FileObject,
        modified: &Value,
        live: &Object,
    ) -> Result<()> {
        let kept = live.annotations().get(LAST_APPLIED);
        if kept.is_none() {
            session.warn(&format!(
                "resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.",
                object.kind.info().plural,
                object.name
            ));
        }
        if self.reporter.dry_run == DryRun::Client {
            return self.say(session, object, live.to_value(), "configured");
        }
        let (patch_kind, patch) = patch_to(modified, live);
        let unchanged = patch.as_object().is_some_and(serde_json::Map::is_empty);
        if unchanged {
            return self.say(session, object, live.to_value(), "unchanged");
        }
        check_fields(session, flags, object, modified, &patch)?;
        let options = self.reporter.dry_run.write_options();
        let path = (object.namespace.as_str(), object.name.as_str(), "");
        let patched = session.patch(object.kind, path, patch_kind, &patch, &options);
        let patched = match patched {
            Ok(patched) => patched,
            Err(status) if flags.on("force") && (status.is_invalid() || status.is_conflict()) => {
                self.recreate(session, flags, object, modified)?
            }
            Err(status) => return Err(while_patching(status, object, &patch)),
        };
        let value = super::get::value_of(session, flags, &patched);
        self.say(session, object, value, "configured")
    }

    /// `--force`: what cannot be changed is made anew.
    fn recreate(
        &self,
        session: &mut Session<'_, '_>,
        flags: &Flags,
        object: &FileObject,
        modified: &Value,
    ) -> Result<std::sync::Arc<Object>> {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        session.delete(object.kind, (&object.namespace, &object.name), &options)?;
        let validation = writing::validation(flags)?;
        let write = self.reporter.dry_run.write_options();
        Ok(writing::create(session, object.kind, modified.clone(), validation, &write)?)
    }

    fn apply_on_server(
        &mut self,
        session: &mut Session<'_, '_>,
        flags: &Flags,
        object: &FileObject,
    ) -> Result<()> {
        let kind = PatchKind::Apply { force: flags.on("force-conflicts") };
        let options = self.reporter.dry_run.write_options();
        let path = (object.namespace.as_str(), object.name.as_str(), "");
        let mut applied = session
            .patch(object.kind, path, kind, &object.value, &options)
            .map_err(conflict_with_managers)?;
        if self.reporter.dry_run == DryRun::No && *session.client.caller.manager == *SERVER_SIDE_MANAGER {
            match migrate(session, &applied) {
                Ok(true) => applied = session.patch(object.kind, path, kind, &object.value, &options)?,
                Ok(false) => {}
                Err(status) => session.warn(&format!(
                    "the fields that client-side apply manages stay with it: {}",
                    status.message
                )),
            }
        }
        let value = super::get::value_of(session, flags, &applied);
        self.say(session, object, value, "serverside-applied")
    }
}

/// Hands over what client-side apply managed to server-side apply, with the annotation that it left; true if anything had to be.
fn migrate(session: &mut Session<'_, '_>, applied: &Object) -> model::status::Result<bool> {
    let (kind, path) = (applied.kind(), (applied.namespace(), applied.name(), ""));
    let options = apiserver::WriteOptions::default();
    let shown = |session: &Session<'_, '_>, object: &Object| {
        let mut value = object.to_value();
        value["metadata"]["managedFields"] = Value::Array(session.api.managed_fields(object));
        value
    };
    let mut newest = shown(session, applied);
    if let Some(kept) = model::managed::annotation_to_keep(&newest) {
        let own = session.client.caller.clone();
        session.client.caller = own.with_manager(LAST_APPLIED_MANAGER);
        let patched = session.patch(kind, path, PatchKind::Apply { force: false }, &kept, &options);
        session.client.caller = own;
        newest = shown(session, &*patched?);
    }
    let Some(patch) = model::managed::migrated(&newest, SERVER_SIDE_MANAGER) else { return Ok(false) };
    session.patch(kind, path, PatchKind::Json, &patch, &options)?;
    Ok(true)
}

/// What makes of a live object what a file says, given what was applied last.
pub fn patch_to(modified: &Value, live: &Object) -> (PatchKind, Value) {
    let kept = live.annotations().get(LAST_APPLIED);
    let original = kept.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let original =
        original.map_or_else(|| Value::Object(serde_json::Map::new()), |kept| without_nulls(&kept));
    let (current, info) = (live.to_value(), live.kind().info());
    match Schema::get().of_kind(info.group, info.version, info.name) {
        Some(root) => {
            (PatchKind::Strategic, patch::three_way_strategic_patch(&original, modified, &current, root))
        }
        None => (PatchKind::Merge, patch::three_way_json_merge_patch(&original, modified, &current)),
    }
}

/// Warns of unknown fields of a file, as the server does where nobody says how strict it is to be.
pub fn warn_of_fields(session: &mut Session<'_, '_>, object: &FileObject) {
    let read = decode::object(object.kind, without_nulls(&object.value), FieldValidation::Warn);
    for warning in read.map(|(_, warnings)| warnings).unwrap_or_default() {
        session.warn(&warning);
    }
}

fn conflict_with_managers(status: Status) -> Failure {
    if status.is_conflict() {
        return Failure::Client(format!("{}{SERVER_SIDE_ADVICE}", status.message));
    }
    status.into()
}

const SERVER_SIDE_ADVICE: &str = "
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// Unknown fields of the file, as the server refuses them in a patch.
fn check_fields(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    object: &FileObject,
    modified: &Value,
    patch: &Value,
) -> Result<()> {
    let validation = writing::validation(flags)?;
    if validation == FieldValidation::Ignore {
        return Ok(());
    }
    match decode::object(object.kind, without_nulls(modified), validation) {
        Ok((_, warnings)) => {
            for warning in warnings {
                session.warn(&warning);
            }
            Ok(())
        }
        Err(status) => match status.message.split_once("strict decoding error: ") {
            Some((_, fields)) => Err(Failure::Plain(format!(
                "The request is invalid: patch: Invalid value: \"{}\": strict decoding error: {fields}",
                go_value::to_text(patch).replace('"', "\\\"").replace('\n', "\\n")
            ))),
            // What is no field at all, but wrong, the server says of the patch.
            None => Ok(()),
        },
    }
}

/// Go reads null as nothing.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

fn describe_object(object: &FileObject) -> String {
    let info = object.kind.info();
    let version = if info.group.is_empty() { format!("/{}", info.version) } else { info.api_version() };
    format!(
        "Resource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"",
        info.plural, info.name, object.name, object.namespace
    )
}

fn while_patching(mut status: Status, object: &FileObject, patch: &Value) -> Failure {
    if !status.is_invalid() {
        status.message = format!(
            "error when applying patch:\n{}\nto:\n{}\nfor: \"{}\": error when patching \"{}\": {}",
            manifest::to_json_compact(patch),
            describe_object(object),
            object.source,
            object.source,
            status.message
        );
    }
    Failure::Server(status)
}

fn while_retrieving(mut status: Status, object: &FileObject) -> Failure {
    status.message = retrieving(object, &status.message);
    Failure::Server(status)
}

fn retrieving(object: &FileObject, why: &str) -> String {
    format!(
        "error when retrieving current configuration of:\n{}\nfrom server for: \"{}\": {why}",
        describe_object(object),
        object.source,
    )
}
