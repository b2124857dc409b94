//! Requests and limits of containers and pods.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;

use super::error::{ErrorList, Shown};
use super::go;
use super::names::qualified_name_problems;
use super::path::Path;
use crate::quantity::Quantity;

const STANDARD_CONTAINER_RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Standard names of resources that are not a container's.
const OTHER_STANDARD_RESOURCES: [&str; 8] = [
    "storage",
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
];

/// The requirements of one container.
pub fn requirements(resources: &ResourceRequirements, path: &Path<'_>, errors: &mut ErrorList) {
    let empty = BTreeMap::new();
    let limits = resources.limits.as_ref().unwrap_or(&empty);
    let requests = resources.requests.as_ref().unwrap_or(&empty);
    for (name, quantity) in limits {
        let at = path.entry("limits", name);
        container_resource_name(name, &at, errors);
        resource_quantity(name, quantity, &at, errors);
        whole_pages(name, quantity, &at, errors);
    }
    let at_limits = path.child("limits");
    let at_requests = path.child("requests");
    for (name, quantity) in requests {
        let at = path.entry("requests", name);
        container_resource_name(name, &at, errors);
        resource_quantity(name, quantity, &at, errors);
        whole_pages(name, quantity, &at, errors);
        match limits.get(name) {
            Some(limit) => request_within_limit(name, quantity, limit, &at_requests, errors),
            None if !overcommitable(name) => {
                errors.required(&at_limits, "Limit must be set for non overcommitable resources");
            }
            None => {}
        }
    }
    let huge = |map: &BTreeMap<String, RawQuantity>| map.keys().any(|name| name.starts_with("hugepages-"));
    let plain = |map: &BTreeMap<String, RawQuantity>| map.contains_key("cpu") || map.contains_key("memory");
    if (huge(limits) || huge(requests)) && !plain(limits) && !plain(requests) {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
}

/// Huge pages are given in pages of the size that their name tells.
fn whole_pages(name: &str, raw: &RawQuantity, path: &Path<'_>, errors: &mut ErrorList) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let Ok(amount) = Quantity::try_from(raw) else { return };
    let page = size.parse::<Quantity>().map_or(0, |size| size.value());
    if page <= 0 || amount.value() % page != 0 {
        let detail = format!("{amount} is not positive integer multiple of {name}");
        errors.invalid(path, &amount.to_string(), detail);
    }
}

fn request_within_limit(
    name: &str,
    request: &RawQuantity,
    limit: &RawQuantity,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    let (Ok(asked), Ok(most)) = (Quantity::try_from(request), Quantity::try_from(limit)) else { return };
    if !overcommitable(name) && asked != most {
        errors.invalid(path, &asked.to_string(), format!("must be equal to {name} limit of {most}"));
    } else if asked > most {
        errors.invalid(
            path,
            &asked.to_string(),
            format!("must be less than or equal to {name} limit of {most}"),
        );
    }
}

/// Extended resources and huge pages are given in whole and cannot be shared.
fn overcommitable(name: &str) -> bool {
    is_native(name) && !name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether the name is one of another domain than Kubernetes's.
pub(super) fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.")
}

fn container_resource_name(name: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let problems = qualified_name_problems(name);
    if !problems.is_empty() {
        for problem in problems {
            errors.invalid(path, Shown::raw(name), problem);
        }
        return;
    }
    let huge = name.starts_with("hugepages-");
    let standard = STANDARD_CONTAINER_RESOURCES.contains(&name) || huge;
    if name.contains('/') {
        if is_native(name) || name.starts_with("requests.") {
            errors.invalid(path, Shown::raw(name), "doesn't follow extended resource name standard");
        }
        return;
    }
    if !standard && !OTHER_STANDARD_RESOURCES.contains(&name) {
        errors.invalid(path, Shown::raw(name), "must be a standard resource type or fully qualified");
    }
    if !standard {
        errors.invalid(path, Shown::raw(name), "must be a standard resource for containers");
    }
}

/// A quantity that must not be negative and, for countable resources, must be whole.
pub fn resource_quantity(name: &str, raw: &RawQuantity, path: &Path<'_>, errors: &mut ErrorList) {
    let Ok(quantity) = Quantity::try_from(raw) else { return };
    if quantity.is_negative() {
        errors.invalid(path, &quantity.to_string(), "must be greater than or equal to 0");
    }
    // An amount beyond an i64 is taken for whole.
    let units = quantity.value();
    let whole = units == i64::MAX || Quantity::from_units(units, quantity.format()) == quantity;
    let counted = is_extended(name) || COUNTED.contains(&name);
    if counted && !whole {
        errors.invalid(path, go::quantity(&raw.0, ""), "must be an integer");
    }
}

const COUNTED: [&str; 10] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
    "count",
];
