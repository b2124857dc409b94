//! The node agents. One component holds the kubelets of all nodes: it reads the log of pods once and hands each change to the agent of
//! the pod's node.
//!
//! There are two kinds of agent. The full one runs containers as processes of the `shell` machine, in network namespaces of `network`,
//! with images, volumes, probes and logs. The instant one, for nodes that have no machine behind them, says at once that all is well.
//!
//! It does not know who made a pod or why: it is told by the API server what should run on its node, makes it so, and reports.

mod base;
pub mod images;
mod instant;
pub mod latency;
pub mod node;
pub mod programs;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use apiserver::{ApiServer, Caller, Recorder};
use engine::{Instant, Wake, component};
use k8s_openapi::api::core::v1::{Node, Pod};
use model::{Kind, Object};
use network::Network;
use serde::{Deserialize, Serialize};
use store::Cursor;

use node::Heartbeats;
pub use node::NodeConfig;

/// The kubelets of all nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kubelets {
    nodes_cursor: Cursor,
    pods_cursor: Cursor,
    agents: BTreeMap<Arc<str>, Agent>,
    heartbeats: Heartbeats,
}

/// The kubelet of one node.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Agent {
    /// For a node without a machine.
    Instant {
        /// The node's address.
        address: Option<Ipv4Addr>,
    },
}

impl Default for Kubelets {
    fn default() -> Self {
        Self {
            nodes_cursor: Cursor::from_start(Kind::Node),
            pods_cursor: Cursor::from_start(Kind::Pod),
            agents: BTreeMap::new(),
            heartbeats: Heartbeats::default(),
        }
    }
}

impl Kubelets {
    /// Does what is due at `now` and says when there is more to do.
    pub fn poll(&mut self, api: &mut ApiServer, network: &mut Network, now: Instant) -> Wake {
        self.observe_nodes(api, network);
        self.observe_pods(api, network);
        self.beat(api, now)
    }

    fn observe_nodes(&mut self, api: &mut ApiServer, network: &mut Network) {
        if !self.nodes_cursor.is_behind(api.store()) {
            return;
        }
        let changed: Vec<(Arc<str>, Option<Arc<Object>>)> = match self.nodes_cursor.read(api.store()) {
            Ok(changes) => changes.map(|change| (change.key.name.clone(), change.new.clone())).collect(),
            Err(_) => {
                self.nodes_cursor.revision = api.store().revision();
                api.store().list(Kind::Node).map(|node| (node.name().into(), Some(node.clone()))).collect()
            }
        };
        for (name, node) in changed {
            match node {
                Some(node) if node::is_fake(&node) && !self.agents.contains_key(&name) => {
                    self.adopt(api, network, &node);
                }
                None => {
                    if self.agents.remove(&name).is_some() {
                        network.remove_node(&name);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Starts the instant kubelet of a node that has no machine behind it.
    fn adopt(&mut self, api: &mut ApiServer, network: &mut Network, node: &Object) {
        let address = node::stated_address(node);
        let cidr = node.spec::<Node>().pod_cidr.as_ref().and_then(|cidr| cidr.parse().ok());
        let cidr = cidr.or_else(|| self.give_pod_cidr(api, network, node));
        network.add_node(node.name(), address.unwrap_or(Ipv4Addr::UNSPECIFIED), cidr);
        self.agents.insert(node.name().into(), Agent::Instant { address });
        instant::initialize(api, node);
        node::renew_lease(api, node.name());
        let pods: Vec<Arc<Object>> = api.store().pods_on(node.name()).cloned().collect();
        for pod in pods {
            instant::sync(api, network, node.name(), address, &pod);
        }
    }

    /// Gives a node the next free range of the pod network, as the node IPAM controller does.
    fn give_pod_cidr(
        &self,
        api: &mut ApiServer,
        network: &mut Network,
        node: &Object,
    ) -> Option<network::Cidr> {
        let cidr = network.free_pod_cidr()?;
        let mut object = node.clone();
        let spec = object.spec_mut::<Node>();
        spec.pod_cidr = Some(cidr.to_string());
        spec.pod_cidrs = Some(vec![cidr.to_string()]);
        object.revision = 0;
        let _ = api.update(&Caller::controller("node-controller"), object);
        Some(cidr)
    }

    fn observe_pods(&mut self, api: &mut ApiServer, network: &mut Network) {
        if !self.pods_cursor.is_behind(api.store()) {
            return;
        }
        let agents = &self.agents;
        let node_of = |pod: &Object| {
            let name = pod.spec::<Pod>().node_name.as_deref().unwrap_or_default();
            agents.get_key_value(name).map(|(name, _)| name.clone())
        };
        type Seen = (Arc<str>, Option<Arc<Object>>, Arc<Object>);
        let seen: Vec<Seen> = match self.pods_cursor.read(api.store()) {
            Ok(changes) => changes
                .filter_map(|change| {
                    let pod = change.object();
                    Some((node_of(pod)?, change.new.clone(), pod.clone()))
                })
                .collect(),
            Err(_) => {
                self.pods_cursor.revision = api.store().revision();
                let pods = api.store().list(Kind::Pod);
                pods.filter_map(|pod| Some((node_of(pod)?, Some(pod.clone()), pod.clone()))).collect()
            }
        };
        for (node, new, pod) in seen {
            match (self.agents.get(&node), new) {
                (Some(Agent::Instant { address }), Some(pod)) => {
                    // An older state of a pod that has changed since: its last one follows.
                    let current = api.store().get(Kind::Pod, pod.namespace(), pod.name());
                    if current.is_some_and(|current| current.revision == pod.revision) {
                        instant::sync(api, network, &node, *address, &pod);
                    }
                }
                (Some(Agent::Instant { .. }), None) => instant::forget(network, &node, &pod),
                (None, _) => {}
            }
        }
    }

    /// Renews leases and reports statuses, of all nodes together.
    fn beat(&mut self, api: &mut ApiServer, now: Instant) -> Wake {
        if self.agents.is_empty() {
            return None;
        }
        let leases_at = self.heartbeats.leases_at.get_or_insert(now + latency::LEASE_RENEWAL);
        if *leases_at <= now {
            *leases_at = now + latency::LEASE_RENEWAL;
            for name in self.agents.keys() {
                node::renew_lease(api, name);
            }
        }
        let statuses_at = self.heartbeats.statuses_at.get_or_insert(now + latency::STATUS_REPORT);
        if *statuses_at <= now {
            *statuses_at = now + latency::STATUS_REPORT;
            for name in self.agents.keys() {
                node::report_heartbeat(api, name);
            }
        }
        component::earlier(self.heartbeats.leases_at, self.heartbeats.statuses_at)
    }
}
