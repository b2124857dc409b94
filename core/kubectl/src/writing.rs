//! Sending objects to the server and saying what became of them: what create, apply, replace and the generators share.

use std::sync::Arc;

use apiserver::WriteOptions;
use apiserver::decode::{self, FieldValidation};
use model::{Kind, Object, manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::printers::Format;
use crate::session::{DryRun, Session};

/// The annotation in which apply keeps what it applied last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What the server says whenever Endpoints are read.
pub const ENDPOINTS_WARNING: &str =
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// `--validate`.
///
/// # Errors
/// If it says something else.
pub fn validation(flags: &Flags) -> Result<FieldValidation> {
    match if flags.knows("validate") { flags.text("validate") } else { "strict" } {
        "strict" | "true" => Ok(FieldValidation::Strict),
        "warn" => Ok(FieldValidation::Warn),
        "ignore" | "false" => Ok(FieldValidation::Ignore),
        other => Err(client(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}

/// The object that a tree says; what it says amiss is shown.
fn decoded(
    session: &mut Session<'_, '_>,
    kind: Kind,
    value: Value,
    validation: FieldValidation,
) -> std::result::Result<Object, model::Status> {
    let (object, warnings) = decode::object(kind, value, validation)?;
    for warning in warnings {
        session.warn(&warning);
    }
    Ok(object)
}

/// Creates an object from a tree; warnings of the server are shown.
///
/// # Errors
/// What the server says.
pub fn create(
    session: &mut Session<'_, '_>,
    kind: Kind,
    value: Value,
    validation: FieldValidation,
    options: &WriteOptions,
) -> std::result::Result<Arc<Object>, model::Status> {
    let object = decoded(session, kind, value, validation)?;
    let created = session.api.create_with(&session.client.caller, object, options);
    session.show_warnings();
    created
}

/// Replaces an object by a tree.
///
/// # Errors
/// What the server says.
pub fn update(
    session: &mut Session<'_, '_>,
    kind: Kind,
    value: Value,
    validation: FieldValidation,
    options: &WriteOptions,
) -> std::result::Result<Arc<Object>, model::Status> {
    let object = decoded(session, kind, value, validation)?;
    let updated = session.api.update_with(&session.client.caller, object, options);
    session.show_warnings();
    updated
}

/// Says what becomes of the objects of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reporter {
    /// The form asked for.
    pub format: Option<Format>,
    /// How much of it is only tried.
    pub dry_run: DryRun,
    printed: usize,
}

impl Reporter {
    /// As the flags want it.
    ///
    /// # Errors
    /// If they ask for what there is not.
    pub fn of(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Self> {
        let dry_run = DryRun::of(flags)?;
        Ok(Self::new(Format::of(session, flags, false)?, dry_run))
    }

    /// In this form.
    #[must_use]
    pub fn new(format: Option<Format>, dry_run: DryRun) -> Self {
        Self { format, dry_run, printed: 0 }
    }

    /// Says what became of an object: `pod/web created (dry run)`, or prints it.
    ///
    /// # Errors
    /// If a template cannot be used.
    pub fn say(
        &mut self,
        session: &mut Session<'_, '_>,
        (kind, name): (Kind, &str),
        value: &Value,
        done: &str,
    ) -> Result<()> {
        self.say_named(session, &crate::resources::kind_and_name(kind, name), value, done)
    }

    /// As [`Reporter::say`], of an object by the name that it is called by: `scale.autoscaling/web`.
    ///
    /// # Errors
    /// If a template cannot be used.
    pub fn say_named(
        &mut self,
        session: &mut Session<'_, '_>,
        name: &str,
        value: &Value,
        done: &str,
    ) -> Result<()> {
        let text = match &self.format {
            None => format!("{name} {done}{}\n", self.dry_run.suffix()),
            Some(Format::Name) => format!("{name}\n"),
            Some(format) => {
                self.printed += 1;
                format.print(value, self.printed - 1)?
            }
        };
        session.io.out(&text);
        Ok(())
    }
}

/// The text that apply keeps of an object: without the annotation itself, compact, with a newline.
#[must_use]
pub fn last_applied_text(value: &Value) -> String {
    let mut kept = value.clone();
    if let Some(metadata) = kept.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations =
            metadata.entry("annotations").or_insert_with(|| Value::Object(serde_json::Map::new()));
        if annotations.is_null() {
            *annotations = Value::Object(serde_json::Map::new());
        }
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.remove(LAST_APPLIED);
        }
    }
    format!("{}\n", manifest::to_json_compact(&kept))
}

/// The tree with the annotation.
#[must_use]
pub fn with_last_applied(mut value: Value) -> Value {
    let text = last_applied_text(&value);
    set_annotation(&mut value, LAST_APPLIED, &text);
    value
}

/// A generated object is typed: where it has no annotations, what is kept of it does not say so.
pub fn drop_empty_annotations(value: &mut Value) {
    let kept = &mut value["metadata"]["annotations"][LAST_APPLIED];
    if let Some(text) = kept.as_str() {
        *kept = text.replace("\"annotations\":{},", "").into();
    }
}

/// Sets one annotation of a tree.
pub fn set_annotation(value: &mut Value, name: &str, text: &str) {
    if !value["metadata"]["annotations"].is_object() {
        value["metadata"]["annotations"] = Value::Object(serde_json::Map::new());
    }
    value["metadata"]["annotations"][name] = text.into();
}

/// A failure about the object of a file, with what was being done.
#[must_use]
pub fn refused(status: model::Status, what: &str, source: &str) -> Failure {
    crate::failure::while_doing(status, what, source)
}
