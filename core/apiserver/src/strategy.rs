//! What is special of each kind when its objects come, change and go.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, NamespaceStatus, Pod, PodStatus};
use model::{Kind, Object, Status, status::Result};

use crate::server::ApiServer;

mod pod;
mod qos;
mod service;

/// Clears what a client may not set and sets what the kind begins with.
pub(crate) fn prepare_for_create(object: &mut Object) {
    // A node registers itself with its status, and whole kinds have none; of the rest a new object has no status yet.
    if object.kind() != Kind::Node {
        object.body = object.body.without_status();
    }
    match object.kind() {
        Kind::Pod => {
            let qos_class = Some(qos::class(object.spec::<Pod>()).to_owned());
            let conditions = pod::conditions(object);
            let status = PodStatus {
                phase: Some("Pending".to_owned()),
                qos_class,
                conditions,
                ..PodStatus::default()
            };
            *object.status_mut::<Pod>() = status.into();
        }
        Kind::Namespace => {
            *object.status_mut::<Namespace>() =
                NamespaceStatus { phase: Some("Active".to_owned()), ..NamespaceStatus::default() };
        }
        _ => {}
    }
}

/// Keeps what an update may not touch.
pub(crate) fn prepare_for_update(object: &mut Object, old: &Object) {
    if object.kind() == Kind::Service {
        service::drop_unneeded_status(object, old);
    }
    if object.kind() == Kind::Namespace {
        // Only `finalize` changes these.
        let finalizers = old.spec::<Namespace>().finalizers.clone();
        object.spec_mut::<Namespace>().finalizers = finalizers;
    }
}

/// A status update may change metadata too, but for what the kind keeps from it.
pub(crate) fn prepare_for_status_update(object: &mut Object, old: &Object) {
    if object.kind() == Kind::Service {
        service::default_status(object, old);
    }
    if Arc::ptr_eq(&object.metadata, &old.metadata) {
        return;
    }
    match object.kind() {
        Kind::Deployment if object.metadata.labels != old.metadata.labels => {
            object.metadata_mut().labels.clone_from(&old.metadata.labels);
        }
        Kind::Pod if object.metadata.owner_references != old.metadata.owner_references => {
            object.metadata_mut().owner_references.clone_from(&old.metadata.owner_references);
        }
        _ => {}
    }
}

/// Gives a new object what it needs of the cluster: addresses, ports.
pub(crate) fn allocate_for_create(api: &mut ApiServer, object: &mut Object, dry_run: bool) -> Result<()> {
    match object.kind() {
        Kind::Service => service::allocate(api, object, None, dry_run),
        _ => Ok(()),
    }
}

/// Gives a changed object what it now needs of the cluster.
pub(crate) fn allocate_for_update(
    api: &mut ApiServer,
    object: &mut Object,
    old: &Object,
    dry_run: bool,
) -> Result<()> {
    match object.kind() {
        Kind::Service => service::allocate(api, object, Some(old), dry_run),
        _ => Ok(()),
    }
}

/// Gives back what a removed object had of the cluster.
pub(crate) fn release(api: &mut ApiServer, object: &Object) {
    if object.kind() == Kind::Service {
        service::release(api, object);
    }
}

/// Whether the kind's own finalizers hold the object back.
pub(crate) fn has_own_finalizers(object: &Object) -> bool {
    match object.kind() {
        Kind::Namespace => !object.spec::<Namespace>().finalizers.as_deref().unwrap_or_default().is_empty(),
        _ => false,
    }
}

/// Shows in the status that deletion began, for kinds that show it.
pub(crate) fn mark_deleting(object: &mut Object) {
    if object.kind() == Kind::Namespace {
        object.status_mut::<Namespace>().phase = Some("Terminating".to_owned());
    }
}

/// Refuses to delete what the cluster cannot be without.
pub(crate) fn admit_delete(object: &Object) -> Result<()> {
    const IMMORTAL: &[&str] = &["default", "kube-system", "kube-public"];
    if object.kind() == Kind::Namespace && IMMORTAL.contains(&object.name()) {
        return Err(Status::forbidden(object.kind(), object.name(), "this namespace may not be deleted"));
    }
    if object.kind() == Kind::PriorityClass && object.name().starts_with("system-") {
        let why = "this is a system priority class and cannot be deleted";
        return Err(Status::forbidden(object.kind(), object.name(), why));
    }
    Ok(())
}
