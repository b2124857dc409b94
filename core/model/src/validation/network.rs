//! Ingresses and NetworkPolicies.

use std::net::IpAddr;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, IPBlock, IngressBackend, IngressSpec, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::error::{ErrorList, Shown};
use super::path::Path;
use super::selector::label_selector;
use super::{address, names, probe, text};

const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];

/// An Ingress's spec.
pub fn ingress(spec: &IngressSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let rules = spec.rules.as_deref().unwrap_or_default();
    match &spec.default_backend {
        Some(given) => backend(given, &path.child("defaultBackend"), errors),
        None if rules.is_empty() => errors.invalid(
            &path,
            Shown::raw("[]networking.IngressRule(nil)"),
            "either `defaultBackend` or `rules` must be specified",
        ),
        None => {}
    }
    for (index, rule) in rules.iter().enumerate() {
        let path = path.item("rules", index);
        let host = text(&rule.host);
        if !host.is_empty() {
            ingress_host(host, &path.child("host"), errors);
        }
        if let Some(http) = &rule.http {
            let path = path.child("http");
            if http.paths.is_empty() {
                errors.required(&path.child("paths"), "");
            }
            for (index, it) in http.paths.iter().enumerate() {
                ingress_path(it, &path.item("paths", index), errors);
            }
        }
    }
    for (index, tls) in spec.tls.iter().flatten().enumerate() {
        let path = path.item("tls", index);
        for (index, host) in tls.hosts.iter().flatten().enumerate() {
            host_name(host, &path.item("hosts", index), errors);
        }
    }
    if let Some(class) = spec.ingress_class_name.as_deref() {
        errors.problems(&path.child("ingressClassName"), class, names::subdomain_problems(class));
    }
}

fn ingress_host(host: &str, path: &Path<'_>, errors: &mut ErrorList) {
    if host.parse::<IpAddr>().is_ok() {
        errors.invalid(path, host, "must be a DNS name, not an IP address");
    }
    host_name(host, path, errors);
}

fn host_name(host: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let problems =
        if host.contains('*') { names::wildcard_problems(host) } else { names::subdomain_problems(host) };
    errors.problems(path, host, problems);
}

fn ingress_path(it: &HTTPIngressPath, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("path");
    let value = text(&it.path);
    match it.path_type.as_str() {
        "" => errors.required(&path.child("pathType"), "pathType must be specified"),
        "Exact" | "Prefix" => {
            if !value.starts_with('/') {
                errors.invalid(&at, value, "must be an absolute path");
            }
            if !value.is_empty() {
                path_sequences(value, &at, errors);
            }
        }
        "ImplementationSpecific" => {
            if !value.is_empty() && !value.starts_with('/') {
                errors.invalid(&at, value, "must be an absolute path");
            }
        }
        other => errors.not_supported(&path.child("pathType"), other, &PATH_TYPES),
    }
    backend(&it.backend, &path.child("backend"), errors);
}

fn path_sequences(value: &str, path: &Path<'_>, errors: &mut ErrorList) {
    for sequence in ["//", "/./", "/../", "%2f", "%2F"] {
        if value.contains(sequence) {
            errors.invalid(path, value, format!("must not contain '{sequence}'"));
        }
    }
    for suffix in ["/..", "/."] {
        if value.ends_with(suffix) {
            errors.invalid(path, value, format!("cannot end with '{suffix}'"));
        }
    }
}

fn backend(backend: &IngressBackend, path: &Path<'_>, errors: &mut ErrorList) {
    let Some(service) = &backend.service else {
        if backend.resource.is_none() {
            errors.required(path, "resource or service backend is required");
        }
        return;
    };
    if backend.resource.is_some() {
        errors.invalid(path, "", "cannot set both resource and service backends");
        return;
    }
    let at = path.child("service");
    if service.name.is_empty() {
        errors.required(&at.child("name"), "");
    } else {
        errors.problems(&at.child("name"), &service.name, names::label_1035_problems(&service.name));
    }
    let port = service.port.as_ref();
    let name = port.map_or("", |port| text(&port.name));
    let number = port.and_then(|port| port.number).unwrap_or(0);
    let at = at.child("port");
    match (name.is_empty(), number) {
        (false, 0) => errors.problems(&at.child("name"), name, names::port_name_problems(name)),
        (false, _) => errors.invalid(path, "", "cannot set both port name & port number"),
        (true, 0) => errors.required(path, "port name or number is required"),
        (true, number) => errors.in_range(&at.child("number"), i64::from(number), 1, 65535),
    }
}

/// A NetworkPolicy's spec.
pub fn network_policy(spec: &NetworkPolicySpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    if let Some(selector) = &spec.pod_selector {
        label_selector(selector, &path.child("podSelector"), errors);
    }
    for (index, rule) in spec.ingress.iter().flatten().enumerate() {
        let path = path.item("ingress", index);
        rule_parts(rule.ports.as_deref(), "from", rule.from.as_deref(), &path, errors);
    }
    for (index, rule) in spec.egress.iter().flatten().enumerate() {
        let path = path.item("egress", index);
        rule_parts(rule.ports.as_deref(), "to", rule.to.as_deref(), &path, errors);
    }
    let types = spec.policy_types.as_deref().unwrap_or_default();
    if types.len() > 2 {
        errors.invalid(
            &path.child("policyTypes"),
            super::go::strings(types),
            "may not specify more than two policyTypes",
        );
        return;
    }
    for (index, kind) in types.iter().enumerate() {
        errors.one_of(&path.item("policyTypes", index), kind, &["Egress", "Ingress"]);
    }
}

fn rule_parts(
    ports: Option<&[NetworkPolicyPort]>,
    field: &str,
    peers: Option<&[NetworkPolicyPeer]>,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    for (index, port) in ports.unwrap_or_default().iter().enumerate() {
        policy_port(port, &path.item("ports", index), errors);
    }
    for (index, peer) in peers.unwrap_or_default().iter().enumerate() {
        policy_peer(peer, &path.item(field, index), errors);
    }
}

fn policy_port(port: &NetworkPolicyPort, path: &Path<'_>, errors: &mut ErrorList) {
    let protocol = text(&port.protocol);
    if !protocol.is_empty() {
        errors.one_of(&path.child("protocol"), protocol, &["TCP", "UDP", "SCTP"]);
    }
    let end = path.child("endPort");
    if let Some(given) = &port.port {
        probe::port(given, &path.child("port"), errors);
    }
    match (&port.port, port.end_port) {
        (_, None) => {}
        (None, Some(last)) => {
            errors.invalid(&end, last, "may not be specified when `port` is not specified");
        }
        (Some(IntOrString::String(_)), Some(last)) => {
            errors.invalid(&end, last, "may not be specified when `port` is non-numeric");
        }
        (Some(IntOrString::Int(first)), Some(last)) => {
            if last < *first {
                // Upstream shows the port, not its end.
                errors.invalid(&end, *first, "must be greater than or equal to `port`");
            }
            errors.in_range(&end, i64::from(last), 1, 65535);
        }
    }
}

fn policy_peer(peer: &NetworkPolicyPeer, path: &Path<'_>, errors: &mut ErrorList) {
    let mut selectors = 0;
    for (field, selector) in
        [("podSelector", &peer.pod_selector), ("namespaceSelector", &peer.namespace_selector)]
    {
        if let Some(selector) = selector {
            selectors += 1;
            label_selector(selector, &path.child(field), errors);
        }
    }
    match &peer.ip_block {
        Some(block) => {
            ip_block(block, &path.child("ipBlock"), errors);
            if selectors > 0 {
                errors.forbidden(path, "may not specify both ipBlock and another peer");
            }
        }
        None if selectors == 0 => errors.required(path, "must specify a peer"),
        None => {}
    }
}

fn ip_block(block: &IPBlock, path: &Path<'_>, errors: &mut ErrorList) {
    if block.cidr.is_empty() {
        errors.required(&path.child("cidr"), "");
        return;
    }
    let Some(whole) = address::cidr(&block.cidr, &path.child("cidr"), errors) else { return };
    for (index, text) in block.except.iter().flatten().enumerate() {
        let at = path.item("except", index);
        if let Some(part) = address::cidr(text, &at, errors)
            && !(whole.contains(part.address) && part.bits > whole.bits)
        {
            errors.invalid(&at, text, "must be a strict subset of `cidr`");
        }
    }
}
