//! The quality-of-service class of a pod.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use model::quantity;

const COMPUTE: [&str; 2] = ["cpu", "memory"];

/// `Guaranteed` if every container limits CPU and memory to what it requests, `BestEffort` if none says anything, else `Burstable`.
pub(super) fn class(spec: &PodSpec) -> &'static str {
    let containers = || spec.containers.iter().chain(spec.init_containers.iter().flatten());
    if containers().all(|container| COMPUTE.iter().all(|name| says_nothing(container, name))) {
        return "BestEffort";
    }
    if containers().all(|container| COMPUTE.iter().all(|name| is_guaranteed(container, name))) {
        return "Guaranteed";
    }
    "Burstable"
}

fn amounts(container: &Container, name: &str) -> (Option<Quantity>, Option<Quantity>) {
    let of = |map: Option<&BTreeMap<String, Quantity>>| {
        map.and_then(|map| map.get(name)).filter(|amount| !is_zero(amount)).cloned()
    };
    let resources = container.resources.as_ref();
    (
        of(resources.and_then(|resources| resources.requests.as_ref())),
        of(resources.and_then(|resources| resources.limits.as_ref())),
    )
}

fn says_nothing(container: &Container, name: &str) -> bool {
    amounts(container, name) == (None, None)
}

fn is_guaranteed(container: &Container, name: &str) -> bool {
    matches!(amounts(container, name), (Some(request), Some(limit)) if equal(&request, &limit))
}

fn is_zero(amount: &Quantity) -> bool {
    parse(amount).is_some_and(|amount| amount.is_zero())
}

fn equal(a: &Quantity, b: &Quantity) -> bool {
    matches!((parse(a), parse(b)), (Some(a), Some(b)) if a == b)
}

fn parse(amount: &Quantity) -> Option<quantity::Quantity> {
    amount.0.parse().ok()
}
