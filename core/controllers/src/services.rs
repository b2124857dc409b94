//! What the endpoint controllers ask of services and their pods.

use std::sync::Arc;

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::{Pod, Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::selector::Selector;
use model::{Kind, Object};
use store::{Change, Key, Store};

use crate::pods;

/// The label of what belongs to a service without an address.
pub(crate) const HEADLESS: &str = "service.kubernetes.io/headless";
/// When the change that led to the endpoints happened.
pub(crate) const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// The selector of a service whose endpoints are kept for it; `None` if they are its own business.
pub(crate) fn selector(service: &Object) -> Option<Selector> {
    let spec = service.spec::<Service>();
    if spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    spec.selector.as_ref().filter(|labels| !labels.is_empty()).map(Selector::from_labels)
}

/// The pods that a selector means, in the order of their names.
pub(crate) fn selected_pods(store: &Store, namespace: &str, selector: &Selector) -> Vec<Arc<Object>> {
    store.list_namespace(Kind::Pod, namespace).filter(|pod| selector.matches(pod.labels())).cloned().collect()
}

/// The services whose endpoints a change of a pod may change.
pub(crate) fn concerned_by_pod(change: &Change, api: &ApiServer) -> Vec<Key> {
    let changed = endpoint_changed(change);
    let relabeled = match (&change.old, &change.new) {
        (Some(old), Some(new)) => old.labels() != new.labels(),
        _ => false,
    };
    if !changed && !relabeled {
        return Vec::new();
    }
    // Other labels alone concern the services that gain or lose the pod.
    let is_concerned = |service: &&Arc<Object>| {
        let Some(selector) = selector(service) else { return false };
        let selects =
            |side: &Option<Arc<Object>>| side.as_ref().is_some_and(|pod| selector.matches(pod.labels()));
        let (before, after) = (selects(&change.old), selects(&change.new));
        if changed { before || after } else { before != after }
    };
    let services = api.store().list_namespace(Kind::Service, &change.key.namespace);
    services.filter(is_concerned).map(|service| Key::of(service)).collect()
}

/// Whether what an endpoint says of the pod differs between the two sides of a change.
fn endpoint_changed(change: &Change) -> bool {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return true };
    let (old_status, new_status) = (old.status::<Pod>(), new.status::<Pod>());
    old.is_deleting() != new.is_deleting()
        || old_status.pod_ip != new_status.pod_ip
        || pods::node_name(old) != pods::node_name(new)
        || pods::is_terminal(old) != pods::is_terminal(new)
        || pods::is_ready(old) != pods::is_ready(new)
}

/// Whether a pod can be an endpoint at all; one that is going only where it is asked for.
pub(crate) fn can_be_endpoint(pod: &Object, include_terminating: bool) -> bool {
    let has_ip = pod.status::<Pod>().pod_ip.as_ref().is_some_and(|ip| !ip.is_empty());
    has_ip && !pods::is_terminal(pod) && (include_terminating || !pod.is_deleting())
}

pub(crate) fn is_headless(spec: &ServiceSpec) -> bool {
    spec.cluster_ip.as_deref() == Some("None")
}

pub(crate) fn publishes_not_ready(spec: &ServiceSpec) -> bool {
    spec.publish_not_ready_addresses.unwrap_or(false)
}

/// The name under which the pod is found beneath a headless service.
pub(crate) fn hostname(pod: &Object, service: &Object) -> Option<String> {
    let spec = pod.spec::<Pod>();
    let is_within = spec.subdomain.as_deref() == Some(service.name());
    spec.hostname.clone().filter(|name| is_within && !name.is_empty())
}

/// The port of the pod that a service's port leads to; `None` if the pod has none of that name.
pub(crate) fn find_port(pod: &Object, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        None => return Some(port.port),
        Some(IntOrString::Int(number)) => return Some(if *number == 0 { port.port } else { *number }),
        Some(IntOrString::String(name)) => name,
    };
    let spec = pod.spec::<Pod>();
    let wanted_protocol = protocol(port);
    let restartable = spec.init_containers.iter().flatten().filter(|init| init.restart_policy.is_some());
    let ports =
        spec.containers.iter().chain(restartable).flat_map(|container| container.ports.iter().flatten());
    ports
        .filter(|candidate| candidate.name.as_ref() == Some(name))
        .find(|candidate| candidate.protocol.as_deref().unwrap_or("TCP") == wanted_protocol)
        .map(|candidate| candidate.container_port)
}

pub(crate) fn protocol(port: &ServicePort) -> &str {
    port.protocol.as_deref().unwrap_or("TCP")
}
