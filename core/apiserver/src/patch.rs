//! Patch: a change of an object said as a difference.

use std::sync::Arc;

use model::patch::{PatchError, apply_json_merge, apply_json_patch, apply_strategic, go_value};
use model::schema::{ProblemKind, Schema};
use model::status::{Cause, Details};
use model::validation::{ErrorList, Path};
use model::{Kind, Object, Reason, Status, status::Result};
use serde_json::Value;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::options::{PatchKind, WriteOptions};
use crate::server::ApiServer;
use crate::subresource::Scale;

impl ApiServer {
    /// Patches an object, its status or its scale.
    ///
    /// # Errors
    /// 400 for a patch that cannot be applied, 403, 404, 409, 415 for server-side apply (not served yet), 422.
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
        let namespace = Self::place(kind, namespace);
        let attributes = Attributes { verb: "patch", kind, subresource, namespace, name };
        let outcome = self.patched(caller, &attributes, patch_kind, patch);
        let object = self.noting(caller, "patch", kind, outcome)?;
        match subresource {
            "" => self.update_with(caller, object, options),
            "status" => self.update_status_with(caller, object, options),
            _ => Err(Status::new(Reason::NotFound, "the server could not find the requested resource")),
        }
    }

    /// What an object becomes by a patch.
    fn patched(
        &self,
        caller: &Caller,
        attributes: &Attributes<'_>,
        patch_kind: PatchKind,
        patch: &Value,
    ) -> Result<Object> {
        self.authorize(caller, attributes)?;
        let Attributes { kind, namespace, name, .. } = *attributes;
        let old = self.stored(kind, namespace, name)?;
        let patched = patched_value(kind, &old, patch_kind, patch)?;
        check_revision(&patched)?;
        if patch_kind == PatchKind::Strategic {
            check_shapes(kind, &patched, patch)?;
        }
        let (mut object, _) = decode::object(kind, patched, FieldValidation::Ignore)?;
        check_identity(&object, &old)?;
        if object.revision == 0 {
            object.revision = old.revision;
        }
        share_what_is_equal(&mut object, &old);
        Ok(object)
    }

    /// Patches a workload's scale.
    ///
    /// # Errors
    /// 400 for a patch that cannot be applied, 403, 404 (also if the kind has no scale), 409, 415, 422.
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
        self.authorize(caller, &Attributes { verb: "patch", kind, subresource: "scale", namespace, name })?;
        let mut value = self.get_scale(caller, kind, namespace, name)?.to_value();
        match patch_kind {
            PatchKind::Json => {
                apply_json_patch(&mut value, patch).map_err(|error| json_patch_refused(&error))?;
            }
            // A scale has no lists: both merge alike.
            PatchKind::Merge | PatchKind::Strategic => apply_json_merge(&mut value, patch),
            PatchKind::Apply { .. } => return Err(apply_refused()),
        }
        check_revision(&value)?;
        let asked = &value["spec"]["replicas"];
        let replicas = if asked.is_null() {
            0
        } else {
            asked.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| {
                Status::bad_request(format!(
                    "json: cannot unmarshal {asked} into Go struct field ScaleSpec.spec.replicas of type int32"
                ))
            })?
        };
        let revision = value["metadata"]["resourceVersion"].as_str();
        self.update_scale(caller, kind, namespace, name, replicas, revision, options)
    }
}

fn json_patch_refused(error: &PatchError) -> Status {
    let message = format!("the server rejected our request due to an error in our request: {error}");
    Status::new(Reason::Invalid, message)
}

fn apply_refused() -> Status {
    let message = "server-side apply is not served yet (see docs/FIDELITY.md)";
    Status::new(Reason::UnsupportedMediaType, message)
}

fn patched_value(kind: Kind, old: &Object, patch_kind: PatchKind, patch: &Value) -> Result<Value> {
    let mut value = old.to_value();
    let info = kind.info();
    match patch_kind {
        PatchKind::Json => apply_json_patch(&mut value, patch).map_err(|error| json_patch_refused(&error))?,
        PatchKind::Merge => apply_json_merge(&mut value, patch),
        PatchKind::Strategic => {
            let schema = Schema::get();
            let root = schema.of_kind(info.group, info.version, info.name).ok_or_else(|| {
                Status::new(
                    Reason::UnsupportedMediaType,
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
                )
            })?;
            apply_strategic(&mut value, patch, root)
                .map_err(|error| Status::new(Reason::Unknown, error.to_string()))?;
        }
        PatchKind::Apply { .. } => return Err(apply_refused()),
    }
    Ok(value)
}

/// A tree that was read anew shares nothing with what it was made from; equal parts become shared again.
fn share_what_is_equal(object: &mut Object, old: &Object) {
    if object.body.equal_status(&old.body) {
        object.body = object.body.with_status_of(&old.body);
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
    let words = problem.message.strip_prefix("json: cannot unmarshal ").and_then(|rest| {
        let (found, rest) = rest.split_once(' ')?;
        let (_, wanted) = rest.rsplit_once(' ')?;
        let wanted = if wanted.starts_with("[]") {
            "slice from"
        } else if wanted.starts_with("map[") {
            "map from"
        } else if wanted.contains('.') {
            "struct from:"
        } else {
            return None;
        };
        Some(format!("cannot restore {wanted} {found}"))
    });
    let Some(words) = words else { return Ok(()) };
    let detail = format!("Invalid value: \"{}\": {words}", go_value(patch));
    let cause =
        Cause { reason: "FieldValueInvalid".to_owned(), message: detail.clone(), field: "patch".to_owned() };
    let details = Details { causes: vec![cause], ..Details::default() };
    let message = format!("patch: {detail}");
    Err(Status { reason: Reason::Invalid, message, details: Some(Box::new(details)) })
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

fn check_identity(object: &Object, old: &Object) -> Result<()> {
    let differs = |what: &str, is: &str, was: &str| {
        Err(Status::bad_request(format!(
            "the {what} of the object ({is}) does not match the {what} on the URL ({was})"
        )))
    };
    if object.name() != old.name() {
        return differs("name", object.name(), old.name());
    }
    if object.namespace() != old.namespace() {
        return differs("namespace", object.namespace(), old.namespace());
    }
    if !object.uid().is_empty() && object.uid() != old.uid() {
        // A replacement would fail its precondition; a patch has none.
        let mut errors = ErrorList::new();
        errors.invalid(&Path::root("metadata").child("uid"), object.uid(), "field is immutable");
        return errors.to_status(object.kind(), object.name()).map_or(Ok(()), |status| Err(*status));
    }
    Ok(())
}
