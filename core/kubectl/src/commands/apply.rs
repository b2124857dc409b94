//! `kubectl apply`. Models kubectl/pkg/cmd/apply.

use apiserver::decode::{self, FieldValidation};
use apiserver::{DeleteOptions, PatchKind};
use model::schema::Schema;
use model::{Object, Status, manifest, patch};
use serde_json::Value;

use crate::failure::{Failure, Result, client, together};
use crate::files::{self, FileObject};
use crate::flags::Flags;
use crate::printers::{Format, go_value, list_of};
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::writing::{self, LAST_APPLIED};

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

/// What is the same for all objects of one run.
struct Run<'a> {
    flags: &'a Flags,
    dry_run: DryRun,
    format: Option<Format>,
    change_cause: Option<String>,
    shown: Vec<Value>,
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["prune", "prune-allowlist", "applyset", "subresource", "wait"])?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    if flags.on("server-side") && !flags.given("field-manager") {
        session.client.caller = session.client.caller.with_manager("kubectl");
    }
    let (objects, mut failures) = files::load(session, flags)?;
    let objects = super::create::matching(objects, flags)?;
    if objects.is_empty() && failures.is_empty() {
        return Err(client("no objects passed to apply"));
    }
    let change_cause = super::change_cause(session, flags);
    let mut run = Run { flags, dry_run, format, change_cause, shown: Vec::new() };
    for object in objects {
        if let Err(failure) = run.apply(session, object) {
            failures.push(failure);
        }
    }
    if let Some(format) = &run.format
        && *format != Format::Name
    {
        let text = match run.shown.as_slice() {
            [] => String::new(),
            [only] => format.print(only, 0)?,
            _ => format.print(&list_of(&run.shown), 0)?,
        };
        session.io.out(&text);
    }
    together(failures)?;
    Ok(Flow::Done)
}

impl Run<'_> {
    fn apply(&mut self, session: &mut Session<'_, '_>, mut object: FileObject) -> Result<()> {
        if object.name.is_empty() {
            return Err(client(match object.value["metadata"]["generateName"].as_str() {
                Some(prefix) => format!("from {prefix}: cannot use generate name with apply"),
                None => retrieving(&object, resources::NAME_EMPTY),
            }));
        }
        if let Some(cause) = &self.change_cause {
            writing::set_annotation(&mut object.value, super::CHANGE_CAUSE, cause);
        }
        if self.flags.on("server-side") {
            return self.apply_on_server(session, &object);
        }
        let modified = writing::with_last_applied(object.value.clone());
        match session.api.get(&session.client.caller, object.kind, &object.namespace, &object.name) {
            Ok(live) => self.change(session, &object, &modified, &live),
            Err(status) if status.is_not_found() => self.create(session, &object, modified),
            Err(status) => Err(while_retrieving(status, &object)),
        }
    }

    fn say(
        &mut self,
        session: &mut Session<'_, '_>,
        object: &FileObject,
        value: Value,
        done: &str,
    ) -> Result<()> {
        match &self.format {
            None | Some(Format::Name) => {
                let subject = (object.kind, object.name.as_str());
                writing::report(session, self.format.as_ref(), self.dry_run, subject, &value, done, &mut 0)
            }
            Some(_) => {
                self.shown.push(value);
                Ok(())
            }
        }
    }

    fn create(&mut self, session: &mut Session<'_, '_>, object: &FileObject, modified: Value) -> Result<()> {
        let value = if self.dry_run == DryRun::Client {
            modified
        } else {
            let validation = writing::validation(self.flags)?;
            let options = self.dry_run.write_options();
            let created = writing::create(session, object.kind, modified, validation, &options)
                .map_err(|status| writing::refused(status, "creating", &object.source))?;
            super::get::value_of(session, self.flags, &created)
        };
        self.say(session, object, value, "created")
    }

    fn change(
        &mut self,
        session: &mut Session<'_, '_>,
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
        if self.dry_run == DryRun::Client {
            return self.say(session, object, live.to_value(), "configured");
        }
        let original = kept.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let current = live.to_value();
        let info = object.kind.info();
        let original = original.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let (patch_kind, patch) = match Schema::get().of_kind(info.group, info.version, info.name) {
            Some(root) => {
                (PatchKind::Strategic, patch::three_way_strategic_patch(&original, modified, &current, root))
            }
            None => (PatchKind::Merge, patch::three_way_json_merge_patch(&original, modified, &current)),
        };
        let unchanged = patch.as_object().is_some_and(serde_json::Map::is_empty);
        if unchanged {
            return self.say(session, object, current, "unchanged");
        }
        check_fields(session, self.flags, object, modified, &patch)?;
        let options = self.dry_run.write_options();
        let path = (object.namespace.as_str(), object.name.as_str(), "");
        let patched = session.patch(object.kind, path, patch_kind, &patch, &options);
        let patched = match patched {
            Ok(patched) => patched,
            Err(status) if self.flags.on("force") && (status.is_invalid() || status.is_conflict()) => {
                self.recreate(session, object, modified)?
            }
            Err(status) => return Err(while_patching(status, object, &patch)),
        };
        let value = super::get::value_of(session, self.flags, &patched);
        self.say(session, object, value, "configured")
    }

    /// `--force`: what cannot be changed is made anew.
    fn recreate(
        &self,
        session: &mut Session<'_, '_>,
        object: &FileObject,
        modified: &Value,
    ) -> Result<std::sync::Arc<Object>> {
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        session.delete(object.kind, (&object.namespace, &object.name), &options)?;
        let validation = writing::validation(self.flags)?;
        let write = self.dry_run.write_options();
        Ok(writing::create(session, object.kind, modified.clone(), validation, &write)?)
    }

    fn apply_on_server(&mut self, session: &mut Session<'_, '_>, object: &FileObject) -> Result<()> {
        let kind = PatchKind::Apply { force: self.flags.on("force-conflicts") };
        let options = self.dry_run.write_options();
        let path = (object.namespace.as_str(), object.name.as_str(), "");
        let applied = session
            .patch(object.kind, path, kind, &object.value, &options)
            .map_err(conflict_with_managers)?;
        let value = super::get::value_of(session, self.flags, &applied);
        self.say(session, object, value, "serverside-applied")
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
            None => Err(while_patching(status, object, patch)),
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
