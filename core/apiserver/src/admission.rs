//! Admission: what is changed or refused on the way in, one module a plugin, in upstream's order.

use model::{Kind, Object, status::Result};

use crate::caller::Caller;
use crate::server::ApiServer;

mod default_toleration_seconds;
mod namespace_lifecycle;
mod priority;
mod runtime_class;
mod service_account;
mod taint_nodes_by_condition;

/// Lets a new object pass all plugins.
pub(crate) fn admit_create(api: &mut ApiServer, caller: &Caller, object: &mut Object) -> Result<()> {
    namespace_lifecycle::admit(api, object)?;
    match object.kind() {
        Kind::Pod => {
            service_account::admit(api, object)?;
            default_toleration_seconds::admit(object);
            priority::admit(api, object)?;
            runtime_class::admit(object)?;
        }
        Kind::PriorityClass => priority::admit_class(api, object)?,
        Kind::Node => taint_nodes_by_condition::admit(caller, object),
        _ => {}
    }
    Ok(())
}

/// Lets a changed object pass all plugins.
pub(crate) fn admit_update(
    _api: &mut ApiServer,
    _caller: &Caller,
    object: &mut Object,
    old: &Object,
) -> Result<()> {
    if object.kind() == Kind::Pod {
        default_toleration_seconds::admit(object);
        priority::keep(object, old);
    }
    Ok(())
}

/// What a refusal calls an object: one that is still to be named goes by the prefix of its name.
fn shown_name(object: &Object) -> &str {
    match &object.metadata.generate_name {
        Some(prefix) if object.name().is_empty() => prefix,
        _ => object.name(),
    }
}
