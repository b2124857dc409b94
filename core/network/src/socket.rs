//! Sockets: connections with a byte queue in each direction, and listeners. What is sent arrives after a modelled time.

use std::collections::VecDeque;
use std::fmt;
use std::net::Ipv4Addr;

use engine::{Duration, Instant, Random};
use serde::{Deserialize, Serialize};

use crate::namespace::NetworkNamespace;
use crate::translate::Verdict;
use crate::{Network, latency};

/// Names a socket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SocketId(pub u64);

/// Names a listening port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ListenerId(pub u64);

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

/// The port is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InUse;

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address already in use")
    }
}

/// One end of a connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Socket {
    /// Where it is.
    namespace: NetworkNamespace,
    state: SocketState,
    /// The other end, once there is one.
    other: Option<SocketId>,
    /// The other end as this one sees it.
    peer: (Ipv4Addr, u16),
    /// One way to the other end.
    latency: Duration,
    inbox: VecDeque<u8>,
    /// Whether it is a node agent's, which is told apart from processes.
    of_agent: bool,
}

/// A listening port.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listener {
    namespace: NetworkNamespace,
    port: u16,
    backlog: VecDeque<SocketId>,
}

/// Something on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Segment {
    /// A wish to connect arrives at an address.
    Syn { client: SocketId, address: Ipv4Addr, port: u16, source: (Ipv4Addr, u16), repeats: u32 },
    /// The client, which has no answer yet, is to send its wish once more.
    Attempt { client: SocketId, source_port: u16, repeats: u32 },
    /// The answer arrives at the client: the other end, or why there is none.
    Answer { client: SocketId, server: Result<SocketId, SocketState> },
    /// Bytes arrive.
    Data { to: SocketId, from: SocketId, bytes: Vec<u8> },
    /// The other end will send nothing more.
    Fin { to: SocketId },
    /// The other end broke the connection.
    Reset { to: SocketId },
}

impl Network {
    /// Opens a connection from a namespace to a port of an address; a Service's address leads to one of its endpoints.
    pub fn connect(
        &mut self,
        random: &mut Random,
        namespace: NetworkNamespace,
        address: Ipv4Addr,
        port: u16,
    ) -> SocketId {
        let client = SocketId(self.next_id());
        let stack = self.stack_of(namespace);
        let mut socket = Socket {
            namespace: stack,
            state: SocketState::Connecting,
            other: None,
            peer: (address, port),
            latency: latency::LOOPBACK,
            inbox: VecDeque::new(),
            of_agent: false,
        };
        if !self.namespaces.contains_key(&namespace) {
            socket.state = SocketState::Unreachable;
            self.sockets.insert(client, socket);
            return client;
        }
        self.sockets.insert(client, socket);
        let source_port = self.ephemeral_port(namespace);
        self.attempt(random, client, source_port, 0);
        client
    }

    /// Sends the first packet of a connection, once more if `repeats` says so: each time it goes where the rules of that moment lead.
    pub(crate) fn attempt(&mut self, random: &mut Random, client: SocketId, source_port: u16, repeats: u32) {
        let Some(socket) = self.sockets.get(&client) else { return };
        let (namespace, (address, port)) = (socket.namespace, socket.peer);
        let Some(from) = self.namespaces.get(&namespace).cloned() else { return };
        let node_address = self.nodes.get(&from.node).map_or(from.address, |node| node.address);
        let verdict = self.translation.translate(
            random,
            self.now,
            &from,
            &self.by_address,
            &self.namespaces,
            address,
            port,
        );
        let (address, port, source) = match verdict {
            Verdict::Pass => (address, port, self.source_address(&from, address)),
            Verdict::Forward { address, port, masquerade } => {
                let source = if masquerade { node_address } else { self.source_address(&from, address) };
                (address, port, source)
            }
            Verdict::Reject => {
                return self.answer_later(client, Err(SocketState::Refused), latency::LOOPBACK);
            }
            Verdict::Drop => return self.attempt_later(client, source_port, repeats),
        };
        let latency = self.latency_to(namespace, address);
        if let Some(socket) = self.sockets.get_mut(&client) {
            socket.latency = latency;
        }
        let source = (source, source_port);
        self.in_flight.push(self.now + latency, Segment::Syn { client, address, port, source, repeats });
    }

    /// Nobody answered: the packet is sent again after a while that doubles, until the client has had enough.
    fn attempt_later(&mut self, client: SocketId, source_port: u16, repeats: u32) {
        let after = latency::FIRST_REPEAT * (1 << repeats);
        if repeats == latency::REPEATS_MAX {
            self.answer_later(client, Err(SocketState::TimedOut), after);
        } else {
            let again = Segment::Attempt { client, source_port, repeats: repeats + 1 };
            self.in_flight.push(self.now + after, again);
        }
    }

    /// As [`connect`](Self::connect), for a node agent: what happens to the socket is told by
    /// [`take_woken_of_agents`](Network::take_woken_of_agents).
    pub fn connect_for_agent(
        &mut self,
        random: &mut Random,
        namespace: NetworkNamespace,
        address: Ipv4Addr,
        port: u16,
    ) -> SocketId {
        let id = self.connect(random, namespace, address, port);
        if let Some(socket) = self.sockets.get_mut(&id) {
            socket.of_agent = true;
        }
        id
    }

    fn wake_socket(&mut self, id: SocketId) {
        let of_agent = self.sockets.get(&id).is_some_and(|socket| socket.of_agent);
        if of_agent {
            self.woken_of_agents.insert(id)
        } else {
            self.woken_sockets.insert(id)
        };
    }

    /// The state of a socket; `Reset` if there is none of this id.
    #[must_use]
    pub fn socket_state(&self, socket: SocketId) -> SocketState {
        self.sockets.get(&socket).map_or(SocketState::Reset, |socket| socket.state)
    }

    /// Sends bytes; false if the connection is not open for sending.
    pub fn send(&mut self, id: SocketId, bytes: &[u8]) -> bool {
        let Some(socket) = self.sockets.get(&id) else { return false };
        let (SocketState::Open | SocketState::Closed, Some(to)) = (socket.state, socket.other) else {
            return false;
        };
        let segment = Segment::Data { to, from: id, bytes: bytes.to_vec() };
        self.in_flight.push(self.now + socket.latency, segment);
        true
    }

    /// Takes at most `max` received bytes.
    pub fn receive(&mut self, id: SocketId, max: usize) -> Received {
        let Some(socket) = self.sockets.get_mut(&id) else { return Received::Reset };
        if socket.state == SocketState::Reset {
            return Received::Reset;
        }
        if socket.inbox.is_empty() {
            return match socket.state {
                SocketState::Connecting | SocketState::Open => Received::Empty,
                _ => Received::End,
            };
        }
        if max >= socket.inbox.len() {
            return Received::Data(std::mem::take(&mut socket.inbox).into());
        }
        Received::Data(socket.inbox.drain(..max).collect())
    }

    /// Closes a socket and forgets it. Unread bytes break the connection, as TCP has it.
    pub fn close(&mut self, id: SocketId) {
        self.woken_sockets.remove(&id);
        self.woken_of_agents.remove(&id);
        let Some(socket) = self.sockets.remove(&id) else { return };
        let Some(to) = socket.other else { return };
        let unread = !socket.inbox.is_empty();
        let segment = if unread { Segment::Reset { to } } else { Segment::Fin { to } };
        if socket.state != SocketState::Reset {
            self.in_flight.push(self.now + socket.latency, segment);
        }
    }

    /// Starts to listen on a port.
    ///
    /// # Errors
    /// If something else listens on it.
    pub fn listen(&mut self, namespace: NetworkNamespace, port: u16) -> Result<ListenerId, InUse> {
        let namespace = self.stack_of(namespace);
        if self.listening.contains_key(&(namespace, port)) {
            return Err(InUse);
        }
        let id = ListenerId(self.next_id());
        self.listening.insert((namespace, port), id);
        self.listeners.insert(id, Listener { namespace, port, backlog: VecDeque::new() });
        Ok(id)
    }

    /// Takes the next waiting connection.
    pub fn accept(&mut self, listener: ListenerId) -> Option<SocketId> {
        self.listeners.get_mut(&listener)?.backlog.pop_front()
    }

    /// Stops listening; connections that nobody took are broken.
    pub fn stop_listening(&mut self, id: ListenerId) {
        self.woken_listeners.remove(&id);
        let Some(listener) = self.listeners.remove(&id) else { return };
        self.listening.remove(&(listener.namespace, listener.port));
        for socket in listener.backlog {
            if let Some(socket) = self.sockets.remove(&socket)
                && let Some(to) = socket.other
            {
                self.in_flight.push(self.now + socket.latency, Segment::Reset { to });
            }
        }
    }

    /// Whether anything listens on a port of a namespace.
    #[must_use]
    pub fn is_listening(&self, namespace: NetworkNamespace, port: u16) -> bool {
        self.listening.contains_key(&(self.stack_of(namespace), port))
    }

    /// The other end of a connection: its address and port.
    #[must_use]
    pub fn peer(&self, socket: SocketId) -> Option<(Ipv4Addr, u16)> {
        self.sockets.get(&socket).map(|socket| socket.peer)
    }

    pub(crate) fn sockets_of(&self, namespace: NetworkNamespace) -> Vec<SocketId> {
        self.sockets.iter().filter(|(_, socket)| socket.namespace == namespace).map(|(id, _)| *id).collect()
    }

    /// Something that was on its way arrives.
    pub(crate) fn arrive(&mut self, random: &mut Random, segment: Segment) {
        match segment {
            Segment::Syn { client, address, port, source, repeats } => {
                self.arrive_syn(client, address, port, source, repeats);
            }
            Segment::Attempt { client, source_port, repeats } => {
                self.attempt(random, client, source_port, repeats);
            }
            Segment::Answer { client, server } => {
                if let Some(socket) = self.sockets.get_mut(&client) {
                    match server {
                        Ok(server) => {
                            socket.other = Some(server);
                            if socket.state == SocketState::Connecting {
                                socket.state = SocketState::Open;
                            }
                        }
                        Err(state) => socket.state = state,
                    }
                    self.wake_socket(client);
                } else if let Ok(server) = server {
                    // The client gave up meanwhile.
                    self.in_flight.push(self.now, Segment::Reset { to: server });
                }
            }
            Segment::Data { to, from, bytes } => {
                if let Some(socket) = self.sockets.get_mut(&to) {
                    if socket.inbox.is_empty() {
                        socket.inbox = bytes.into();
                    } else {
                        socket.inbox.extend(bytes);
                    }
                    self.wake_socket(to);
                } else if let Some(socket) = self.sockets.get(&from) {
                    self.in_flight.push(self.now + socket.latency, Segment::Reset { to: from });
                }
            }
            Segment::Fin { to } => self.end(to, SocketState::Closed),
            Segment::Reset { to } => self.end(to, SocketState::Reset),
        }
    }

    fn end(&mut self, id: SocketId, state: SocketState) {
        if let Some(socket) = self.sockets.get_mut(&id)
            && socket.state != SocketState::Reset
        {
            socket.state = state;
            if state == SocketState::Reset {
                socket.inbox.clear();
            }
            self.wake_socket(id);
        }
    }

    fn arrive_syn(
        &mut self,
        client: SocketId,
        address: Ipv4Addr,
        port: u16,
        source: (Ipv4Addr, u16),
        repeats: u32,
    ) {
        let Some(from) = self.sockets.get(&client) else { return };
        let (namespace, back) = (from.namespace, from.latency);
        let target =
            if address.is_loopback() { Some(namespace) } else { self.by_address.get(&address).copied() };
        let Some(target) = target else {
            self.lose(client, address, source.1, repeats);
            return;
        };
        let Some(listener) = self.listening.get(&(target, port)).copied() else {
            self.answer_later(client, Err(SocketState::Refused), back);
            return;
        };
        let server = SocketId(self.next_id());
        let socket = Socket {
            namespace: target,
            state: SocketState::Open,
            other: Some(client),
            peer: source,
            latency: back,
            inbox: VecDeque::new(),
            of_agent: false,
        };
        self.sockets.insert(server, socket);
        if let Some(listener) = self.listeners.get_mut(&listener) {
            listener.backlog.push_back(server);
        }
        self.woken_listeners.insert(listener);
        self.answer_later(client, Ok(server), back);
    }

    /// Nobody has the address: its node notices soon, if there is one; anywhere else nothing comes back.
    fn lose(&mut self, client: SocketId, address: Ipv4Addr, source_port: u16, repeats: u32) {
        let owned = self.nodes.values().any(|node| node.pod_cidr.is_some_and(|cidr| cidr.contains(address)));
        if owned {
            self.answer_later(client, Err(SocketState::Unreachable), latency::NO_NEIGHBOUR);
        } else {
            self.attempt_later(client, source_port, repeats);
        }
    }

    fn answer_later(&mut self, client: SocketId, server: Result<SocketId, SocketState>, after: Duration) {
        let at: Instant = self.now + after;
        self.in_flight.push(at, Segment::Answer { client, server });
    }

    fn latency_to(&self, from: NetworkNamespace, address: Ipv4Addr) -> Duration {
        if address.is_loopback() {
            return latency::LOOPBACK;
        }
        let node = |id: &NetworkNamespace| self.namespaces.get(id).map(|namespace| namespace.node.as_str());
        match self.by_address.get(&address) {
            Some(to) if *to == self.stack_of(from) => latency::LOOPBACK,
            Some(to) if node(to) == node(&from) => latency::SAME_NODE,
            _ => latency::ACROSS_NODES,
        }
    }
}
