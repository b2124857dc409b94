//! How long things take on the network: one table.

use engine::Duration;

/// One way within a network namespace.
pub const LOOPBACK: Duration = Duration::from_micros(50);
/// One way between two namespaces of one node.
pub const SAME_NODE: Duration = Duration::from_micros(100);
/// One way between nodes.
pub const ACROSS_NODES: Duration = Duration::from_micros(250);
/// After how long the first packet of a connection is sent again when nobody answers; each further wait is twice as long.
pub const FIRST_REPEAT: Duration = Duration::from_secs(1);
/// After how many repeats Linux gives up (`net.ipv4.tcp_syn_retries`): 127 seconds after the first packet.
pub const REPEATS_MAX: u32 = 6;
/// How long until a node notices that nobody has an address of its own pod network.
pub const NO_NEIGHBOUR: Duration = Duration::from_secs(3);
/// How long kube-proxy takes from a change of endpoints to rules that say it.
pub const PROXY_SYNC: Duration = Duration::from_millis(100);
