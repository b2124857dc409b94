//! Patch: a change of an object said as a difference.

use std::sync::Arc;

use model::managed::{self, Managed, OwnedFields};
use model::patch::{apply_json_merge, apply_json_patch, apply_strategic};
use model::schema::Schema;
use model::{Kind, Object, Reason, Status, manifest, status::Result, warnings};
use serde_json::{Map, Value};

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::managed_fields::{Ownership, check_manager};
use crate::options::{PatchKind, WriteOptions};
use crate::parts::scale_decoding_error;
use crate::rest::to_compact_patched;
use crate::scale::Scale;
use crate::server::ApiServer;
use crate::subresource::no_such_resource;

mod refused;

use refused::{
    check_form, check_identity, check_kind, check_shapes, invalid_patch, json_patch_refused, unlike_its_kind,
};
pub(crate) use refused::{check_revision, check_url, conversion_failure};

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
        check_manager(caller, "PatchOptions")?;
        let kind = target.kind;
        self.warnings = warnings::of_kind(kind);
        if let PatchKind::Apply { force } = patch_kind {
            return self.apply(caller, target, force, patch, options);
        }
        let old = self.stored(kind, target.namespace, target.name)?;
        let (mut patched, given) = self.patched_value(&old, patch_kind, patch)?;
        check_revision(&patched)?;
        if patch_kind == PatchKind::Strategic {
            check_shapes(kind, &patched, patch)?;
        }
        let ownership = match given {
            Some(managed) => Ownership::Given(target.subresource, managed),
            None => Ownership::Writer(target.subresource),
        };
        let shown = || self.shown(&old, patch_kind, patch);
        check_kind(kind, &mut patched, &shown)?;
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
        check_form(patch_kind, patch)?;
        match patch_kind {
            PatchKind::Json => {
                apply_json_patch(&mut value, patch).map_err(|error| json_patch_refused(&error))?;
            }
            // A scale has no lists: both merge alike.
            PatchKind::Merge | PatchKind::Strategic => apply_json_merge(&mut value, patch),
            PatchKind::Apply { force } => {
                return self.apply_scale(caller, target, &old, force, patch, options);
            }
        }
        check_revision(&value)?;
        let unreadable = scale_decoding_error(&value, false);
        let replicas = unreadable.map_or_else(|| Scale::replicas_asked(&value), Err).map_err(|why| {
            let shown = manifest::to_json_compact(&value);
            invalid_patch(&shown.replace('\\', "\\\\").replace('"', "\\\""), &why)
        })?;
        check_url(target, &value["metadata"])?;
        self.warnings.extend(Scale::unknown_fields(&value));
        self.scale(caller, &old, &value["metadata"], replicas, &Ownership::Writer("scale"), options)
    }

    /// What a patch made of an object, as a refusal shows it.
    fn shown(&self, old: &Object, patch_kind: PatchKind, patch: &Value) -> String {
        let mut value = self.wire_value(old);
        let applied = apply_patch(old.kind(), &mut value, patch_kind, patch);
        let touched = if patch_kind == PatchKind::Json { places_of(patch) } else { patch.clone() };
        if applied.is_ok() { to_compact_patched(&value, &touched) } else { String::new() }
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

/// The places that the operations of a JSON patch name, as a tree.
fn places_of(patch: &Value) -> Value {
    let mut tree = Value::Object(Map::new());
    let operations = patch.as_array().into_iter().flatten();
    for path in operations.flat_map(|one| [&one["path"], &one["from"]]).filter_map(Value::as_str) {
        let mut place = &mut tree;
        for name in path.split('/').skip(1) {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[name.replace("~1", "/").replace("~0", "~")];
        }
    }
    tree
}

const MANAGED_FIELDS: &str = "managedFields";

/// The managed fields that a client left in an object; `None` if they are as they were, missing or unreadable, which changes nothing.
/// An empty list takes all away, and so does one of one empty entry. Entries of versions that are not served go.
fn given_managed_fields(old: &Object, value: &mut Value) -> Option<Arc<Managed>> {
    let given = value.get_mut("metadata")?.as_object_mut()?.remove(MANAGED_FIELDS)?;
    let given = given.as_array()?;
    let reset = given.is_empty() || matches!(given.as_slice(), [Value::Object(entry)] if entry.is_empty());
    if reset {
        return Some(Arc::default());
    }
    let mut entries: Vec<OwnedFields> = given.iter().map(OwnedFields::from_value).collect::<Option<_>>()?;
    let served = old.info().api_version();
    entries.retain(|entry| entry.owner.api_version == served);
    managed::sort(&mut entries);
    let unchanged = entries == old.managed.resolved(old.kind());
    (!unchanged).then(|| Managed::known(entries))
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
