//! Patch: a change of an object said as a difference.

use std::sync::Arc;

use model::{Kind, Object, Status, patch, status::Result};
use serde_json::Value;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::decode::{self, FieldValidation};
use crate::options::{PatchKind, WriteOptions};
use crate::server::ApiServer;

impl ApiServer {
    /// Patches an object, its status or its scale.
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
        let namespace = Self::place(kind, namespace);
        self.authorize(caller, &Attributes { verb: "patch", kind, subresource, namespace, name })?;
        if let PatchKind::Apply { force } = patch_kind {
            return self.apply(caller, kind, namespace, name, subresource, patch, force, options);
        }
        let old = self.stored(kind, namespace, name)?;
        let patched = patched_value(kind, name, &old, patch_kind, patch)?;
        let (mut object, _) = decode::object(kind, patched, FieldValidation::Ignore)?;
        check_identity(&object, &old)?;
        if object.revision == 0 {
            object.revision = old.revision;
        }
        match subresource {
            "status" => self.update_status_with(caller, object, options),
            _ => self.update_with(caller, object, options),
        }
    }
}

fn patched_value(kind: Kind, name: &str, old: &Object, patch_kind: PatchKind, patch: &Value) -> Result<Value> {
    let current = old.to_value();
    match patch_kind {
        PatchKind::Json => patch::json::apply(&current, patch).map_err(|error| {
            if error.is_malformed() {
                Status::bad_request(error.to_string())
            } else {
                Status::new(model::Reason::Invalid, format!("the server rejected our request due to an error in our request: {error}"))
            }
        }),
        PatchKind::Merge => Ok(patch::merge::apply(&current, patch)),
        PatchKind::Strategic | PatchKind::Apply { .. } => {
            let info = kind.info();
            patch::strategic::apply(info.group, info.version, info.name, &current, patch)
                .map_err(|error| Status::bad_request(format!("error patching {name}: {error}")))
        }
    }
}

fn check_identity(object: &Object, old: &Object) -> Result<()> {
    if object.name() == old.name() && object.namespace() == old.namespace() {
        return Ok(());
    }
    let what = if object.name() == old.name() { "namespace" } else { "name" };
    Err(Status::bad_request(format!(
        "the {what} of the object ({}) does not match the {what} on the URL ({})",
        if what == "name" { object.name() } else { object.namespace() },
        if what == "name" { old.name() } else { old.namespace() },
    )))
}
