//! The network as a process sees it. Upper floors implement it; this crate only names what it needs.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// A socket of the network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SocketId(pub u64);

/// A listening port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ListenerId(pub u64);

/// A network namespace: a pod's or a node's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct NetworkNamespace(pub u64);

/// An answer to a look-up of a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Resolved {
    /// The canonical name and its addresses, at least one.
    Addresses(String, Vec<String>),
    /// There is no such name.
    NotFound,
    /// No server answered.
    Timeout,
}

/// The state of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SocketState {
    /// The other side has not answered yet.
    Connecting,
    /// Connected.
    Open,
    /// The other side refused.
    Refused,
    /// No route to the other side.
    Unreachable,
    /// The other side never answered.
    TimedOut,
    /// The other side broke the connection.
    Reset,
    /// The other side has nothing more to send.
    Closed,
}

/// What a receive gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// Some bytes.
    Data(Vec<u8>),
    /// Nothing yet.
    Empty,
    /// The other side has closed and all was received.
    End,
    /// The connection broke.
    Reset,
}

/// How a namespace is connected to the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// Its own address.
    pub address: Ipv4Addr,
    /// How many bits of the address name its network.
    pub prefix: u8,
    /// Where packets to other networks go.
    pub gateway: Option<Ipv4Addr>,
}

/// The port is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InUse;

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address already in use")
    }
}

/// The network as a process in the namespace `netns` sees it. No call blocks: a process waits with `Wait::sockets`.
pub trait Host {
    /// Looks a name up with the namespace's resolver; a literal address is its own answer.
    fn resolve(&mut self, netns: NetworkNamespace, name: &str) -> Resolved;
    /// Opens a connection to a port of an address.
    fn connect(&mut self, netns: NetworkNamespace, address: &str, port: u16) -> SocketId;
    /// The state of a socket; `Reset` if there is none of this id.
    fn socket_state(&self, socket: SocketId) -> SocketState;
    /// Sends bytes; false if the connection is not open for sending.
    fn send(&mut self, socket: SocketId, bytes: &[u8]) -> bool;
    /// Takes at most `max` received bytes.
    fn receive(&mut self, socket: SocketId, max: usize) -> Received;
    /// Closes a socket and forgets it.
    fn close(&mut self, socket: SocketId);
    /// Starts to listen on a port.
    ///
    /// # Errors
    /// If something else listens on it.
    fn listen(&mut self, netns: NetworkNamespace, port: u16) -> Result<ListenerId, InUse>;
    /// Takes the next waiting connection.
    fn accept(&mut self, listener: ListenerId) -> Option<SocketId>;
    /// Stops listening.
    fn stop_listening(&mut self, listener: ListenerId);
    /// The other end of a connection: its address and port.
    fn peer(&self, socket: SocketId) -> Option<(String, u16)>;
    /// The address that a namespace has beside the loopback one.
    fn interface(&self, _netns: NetworkNamespace) -> Option<Interface> {
        None
    }
    /// Whether an echo request to `address` is answered.
    fn ping(&mut self, netns: NetworkNamespace, address: &str) -> bool;
}

/// A host without a network: nothing resolves and every connection is refused. For tests, and for what has no network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Unplugged;

impl Host for Unplugged {
    fn resolve(&mut self, _: NetworkNamespace, _: &str) -> Resolved {
        Resolved::NotFound
    }
    fn connect(&mut self, _: NetworkNamespace, _: &str, _: u16) -> SocketId {
        SocketId(0)
    }
    fn socket_state(&self, _: SocketId) -> SocketState {
        SocketState::Refused
    }
    fn send(&mut self, _: SocketId, _: &[u8]) -> bool {
        false
    }
    fn receive(&mut self, _: SocketId, _: usize) -> Received {
        Received::Reset
    }
    fn close(&mut self, _: SocketId) {}
    fn listen(&mut self, _: NetworkNamespace, _: u16) -> Result<ListenerId, InUse> {
        Ok(ListenerId(0))
    }
    fn accept(&mut self, _: ListenerId) -> Option<SocketId> {
        None
    }
    fn stop_listening(&mut self, _: ListenerId) {}
    fn peer(&self, _: SocketId) -> Option<(String, u16)> {
        None
    }
    fn ping(&mut self, _: NetworkNamespace, _: &str) -> bool {
        false
    }
}
