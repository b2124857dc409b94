//! What all servers share: a listening port, connections with what they have sent so far, HTTP requests answered one after another.

use std::collections::BTreeMap;

use network::http::{Parsed, Request, Response};
use serde::{Deserialize, Serialize};
use shell::host::{InUse, Received, SocketState};
use shell::{Host, Io, ListenerId, NetworkNamespace, SocketId, Wait};

const CHUNK: usize = 64 * 1024;

/// A listening port with its connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Server {
    listeners: Vec<ListenerId>,
    connections: BTreeMap<SocketId, Vec<u8>>,
}

impl Server {
    /// Listens on one more port.
    pub fn listen<H: Host + ?Sized>(
        &mut self,
        host: &mut H,
        netns: NetworkNamespace,
        port: u16,
    ) -> Result<(), InUse> {
        self.listeners.push(host.listen(netns, port)?);
        Ok(())
    }

    /// Whether no connection is open.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.connections.is_empty()
    }

    /// Takes no more connections.
    pub fn stop_listening<H: Host + ?Sized>(&mut self, host: &mut H) {
        for listener in self.listeners.drain(..) {
            host.stop_listening(listener);
        }
    }

    /// Closes connections that have no request on its way: they were only kept for a next one.
    pub fn close_idle<H: Host + ?Sized>(&mut self, host: &mut H) {
        self.connections.retain(|socket, received| {
            if received.is_empty() {
                host.close(*socket);
            }
            !received.is_empty()
        });
    }

    /// Ends everything.
    pub fn close<H: Host + ?Sized>(&mut self, host: &mut H) {
        self.stop_listening(host);
        for socket in std::mem::take(&mut self.connections).into_keys() {
            host.close(socket);
        }
    }

    /// Takes new connections, reads what came, and lets `answer` take messages off the front of what a connection has sent: it says
    /// what to send back and whether to keep the connection, or nothing while the message is not whole.
    pub fn serve<H: Host + ?Sized>(
        &mut self,
        host: &mut H,
        mut answer: impl FnMut(&mut H, SocketId, &mut Vec<u8>) -> Option<(Vec<u8>, bool)>,
    ) {
        for listener in &self.listeners {
            while let Some(socket) = host.accept(*listener) {
                self.connections.insert(socket, Vec::new());
            }
        }
        let sockets: Vec<SocketId> = self.connections.keys().copied().collect();
        for socket in sockets {
            let Some(received) = self.connections.get_mut(&socket) else { continue };
            let mut open = loop {
                match host.receive(socket, CHUNK) {
                    Received::Data(bytes) => received.extend(bytes),
                    Received::Empty => break true,
                    Received::End => break host.socket_state(socket) == SocketState::Open,
                    Received::Reset => break false,
                }
            };
            while let Some((bytes, keep)) =
                (!received.is_empty()).then(|| answer(host, socket, received)).flatten()
            {
                if !host.send(socket, &bytes) || !keep {
                    open = false;
                    break;
                }
            }
            if !open {
                host.close(socket);
                self.connections.remove(&socket);
            }
        }
    }

    /// As [`serve`](Self::serve), for HTTP: `answer` gives the response to a request of a client at this address.
    pub fn serve_http<H: Host + ?Sized>(
        &mut self,
        host: &mut H,
        mut answer: impl FnMut(&Request, &str) -> Response,
    ) {
        self.serve(host, |host, socket, received| {
            let (request, length) = match Request::parse(received) {
                Parsed::Whole(request, length) => (request, length),
                Parsed::Partial => return None,
                Parsed::Malformed => {
                    received.clear();
                    let response = Response::new(400, "text/html", "<h1>400 Bad Request</h1>\n");
                    return Some((response.to_bytes(), false));
                }
            };
            received.drain(..length);
            let client = host.peer(socket).map_or_else(String::new, |(address, _)| address);
            let mut response = answer(&request, &client);
            let keep = request.keeps_alive();
            if !keep {
                response.headers.push(("Connection".to_owned(), "close".to_owned()));
            }
            let mut bytes = response.to_bytes();
            if request.method == "HEAD" {
                bytes.truncate(bytes.len() - response.body.len());
            }
            Some((bytes, keep))
        });
    }

    /// What to sleep for: a connection, or something on one.
    #[must_use]
    pub fn wait(&self) -> Wait {
        Wait {
            listeners: self.listeners.clone(),
            sockets: self.connections.keys().copied().collect(),
            ..Wait::default()
        }
    }
}

/// Says on standard error that a port is taken.
pub(super) fn port_taken(io: &mut Io<'_>, text: &str) {
    io.err(text);
}
