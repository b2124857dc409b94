//! Defaults and validation, as the model knows them, in the API server's terms.

use model::{Object, status::Result};

/// Fills in what the client left out.
pub(crate) fn default(_object: &mut Object) {}

/// Refuses a new object that is invalid.
pub(crate) fn check_create(_object: &Object) -> Result<()> {
    Ok(())
}

/// Refuses a change that is invalid.
pub(crate) fn check_update(_object: &Object, _old: &Object) -> Result<()> {
    Ok(())
}

/// Refuses a status that is invalid.
pub(crate) fn check_status_update(_object: &Object, _old: &Object) -> Result<()> {
    Ok(())
}
