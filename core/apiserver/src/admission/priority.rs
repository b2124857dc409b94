//! Priority: a pod's class becomes a number.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use model::{Kind, Object, Status, status::Result};

use crate::server::ApiServer;

pub(super) fn admit(api: &ApiServer, object: &mut Object) -> Result<()> {
    let name = object.spec::<Pod>().priority_class_name.clone().unwrap_or_default();
    let class = if name.is_empty() {
        default_class(api)
    } else {
        let missing = || {
            let why = format!("no PriorityClass with name {name} was found");
            Status::forbidden(Kind::Pod, super::shown_name(object), &why)
        };
        Some(api.store.get(Kind::PriorityClass, "", &name).ok_or_else(missing)?.clone())
    };
    let class = class.as_ref();
    let value = class.map_or(0, |class| class.spec::<PriorityClass>().value);
    let policy = class.and_then(|class| class.spec::<PriorityClass>().preemption_policy.clone());
    if let Some(asked) = object.spec::<Pod>().priority
        && asked != value
    {
        let why = format!(
            "the integer value of priority ({asked}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
        );
        return Err(Status::forbidden(Kind::Pod, super::shown_name(object), &why));
    }
    let policy = policy.unwrap_or_else(|| "PreemptLowerPriority".to_owned());
    if let Some(asked) = object.spec::<Pod>().preemption_policy.as_ref()
        && *asked != policy
    {
        let why = format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
        );
        return Err(Status::forbidden(Kind::Pod, super::shown_name(object), &why));
    }
    let class_name = class.map(|class| class.name().to_owned());
    let spec = object.spec_mut::<Pod>();
    if let Some(class_name) = class_name {
        spec.priority_class_name = Some(class_name);
    }
    spec.priority = Some(value);
    spec.preemption_policy = Some(policy);
    Ok(())
}

/// Only one class is the default.
pub(super) fn admit_class(api: &ApiServer, object: &Object) -> Result<()> {
    let is_default = |class: &Object| class.spec::<PriorityClass>().global_default == Some(true);
    match default_class(api) {
        Some(other) if is_default(object) && other.name() != object.name() => {
            let why = format!(
                "PriorityClass {} is already marked as default. Only one default can exist",
                other.name()
            );
            Err(Status::forbidden(Kind::PriorityClass, object.name(), &why))
        }
        _ => Ok(()),
    }
}

/// An update that leaves the priority out keeps it.
pub(super) fn keep(object: &mut Object, old: &Object) {
    let (priority, policy) = {
        let spec = old.spec::<Pod>();
        (spec.priority, spec.preemption_policy.clone())
    };
    if object.spec::<Pod>().priority.is_some() && object.spec::<Pod>().preemption_policy.is_some() {
        return;
    }
    let spec = object.spec_mut::<Pod>();
    spec.priority = spec.priority.or(priority);
    if spec.preemption_policy.is_none() {
        spec.preemption_policy = policy;
    }
}

fn default_class(api: &ApiServer) -> Option<std::sync::Arc<Object>> {
    let is_default =
        |object: &&std::sync::Arc<Object>| object.spec::<PriorityClass>().global_default == Some(true);
    api.store
        .list(Kind::PriorityClass)
        .filter(is_default)
        .min_by_key(|object| object.spec::<PriorityClass>().value)
        .cloned()
}
