//! The garbage collector: what is owned goes with its owners, before them, or is let go.
//! Models `pkg/controller/garbagecollector/garbagecollector.go`. Upstream builds a graph of owners from watches; here the store's
//! index of owners is that graph.

use std::sync::Arc;

use apiserver::{ApiServer, DeleteOptions, EventType, Propagation};
use engine::Duration;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Key, Store};

use crate::controller::{Again, Context, Controller, Queue};

/// What has lost an owner is read again, and so is each of its owners, before it goes.
const LOOKUPS: Duration = Duration::from_millis(10);
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// Its own state: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct GarbageCollector;

/// Any object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    kind: Kind,
    key: Key,
}

impl Item {
    fn of(object: &Object) -> Self {
        Self { kind: object.kind(), key: Key::of(object) }
    }
}

impl Controller for GarbageCollector {
    type Key = Item;
    const NAME: &'static str = "generic-garbage-collector";
    const EVENT_SOURCE: &'static str = "garbage-collector-controller";
    const WORKERS: usize = 20;

    fn kinds() -> Vec<Kind> {
        Kind::all().filter(|kind| *kind != Kind::Event).collect()
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Item>) {
        let store = api.store();
        match (&change.old, &change.new) {
            (Some(old), Some(new)) if Arc::ptr_eq(&old.metadata, &new.metadata) => {}
            (_, Some(new)) => observe_present(change.old.as_deref(), new, store, queue),
            (Some(gone), None) => {
                let dependents = dependents(store, gone.uid());
                dependents.for_each(|dependent| queue.add_after(Item::of(dependent), LOOKUPS));
                waiting_owners(store, gone).for_each(|owner| queue.add(owner));
            }
            (None, None) => {}
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, item: &Item) -> Result<Again> {
        let Some(object) = context.get(item.kind, &item.key) else { return Ok(None) };
        if object.is_deleting() {
            if has_finalizer(&object, ORPHAN) {
                orphan_dependents(context, &object)?;
            } else if has_finalizer(&object, FOREGROUND) {
                delete_dependents_first(context, &object)?;
            }
        } else {
            attempt_to_delete(context, &object)?;
        }
        Ok(None)
    }
}

fn observe_present(old: Option<&Object>, new: &Arc<Object>, store: &Store, queue: &mut Queue<'_, Item>) {
    if new.is_deleting() && (has_finalizer(new, ORPHAN) || has_finalizer(new, FOREGROUND)) {
        queue.add(Item::of(new));
    }
    let started_foreground = waits_for_dependents(new) && !old.is_some_and(waits_for_dependents);
    if started_foreground {
        dependents(store, new.uid()).for_each(|dependent| queue.add(Item::of(dependent)));
    }
    let owners = &new.metadata.owner_references;
    if old.is_some_and(|old| old.metadata.owner_references == *owners) {
        return;
    }
    if let Some(old) = old {
        waiting_owners(store, old).for_each(|owner| queue.add(owner));
    }
    // An owner that waits already looked at its dependents; those that come later go once it is gone.
    let is_absent = |reference: &OwnerReference| matches!(owner_state(store, new, reference), Owner::Absent);
    if owners.iter().any(is_absent) {
        queue.add(Item::of(new));
    }
}

/// What an owner reference points to.
enum Owner {
    /// An object that stays.
    Solid,
    /// Nothing, or another object of the same name.
    Absent,
    /// An object that goes as soon as its dependents are gone.
    WaitsForDependents,
}

fn owner_state(store: &Store, object: &Object, reference: &OwnerReference) -> Owner {
    let Some(kind) = Kind::from_api(&reference.api_version, &reference.kind) else {
        // An owner of a kind that this cluster does not know cannot be proved absent.
        return Owner::Solid;
    };
    let is_namespaced = kind.info().namespaced();
    if is_namespaced && object.namespace().is_empty() {
        // A cluster-scoped object cannot be owned by a namespaced one; upstream leaves such alone.
        return Owner::Solid;
    }
    let namespace = if is_namespaced { object.namespace() } else { "" };
    match store.get(kind, namespace, &reference.name) {
        Some(owner) if owner.uid() != reference.uid => Owner::Absent,
        Some(owner) if waits_for_dependents(owner) => Owner::WaitsForDependents,
        Some(_) => Owner::Solid,
        None => Owner::Absent,
    }
}

fn has_finalizer(object: &Object, name: &str) -> bool {
    object.metadata.finalizers.iter().any(|finalizer| finalizer == name)
}

fn waits_for_dependents(object: &Object) -> bool {
    object.is_deleting() && has_finalizer(object, FOREGROUND)
}

fn dependents<'a>(store: &'a Store, uid: &'a str) -> impl Iterator<Item = &'a Arc<Object>> {
    Kind::all().flat_map(move |kind| store.owned_by(kind, uid))
}

/// The owners of an object that wait for it to be gone.
fn waiting_owners(store: &Store, object: &Object) -> impl Iterator<Item = Item> {
    object.metadata.owner_references.iter().filter_map(|reference| {
        let kind = Kind::from_api(&reference.api_version, &reference.kind)?;
        let namespace = if kind.info().namespaced() { object.namespace() } else { "" };
        let owner = store.get(kind, namespace, &reference.name)?;
        (owner.uid() == reference.uid && waits_for_dependents(owner)).then(|| Item::of(owner))
    })
}

/// Deletes an object that no owner holds any more, or takes from it the owners that are gone.
fn attempt_to_delete(context: &mut Context<'_>, object: &Arc<Object>) -> Result<()> {
    let references = &object.metadata.owner_references;
    if references.is_empty() {
        return Ok(());
    }
    let (mut solid, mut waiting, mut gone) = (0, 0, Vec::new());
    for reference in references {
        match owner_state(context.store(), object, reference) {
            Owner::Solid => solid += 1,
            Owner::WaitsForDependents => {
                waiting += 1;
                gone.push(reference.uid.clone());
            }
            Owner::Absent => {
                report_owner_elsewhere(context, object, reference);
                gone.push(reference.uid.clone());
            }
        }
    }
    if solid > 0 {
        return remove_owners(context, object, &gone);
    }
    let has_dependents = dependents(context.store(), object.uid()).next().is_some();
    let propagation = if (waiting > 0 && has_dependents) || has_finalizer(object, FOREGROUND) {
        Propagation::Foreground
    } else if has_finalizer(object, ORPHAN) {
        Propagation::Orphan
    } else {
        Propagation::Background
    };
    let options = DeleteOptions {
        propagation: Some(propagation),
        uid: Some(object.uid().to_owned()),
        ..DeleteOptions::default()
    };
    ignore_absent(
        context
            .api
            .delete(context.caller, object.kind(), object.namespace(), object.name(), &options)
            .map(|_| ()),
    )
}

/// An owner in another namespace counts as none, which deserves an explanation.
fn report_owner_elsewhere(context: &mut Context<'_>, object: &Arc<Object>, reference: &OwnerReference) {
    let Some(kind) = Kind::from_api(&reference.api_version, &reference.kind) else { return };
    let namespace = object.namespace();
    let is_elsewhere = |owner: &Arc<Object>| owner.uid() == reference.uid && owner.namespace() != namespace;
    if !context.store().list(kind).any(is_elsewhere) {
        return;
    }
    let message = format!(
        "ownerRef [{}/{}, namespace: {namespace}, name: {}, uid: {}] does not exist in namespace \"{namespace}\"",
        reference.api_version, reference.kind, reference.name, reference.uid
    );
    // Which state of the object it was is not known to those who only read metadata.
    let about = ObjectReference { resource_version: None, ..object.reference() };
    context.event_of(about, EventType::Warning, "OwnerRefInvalidNamespace", &message);
}

fn remove_owners(context: &mut Context<'_>, object: &Arc<Object>, uids: &[String]) -> Result<()> {
    if uids.is_empty() {
        return Ok(());
    }
    let mut updated = Object::clone(object);
    updated.metadata_mut().owner_references.retain(|reference| !uids.contains(&reference.uid));
    ignore_absent(context.api.update(context.caller, updated).map(|_| ()))
}

fn remove_finalizer(context: &mut Context<'_>, object: &Arc<Object>, name: &str) -> Result<()> {
    let mut updated = Object::clone(object);
    updated.metadata_mut().finalizers.retain(|finalizer| finalizer != name);
    ignore_absent(context.api.update(context.caller, updated).map(|_| ()))
}

fn orphan_dependents(context: &mut Context<'_>, owner: &Arc<Object>) -> Result<()> {
    let orphans: Vec<Arc<Object>> = dependents(context.store(), owner.uid()).cloned().collect();
    for orphan in orphans {
        remove_owners(context, &orphan, &[owner.uid().to_owned()])?;
    }
    remove_finalizer(context, owner, ORPHAN)
}

/// The owner goes once no dependent that blocks it is left; until then every dependent's end wakes this again.
fn delete_dependents_first(context: &mut Context<'_>, owner: &Arc<Object>) -> Result<()> {
    let blocks = |dependent: &Arc<Object>| {
        let mut references = dependent.metadata.owner_references.iter();
        references
            .any(|reference| reference.uid == owner.uid() && reference.block_owner_deletion == Some(true))
    };
    let blocking: Vec<Arc<Object>> =
        dependents(context.store(), owner.uid()).filter(|dependent| blocks(dependent)).cloned().collect();
    if blocking.is_empty() {
        return remove_finalizer(context, owner, FOREGROUND);
    }
    // Those that came after deletion began have yet to be told.
    blocking
        .iter()
        .filter(|dependent| !dependent.is_deleting())
        .try_for_each(|late| attempt_to_delete(context, late))
}

fn ignore_absent(result: Result<()>) -> Result<()> {
    match result {
        Err(status) if status.is_not_found() => Ok(()),
        result => result,
    }
}
