//! NodePorts: two pods cannot have one port of one node.

use k8s_openapi::api::core::v1::PodSpec;
use serde::{Deserialize, Serialize};

use crate::framework::{Plugin, Rejection};
use crate::node_info::{NodeInfo, PodOnNode};

const ANY_ADDRESS: &str = "0.0.0.0";

/// A port of a node that a pod takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct HostPort {
    address: String,
    protocol: String,
    port: i32,
}

impl HostPort {
    fn clashes(&self, other: &Self) -> bool {
        let one_for_all = self.address == ANY_ADDRESS || other.address == ANY_ADDRESS;
        self.port == other.port
            && self.protocol == other.protocol
            && (one_for_all || self.address == other.address)
    }
}

/// The host ports of a pod's containers (sidecars among them).
pub(crate) fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let ports = spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten());
    ports
        .filter_map(|port| {
            let number = port.host_port.filter(|number| *number > 0)?;
            Some(HostPort {
                address: port
                    .host_ip
                    .clone()
                    .filter(|ip| !ip.is_empty())
                    .unwrap_or_else(|| ANY_ADDRESS.to_owned()),
                protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
                port: number,
            })
        })
        .collect()
}

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    if pod.ports.is_empty() {
        return None;
    }
    let clash = node.used_ports.iter().any(|port| pod.ports.iter().any(|wanted| wanted.clashes(port)));
    clash.then(|| {
        Rejection::new(Plugin::NodePorts, "node(s) didn't have free ports for the requested pod ports")
    })
}
