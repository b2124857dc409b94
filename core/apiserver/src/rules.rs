//! Defaults and validation, as the model knows them, in the API server's terms.

use model::validation::{self, ErrorList};
use model::{Object, defaults, status::Result};

/// Fills in what the client left out.
pub(crate) fn default(object: &mut Object) {
    defaults::apply(object);
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
