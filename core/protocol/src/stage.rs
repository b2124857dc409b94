//! What the stage draws: nodes, pods, workloads, services, control plane. Sent as changes, keyed by each view's `key`.

use serde::{Deserialize, Serialize};

/// Views that came or changed, and the keys of those that went.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Changes<T> {
    /// New or changed.
    pub set: Vec<T>,
    /// Gone.
    pub removed: Vec<String>,
}

impl<T> Default for Changes<T> {
    fn default() -> Self {
        Self { set: Vec::new(), removed: Vec::new() }
    }
}

impl<T> Changes<T> {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}

/// What changed on the stage since the last such message.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct StageChange {
    /// Forget all that was known first: this is the whole.
    pub reset: bool,
    /// Nodes.
    pub nodes: Changes<NodeView>,
    /// Pods.
    pub pods: Changes<PodView>,
    /// Deployments with their revisions.
    pub deployments: Changes<DeploymentView>,
    /// Services with their endpoints.
    pub services: Changes<ServiceView>,
    /// The control plane's parts.
    pub components: Changes<ComponentView>,
    /// API requests since the last message, oldest first, at most a few dozen: they are only seen.
    pub pulses: Vec<PulseView>,
}

/// A node: a room.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeView {
    /// Its name.
    pub key: String,
    /// Whether it runs the control plane.
    pub control_plane: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// Whether it is cordoned.
    pub cordoned: bool,
    /// Its taints: `key=value:Effect`.
    pub taints: Vec<String>,
    /// CPU that can be allocated, in thousandths of a core.
    pub cpu_milli: i64,
    /// CPU that its pods request.
    pub cpu_requested_milli: i64,
    /// Memory that can be allocated, in bytes.
    pub memory_bytes: i64,
    /// Memory that its pods request.
    pub memory_requested_bytes: i64,
    /// How many pods it may hold.
    pub pods_max: i64,
    /// Its address.
    pub address: String,
}

/// How a pod's tile looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// Not bound to a node.
    Pending,
    /// Bound; images and containers are on their way.
    Creating,
    /// Running and ready.
    Running,
    /// Running, not ready.
    NotReady,
    /// Done.
    Succeeded,
    /// Failed, or a container cannot start.
    Failed,
    /// Waiting before the next try.
    BackOff,
    /// Going.
    Terminating,
    /// Its node does not answer.
    Unknown,
}

/// A pod: a tile.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PodView {
    /// Its uid.
    pub key: String,
    /// Tiles stand in this order: that of the pods' coming, whatever is undone.
    pub order: u64,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its node; empty while it waits for one.
    pub node: String,
    /// How it looks.
    pub phase: Phase,
    /// The STATUS column: `Running`, `CrashLoopBackOff`.
    pub status: String,
    /// The uid of what owns it (a ReplicaSet); empty for a bare pod.
    pub owner: String,
    /// The name of the workload that it belongs to in the end (the Deployment), or its own.
    pub workload: String,
    /// A stable number from 0 to 359 for its owner's hue.
    pub hue: u16,
    /// Its address.
    pub ip: String,
    /// CPU that it requests.
    pub cpu_milli: i64,
    /// Memory that it requests.
    pub memory_bytes: i64,
    /// While it failed or backs off: when it is next tried, in milliseconds since the world began.
    pub back_off_until_ms: Option<u64>,
    /// Its containers.
    pub containers: Vec<ContainerView>,
}

/// A container: a dot in the tile.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ContainerView {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Whether it is ready.
    pub ready: bool,
    /// `running`, or the reason for waiting or having ended.
    pub state: String,
    /// How often it was started anew.
    pub restarts: i32,
    /// Whether it is an init container.
    pub init: bool,
}

/// A Deployment: a band for each revision.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DeploymentView {
    /// Its uid.
    pub key: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Wanted replicas.
    pub desired: i32,
    /// Of the newest revision.
    pub updated: i32,
    /// Ready.
    pub ready: i32,
    /// Available.
    pub available: i32,
    /// Whether its rollout is paused.
    pub paused: bool,
    /// How many more than wanted there may be, and how many fewer.
    pub max_surge: i32,
    /// How many fewer than wanted may be available.
    pub max_unavailable: i32,
    /// `RollingUpdate` or `Recreate`.
    pub strategy: String,
    /// The Progressing condition: its reason and message.
    pub progress: (String, String),
    /// Its ReplicaSets, newest revision first.
    pub revisions: Vec<RevisionView>,
}

/// One revision of a Deployment: a ReplicaSet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RevisionView {
    /// The ReplicaSet's uid.
    pub key: String,
    /// The ReplicaSet's name.
    pub name: String,
    /// The revision's number.
    pub revision: i64,
    /// Its stable hue.
    pub hue: u16,
    /// Its images.
    pub images: Vec<String>,
    /// Why it was made, if somebody said.
    pub change_cause: String,
    /// Wanted replicas.
    pub desired: i32,
    /// There are.
    pub current: i32,
    /// Ready.
    pub ready: i32,
}

/// A Service.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ServiceView {
    /// Its uid.
    pub key: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `ClusterIP`, `NodePort`...
    pub service_type: String,
    /// Its address.
    pub cluster_ip: String,
    /// `80/TCP`, `80:30080/TCP`.
    pub ports: Vec<String>,
    /// The uids of the pods that it sends to now.
    pub ready_pods: Vec<String>,
    /// The uids of the pods that it would send to if they were ready.
    pub unready_pods: Vec<String>,
}

/// A part of the control plane.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ComponentView {
    /// `kube-apiserver`, `etcd`, `kube-scheduler`, `kube-controller-manager`.
    pub key: String,
    /// What it shows: etcd's revision, the scheduler's queue.
    pub detail: String,
}

/// An API request that was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PulseView {
    /// Who asked: `kubectl`, `kube-scheduler`, `kubelet worker-1`.
    pub actor: String,
    /// `create`, `update`, `delete`.
    pub verb: String,
    /// `pods`.
    pub resource: String,
    /// The object's name.
    pub name: String,
    /// The uid of the object, to draw the line to it.
    pub uid: String,
    /// When, in milliseconds since the world began.
    pub at_ms: u64,
    /// Of a request that was refused, with what: `409 AlreadyExists`. Such a request stops at the API server.
    pub refused: String,
}
