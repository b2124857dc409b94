//! Endpoints and EndpointSlices.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{EndpointPort, EndpointSubset, Endpoints};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::error::ErrorList;
use super::path::Path;
use super::{address, names, text};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const SLICE_ENDPOINTS_MAX: usize = 1000;
const SLICE_ADDRESSES_MAX: usize = 100;

/// Endpoints.
pub fn endpoints(endpoints: &Endpoints, errors: &mut ErrorList) {
    for (index, subset) in endpoints.subsets.iter().flatten().enumerate() {
        let name = format!("subsets[{index}]");
        one_subset(subset, &Path::root(&name), errors);
    }
}

fn one_subset(subset: &EndpointSubset, path: &Path<'_>, errors: &mut ErrorList) {
    let ready = subset.addresses.as_deref().unwrap_or_default();
    let not_ready = subset.not_ready_addresses.as_deref().unwrap_or_default();
    if ready.is_empty() && not_ready.is_empty() {
        errors.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (field, addresses) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        for (index, it) in addresses.iter().enumerate() {
            let path = path.item(field, index);
            let at = path.child("ip");
            address::endpoint_ip(&it.ip, &at, errors);
            if it.ip.parse::<IpAddr>().is_err() {
                // Upstream checks the address twice, in different words.
                errors.invalid(&at, &it.ip, "must be a valid IP address");
            }
            let hostname = text(&it.hostname);
            if !hostname.is_empty() {
                errors.problems(&path.child("hostname"), hostname, names::label_problems(hostname));
            }
        }
    }
    let ports = subset.ports.as_deref().unwrap_or_default();
    for (index, port) in ports.iter().enumerate() {
        one_port(port, ports.len() > 1, &path.item("ports", index), errors);
    }
}

fn one_port(port: &EndpointPort, needs_name: bool, path: &Path<'_>, errors: &mut ErrorList) {
    let name = text(&port.name);
    if !name.is_empty() {
        errors.problems(&path.child("name"), name, names::label_problems(name));
    } else if needs_name {
        errors.required(&path.child("name"), "");
    }
    errors.in_range(&path.child("port"), i64::from(port.port), 1, 65535);
    errors.one_of_or_required(&path.child("protocol"), text(&port.protocol), &PROTOCOLS, "");
    let protocol = text(&port.app_protocol);
    if !protocol.is_empty() {
        errors.problems(&path.child("appProtocol"), protocol, names::qualified_name_problems(protocol));
    }
}

/// An EndpointSlice.
pub fn endpoint_slice(slice: &EndpointSlice, errors: &mut ErrorList) {
    const FAMILIES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];
    let family = slice.address_type.as_str();
    errors.one_of_or_required(&Path::root("addressType"), family, &FAMILIES, "");
    if slice.endpoints.len() > SLICE_ENDPOINTS_MAX {
        errors.too_many(&Path::root("endpoints"), slice.endpoints.len(), SLICE_ENDPOINTS_MAX);
    }
    for (index, endpoint) in slice.endpoints.iter().enumerate() {
        let name = format!("endpoints[{index}]");
        let path = Path::root(&name);
        addresses(&endpoint.addresses, family, &path.child("addresses"), errors);
        if let Some(node) = endpoint.node_name.as_deref() {
            errors.problems(&path.child("nodeName"), node, names::subdomain_problems(node));
        }
        if let Some(hostname) = endpoint.hostname.as_deref() {
            errors.problems(&path.child("hostname"), hostname, names::label_problems(hostname));
        }
    }
    slice_ports(slice, errors);
}

fn addresses(addresses: &[String], family: &str, path: &Path<'_>, errors: &mut ErrorList) {
    if addresses.is_empty() {
        errors.required(path, "must contain at least 1 address");
    } else if addresses.len() > SLICE_ADDRESSES_MAX {
        errors.too_many(path, addresses.len(), SLICE_ADDRESSES_MAX);
    }
    for (index, it) in addresses.iter().enumerate() {
        let at = path.item("", index);
        match (family, it.parse::<IpAddr>()) {
            ("FQDN", _) => errors.problems(&at, it, names::subdomain_problems(it)),
            (_, Err(_)) => address::ip(it, &at, errors),
            ("IPv4", Ok(IpAddr::V6(_))) => errors.invalid(path, it, "must be an IPv4 address"),
            ("IPv6", Ok(IpAddr::V4(_))) => errors.invalid(path, it, "must be an IPv6 address"),
            _ => {}
        }
        if family != "FQDN" && it.parse::<IpAddr>().is_ok() {
            address::endpoint_ip(it, &at, errors);
        }
    }
}

fn slice_ports(slice: &EndpointSlice, errors: &mut ErrorList) {
    let ports = slice.ports.as_deref().unwrap_or_default();
    for (index, port) in ports.iter().enumerate() {
        let place = format!("ports[{index}]");
        let path = Path::root(&place);
        let name = text(&port.name);
        if !name.is_empty() {
            errors.problems(&path.child("name"), name, names::label_problems(name));
        }
        if ports[..index].iter().any(|it| text(&it.name) == name) {
            errors.duplicate(&path.child("name"), name);
        }
        errors.one_of_or_required(&path.child("protocol"), text(&port.protocol), &PROTOCOLS, "");
    }
}

/// The family of a slice's addresses may not change.
pub fn endpoint_slice_update(new: &EndpointSlice, old: &EndpointSlice, errors: &mut ErrorList) {
    if new.address_type != old.address_type {
        errors.invalid(&Path::root("addressType"), &new.address_type, "field is immutable");
    }
}
