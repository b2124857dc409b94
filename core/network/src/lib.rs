//! The cluster's network: addresses of nodes and pods, sockets with byte queues in both directions, the way of a Service's address to
//! one of its endpoints, and the cluster's DNS.
//!
//! It does not know what a process, a container or a kubelet is: whoever opens, reads and closes a socket is none of its business, and
//! it only tells which sockets something happened to. It reads Services and EndpointSlices from the store, and writes nothing there.
//!
//! A packet's way has one seam, [`translate`]: everything that kube-proxy does to an address happens behind it.

pub mod address;
pub mod dns;
pub mod http;
pub mod latency;
pub mod namespace;
pub mod services;
pub mod socket;
pub mod translate;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use engine::{EventQueue, Instant, Random, Wake, component};
use serde::{Deserialize, Serialize};
use store::Store;

pub use address::Cidr;
pub use dns::{Resolved, Resolver};
pub use namespace::{NetworkNamespace, NodeNetwork};
pub use socket::{InUse, ListenerId, Received, SocketId, SocketState};

use namespace::Namespace;
use services::Services;
use socket::{Listener, Segment, Socket};
use translate::Translation;

/// The network of a cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Network {
    now: Instant,
    next_id: u64,
    namespaces: BTreeMap<NetworkNamespace, Namespace>,
    by_address: BTreeMap<Ipv4Addr, NetworkNamespace>,
    nodes: BTreeMap<String, NodeNetwork>,
    ranges: BTreeSet<Cidr>,
    next_range: u32,
    sockets: BTreeMap<SocketId, Socket>,
    listeners: BTreeMap<ListenerId, Listener>,
    #[serde(with = "engine::events::pairs")]
    listening: BTreeMap<(NetworkNamespace, u16), ListenerId>,
    in_flight: EventQueue<Segment>,
    woken_sockets: BTreeSet<SocketId>,
    woken_of_agents: BTreeSet<SocketId>,
    woken_listeners: BTreeSet<ListenerId>,
    services: Services,
    translation: Translation,
}

impl Network {
    /// Reads what changed in the store, delivers what has arrived by `now`, and says when the next thing arrives.
    pub fn poll(&mut self, store: &Store, random: &mut Random, now: Instant) -> Wake {
        self.advance(now);
        self.observe(store);
        while let Some((_, segment)) = self.in_flight.pop_due(now) {
            self.arrive(random, segment);
        }
        self.translation.apply_due(&self.services, now);
        self.next_at()
    }

    /// Moves the clock without delivering anything.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// When the network next has something to do by itself.
    #[must_use]
    pub fn next_at(&self) -> Wake {
        component::earlier(self.in_flight.next_at(), self.translation.next_at())
    }

    /// Notes changes of Services, EndpointSlices and Namespaces: the DNS knows them at once, the nodes' rules after
    /// [`latency::PROXY_SYNC`].
    pub fn observe(&mut self, store: &Store) {
        for service in self.services.observe(store) {
            self.translation.schedule(service, self.now);
        }
    }

    /// The sockets and listeners that something happened to since the last call.
    pub fn take_woken(&mut self) -> (BTreeSet<SocketId>, BTreeSet<ListenerId>) {
        (std::mem::take(&mut self.woken_sockets), std::mem::take(&mut self.woken_listeners))
    }

    /// Whether something happened to a socket or listener that [`take_woken`](Self::take_woken) would tell of.
    #[must_use]
    pub fn has_woken(&self) -> bool {
        !self.woken_sockets.is_empty() || !self.woken_listeners.is_empty()
    }

    /// The sockets of node agents that something happened to since the last call.
    pub fn take_woken_of_agents(&mut self) -> BTreeSet<SocketId> {
        std::mem::take(&mut self.woken_of_agents)
    }

    /// Whether something happened to a socket of a node agent: the agents want to be polled.
    #[must_use]
    pub fn has_woken_of_agents(&self) -> bool {
        !self.woken_of_agents.is_empty()
    }

    fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
