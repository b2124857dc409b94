//! Network namespaces: one a node, one a pod, and the addresses they have.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::Network;
use crate::address::Cidr;
use crate::dns::Resolver;
use crate::socket::SocketId;

/// Names a network namespace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct NetworkNamespace(pub u64);

/// What a namespace is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Namespace {
    /// Its own address.
    pub(crate) address: Ipv4Addr,
    /// The node it is on.
    pub(crate) node: String,
    /// Where its sockets really are: itself, or the node's namespace for a pod of the host network.
    pub(crate) stack: NetworkNamespace,
    /// Whether this is a node's own.
    pub(crate) is_node: bool,
    /// How names are looked up here.
    pub(crate) resolver: Resolver,
    next_port: u16,
}

/// A node's part in the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeNetwork {
    /// The node's own namespace.
    pub namespace: NetworkNamespace,
    /// The node's address.
    pub address: Ipv4Addr,
    /// Where its pods' addresses come from; none until the node has one.
    pub pod_cidr: Option<Cidr>,
    /// The place in the range that was given last: addresses are used again as late as possible.
    last: u64,
    taken: BTreeSet<Ipv4Addr>,
}

const FIRST_EPHEMERAL_PORT: u16 = 32_768;
const LAST_EPHEMERAL_PORT: u16 = 60_999;
/// The first addresses of a range are the network's own and the node's bridge.
const FIRST_POD: u64 = 2;

impl Network {
    /// Adds a node, or gives a known node its pod range. The node's namespace.
    pub fn add_node(&mut self, name: &str, address: Ipv4Addr, pod_cidr: Option<Cidr>) -> NetworkNamespace {
        self.ranges.extend(pod_cidr);
        if let Some(node) = self.nodes.get_mut(name) {
            if node.pod_cidr != pod_cidr {
                if let Some(old) = node.pod_cidr {
                    self.ranges.remove(&old);
                }
                node.pod_cidr = pod_cidr;
                node.last = FIRST_POD - 1;
            }
            return node.namespace;
        }
        let id = NetworkNamespace(self.next_id());
        let resolver = Resolver::node();
        self.insert_namespace(id, address, name, id, true, resolver);
        self.by_address.insert(address, id);
        let node =
            NodeNetwork { namespace: id, address, pod_cidr, last: FIRST_POD - 1, taken: BTreeSet::new() };
        self.nodes.insert(name.to_owned(), node);
        id
    }

    /// Takes a node away. What is left of its pods cannot be reached any more.
    pub fn remove_node(&mut self, name: &str) {
        if let Some(node) = self.nodes.remove(name) {
            if let Some(range) = node.pod_cidr {
                self.ranges.remove(&range);
            }
            self.remove_namespace(node.namespace);
        }
    }

    /// A node's part in the network.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&NodeNetwork> {
        self.nodes.get(name)
    }

    /// Takes the next free pod address of a node; `None` if it has no range or all are taken.
    pub fn allocate_pod_address(&mut self, node: &str) -> Option<Ipv4Addr> {
        let node = self.nodes.get_mut(node)?;
        let cidr = node.pod_cidr?;
        // The last address of the range is its broadcast address.
        let usable = cidr.size().checked_sub(FIRST_POD + 1).filter(|usable| *usable > 0)?;
        for step in 1..=usable {
            let index = FIRST_POD + (node.last - (FIRST_POD - 1) + step - 1) % usable;
            let address = cidr.at(index)?;
            if node.taken.insert(address) {
                node.last = index;
                return Some(address);
            }
        }
        None
    }

    /// Gives a pod's address back.
    pub fn release_pod_address(&mut self, node: &str, address: Ipv4Addr) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.taken.remove(&address);
        }
    }

    /// A namespace for a pod with an address that was allocated for it.
    pub fn add_pod(&mut self, node: &str, address: Ipv4Addr, resolver: Resolver) -> NetworkNamespace {
        let id = NetworkNamespace(self.next_id());
        self.insert_namespace(id, address, node, id, false, resolver);
        self.by_address.insert(address, id);
        id
    }

    /// A namespace for a pod of the host network: the node's sockets and address, its own way of looking up names.
    pub fn add_host_pod(&mut self, node: &str, resolver: Resolver) -> Option<NetworkNamespace> {
        let (stack, address) = self.nodes.get(node).map(|node| (node.namespace, node.address))?;
        let id = NetworkNamespace(self.next_id());
        self.insert_namespace(id, address, node, stack, false, resolver);
        Some(id)
    }

    fn insert_namespace(
        &mut self,
        id: NetworkNamespace,
        address: Ipv4Addr,
        node: &str,
        stack: NetworkNamespace,
        is_node: bool,
        resolver: Resolver,
    ) {
        let node = node.to_owned();
        let next_port = FIRST_EPHEMERAL_PORT;
        self.namespaces.insert(id, Namespace { address, node, stack, is_node, resolver, next_port });
    }

    /// Removes a namespace with its listeners and sockets; what is on its way there is lost.
    pub fn remove_namespace(&mut self, id: NetworkNamespace) {
        let Some(namespace) = self.namespaces.remove(&id) else { return };
        if namespace.stack != id {
            return;
        }
        if self.by_address.get(&namespace.address) == Some(&id) {
            self.by_address.remove(&namespace.address);
        }
        let ports = (id, 0)..=(id, u16::MAX);
        let listeners: Vec<_> = self.listening.range(ports).map(|(_, listener)| *listener).collect();
        for listener in listeners {
            self.stop_listening(listener);
        }
        let sockets: Vec<SocketId> = self.sockets_of(id);
        for socket in sockets {
            self.close(socket);
        }
    }

    /// The address of a namespace.
    #[must_use]
    pub fn address_of(&self, id: NetworkNamespace) -> Option<Ipv4Addr> {
        self.namespaces.get(&id).map(|namespace| namespace.address)
    }

    /// How a namespace is connected: its address, how many bits of that name its network, and its gateway.
    #[must_use]
    pub fn interface(&self, id: NetworkNamespace) -> Option<(Ipv4Addr, u8, Option<Ipv4Addr>)> {
        let namespace = self.namespaces.get(&id)?;
        let address = namespace.address;
        let cidr = self.nodes.get(&namespace.node).and_then(|node| node.pod_cidr);
        if let Some(cidr) = cidr.filter(|cidr| cidr.contains(address)) {
            return Some((address, NODE_PREFIX, cidr.at(1)));
        }
        let [a, b, c, _] = address.octets();
        let gateway = Ipv4Addr::new(a, b, c, 1);
        Some((address, NODE_PREFIX, Some(gateway).filter(|gateway| *gateway != address)))
    }

    /// Whether an echo request from `id` to `address` is answered: by whatever has the address; a Service's address answers nothing.
    #[must_use]
    pub fn ping(&self, id: NetworkNamespace, address: Ipv4Addr) -> bool {
        self.namespaces.contains_key(&id) && (address.is_loopback() || self.by_address.contains_key(&address))
    }

    /// The namespace in which the sockets of `id` are.
    pub(crate) fn stack_of(&self, id: NetworkNamespace) -> NetworkNamespace {
        self.namespaces.get(&id).map_or(id, |namespace| namespace.stack)
    }

    /// The next local port for an outgoing connection.
    pub(crate) fn ephemeral_port(&mut self, id: NetworkNamespace) -> u16 {
        let stack = self.stack_of(id);
        let Some(namespace) = self.namespaces.get_mut(&stack) else { return FIRST_EPHEMERAL_PORT };
        let port = namespace.next_port;
        namespace.next_port = if port == LAST_EPHEMERAL_PORT { FIRST_EPHEMERAL_PORT } else { port + 1 };
        port
    }

    /// The address that `to` sees a connection from `from` come from: a node reaches its own pods through its bridge.
    pub(crate) fn source_address(&self, from: &Namespace, to: Ipv4Addr) -> Ipv4Addr {
        if to.is_loopback() {
            return Ipv4Addr::LOCALHOST;
        }
        if from.is_node || self.namespaces.get(&from.stack).is_some_and(|stack| stack.is_node) {
            let cidr = self.nodes.get(&from.node).and_then(|node| node.pod_cidr);
            if let Some(bridge) = cidr.filter(|cidr| cidr.contains(to)).and_then(|cidr| cidr.at(1)) {
                return bridge;
            }
        }
        from.address
    }
}

/// Where the pods' addresses come from.
const POD_NETWORK: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 0);
const NODE_PREFIX: u8 = 24;
/// How many ranges there may be. Only worlds of more than 3,072 nodes get past `10.255.255.0/24`.
const RANGES: u32 = 64 * 256;

impl Network {
    /// The next range of the pod network that no node has: `10.244.0.0/24` for the first node, `10.244.1.0/24` for the second...
    pub fn free_pod_cidr(&mut self) -> Option<Cidr> {
        for step in 0..RANGES {
            let index = (self.next_range + step) % RANGES;
            let cidr = Cidr::new(Ipv4Addr::from_bits(POD_NETWORK.to_bits() + (index << 8)), NODE_PREFIX)?;
            if !self.ranges.contains(&cidr) {
                self.next_range = (index + 1) % RANGES;
                return Some(cidr);
            }
        }
        None
    }
}
