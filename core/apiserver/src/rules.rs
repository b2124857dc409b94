//! Defaults and validation, as the model knows them, in the API server's terms.

use std::collections::BTreeSet;

use model::validation::{self, ErrorList};
use model::{Object, defaults, status::Result};

/// Fills in what the client left out.
pub(crate) fn default(object: &mut Object) {
    defaults::apply(object);
}

/// An owner that is named twice counts once; the client is warned of it.
pub(crate) fn name_owners_once(object: &mut Object) -> Option<String> {
    let owners = &object.metadata.owner_references;
    let is_first = |at: usize| !owners[..at].contains(&owners[at]);
    let again: BTreeSet<&str> =
        (0..owners.len()).filter(|at| !is_first(*at)).map(|at| owners[at].uid.as_str()).collect();
    if again.is_empty() {
        return None;
    }
    let uids = again.into_iter().collect::<Vec<_>>().join(", ");
    let once = (0..owners.len()).filter(|at| is_first(*at)).map(|at| owners[at].clone()).collect();
    object.metadata_mut().owner_references = once;
    Some(format!(
        ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {uids}"
    ))
}

/// Refuses a new object that is invalid.
pub(crate) fn check_create(object: &Object) -> Result<()> {
    refuse(object, &validation::create(object))
}

/// Refuses a change that is invalid.
pub(crate) fn check_update(object: &Object, old: &Object) -> Result<()> {
    refuse(object, &validation::update(object, old))
}

/// Refuses a status that is invalid.
pub(crate) fn check_status_update(object: &Object, old: &Object) -> Result<()> {
    refuse(object, &validation::update_status(object, old))
}

fn refuse(object: &Object, errors: &ErrorList) -> Result<()> {
    match errors.to_status(object.kind(), object.name()) {
        Some(status) => Err(*status),
        None => Ok(()),
    }
}
