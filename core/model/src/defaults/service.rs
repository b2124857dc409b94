//! Services, Endpoints, EndpointSlices.

use k8s_openapi::api::core::v1::{Endpoints, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Tidy, default_text};

const AFFINITY_SECONDS: i32 = 10_800;

/// A Service's spec, without its addresses and node ports.
pub fn service(spec: &mut ServiceSpec) {
    default_text(&mut spec.session_affinity, "None");
    default_text(&mut spec.type_, "ClusterIP");
    let kind = spec.type_.clone().unwrap_or_default();
    match spec.session_affinity.as_deref() {
        Some("None") => spec.session_affinity_config = None,
        Some("ClientIP") => {
            let config = spec.session_affinity_config.get_or_insert_default();
            config.client_ip.get_or_insert_default().timeout_seconds.get_or_insert(AFFINITY_SECONDS);
        }
        _ => {}
    }
    for port in spec.ports.iter_mut().flatten() {
        service_port(port);
    }
    let external = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
    let external_ips = spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    if external || kind == "ClusterIP" && external_ips {
        default_text(&mut spec.external_traffic_policy, "Cluster");
    }
    if external || kind == "ClusterIP" {
        default_text(&mut spec.internal_traffic_policy, "Cluster");
    }
    if kind == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    let first = spec.cluster_ip.clone().filter(|ip| !ip.is_empty());
    if let Some(first) = first {
        let ips = spec.cluster_ips.get_or_insert_default();
        if ips.is_empty() {
            ips.push(first);
        }
    }
    spec.external_ips.tidy();
    spec.cluster_ips.tidy();
    spec.cluster_ip.tidy();
    spec.publish_not_ready_addresses.tidy();
    spec.ports.tidy();
}

fn service_port(port: &mut ServicePort) {
    default_text(&mut port.protocol, "TCP");
    let absent = match &port.target_port {
        None => true,
        Some(IntOrString::Int(number)) => *number == 0,
        Some(IntOrString::String(name)) => name.is_empty(),
    };
    if absent {
        port.target_port = Some(IntOrString::Int(port.port));
    }
}

/// Keeps what the server gave the stored Service and the update does not name.
pub fn carry_over(new: &mut ServiceSpec, old: &ServiceSpec) {
    fn empty(ips: Option<&Vec<String>>) -> bool {
        ips.is_none_or(Vec::is_empty)
    }
    let external = |spec: &ServiceSpec| spec.type_.as_deref() == Some("ExternalName");
    if external(new) || external(old) {
        return;
    }
    let ip = |spec: &ServiceSpec| spec.cluster_ip.clone().unwrap_or_default();
    if new.cluster_ips == old.cluster_ips && ip(new) != ip(old) {
        // Only the older field was changed: the list follows it.
        match new.cluster_ip.clone().filter(|ip| !ip.is_empty()) {
            Some(changed) => new.cluster_ips = Some(vec![changed]),
            None => new.cluster_ips = None,
        }
    }
    if ip(new).is_empty() && empty(new.cluster_ips.as_ref()) {
        new.cluster_ip.clone_from(&old.cluster_ip);
        new.cluster_ips.clone_from(&old.cluster_ips);
    }
    let reachable = |spec: &ServiceSpec| matches!(spec.type_.as_deref(), Some("NodePort" | "LoadBalancer"));
    if reachable(new) && reachable(old) {
        for port in new.ports.iter_mut().flatten().filter(|port| port.node_port.unwrap_or(0) == 0) {
            let same = |it: &&ServicePort| it.port == port.port && it.protocol == port.protocol;
            port.node_port = old.ports.iter().flatten().find(same).and_then(|it| it.node_port);
        }
        if new.health_check_node_port.unwrap_or(0) == 0 {
            new.health_check_node_port = old.health_check_node_port;
        }
    }
}

/// Endpoints.
pub fn endpoints(endpoints: &mut Endpoints) {
    for subset in endpoints.subsets.iter_mut().flatten() {
        for port in subset.ports.iter_mut().flatten() {
            default_text(&mut port.protocol, "TCP");
        }
    }
}

/// An EndpointSlice.
pub fn endpoint_slice(slice: &mut EndpointSlice) {
    for endpoint in &mut slice.endpoints {
        endpoint.conditions.get_or_insert_default();
    }
    for port in slice.ports.iter_mut().flatten() {
        port.name.get_or_insert_default();
        default_text(&mut port.protocol, "TCP");
    }
}
