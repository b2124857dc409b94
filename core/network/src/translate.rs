//! What kube-proxy makes of an address: a Service's address and port leads to one of its endpoints, or nowhere. Everything above and
//! below this seam sees plain addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use engine::{Duration, Instant, Random, Stream};
use serde::{Deserialize, Serialize};
use store::Key;

use crate::latency;
use crate::namespace::{Namespace, NetworkNamespace};
use crate::services::{Endpoint, Entry, Port, ServiceFacts, Services};

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The address is taken as it is.
    Pass,
    /// It goes to this address instead, as if the node itself had opened it if `masquerade` says so.
    Forward {
        /// The endpoint's address.
        address: Ipv4Addr,
        /// The endpoint's port.
        port: u16,
        /// Whether the endpoint sees the node as its client.
        masquerade: bool,
    },
    /// It is refused: the Service has no endpoint.
    Reject,
    /// It is dropped without an answer.
    Drop,
}

/// An endpoint that a front leads to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Backend {
    address: Ipv4Addr,
    port: u16,
    node: Option<String>,
}

/// An address and port of a Service with what is behind it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Front {
    backends: Vec<Backend>,
    local_only: bool,
    masquerade: bool,
    affinity: Option<Duration>,
    #[serde(with = "engine::events::pairs")]
    clients: BTreeMap<Ipv4Addr, (Backend, Instant)>,
}

/// Where a front stands: a Service's address, or every node's (`None`).
type Place = (Option<Ipv4Addr>, u16);

/// The nodes' rules, all alike.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Translation {
    #[serde(with = "engine::events::pairs")]
    fronts: BTreeMap<Place, Front>,
    #[serde(with = "engine::events::pairs")]
    places: BTreeMap<Key, Vec<Place>>,
    #[serde(with = "engine::events::pairs")]
    host_ports: BTreeMap<(NetworkNamespace, u16), (Ipv4Addr, u16)>,
    due: BTreeSet<(Instant, Key)>,
    scheduled: BTreeSet<Key>,
}

impl Translation {
    /// A Service changed: its rules follow after a while, together with what else changes until then.
    pub(crate) fn schedule(&mut self, service: Key, now: Instant) {
        if self.scheduled.insert(service.clone()) {
            self.due.insert((now + latency::PROXY_SYNC, service));
        }
    }

    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Writes the rules of the Services whose time has come.
    pub(crate) fn apply_due(&mut self, services: &Services, now: Instant) {
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, key)) = self.due.pop_first() else { return };
            self.scheduled.remove(&key);
            self.rewrite(&key, services.get_key(&key));
        }
    }

    fn rewrite(&mut self, key: &Key, entry: Option<&Entry>) {
        let mut old: BTreeMap<Place, Front> = BTreeMap::new();
        for place in self.places.remove(key).unwrap_or_default() {
            old.extend(self.fronts.remove(&place).map(|front| (place, front)));
        }
        let Some((service, entry)) = entry.and_then(|entry| Some((entry.service.as_ref()?, entry))) else {
            return;
        };
        let mut places = Vec::new();
        for port in &service.ports {
            for (place, mut front) in fronts(service, entry, port) {
                if let Some(before) = old.remove(&place) {
                    front.clients = before.clients;
                    front.clients.retain(|_, (backend, _)| front.backends.contains(backend));
                }
                places.push(place);
                self.fronts.insert(place, front);
            }
        }
        self.places.insert(key.clone(), places);
    }

    /// What becomes of a connection from `from` to an address and port.
    #[expect(clippy::too_many_arguments, reason = "a packet's fate depends on all of these")]
    pub(crate) fn translate(
        &mut self,
        random: &mut Random,
        now: Instant,
        from: &Namespace,
        by_address: &BTreeMap<Ipv4Addr, NetworkNamespace>,
        namespaces: &BTreeMap<NetworkNamespace, Namespace>,
        address: Ipv4Addr,
        port: u16,
    ) -> Verdict {
        let target = by_address.get(&address);
        let target_node =
            target.and_then(|id| namespaces.get(id).filter(|namespace| namespace.is_node).map(|_| *id));
        if let Some((address, port)) =
            target_node.and_then(|node| self.host_ports.get(&(node, port))).copied()
        {
            return Verdict::Forward { address, port, masquerade: false };
        }
        let place = if target_node.is_some() { (None, port) } else { (Some(address), port) };
        let Some(front) = self.fronts.get_mut(&place) else { return Verdict::Pass };
        let entered = match target_node {
            Some(node) => namespaces.get(&node).map_or("", |namespace| namespace.node.as_str()),
            None => from.node.as_str(),
        };
        front.choose(random, now, from.address, entered)
    }

    /// Leads a port of a node to a port of one of its pods.
    pub(crate) fn map_host_port(&mut self, node: NetworkNamespace, port: u16, to: (Ipv4Addr, u16)) {
        self.host_ports.insert((node, port), to);
    }

    pub(crate) fn unmap_host_ports(&mut self, pod: Ipv4Addr) {
        self.host_ports.retain(|_, (address, _)| *address != pod);
    }
}

impl Front {
    fn choose(&mut self, random: &mut Random, now: Instant, client: Ipv4Addr, node: &str) -> Verdict {
        if self.backends.is_empty() {
            return Verdict::Reject;
        }
        if let Some(timeout) = self.affinity
            && let Some((backend, last)) = self.clients.get_mut(&client)
            && now.since(*last) <= timeout
        {
            *last = now;
            return Verdict::Forward {
                address: backend.address,
                port: backend.port,
                masquerade: self.masquerade,
            };
        }
        let local: Vec<usize> = if self.local_only {
            (0..self.backends.len())
                .filter(|index| self.backends[*index].node.as_deref() == Some(node))
                .collect()
        } else {
            Vec::new()
        };
        let count = if self.local_only { local.len() } else { self.backends.len() };
        if count == 0 {
            return Verdict::Drop;
        }
        let drawn = random.below(Stream::Routing, count as u64) as usize;
        let backend = &self.backends[if self.local_only { local[drawn] } else { drawn }];
        if self.affinity.is_some() {
            self.clients.insert(client, (backend.clone(), now));
        }
        let masquerade = self.masquerade && !self.local_only;
        Verdict::Forward { address: backend.address, port: backend.port, masquerade }
    }
}

/// The fronts of one port of a Service.
fn fronts(service: &ServiceFacts, entry: &Entry, port: &Port) -> Vec<(Place, Front)> {
    let backends = backends(entry, port);
    let affinity = service.affinity_seconds.map(|secs| Duration::from_secs(u64::from(secs)));
    let front = |local_only, masquerade| Front {
        backends: backends.clone(),
        local_only,
        masquerade,
        affinity,
        clients: BTreeMap::new(),
    };
    let internal =
        service.cluster_ips.iter().map(|ip| ((Some(*ip), port.port), front(service.internal_local, false)));
    let external =
        service.external_ips.iter().map(|ip| ((Some(*ip), port.port), front(service.external_local, true)));
    let node = port.node_port.map(|number| ((None, number), front(service.external_local, true)));
    internal.chain(external).chain(node).collect()
}

/// The ready endpoints; if there are none, those that go but still serve.
fn backends(entry: &Entry, port: &Port) -> Vec<Backend> {
    let backend = |(endpoint, port): (&Endpoint, u16)| Backend {
        address: endpoint.address,
        port,
        node: endpoint.node.clone(),
    };
    let ready: Vec<_> =
        entry.endpoints(&port.name).filter(|(endpoint, _)| endpoint.ready).map(backend).collect();
    if !ready.is_empty() {
        return ready;
    }
    let going = |endpoint: &Endpoint| endpoint.serving && endpoint.terminating;
    entry.endpoints(&port.name).filter(|(endpoint, _)| going(endpoint)).map(backend).collect()
}

impl crate::Network {
    /// Leads a port of a node's address to a port of a pod's.
    pub fn map_host_port(&mut self, node: &str, port: u16, to: (Ipv4Addr, u16)) {
        if let Some(namespace) = self.nodes.get(node).map(|node| node.namespace) {
            self.translation.map_host_port(namespace, port, to);
        }
    }

    /// Takes away what [`map_host_port`](Self::map_host_port) gave to a pod.
    pub fn unmap_host_ports(&mut self, pod: Ipv4Addr) {
        self.translation.unmap_host_ports(pod);
    }
}
