//! A connection that a client makes to a port of a pod through the API server: from inside the pod's network, so that what listens on
//! the loopback address only is reached too.

use std::net::Ipv4Addr;

use apiserver::connection::Ending;
use apiserver::{ApiServer, ConnectionId, StreamKind};
use model::{Reason, Status};
use network::{Network, Received, SocketId, SocketState};
use serde::{Deserialize, Serialize};

use crate::worker::Worker;

const CHUNK: usize = 64 * 1024;

/// The kubelet's end of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Forward {
    socket: SocketId,
    port: u16,
    /// The sandbox, as messages name it.
    sandbox: String,
}

impl Forward {
    /// Opens the connection.
    pub(super) fn begin(
        api: &mut ApiServer,
        network: &mut Network,
        worker: Option<&Worker>,
        port: u16,
    ) -> Result<Self, Status> {
        let Some((worker, namespace)) = worker.and_then(|worker| Some((worker, worker.netns?))) else {
            let text = format!("error forwarding port {port}: the pod has no network");
            return Err(Status::new(Reason::Unknown, &text));
        };
        let socket = network.connect_for_agent(api.random(), namespace, Ipv4Addr::LOCALHOST, port);
        Ok(Self { socket, port, sandbox: worker.uid.replace('-', "") })
    }

    /// Carries bytes both ways; says how it ended if it did.
    pub(super) fn advance(
        &self,
        api: &mut ApiServer,
        network: &mut Network,
        id: ConnectionId,
    ) -> Option<Ending> {
        match network.socket_state(self.socket) {
            SocketState::Connecting => return None,
            SocketState::Refused | SocketState::Unreachable | SocketState::TimedOut => {
                network.close(self.socket);
                return Some(Ending::Error(self.refused()));
            }
            SocketState::Open | SocketState::Closed | SocketState::Reset => {}
        }
        let connection = api.connection(id)?;
        let (waiting, closed) = (!connection.to_server.is_empty(), connection.input_closed);
        if waiting && let Some(connection) = api.connection_mut(id) {
            network.send(self.socket, &std::mem::take(&mut connection.to_server));
        }
        loop {
            match network.receive(self.socket, CHUNK) {
                Received::Data(bytes) => {
                    if let Some(connection) = api.connection_mut(id) {
                        connection.to_client.push_back((StreamKind::Out, bytes));
                    }
                }
                Received::Empty if !closed => return None,
                Received::Empty | Received::End | Received::Reset => {
                    network.close(self.socket);
                    return Some(Ending::Exit(0));
                }
            }
        }
    }

    /// The client went away.
    pub(super) fn close(&self, network: &mut Network) {
        network.close(self.socket);
    }

    fn refused(&self) -> Status {
        let Self { port, sandbox, .. } = self;
        let namespace = format!("/var/run/netns/cni-{}", sandbox.get(..8).unwrap_or(sandbox));
        let text = format!(
            "error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace \"{namespace}\": failed to connect to localhost:{port} inside namespace \"{namespace}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused "
        );
        Status::new(Reason::Unknown, &text)
    }
}
