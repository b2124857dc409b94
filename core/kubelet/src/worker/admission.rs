//! What a node refuses although the pod was bound to it: too little room, a taken port, labels that do not fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use model::{Kind, Object};
use shell::Programs;

use super::{Surroundings, Verdict};

/// The kernel settings that cannot disturb other pods (kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster).
const SAFE_SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Whether the node takes the pod.
pub(super) fn admit<P: Programs>(s: &Surroundings<'_, P>, pod: &Arc<Object>) -> Result<(), Verdict> {
    let Some(node) = s.api.store().get(Kind::Node, "", &s.node.name) else { return Ok(()) };
    let spec = pod.spec::<Pod>();
    let settings = spec.security_context.as_ref().and_then(|context| context.sysctls.as_deref());
    if let Some(unsafe_one) =
        settings.unwrap_or_default().iter().find(|setting| !SAFE_SYSCTLS.contains(&setting.name.as_str()))
    {
        let message = format!("forbidden sysctl: {:?} not allowlisted", unsafe_one.name);
        return Err(Verdict { reason: "SysctlForbidden".to_owned(), message });
    }
    if let Some(wanted) = &spec.node_selector
        && wanted.iter().any(|(name, value)| node.labels().get(name) != Some(value))
    {
        return Err(predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"));
    }
    let ports = host_ports(spec);
    let wanted = ["cpu", "memory"].map(|resource| (resource, requested(spec, resource)));
    if ports.is_empty() && wanted.iter().all(|(_, amount)| *amount == 0) {
        return Ok(());
    }
    let on_node = s.api.store().pods_on(&s.node.name);
    let others: Vec<_> = on_node
        .filter(|other| other.uid() != pod.uid() && was_admitted(other) && !is_over(other))
        .map(|other| other.spec::<Pod>())
        .collect();
    if others.iter().any(|other| host_ports(other).iter().any(|port| ports.contains(port))) {
        return Err(predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"));
    }
    let allocatable = node.status::<Node>().allocatable.as_ref();
    for (resource, wanted) in wanted {
        let capacity = allocatable.and_then(|amounts| amounts.get(resource));
        let Some(capacity) = capacity.map(|quantity| amount(quantity, resource)) else { continue };
        let used: i64 = others.iter().map(|other| requested(other, resource)).sum();
        if wanted > 0 && used + wanted > capacity {
            let reason = format!("OutOf{resource}");
            let message = format!(
                "Node didn't have enough resource: {resource}, requested: {wanted}, used: {used}, capacity: {capacity}"
            );
            return Err(Verdict { reason, message });
        }
    }
    Ok(())
}

fn predicate(name: &str, why: &str) -> Verdict {
    Verdict { reason: name.to_owned(), message: format!("Predicate {name} failed: {why}") }
}

fn is_over(pod: &Object) -> bool {
    matches!(pod.status::<Pod>().phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// Whether the node took a pod already.
fn was_admitted(pod: &Object) -> bool {
    pod.status::<Pod>().start_time.is_some()
}

fn host_ports(spec: &PodSpec) -> Vec<(i32, String)> {
    let ports = spec.containers.iter().flat_map(|container| container.ports.iter().flatten());
    ports
        .filter_map(|port| {
            let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
            Some((port.host_port.filter(|number| *number != 0)?, protocol))
        })
        .collect()
}

/// What a pod asks for: thousandths of a processor, or bytes. The sum of its containers and sidecars, or its largest init container.
fn requested(spec: &PodSpec, resource: &str) -> i64 {
    let of = |requests: Option<&BTreeMap<String, Quantity>>| {
        requests.and_then(|requests| requests.get(resource)).map_or(0, |quantity| amount(quantity, resource))
    };
    let own = |container: &k8s_openapi::api::core::v1::Container| {
        of(container.resources.as_ref().and_then(|resources| resources.requests.as_ref()))
    };
    let sum: i64 = spec.containers.iter().map(own).sum();
    let mut sidecars = 0;
    let mut largest = 0;
    for container in spec.init_containers.iter().flatten() {
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars += own(container);
            largest = largest.max(sidecars);
        } else {
            largest = largest.max(sidecars + own(container));
        }
    }
    (sum + sidecars).max(largest) + of(spec.overhead.as_ref())
}

fn amount(quantity: &Quantity, resource: &str) -> i64 {
    let parsed = model::quantity::parse_or_zero(quantity);
    if resource == "cpu" { parsed.milli_value() } else { parsed.value() }
}
