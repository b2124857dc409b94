//! Services, endpoints and endpoint slices.

use apiserver::ListOptions;
use apiserver::printers::service::host_and_port;
use k8s_openapi::api::core::v1::{Endpoints, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::{Kind, Object};

use super::writer::Writer;
use crate::session::Session;

fn header(writer: &mut Writer, object: &Object) {
    writer.field(0, "Name", object.name());
    writer.field(0, "Namespace", object.namespace());
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
}

fn or_none(list: Option<&Vec<String>>) -> String {
    let list = list.map(|list| list.join(",")).unwrap_or_default();
    if list.is_empty() { "<none>".to_owned() } else { list }
}

/// Describes a service.
pub fn service(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    let (spec, status) = (object.spec::<Service>(), object.status::<Service>());
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    header(writer, object);
    let selector = spec.selector.as_ref().map(|labels| crate::text::labels(labels, "<none>"));
    writer.field(0, "Selector", selector.unwrap_or_else(|| "<none>".to_owned()));
    writer.field(0, "Type", text(&spec.type_));
    if let Some(policy) = &spec.ip_family_policy {
        writer.field(0, "IP Family Policy", policy);
    }
    writer.field(0, "IP Families", or_none(spec.ip_families.as_ref()));
    writer.field(0, "IP", text(&spec.cluster_ip));
    writer.field(0, "IPs", or_none(spec.cluster_ips.as_ref()));
    if let Some(addresses) = spec.external_ips.as_ref().filter(|list| !list.is_empty()) {
        writer.field(0, "External IPs", addresses.join(","));
    }
    if let Some(address) = spec.load_balancer_ip.as_deref().filter(|text| !text.is_empty()) {
        writer.field(0, "Desired LoadBalancer IP", address);
    }
    if let Some(name) = spec.external_name.as_deref().filter(|text| !text.is_empty()) {
        writer.field(0, "External Name", name);
    }
    let ingress: Vec<String> = status
        .load_balancer
        .iter()
        .flat_map(|balancer| balancer.ingress.iter().flatten())
        .filter_map(|entry| {
            let mode = entry.ip_mode.as_ref().map(|mode| format!(" ({mode})")).unwrap_or_default();
            entry.ip.clone().map(|ip| ip + &mode).or_else(|| entry.hostname.clone())
        })
        .collect();
    if !ingress.is_empty() {
        writer.field(0, "LoadBalancer Ingress", ingress.join(", "));
    }
    let slices = slices_of(session, object);
    for port in spec.ports.iter().flatten() {
        service_port(writer, port, &slices);
    }
    traffic(writer, spec);
}

fn service_port(writer: &mut Writer, port: &ServicePort, slices: &[EndpointSlice]) {
    let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    writer.write(0, &format!("Port:\t{name}\t{}/{protocol}\n", port.port));
    let target = match &port.target_port {
        Some(IntOrString::String(name)) => name.clone(),
        Some(IntOrString::Int(number)) => number.to_string(),
        None => port.port.to_string(),
    };
    writer.write(0, &format!("TargetPort:\t{target}/{protocol}\n"));
    if let Some(node_port) = port.node_port.filter(|number| *number != 0) {
        writer.write(0, &format!("NodePort:\t{name}\t{node_port}/{protocol}\n"));
    }
    writer.field(0, "Endpoints", endpoints_of(slices, port.name.as_deref().unwrap_or_default()));
}

fn slices_of(session: &Session<'_, '_>, service: &Object) -> Vec<EndpointSlice> {
    let options = ListOptions {
        label_selector: format!("kubernetes.io/service-name={}", service.name()),
        ..ListOptions::default()
    };
    let list = session.api.list(&session.client.caller, Kind::EndpointSlice, service.namespace(), &options);
    list.map(|list| list.items.iter().map(|slice| slice.spec::<EndpointSlice>().clone()).collect())
        .unwrap_or_default()
}

fn ready(slice: &EndpointSlice) -> impl Iterator<Item = &Endpoint> {
    let is_ready = |endpoint: &&Endpoint| {
        endpoint.conditions.as_ref().is_none_or(|conditions| conditions.ready != Some(false))
    };
    slice.endpoints.iter().filter(is_ready)
}

/// The ready endpoints of a port: three are shown, the rest is counted.
fn endpoints_of(slices: &[EndpointSlice], port: &str) -> String {
    let mut all = Vec::new();
    for slice in slices {
        // A named port that no container has leaves addresses alone.
        if slice.ports.as_ref().is_none_or(Vec::is_empty) {
            all.extend(ready(slice).flat_map(|endpoint| endpoint.addresses.iter().cloned()));
            continue;
        }
        for own in slice.ports.iter().flatten() {
            if own.name.as_deref().unwrap_or_default() != port {
                continue;
            }
            all.extend(
                ready(slice)
                    .flat_map(|endpoint| endpoint.addresses.iter())
                    .map(|address| host_and_port(address, own.port.unwrap_or(0))),
            );
        }
    }
    let shown = all[..all.len().min(3)].join(",");
    if all.len() > 3 { format!("{shown} + {} more...", all.len() - 3) } else { shown }
}

fn traffic(writer: &mut Writer, spec: &ServiceSpec) {
    writer.field(0, "Session Affinity", spec.session_affinity.as_deref().unwrap_or("None"));
    for (name, value) in [
        ("External Traffic Policy", &spec.external_traffic_policy),
        ("Internal Traffic Policy", &spec.internal_traffic_policy),
        ("Traffic Distribution", &spec.traffic_distribution),
    ] {
        if let Some(value) = value {
            writer.field(0, name, value);
        }
    }
    if let Some(port) = spec.health_check_node_port.filter(|port| *port != 0) {
        writer.field(0, "HealthCheck NodePort", port);
    }
    if let Some(ranges) = spec.load_balancer_source_ranges.as_ref().filter(|ranges| !ranges.is_empty()) {
        writer.field(0, "LoadBalancer Source Ranges", ranges.join(","));
    }
}

/// Describes endpoints.
pub fn endpoints(writer: &mut Writer, object: &Object) {
    header(writer, object);
    writer.write(0, "Subsets:\n");
    for subset in object.spec::<Endpoints>().subsets.iter().flatten() {
        let list = |addresses: &Option<Vec<k8s_openapi::api::core::v1::EndpointAddress>>| {
            let ips: Vec<&str> = addresses.iter().flatten().map(|address| address.ip.as_str()).collect();
            if ips.is_empty() { "<none>".to_owned() } else { ips.join(",") }
        };
        writer.field(1, "Addresses", list(&subset.addresses));
        writer.field(1, "NotReadyAddresses", list(&subset.not_ready_addresses));
        if let Some(ports) = subset.ports.as_ref().filter(|ports| !ports.is_empty()) {
            writer.write(1, "Ports:\n");
            writer.write(2, "Name\tPort\tProtocol\n");
            writer.write(2, "----\t----\t--------\n");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
                let protocol = port.protocol.as_deref().unwrap_or("TCP");
                writer.write(2, &format!("{name}\t{}\t{protocol}\n", port.port));
            }
        }
        writer.write(0, "\n");
    }
}

/// Describes an endpoint slice.
pub fn slice(writer: &mut Writer, object: &Object) {
    header(writer, object);
    let slice = object.spec::<EndpointSlice>();
    writer.field(0, "AddressType", &slice.address_type);
    match slice.ports.as_deref().filter(|ports| !ports.is_empty()) {
        None => writer.field(0, "Ports", "<unset>"),
        Some(ports) => {
            writer.write(0, "Ports:\n");
            writer.write(1, "Name\tPort\tProtocol\n");
            writer.write(1, "----\t----\t--------\n");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
                let number = port.port.map_or_else(|| "<unset>".to_owned(), |number| number.to_string());
                writer
                    .write(1, &format!("{name}\t{number}\t{}\n", port.protocol.as_deref().unwrap_or("TCP")));
            }
        }
    }
    if slice.endpoints.is_empty() {
        writer.field(0, "Endpoints", "<none>");
        return;
    }
    writer.write(0, "Endpoints:\n");
    for endpoint in &slice.endpoints {
        writer.write(1, &format!("- Addresses:\t{}\n", endpoint.addresses.join(", ")));
        writer.write(2, "Conditions:\n");
        let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
        writer.field(3, "Ready", ready.map_or_else(|| "<unset>".to_owned(), |ready| ready.to_string()));
        let unset = |text: &Option<String>| text.clone().unwrap_or_else(|| "<unset>".to_owned());
        writer.field(2, "Hostname", unset(&endpoint.hostname));
        if let Some(target) = &endpoint.target_ref {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            writer.field(2, "TargetRef", format!("{}/{}", part(&target.kind), part(&target.name)));
        }
        writer.field(2, "NodeName", unset(&endpoint.node_name));
        writer.field(2, "Zone", unset(&endpoint.zone));
    }
}
