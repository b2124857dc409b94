//! What is outside a process: the API server and the network. Programs of upper floors act on it; built-in utilities see the network.

use std::net::Ipv4Addr;

use apiserver::ApiServer;
use engine::{Random, Wake};
use network::Network;
use serde::{Deserialize, Serialize};
use shell::host::{
    Host, InUse, Interface, ListenerId, NetworkNamespace, Received, Resolved, SocketId, SocketState,
};

/// The API server and the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outside {
    /// The API server.
    pub api: ApiServer,
    /// The network.
    pub network: Network,
    /// What the network draws: endpoints, orders of addresses.
    pub random: Random,
}

impl Outside {
    pub(crate) fn network_wake(&self) -> Wake {
        self.network.next_at()
    }

    /// The API server, and beside it the network, for a program that needs both at once.
    pub(crate) fn parts(&mut self) -> (&mut ApiServer, Wires<'_>) {
        (&mut self.api, Wires { network: &mut self.network, random: &mut self.random })
    }
}

/// The network alone, as the whole has it.
pub(crate) struct Wires<'a> {
    network: &'a mut Network,
    random: &'a mut Random,
}

fn inner(netns: NetworkNamespace) -> network::NetworkNamespace {
    network::NetworkNamespace(netns.0)
}

fn socket(id: SocketId) -> network::SocketId {
    network::SocketId(id.0)
}

fn listener(id: ListenerId) -> network::ListenerId {
    network::ListenerId(id.0)
}

impl Host for Wires<'_> {
    fn resolve(&mut self, netns: NetworkNamespace, name: &str) -> Resolved {
        match self.network.resolve(self.random, inner(netns), name) {
            network::Resolved::Addresses(name, addresses) => {
                Resolved::Addresses(name, addresses.iter().map(ToString::to_string).collect())
            }
            network::Resolved::NotFound => Resolved::NotFound,
            network::Resolved::Timeout => Resolved::Timeout,
        }
    }

    fn connect(&mut self, netns: NetworkNamespace, address: &str, port: u16) -> SocketId {
        let address = address.parse().unwrap_or(Ipv4Addr::UNSPECIFIED);
        SocketId(self.network.connect(self.random, inner(netns), address, port).0)
    }

    fn socket_state(&self, id: SocketId) -> SocketState {
        state_of(self.network, id)
    }

    fn send(&mut self, id: SocketId, bytes: &[u8]) -> bool {
        self.network.send(socket(id), bytes)
    }

    fn receive(&mut self, id: SocketId, max: usize) -> Received {
        match self.network.receive(socket(id), max) {
            network::Received::Data(bytes) => Received::Data(bytes),
            network::Received::Empty => Received::Empty,
            network::Received::End => Received::End,
            network::Received::Reset => Received::Reset,
        }
    }

    fn close(&mut self, id: SocketId) {
        self.network.close(socket(id));
    }

    fn listen(&mut self, netns: NetworkNamespace, port: u16) -> Result<ListenerId, InUse> {
        self.network.listen(inner(netns), port).map(|id| ListenerId(id.0)).map_err(|_| InUse)
    }

    fn accept(&mut self, id: ListenerId) -> Option<SocketId> {
        self.network.accept(listener(id)).map(|id| SocketId(id.0))
    }

    fn stop_listening(&mut self, id: ListenerId) {
        self.network.stop_listening(listener(id));
    }

    fn peer(&self, id: SocketId) -> Option<(String, u16)> {
        peer_of(self.network, id)
    }

    fn interface(&self, netns: NetworkNamespace) -> Option<Interface> {
        interface_of(self.network, netns)
    }

    fn ping(&mut self, netns: NetworkNamespace, address: &str) -> bool {
        address.parse().is_ok_and(|address| self.network.ping(inner(netns), address))
    }
}

impl Outside {
    fn wires(&mut self) -> Wires<'_> {
        self.parts().1
    }
}

impl Host for Outside {
    fn resolve(&mut self, netns: NetworkNamespace, name: &str) -> Resolved {
        self.wires().resolve(netns, name)
    }

    fn connect(&mut self, netns: NetworkNamespace, address: &str, port: u16) -> SocketId {
        self.wires().connect(netns, address, port)
    }

    fn socket_state(&self, id: SocketId) -> SocketState {
        state_of(&self.network, id)
    }

    fn send(&mut self, id: SocketId, bytes: &[u8]) -> bool {
        self.wires().send(id, bytes)
    }

    fn receive(&mut self, id: SocketId, max: usize) -> Received {
        self.wires().receive(id, max)
    }

    fn close(&mut self, id: SocketId) {
        self.wires().close(id);
    }

    fn listen(&mut self, netns: NetworkNamespace, port: u16) -> Result<ListenerId, InUse> {
        self.wires().listen(netns, port)
    }

    fn accept(&mut self, id: ListenerId) -> Option<SocketId> {
        self.wires().accept(id)
    }

    fn stop_listening(&mut self, id: ListenerId) {
        self.wires().stop_listening(id);
    }

    fn peer(&self, id: SocketId) -> Option<(String, u16)> {
        peer_of(&self.network, id)
    }

    fn interface(&self, netns: NetworkNamespace) -> Option<Interface> {
        interface_of(&self.network, netns)
    }

    fn ping(&mut self, netns: NetworkNamespace, address: &str) -> bool {
        self.wires().ping(netns, address)
    }
}

fn state_of(network: &Network, id: SocketId) -> SocketState {
    match network.socket_state(socket(id)) {
        network::SocketState::Connecting => SocketState::Connecting,
        network::SocketState::Open => SocketState::Open,
        network::SocketState::Refused => SocketState::Refused,
        network::SocketState::Unreachable => SocketState::Unreachable,
        network::SocketState::TimedOut => SocketState::TimedOut,
        network::SocketState::Reset => SocketState::Reset,
        network::SocketState::Closed => SocketState::Closed,
    }
}

fn peer_of(network: &Network, id: SocketId) -> Option<(String, u16)> {
    network.peer(socket(id)).map(|(address, port)| (address.to_string(), port))
}

fn interface_of(network: &Network, netns: NetworkNamespace) -> Option<Interface> {
    let (address, prefix, gateway) = network.interface(inner(netns))?;
    Some(Interface { address, prefix, gateway })
}
