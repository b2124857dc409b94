//! Services.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{ServicePort, ServiceSpec, ServiceStatus};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::error::{ErrorList, Shown};
use super::path::Path;
use super::{address, go, meta, names, probe, text};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITY_SECONDS_MAX: i32 = 86_400;

/// A Service's spec.
pub fn service(spec: &ServiceSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let kind = text(&spec.type_);
    let headless = spec.cluster_ips.iter().flatten().next().is_some_and(|ip| ip == "None");
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !headless && kind != "ExternalName" {
        errors.required(&path.child("ports"), "");
    }
    by_type(spec, kind, headless, &path, errors);
    for (index, port) in ports.iter().enumerate() {
        let names = ports[..index].iter().map(|it| text(&it.name));
        one_port(port, ports.len() > 1, headless, names, &path.item("ports", index), errors);
    }
    if let Some(selector) = &spec.selector {
        meta::labels(selector, &path.child("selector"), errors);
    }
    session_affinity(spec, &path, errors);
    cluster_ips(spec, kind, &path, errors);
    for (index, ip) in spec.external_ips.iter().flatten().enumerate() {
        address::endpoint_ip(ip, &path.item("externalIPs", index), errors);
    }
    errors.one_of_or_required(&path.child("type"), kind, &TYPES, "");
    node_ports(kind, ports, &path, errors);
    load_balancer(spec, kind, &path, errors);
    traffic(spec, kind, &path, errors);
}

fn by_type(spec: &ServiceSpec, kind: &str, headless: bool, path: &Path<'_>, errors: &mut ErrorList) {
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            let detail = format!("may not be set to 'None' for {kind} services");
            errors.invalid(&path.item("clusterIPs", 0), "None", detail);
        }
        "ExternalName" => {
            if !text(&spec.cluster_ip).is_empty() {
                errors.forbidden(&path.child("clusterIPs"), "may not be set for ExternalName services");
            }
            let at = path.child("externalName");
            let name = text(&spec.external_name);
            if name.is_empty() {
                errors.required(&at, "");
            } else {
                let plain = name.strip_suffix('.').unwrap_or(name).to_lowercase();
                errors.problems(&at, name, names::subdomain_problems(&plain));
            }
        }
        _ => {}
    }
}

fn one_port<'a>(
    port: &ServicePort,
    needs_name: bool,
    headless: bool,
    mut earlier_names: impl Iterator<Item = &'a str>,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    let name = text(&port.name);
    if name.is_empty() {
        if needs_name {
            errors.required(&path.child("name"), "");
        }
    } else {
        errors.problems(&path.child("name"), name, names::label_problems(name));
        if earlier_names.any(|it| it == name) {
            errors.duplicate(&path.child("name"), name);
        }
    }
    errors.in_range(&path.child("port"), i64::from(port.port), 1, 65535);
    errors.one_of_or_required(&path.child("protocol"), text(&port.protocol), &["SCTP", "TCP", "UDP"], "");
    if let Some(target) = &port.target_port {
        probe::port(target, &path.child("targetPort"), errors);
        if headless
            && let IntOrString::Int(number) = target
            && *number != port.port
        {
            errors.invalid(
                &path.child("targetPort"),
                Shown::raw(number.to_string()),
                "must be equal to the value of 'port' when clusterIP = None",
            );
        }
    }
    let protocol = text(&port.app_protocol);
    if !protocol.is_empty() {
        errors.problems(&path.child("appProtocol"), protocol, names::qualified_name_problems(protocol));
    }
}

fn session_affinity(spec: &ServiceSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let affinity = text(&spec.session_affinity);
    errors.one_of_or_required(&path.child("sessionAffinity"), affinity, &["ClientIP", "None"], "");
    let at = path.child("sessionAffinityConfig");
    match (affinity, &spec.session_affinity_config) {
        ("ClientIP", Some(config)) => {
            let at = at.child("clientIP");
            let Some(seconds) = config.client_ip.as_ref().and_then(|config| config.timeout_seconds) else {
                errors.required(&at.child("timeoutSeconds"), "");
                return;
            };
            if seconds <= 0 || seconds > AFFINITY_SECONDS_MAX {
                let detail = format!("must be greater than 0 and less than {AFFINITY_SECONDS_MAX}");
                errors.invalid(&at.child("timeoutSeconds"), seconds, detail);
            }
        }
        ("None", Some(_)) => {
            errors.forbidden(&at, "must not be set when session affinity is None");
        }
        _ => {}
    }
}

fn cluster_ips(spec: &ServiceSpec, kind: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let ips = spec.cluster_ips.as_deref().unwrap_or_default();
    if kind == "ExternalName" {
        for (field, given) in [
            ("ipFamilies", spec.ip_families.as_ref().is_some_and(|it| !it.is_empty())),
            ("ipFamilyPolicy", spec.ip_family_policy.is_some()),
        ] {
            if given {
                errors.forbidden(&path.child(field), "may not be set for ExternalName services");
            }
        }
        return;
    }
    if ips.len() > 2 {
        errors.invalid(&path.child("clusterIPs"), go::strings(ips), "may only hold up to 2 values");
    }
    let first = ips.first().map_or("", String::as_str);
    let single = text(&spec.cluster_ip);
    if !ips.is_empty() && single != first {
        let detail = if single.is_empty() {
            "must be empty when `clusterIP` is not specified"
        } else {
            "first value must match `clusterIP`"
        };
        errors.invalid(&path.child("clusterIPs"), go::strings(ips), detail);
    }
    if let Some(policy) = spec.ip_family_policy.as_deref() {
        const POLICIES: [&str; 3] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
        errors.one_of(&path.child("ipFamilyPolicy"), policy, &POLICIES);
    }
    families(spec.ip_families.as_deref().unwrap_or_default(), ips, path, errors);
    for (index, ip) in ips.iter().enumerate() {
        let at = path.item("clusterIPs", index);
        if ip == "None" {
            if ips.len() > 1 {
                errors.invalid(&at, ip, "'None' must be the first and only value");
            }
        } else if ip.parse::<IpAddr>().is_err() {
            address::ip(ip, &at, errors);
        }
    }
}

fn families(families: &[String], ips: &[String], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, family) in families.iter().enumerate() {
        let at = path.item("ipFamilies", index);
        errors.one_of(&at, family, &["IPv4", "IPv6"]);
        if families[..index].contains(family) {
            errors.duplicate(&at, family);
        }
    }
    let addresses: Vec<IpAddr> = ips.iter().filter_map(|ip| ip.parse().ok()).collect();
    if let [first, second] = addresses[..]
        && first.is_ipv4() == second.is_ipv4()
    {
        let detail = "may specify no more than one IP for each IP family";
        errors.invalid(&path.child("clusterIPs"), go::strings(ips), detail);
    }
    for (index, (family, ip)) in families.iter().zip(ips).enumerate() {
        let Ok(address) = ip.parse::<IpAddr>() else { continue };
        let is = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        if is != family {
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.invalid(&path.item("clusterIPs", index), ip, detail);
        }
    }
}

/// What a load balancer says of itself.
pub fn service_status(kind: &str, status: &ServiceStatus, errors: &mut ErrorList) {
    let status_path = Path::root("status");
    let path = status_path.child("loadBalancer");
    let balancer = status.load_balancer.as_ref();
    let ingresses = balancer.and_then(|it| it.ingress.as_deref()).unwrap_or_default();
    if kind != "LoadBalancer" && !ingresses.is_empty() {
        errors.forbidden(&path.child("ingress"), "may only be used when `spec.type` is 'LoadBalancer'");
        return;
    }
    for (index, ingress) in ingresses.iter().enumerate() {
        let path = path.item("ingress", index);
        if let Some(ip) = ingress.ip.as_deref().filter(|ip| !ip.is_empty()) {
            address::ip(ip, &path.child("ip"), errors);
        }
        let hostname = text(&ingress.hostname);
        if hostname.is_empty() {
            continue;
        }
        let at = path.child("hostname");
        errors.problems(&at, hostname, names::subdomain_problems(hostname));
        if hostname.parse::<IpAddr>().is_ok() {
            errors.invalid(&at, hostname, "must be a DNS name, not an IP address");
        }
    }
}

fn node_ports(kind: &str, ports: &[ServicePort], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, port) in ports.iter().enumerate() {
        let at = path.item("ports", index);
        let node_port = port.node_port.unwrap_or(0);
        if kind == "ClusterIP" && node_port != 0 {
            errors.forbidden(&at.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    for (index, port) in ports.iter().enumerate() {
        let same = |it: &&ServicePort| it.port == port.port && it.protocol == port.protocol;
        if ports[..index].iter().any(|it| same(&it)) {
            errors.duplicate(&path.item("ports", index), port_key_text(port));
        }
    }
}

fn port_key_text(port: &ServicePort) -> Shown {
    Shown::raw(format!(
        "core.ServicePort{{Name:\"\", Protocol:{}, AppProtocol:(*string)(nil), Port:{}, \
         TargetPort:intstr.IntOrString{{Type:0, IntVal:0, StrVal:\"\"}}, NodePort:0}}",
        go::quoted(text(&port.protocol)),
        port.port
    ))
}

fn load_balancer(spec: &ServiceSpec, kind: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let ranges = spec.load_balancer_source_ranges.as_deref().unwrap_or_default();
    if !ranges.is_empty() {
        let at = path.child("LoadBalancerSourceRanges");
        if kind != "LoadBalancer" {
            errors.forbidden(&at, "may only be used when `type` is 'LoadBalancer'");
        }
        for (index, range) in ranges.iter().enumerate() {
            address::cidr(range.trim(), &path.item("LoadBalancerSourceRanges", index), errors);
        }
    }
    let allocate = path.child("allocateLoadBalancerNodePorts");
    match (kind, spec.allocate_load_balancer_node_ports) {
        ("LoadBalancer", None) => errors.required(&allocate, ""),
        ("LoadBalancer", Some(_)) | (_, None) => {}
        _ => errors.forbidden(&allocate, "may only be used when `type` is 'LoadBalancer'"),
    }
    let class = text(&spec.load_balancer_class);
    if !class.is_empty() {
        let at = path.child("loadBalancerClass");
        if kind == "LoadBalancer" {
            errors.problems(&at, class, names::qualified_name_problems(class));
        } else {
            errors.forbidden(&at, "may only be used when `type` is 'LoadBalancer'");
        }
    }
}

fn traffic(spec: &ServiceSpec, kind: &str, path: &Path<'_>, errors: &mut ErrorList) {
    const POLICIES: [&str; 2] = ["Cluster", "Local"];
    let external = text(&spec.external_traffic_policy);
    let reachable = matches!(kind, "LoadBalancer" | "NodePort")
        || kind == "ClusterIP" && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    let at = path.child("externalTrafficPolicy");
    if reachable {
        errors.one_of_or_required(&at, external, &POLICIES, "");
    } else if !external.is_empty() {
        errors.invalid(&at, external, "may only be set for externally-accessible services");
    }
    let health = spec.health_check_node_port.unwrap_or(0);
    let at = path.child("healthCheckNodePort");
    if health != 0 && !(kind == "LoadBalancer" && external == "Local") {
        errors.invalid(
            &at,
            health,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        );
    }
    if matches!(kind, "ClusterIP" | "LoadBalancer" | "NodePort") {
        let internal = text(&spec.internal_traffic_policy);
        errors.one_of_or_required(&path.child("internalTrafficPolicy"), internal, &POLICIES, "");
    }
    if let Some(distribution) = spec.traffic_distribution.as_deref() {
        errors.one_of(&path.child("trafficDistribution"), distribution, &["PreferClose"]);
    }
}

/// What may not change of a Service.
pub fn service_update(new: &ServiceSpec, old: &ServiceSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let external = |spec: &ServiceSpec| text(&spec.type_) == "ExternalName";
    if !external(new) && !external(old) {
        let old_ips = old.cluster_ips.as_deref().unwrap_or_default();
        let new_ips = new.cluster_ips.as_deref().unwrap_or_default();
        for (index, ip) in old_ips.iter().enumerate() {
            // The second address goes when a Service becomes single-stack.
            let changed = new_ips.get(index).map_or(index == 0, |new| new != ip);
            if changed {
                errors.invalid(
                    &path.item("clusterIPs", index),
                    go::strings(new_ips),
                    "may not change once set",
                );
            }
        }
    }
    let balanced = |spec: &ServiceSpec| text(&spec.type_) == "LoadBalancer";
    if balanced(new) && balanced(old) && new.load_balancer_class != old.load_balancer_class {
        let class = text(&new.load_balancer_class);
        let shown = new.load_balancer_class.as_ref().map_or_else(|| Shown::raw("null"), |_| class.into());
        errors.invalid(&path.child("loadBalancerClass"), shown, "may not change once set");
    }
    let checked = |spec: &ServiceSpec| balanced(spec) && text(&spec.external_traffic_policy) == "Local";
    if checked(new) && checked(old) && new.health_check_node_port != old.health_check_node_port {
        errors.forbidden(&path.child("healthCheckNodePort"), "field is immutable");
    }
}
