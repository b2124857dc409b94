//! Patch: a change of an object said as a difference.

use std::sync::Arc;

use model::managed::{self, Managed, OwnedFields};
use model::patch::{PatchError, apply_json_merge, apply_json_patch, apply_strategic, go_value};
use model::schema::{ProblemKind, Schema};
use model::status::{Cause, Details};
use model::validation::{ErrorList, Path};
use model::{Kind, Object, Reason, Status, manifest, status::Result, warnings};
use serde_json::Value;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::managed_fields::Ownership;
use crate::options::{PatchKind, WriteOptions};
use crate::scale::Scale;
use crate::server::ApiServer;
use crate::subresource::no_such_resource;

/// What a request is about: an object, or a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) kind: Kind,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) subresource: &'a str,
}

impl<'a> Target<'a> {
    pub(crate) fn attributes(&self, verb: &'a str) -> Attributes<'a> {
        let Self { kind, namespace, name, subresource } = *self;
        Attributes { verb, kind, subresource, namespace, name }
    }

    /// Refuses a subresource that the kind does not have.
    pub(crate) fn check_served(&self) -> Result<()> {
        let served = self.subresource.is_empty() || self.kind.info().has_subresource(self.subresource);
        if served { Ok(()) } else { Err(no_such_resource()) }
    }
}

impl ApiServer {
    /// Patches an object or its status. An apply creates an object that is not there.
    ///
    /// # Errors
    /// 400 for a patch that cannot be applied, 403, 404, 409, 422.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub fn patch(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        let target = Target { kind, namespace: Self::place(kind, namespace), name, subresource };
        let outcome = self.patch_checked(caller, &target, patch_kind, patch, options);
        self.noting(caller, "patch", kind, outcome)
    }

    fn patch_checked(
        &mut self,
        caller: &Caller,
        target: &Target<'_>,
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        self.authorize(caller, &target.attributes("patch"))?;
        target.check_served()?;
        let kind = target.kind;
        self.warnings = warnings::of_kind(kind);
        if let PatchKind::Apply { force } = patch_kind {
            return self.apply(caller, target, force, patch, options);
        }
        let old = self.stored(kind, target.namespace, target.name)?;
        let (patched, given) = self.patched_value(&old, patch_kind, patch)?;
        check_revision(&patched)?;
        if patch_kind == PatchKind::Strategic {
            check_shapes(kind, &patched, patch)?;
        }
        let ownership = match given {
            Some(managed) => Ownership::Given(target.subresource, managed),
            None => Ownership::Writer(target.subresource),
        };
        let shown = manifest::to_json_compact(&patched);
        let (object, _) = decode::object(kind, patched, FieldValidation::Ignore)
            .map_err(|status| unlike_its_kind(&shown, status))?;
        self.replace_by_object(caller, target, object, &old, &ownership, options)
    }

    /// Replaces an object or its status by what a patch made of it.
    pub(crate) fn replace_by_object(
        &mut self,
        caller: &Caller,
        target: &Target<'_>,
        mut object: Object,
        old: &Arc<Object>,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        check_identity(&object, old)?;
        if object.revision == 0 {
            object.revision = old.revision;
        }
        share_what_is_equal(&mut object, old);
        match target.subresource {
            "" => self.replace(caller, object, old, ownership, options),
            "status" => self.replace_status(caller, object, old, ownership, options),
            _ => Err(no_such_resource()),
        }
    }

    /// Patches a workload's scale.
    ///
    /// # Errors
    /// 400 for a patch that cannot be applied, 403, 404 (also if the kind has no scale), 409, 422.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub fn patch_scale(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> Result<Scale> {
        let target = Target { kind, namespace: Self::place(kind, namespace), name, subresource: "scale" };
        let outcome = self.patch_scale_checked(caller, &target, patch_kind, patch, options);
        self.noting(caller, "patch", kind, outcome)
    }

    fn patch_scale_checked(
        &mut self,
        caller: &Caller,
        target: &Target<'_>,
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> Result<Scale> {
        self.authorize(caller, &target.attributes("patch"))?;
        target.check_served()?;
        self.warnings = warnings::of_kind(target.kind);
        let old = self.stored(target.kind, target.namespace, target.name)?;
        let mut value = Scale::of(&old).ok_or_else(no_such_resource)?.to_value();
        match patch_kind {
            PatchKind::Json => {
                apply_json_patch(&mut value, patch).map_err(|error| json_patch_refused(&error))?;
            }
            // A scale has no lists: both merge alike.
            PatchKind::Merge | PatchKind::Strategic => apply_json_merge(&mut value, patch),
            PatchKind::Apply { force } => {
                return self.apply_scale(caller, &old, force, patch, options);
            }
        }
        check_revision(&value)?;
        let revision = value["metadata"]["resourceVersion"].as_str();
        let replicas = Scale::replicas_asked(&value)?;
        self.scale(caller, &old, replicas, revision, &Ownership::Writer("scale"), options)
    }

    /// What the object becomes by a patch; with it the managed fields, if the patch changes them.
    fn patched_value(
        &self,
        old: &Object,
        patch_kind: PatchKind,
        patch: &Value,
    ) -> Result<(Value, Option<Arc<Managed>>)> {
        let mut value = old.to_value();
        let touches = patch.to_string().contains(MANAGED_FIELDS);
        if touches {
            value["metadata"][MANAGED_FIELDS] = self.managed_fields(old).into();
        }
        check_form(patch_kind, patch)?;
        apply_patch(old.kind(), &mut value, patch_kind, patch)?;
        if patch_kind == PatchKind::Strategic {
            // A merge into a typed object cannot change its type.
            value["apiVersion"] = old.info().api_version().into();
            value["kind"] = old.info().name.into();
        }
        let given = if touches { given_managed_fields(old, &mut value) } else { None };
        Ok((value, given))
    }
}

const MANAGED_FIELDS: &str = "managedFields";

/// The managed fields that a client left in an object; `None` if they are as they were, missing or unreadable, which changes nothing.
/// A list of one empty entry takes all away.
fn given_managed_fields(old: &Object, value: &mut Value) -> Option<Arc<Managed>> {
    let given = value["metadata"].as_object_mut()?.remove(MANAGED_FIELDS)?;
    let given = given.as_array()?;
    if matches!(given.as_slice(), [Value::Object(entry)] if entry.is_empty()) {
        return Some(Arc::default());
    }
    let mut entries: Vec<OwnedFields> = given.iter().map(OwnedFields::from_value).collect::<Option<_>>()?;
    managed::sort(&mut entries);
    let unchanged = entries.is_empty() || entries == old.managed.resolved(old.kind());
    (!unchanged).then(|| Managed::known(entries))
}

/// Which operation failed and why is not said.
fn json_patch_refused(_: &PatchError) -> Status {
    Status::new(Reason::Invalid, "the server rejected our request due to an error in our request")
}

/// A patch has to be of its kind's form; `null` changes nothing.
fn check_form(patch_kind: PatchKind, patch: &Value) -> Result<()> {
    let found = match patch {
        Value::Null => return Ok(()),
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let refuse = |prefix: &str, found: &str, wanted: &str| {
        Err(Status::bad_request(format!(
            "{prefix}json: cannot unmarshal {found} into Go value of type {wanted}"
        )))
    };
    let decoding = "error decoding patch: ";
    match (patch_kind, patch) {
        (PatchKind::Json, Value::Array(operations)) => match operations.iter().find(|one| !one.is_object()) {
            Some(Value::String(_)) => refuse(decoding, "string", "handlers.jsonPatchOp"),
            Some(Value::Array(_)) => refuse(decoding, "array", "handlers.jsonPatchOp"),
            Some(Value::Bool(_)) => refuse(decoding, "bool", "handlers.jsonPatchOp"),
            Some(Value::Number(_)) => refuse(decoding, "number", "handlers.jsonPatchOp"),
            _ => Ok(()),
        },
        (PatchKind::Json, _) => refuse(decoding, found, "[]handlers.jsonPatchOp"),
        (_, Value::Object(_)) => Ok(()),
        (PatchKind::Strategic, _) => refuse("", found, "map[string]interface {}"),
        _ => refuse(decoding, found, "map[string]interface {}"),
    }
}

fn apply_patch(kind: Kind, value: &mut Value, patch_kind: PatchKind, patch: &Value) -> Result<()> {
    let info = kind.info();
    match patch_kind {
        PatchKind::Json => apply_json_patch(value, patch).map_err(|error| json_patch_refused(&error))?,
        PatchKind::Merge | PatchKind::Apply { .. } => apply_json_merge(value, patch),
        PatchKind::Strategic => {
            let schema = Schema::get();
            let root = schema.of_kind(info.group, info.version, info.name).ok_or_else(|| {
                Status::new(
                    Reason::UnsupportedMediaType,
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
                )
            })?;
            apply_strategic(value, patch, root)
                .map_err(|error| Status::new(Reason::Unknown, error.to_string()))?;
        }
    }
    Ok(())
}

/// A tree that was read anew shares nothing with what it was made from; equal parts become shared again.
fn share_what_is_equal(object: &mut Object, old: &Object) {
    if object.body.equal_status(&old.body) {
        object.body = object.body.with_status_of(&old.body);
    }
    if object.body.equal_spec(&old.body) {
        object.body = old.body.with_status_of(&object.body);
    }
    if object.metadata == old.metadata {
        object.metadata = old.metadata.clone();
    }
}

/// A strategic patch is merged into a typed object: what does not fit is the patch's own fault.
fn check_shapes(kind: Kind, patched: &Value, patch: &Value) -> Result<()> {
    let (schema, info) = (Schema::get(), kind.info());
    let Some(root) = schema.of_kind(info.group, info.version, info.name) else { return Ok(()) };
    let problems = schema.check(root, patched);
    let Some(problem) = problems.iter().find(|problem| problem.kind == ProblemKind::WrongType) else {
        return Ok(());
    };
    match conversion_failure(&problem.message) {
        Some(why) => Err(invalid_patch(&go_value(patch), &why)),
        None => Ok(()),
    }
}

/// In the words of the conversion from a tree to a typed object, what the schema says in those of JSON.
fn conversion_failure(message: &str) -> Option<String> {
    let (found, rest) = message.strip_prefix("json: cannot unmarshal ")?.split_once(" into Go ")?;
    let (_, wanted) = rest.rsplit_once(' ')?;
    let (found, number) = found.split_once(' ').unwrap_or((found, ""));
    let found = match found {
        "object" => "map",
        "array" => "slice",
        "number" if number.contains(['.', 'e', 'E']) => "float64",
        "number" => "int64",
        other => other,
    };
    let scalar = matches!(wanted, "string" | "bool" | "int32" | "int64" | "int");
    Some(match (found, wanted) {
        (found, wanted) if wanted.starts_with("[]") => format!("cannot restore slice from {found}"),
        (found, wanted) if wanted.starts_with("map[") => format!("cannot restore map from {found}"),
        (found, wanted) if !scalar && wanted.contains('.') => format!("cannot restore struct from: {found}"),
        ("int64", "string") | ("float64", "int32" | "int64") => format!("cannot convert {found} to {wanted}"),
        (_, wanted) if scalar => format!("unrecognized type: {wanted}"),
        _ => return None,
    })
}

/// What a JSON or merge patch made is read as JSON.
fn unlike_its_kind(patched: &str, status: Status) -> Status {
    match status.message.split_once(": ") {
        Some((_, why)) if status.reason == Reason::BadRequest => {
            invalid_patch(&patched.replace('\\', "\\\\").replace('"', "\\\""), why)
        }
        _ => status,
    }
}

fn invalid_patch(value: &str, why: &str) -> Status {
    let detail = format!("Invalid value: \"{value}\": {why}");
    let cause =
        Cause { reason: "FieldValueInvalid".to_owned(), message: detail.clone(), field: "patch".to_owned() };
    let details = Details { causes: vec![cause], ..Details::default() };
    let message = format!("patch: {detail}");
    Status { reason: Reason::Invalid, message, details: Some(Box::new(details)) }
}

/// A patch may name the revision that it is meant for.
fn check_revision(patched: &Value) -> Result<()> {
    match patched["metadata"]["resourceVersion"].as_str() {
        Some(text) if !text.is_empty() && text.parse::<u64>().is_err() => {
            let message = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
            Err(Status::new(Reason::Unknown, message))
        }
        _ => Ok(()),
    }
}

/// Refuses an object that is called otherwise than the request says.
pub(crate) fn check_url(target: &Target<'_>, metadata: &Value) -> Result<()> {
    let said = |what: &str| metadata[what].as_str().unwrap_or_default();
    let pairs = [("name", target.name), ("namespace", target.namespace)];
    for (what, url) in pairs {
        let is = said(what);
        if is != url && (what == "name" || !is.is_empty()) {
            return Err(Status::bad_request(format!(
                "the {what} of the object ({is}) does not match the {what} on the URL ({url})"
            )));
        }
    }
    Ok(())
}

pub(crate) fn check_identity(object: &Object, old: &Object) -> Result<()> {
    if object.name() != old.name() {
        return Err(Status::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            object.name(),
            old.name()
        )));
    }
    if object.namespace() != old.namespace() {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if !object.uid().is_empty() && object.uid() != old.uid() {
        // A replacement would fail its precondition; a patch has none.
        let mut errors = ErrorList::new();
        errors.invalid(&Path::root("metadata").child("uid"), object.uid(), "field is immutable");
        return errors.to_status(object.kind(), object.name()).map_or(Ok(()), |status| Err(*status));
    }
    Ok(())
}
