//! Who owns what: a controller adopts objects without a controller that its selector matches, and releases its own that it no longer
//! matches. Models `pkg/controller/controller_ref_manager.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::selector::Selector;
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Store};

use crate::controller::Context;

/// The candidates that belong to `owner`, after adopting and releasing.
pub(crate) fn claim(
    context: &mut Context<'_>,
    owner: &Object,
    selector: &Selector,
    candidates: Vec<Arc<Object>>,
) -> Result<Vec<Arc<Object>>> {
    let mut claimed = Vec::with_capacity(candidates.len());
    for object in candidates {
        let matches = selector.matches(object.labels());
        match object.metadata.controller().map(|controller| controller.uid == owner.uid()) {
            Some(false) => {}
            Some(true) if matches => claimed.push(object),
            Some(true) => {
                if !owner.is_deleting() {
                    release(context, owner, &object)?;
                }
            }
            None => {
                if matches && !owner.is_deleting() && !object.is_deleting() {
                    claimed.extend(adopt(context, owner, &object)?);
                }
            }
        }
    }
    Ok(claimed)
}

fn adopt(context: &mut Context<'_>, owner: &Object, object: &Object) -> Result<Option<Arc<Object>>> {
    let mut adopted = object.clone();
    adopted.metadata_mut().owner_references.push(owner.controller_reference());
    match context.api.update(context.caller, adopted) {
        Err(status) if status.is_not_found() => Ok(None),
        result => result.map(Some),
    }
}

fn release(context: &mut Context<'_>, owner: &Object, object: &Object) -> Result<()> {
    let mut released = object.clone();
    released.metadata_mut().owner_references.retain(|reference| reference.uid != owner.uid());
    match context.api.update(context.caller, released) {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}

/// The objects of a kind that have no controller, kept from the changes, so that looking for some to adopt does not mean to look at
/// all there are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Orphans(BTreeMap<String, BTreeSet<String>>);

impl Orphans {
    /// Follows a change.
    pub(crate) fn observe(&mut self, change: &Change) {
        let (namespace, name) = (&*change.key.namespace, &*change.key.name);
        if change.new.as_ref().is_some_and(|object| object.metadata.controller().is_none()) {
            self.0.entry(namespace.to_owned()).or_default().insert(name.to_owned());
        } else if let Some(names) = self.0.get_mut(namespace) {
            names.remove(name);
            if names.is_empty() {
                self.0.remove(namespace);
            }
        }
    }

    /// Those in a namespace.
    pub(crate) fn within<'a>(
        &'a self,
        store: &'a Store,
        kind: Kind,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        let names = self.0.get(namespace).into_iter().flatten();
        names.filter_map(move |name| store.get(kind, namespace, name))
    }
}

/// Whether an object's labels or owners differ between the two sides of a change.
pub(crate) fn ownership_changed(change: &Change) -> bool {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            !Arc::ptr_eq(&old.metadata, &new.metadata)
                && (old.metadata.labels != new.metadata.labels
                    || old.metadata.owner_references != new.metadata.owner_references)
        }
        _ => true,
    }
}
