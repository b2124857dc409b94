//! Tables of Service, Endpoints and EndpointSlice.

use k8s_openapi::api::core::v1::{Endpoints, Service, ServicePort, ServiceSpec, ServiceStatus};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::jiff::Timestamp;
use model::Object;

use super::{Columns, NONE, age, or_none};

pub(super) const SERVICE_COLUMNS: Columns =
    (&["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"], &["Selector"]);
pub(super) const ENDPOINTS_COLUMNS: Columns = (&["Name", "Endpoints", "Age"], &[]);
pub(super) const SLICE_COLUMNS: Columns = (&["Name", "AddressType", "Ports", "Endpoints", "Age"], &[]);

/// So many addresses or ports are shown; the rest is counted.
const SHOWN_MAX: usize = 3;
const UNSET: &str = "<unset>";

pub(super) fn service_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let (spec, status) = (object.spec::<Service>(), object.status::<Service>());
    let selector: Vec<String> =
        spec.selector.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    vec![
        object.name().to_owned(),
        spec.type_.clone().unwrap_or_default(),
        or_none(spec.cluster_ip.clone().unwrap_or_default()),
        external_ip(spec, status),
        or_none(spec.ports.iter().flatten().map(port).collect::<Vec<_>>().join(",")),
        age(object, now),
        or_none(selector.join(",")),
    ]
}

fn port(port: &ServicePort) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    match port.node_port.filter(|number| *number > 0) {
        Some(node_port) => format!("{}:{node_port}/{protocol}", port.port),
        None => format!("{}/{protocol}", port.port),
    }
}

fn external_ip(spec: &ServiceSpec, status: &ServiceStatus) -> String {
    let external = spec.external_ips.clone().unwrap_or_default();
    match spec.type_.as_deref() {
        Some("ExternalName") => spec.external_name.clone().unwrap_or_default(),
        Some("LoadBalancer") => {
            let ingress = status.load_balancer.iter().flat_map(|balancer| balancer.ingress.iter().flatten());
            let mut addresses: Vec<String> =
                ingress.filter_map(|entry| entry.ip.clone().or_else(|| entry.hostname.clone())).collect();
            addresses.extend(external);
            if addresses.is_empty() { "<pending>".to_owned() } else { addresses.join(",") }
        }
        _ => or_none(external.join(",")),
    }
}

pub(super) fn endpoints_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let endpoints = object.spec::<Endpoints>();
    let mut all = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let addresses = subset.addresses.iter().flatten().map(|address| &address.ip);
        let ports: Vec<i32> = subset.ports.iter().flatten().map(|port| port.port).collect();
        if ports.is_empty() {
            all.extend(addresses.cloned());
            continue;
        }
        for port in ports {
            all.extend(addresses.clone().map(|ip| host_and_port(ip, port)));
        }
    }
    // Where there are subsets and none has a ready address, nothing is shown.
    let nothing = if endpoints.subsets.iter().flatten().next().is_none() { NONE } else { "" };
    vec![object.name().to_owned(), some_of(&all, nothing), age(object, now)]
}

/// `10.0.0.1:80`, `[::1]:80`.
#[must_use]
pub fn host_and_port(host: &str, port: i32) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

pub(super) fn slice_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let slice = object.spec::<EndpointSlice>();
    let ports: Vec<String> = slice
        .ports
        .iter()
        .flatten()
        .map(|port| port.port.map_or_else(|| "*".to_owned(), |number| number.to_string()))
        .collect();
    let addresses: Vec<String> =
        slice.endpoints.iter().flat_map(|endpoint| endpoint.addresses.iter().cloned()).collect();
    vec![
        object.name().to_owned(),
        slice.address_type.clone(),
        some_of(&ports, UNSET),
        some_of(&addresses, UNSET),
        age(object, now),
    ]
}

fn some_of(all: &[String], nothing: &str) -> String {
    if all.is_empty() {
        return nothing.to_owned();
    }
    let shown = all[..all.len().min(SHOWN_MAX)].join(",");
    match all.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}
