//! Parts of an object by way of their subresource, in the form in which a client reads and sends them.

use std::sync::Arc;

use model::schema::{Schema, decoding_error};
use model::{Kind, Object, Status, status::Result, warnings};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::managed_fields::Ownership;
use crate::options::{PatchKind, WriteOptions};
use crate::patch::{Target, check_revision, check_url};
use crate::scale::Scale;
use crate::server::ApiServer;
use crate::subresource::{method_not_allowed, no_such_resource};

/// What a subresource shows.
#[derive(Clone, Debug)]
pub enum Part {
    /// The object itself: `status`, or no subresource.
    Object(Arc<Object>),
    /// `scale`.
    Scale(Scale),
}

impl Part {
    /// The object that goes over the wire, without managed fields.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Object(object) => object.to_value(),
            Self::Scale(scale) => scale.to_value(),
        }
    }
}

impl ApiServer {
    /// Reads an object by way of a subresource (none if it is empty).
    ///
    /// # Errors
    /// 403, 404 (also if the kind has no such subresource).
    pub fn get_part(
        &self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
    ) -> Result<Part> {
        let target = Target { kind, namespace: Self::place(kind, namespace), name, subresource };
        self.authorize(caller, &target.attributes("get"))?;
        target.check_served()?;
        let object = self.stored(kind, target.namespace, name)?;
        match subresource {
            "" | "status" => Ok(Part::Object(object)),
            "scale" => Scale::of(&object).map(Part::Scale).ok_or_else(no_such_resource),
            _ => Err(method_not_allowed()),
        }
    }

    /// Replaces an object by way of a subresource (none if it is empty) with what a client sent.
    ///
    /// # Errors
    /// 400 for what cannot be read, 403, 404, 409, 422.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub fn update_part(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        value: Value,
        validation: FieldValidation,
        options: &WriteOptions,
    ) -> Result<Part> {
        let target = Target { kind, namespace: Self::place(kind, namespace), name, subresource };
        let outcome = self.update_part_checked(caller, &target, value, validation, options);
        self.noting(caller, "update", kind, outcome)
    }

    fn update_part_checked(
        &mut self,
        caller: &Caller,
        target: &Target<'_>,
        value: Value,
        validation: FieldValidation,
        options: &WriteOptions,
    ) -> Result<Part> {
        self.authorize(caller, &target.attributes("update"))?;
        target.check_served()?;
        self.warnings = warnings::of_kind(target.kind);
        if target.subresource == "scale" {
            check_scale(&value, validation)?;
            check_url(target, &value["metadata"])?;
            let old = self.stored(target.kind, target.namespace, target.name)?;
            let replicas = Scale::replicas_asked(&value).map_err(Status::bad_request)?;
            let ownership = &Ownership::Writer("scale");
            return self
                .scale(caller, &old, &value["metadata"], replicas, ownership, options)
                .map(Part::Scale);
        }
        let metadata = value["metadata"].clone();
        let (mut object, warnings) = decode::object(target.kind, value, validation)?;
        self.warnings.extend(warnings);
        check_url(target, &metadata)?;
        check_revision(&json!({ "metadata": metadata }))?;
        if object.namespace().is_empty() {
            target.namespace.clone_into(&mut object.metadata_mut().namespace);
        }
        let old = self.meant(target.kind, target.namespace, target.name, object.uid())?;
        let ownership = &Ownership::Writer(target.subresource);
        let updated = match target.subresource {
            "" => self.replace(caller, object, &old, ownership, options),
            "status" => self.replace_status(caller, object, &old, ownership, options),
            _ => Err(method_not_allowed()),
        };
        updated.map(Part::Object)
    }

    /// Patches an object by way of a subresource (none if it is empty).
    ///
    /// # Errors
    /// 400 for a patch that cannot be applied, 403, 404, 409, 422.
    #[expect(clippy::too_many_arguments, reason = "a request has these parts")]
    pub fn patch_part(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        subresource: &str,
        patch_kind: PatchKind,
        patch: &Value,
        options: &WriteOptions,
    ) -> Result<Part> {
        if subresource == "scale" {
            let scale = self.patch_scale(caller, kind, namespace, name, patch_kind, patch, options);
            return scale.map(Part::Scale);
        }
        let patched = self.patch(caller, kind, namespace, name, subresource, patch_kind, patch, options);
        patched.map(Part::Object)
    }
}

/// Reads a scale as strictly as any other object.
fn check_scale(value: &Value, validation: FieldValidation) -> Result<()> {
    match scale_decoding_error(value, validation == FieldValidation::Strict) {
        None => Ok(()),
        Some(why) => {
            Err(Status::bad_request(format!("Scale in version \"v1\" cannot be handled as a Scale: {why}")))
        }
    }
}

/// Why a value is no scale, in the words of a decoder.
pub(crate) fn scale_decoding_error(value: &Value, strict: bool) -> Option<String> {
    let schema = Schema::get();
    let root = schema.of_kind("autoscaling", "v1", "Scale")?;
    decoding_error(&schema.check(root, value), strict)
}
