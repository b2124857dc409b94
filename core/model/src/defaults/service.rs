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
    port.node_port.take_if(|number| *number == 0);
    let absent = match &port.target_port {
        None => true,
        Some(IntOrString::Int(number)) => *number == 0,
        Some(IntOrString::String(name)) => name.is_empty(),
    };
    if absent {
        port.target_port = Some(IntOrString::Int(port.port));
    }
}

/// Settles an update against the stored Service: what the server gave it stays where the update does not name it, and what belonged to
/// the old type goes where the update does not insist on it.
// Models pkg/registry/core/service/strategy.go and storage.go.
pub fn carry_over(new: &mut ServiceSpec, old: &ServiceSpec) {
    follow_the_changed_ip(new, old);
    if has_ip(new) && has_ip(old) {
        if ip(new).is_empty() && none(&new.cluster_ips) {
            new.cluster_ip.clone_from(&old.cluster_ip);
            new.cluster_ips.clone_from(&old.cluster_ips);
        }
    } else if has_ip(old) {
        if ip(new) == ip(old) && new.cluster_ips == old.cluster_ips {
            new.cluster_ip = None;
            new.cluster_ips = None;
        }
        new.ip_families.take_if(|families| Some(&*families) == old.ip_families.as_ref());
        new.ip_family_policy.take_if(|policy| Some(&*policy) == old.ip_family_policy.as_ref());
        new.internal_traffic_policy.take_if(|policy| Some(&*policy) == old.internal_traffic_policy.as_ref());
    }
    carry_node_ports(new, old);
    if has_health_port(new) && has_health_port(old) {
        if new.health_check_node_port.unwrap_or(0) == 0 {
            new.health_check_node_port = old.health_check_node_port;
        }
    } else if has_health_port(old) && new.health_check_node_port == old.health_check_node_port {
        new.health_check_node_port = None;
    }
    if is_external(old) && !is_external(new) {
        new.external_traffic_policy.take_if(|policy| Some(&*policy) == old.external_traffic_policy.as_ref());
    }
    if is_balanced(old) && !is_balanced(new) {
        let flag = old.allocate_load_balancer_node_ports;
        new.allocate_load_balancer_node_ports.take_if(|given| Some(*given) == flag);
        new.load_balancer_class.take_if(|class| Some(&*class) == old.load_balancer_class.as_ref());
    }
}

/// Where only the older of the two fields was changed, the list follows it.
fn follow_the_changed_ip(new: &mut ServiceSpec, old: &ServiceSpec) {
    if new.cluster_ips == old.cluster_ips && ip(new) != ip(old) {
        new.cluster_ips = new.cluster_ip.clone().filter(|ip| !ip.is_empty()).map(|changed| vec![changed]);
    }
}

fn carry_node_ports(new: &mut ServiceSpec, old: &ServiceSpec) {
    let before = old.ports.as_deref().unwrap_or_default();
    if has_node_ports(new) && has_node_ports(old) {
        for port in new.ports.iter_mut().flatten().filter(|port| port.node_port.unwrap_or(0) == 0) {
            let same = |it: &&ServicePort| it.port == port.port && it.protocol == port.protocol;
            port.node_port = before.iter().find(same).and_then(|it| it.node_port);
        }
    } else if has_node_ports(old) {
        let held = |port: &ServicePort| before.iter().any(|it| it.node_port == port.node_port);
        for port in new.ports.iter_mut().flatten().filter(|port| held(port)) {
            port.node_port = None;
        }
    }
}

fn ip(spec: &ServiceSpec) -> &str {
    spec.cluster_ip.as_deref().unwrap_or_default()
}

fn none(ips: &Option<Vec<String>>) -> bool {
    ips.as_ref().is_none_or(Vec::is_empty)
}

fn has_ip(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() != Some("ExternalName")
}

fn is_balanced(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() == Some("LoadBalancer")
}

fn is_external(spec: &ServiceSpec) -> bool {
    let by_ip = spec.type_.as_deref() == Some("ClusterIP")
        && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    is_balanced(spec) || spec.type_.as_deref() == Some("NodePort") || by_ip
}

fn has_node_ports(spec: &ServiceSpec) -> bool {
    is_balanced(spec) || spec.type_.as_deref() == Some("NodePort")
}

fn has_health_port(spec: &ServiceSpec) -> bool {
    is_balanced(spec) && spec.external_traffic_policy.as_deref() == Some("Local")
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
