//! Connections through the API server to a kubelet: logs, exec, forwarded ports. A connection has an id and two byte queues; client and
//! kubelet each take and give what is there at their own instants.

use std::collections::{BTreeMap, VecDeque};

use model::{Kind, Status, status::Result};
use serde::{Deserialize, Serialize};

use crate::server::ApiServer;

/// Names a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

/// Which of a process's streams some bytes belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum StreamKind {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Options of `pods/log`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct LogOptions {
    /// The container; resolved by the API server if the pod has one only.
    pub container: String,
    /// Go on as lines come.
    pub follow: bool,
    /// The container's earlier run.
    pub previous: bool,
    /// Only the last so many lines.
    pub tail_lines: Option<u64>,
    /// Only lines of the last so many seconds.
    pub since_seconds: Option<i64>,
    /// Begin each line with its time.
    pub timestamps: bool,
    /// No more than so many bytes.
    pub limit_bytes: Option<u64>,
}

/// Options of `pods/exec`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ExecOptions {
    /// The container; resolved by the API server if empty.
    pub container: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Whether the client sends input.
    pub stdin: bool,
    /// Whether the process gets a terminal.
    pub tty: bool,
}

/// What a connection is for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// A container's log.
    Log(LogOptions),
    /// A process in a container.
    Exec(ExecOptions),
    /// One connection to this port in the pod's network.
    PortForward(u16),
}

/// How a connection ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Ending {
    /// The log came to its end, or the process ended with this status.
    Exit(i32),
    /// The kubelet refused or failed.
    Error(Status),
}

/// One connection.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Connection {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The pod's uid.
    pub uid: String,
    /// The node whose kubelet serves it.
    pub node: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Bytes on their way to the client.
    pub to_client: VecDeque<(StreamKind, Vec<u8>)>,
    /// Bytes on their way to the process.
    pub to_server: Vec<u8>,
    /// The client will send no more.
    pub input_closed: bool,
    /// The client went away.
    pub client_gone: bool,
    /// The other side is done; what is in `to_client` is the last.
    pub ending: Option<Ending>,
}

/// All connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Connections {
    next: u64,
    open: BTreeMap<ConnectionId, Connection>,
    /// Counts every change, so that whoever waits knows that there may be something for it.
    changes: u64,
}

impl ApiServer {
    pub(crate) fn open_connection(
        &mut self,
        namespace: &str,
        pod: &str,
        purpose: Purpose,
    ) -> Result<ConnectionId> {
        let object =
            self.store.get(Kind::Pod, namespace, pod).ok_or_else(|| Status::not_found(Kind::Pod, pod))?;
        let node = object.spec::<k8s_openapi::api::core::v1::Pod>().node_name.clone().unwrap_or_default();
        let connection = Connection {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            uid: object.uid().to_owned(),
            node,
            purpose,
            to_client: VecDeque::new(),
            to_server: Vec::new(),
            input_closed: false,
            client_gone: false,
            ending: None,
        };
        self.connections.next += 1;
        self.connections.changes += 1;
        let id = ConnectionId(self.connections.next);
        self.connections.open.insert(id, connection);
        Ok(id)
    }

    /// How often any connection changed: equal numbers mean that nothing happened on them.
    #[must_use]
    pub fn connection_changes(&self) -> u64 {
        self.connections.changes
    }

    /// The ids of all open connections, oldest first.
    #[must_use]
    pub fn connection_ids(&self) -> Vec<ConnectionId> {
        self.connections.open.keys().copied().collect()
    }

    /// A connection to look at.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.open.get(&id)
    }

    /// A connection to change.
    pub fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.changes += 1;
        self.connections.open.get_mut(&id)
    }

    /// Ends a connection: its client has read the ending, or went away and the kubelet noticed.
    pub fn close_connection(&mut self, id: ConnectionId) {
        self.connections.changes += 1;
        self.connections.open.remove(&id);
    }
}
