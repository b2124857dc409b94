//! NamespaceLifecycle: nothing is created in a namespace that is not there or is going.

use k8s_openapi::api::core::v1::Namespace;
use model::status::{Cause, Details};
use model::{Kind, Object, Status, status::Result};

use crate::server::ApiServer;

pub(super) fn admit(api: &ApiServer, object: &Object) -> Result<()> {
    if !object.info().namespaced() {
        return Ok(());
    }
    let name = object.namespace();
    let namespace =
        api.store.get(Kind::Namespace, "", name).ok_or_else(|| Status::not_found(Kind::Namespace, name))?;
    let terminating = namespace.status::<Namespace>().phase.as_deref() == Some("Terminating");
    if !terminating && !namespace.is_deleting() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {name} because it is being terminated");
    let mut status = Status::forbidden(object.kind(), super::shown_name(object), &why);
    let cause = Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {name} is being terminated"),
        field: "metadata.namespace".to_owned(),
    };
    let details = status.details.get_or_insert_with(|| Box::new(Details::default()));
    details.causes.push(cause);
    Err(status)
}
