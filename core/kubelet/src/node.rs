//! The Node object: registration, what the kubelet reports of its node, heartbeats.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use apiserver::{ApiServer, Caller, EventType, Recorder};
use engine::Instant;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::{
    ContainerImage, DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec,
    NodeStatus, NodeSystemInfo, Taint,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{OwnerReference, Time};
use model::{Kind, Metadata, Object};
use network::Cidr;
use serde::{Deserialize, Serialize};

/// The annotation of nodes that have no machine behind them.
pub const FAKE_NODE: &str = "kwok.x-k8s.io/node";
/// The version that the nodes run.
pub const VERSION: &str = "v1.33.1";
const LEASE_NAMESPACE: &str = "kube-node-lease";
const LEASE_SECONDS: i32 = 40;

/// A node to start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeConfig {
    /// Its name.
    pub name: String,
    /// What the machine calls itself: pods on the host's network see it. A kubelet may register under another name (`--hostname-override`).
    pub machine_name: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Where its pods' addresses come from.
    pub pod_cidr: Option<Cidr>,
    /// Labels besides those that every node has.
    pub labels: BTreeMap<String, String>,
    /// Taints that it registers with.
    pub taints: Vec<(String, String)>,
    /// What it has: `cpu`, `memory`, `ephemeral-storage`, `pods`.
    pub capacity: BTreeMap<String, String>,
    /// The images that are there already.
    pub images: Vec<String>,
}

impl NodeConfig {
    /// A node of the usual size.
    #[must_use]
    pub fn new(name: &str, address: Ipv4Addr, pod_cidr: Option<Cidr>) -> Self {
        let capacity = [("cpu", "4"), ("memory", "8Gi"), ("ephemeral-storage", "40Gi"), ("pods", "110")];
        Self {
            name: name.to_owned(),
            machine_name: name.to_owned(),
            address,
            pod_cidr,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            capacity: capacity.map(|(name, amount)| (name.to_owned(), amount.to_owned())).into(),
            images: Vec::new(),
        }
    }
}

/// Creates the Node object, reports its status and tells of it, as a kubelet does when it starts.
pub(crate) fn register(api: &mut ApiServer, recorder: &mut Recorder, config: &NodeConfig) {
    let caller = Caller::kubelet(&config.name);
    let mut metadata = Metadata::named("", &config.name);
    metadata.labels = labels(config);
    metadata
        .annotations
        .insert("volumes.kubernetes.io/controller-managed-attach-detach".to_owned(), "true".to_owned());
    let spec = NodeSpec {
        pod_cidr: config.pod_cidr.map(|cidr| cidr.to_string()),
        pod_cidrs: config.pod_cidr.map(|cidr| vec![cidr.to_string()]),
        taints: (!config.taints.is_empty()).then(|| config.taints.iter().map(taint).collect()),
        ..NodeSpec::default()
    };
    if api.create(&caller, Object::new::<Node>(metadata, spec)).is_err()
        && api.store().get(Kind::Node, "", &config.name).is_none()
    {
        return;
    }
    report(api, config);
    renew_lease(api, &config.name, &config.name);
    tell(api, recorder, &caller, &config.name);
}

fn labels(config: &NodeConfig) -> BTreeMap<String, String> {
    let mut labels = config.labels.clone();
    for (name, value) in [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/hostname", config.name.as_str()),
    ] {
        labels.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    labels
}

fn taint((key, effect): &(String, String)) -> Taint {
    Taint { key: key.clone(), effect: effect.clone(), ..Taint::default() }
}

/// The events of a starting kubelet.
fn tell(api: &mut ApiServer, recorder: &mut Recorder, caller: &Caller, name: &str) {
    let Some(node) = api.store().get(Kind::Node, "", name).cloned() else { return };
    let mut event = |api: &mut ApiServer, reason: &str, message: &str| {
        recorder.event(api, caller, &node, EventType::Normal, reason, message);
    };
    event(api, "Starting", "Starting kubelet.");
    event(api, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
    for state in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady"] {
        event(api, state, &format!("Node {name} status is now: {state}"));
    }
}

/// Writes the node's status.
pub(crate) fn report(api: &mut ApiServer, config: &NodeConfig) {
    let Some(node) = api.store().get(Kind::Node, "", &config.name).cloned() else { return };
    let quantities = |amounts: &BTreeMap<String, String>| {
        amounts
            .iter()
            .map(|(name, amount)| (name.clone(), Quantity(amount.clone())))
            .collect::<BTreeMap<_, _>>()
    };
    let now = api.time();
    let before = node.status::<Node>();
    let address = |kind: &str, address: String| NodeAddress { type_: kind.to_owned(), address };
    let status = NodeStatus {
        capacity: Some(quantities(&config.capacity)),
        allocatable: Some(quantities(&config.capacity)),
        conditions: Some(conditions(before, &now)),
        addresses: Some(vec![
            address("InternalIP", config.address.to_string()),
            address("Hostname", config.name.clone()),
        ]),
        daemon_endpoints: Some(NodeDaemonEndpoints {
            kubelet_endpoint: Some(DaemonEndpoint { port: 10_250 }),
        }),
        node_info: Some(node_info(node.uid())),
        images: before.images.clone(),
        ..NodeStatus::default()
    };
    // Nobody else writes a node's status, so that there is nothing to conflict with.
    let _ = api.update_status(&Caller::kubelet(&config.name), node.with_status::<Node>(status));
}

/// The conditions of a healthy node.
pub(crate) fn conditions(before: &NodeStatus, now: &Time) -> Vec<NodeCondition> {
    const CONDITIONS: [(&str, &str, &str, &str); 4] = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ];
    let condition = |(kind, status, reason, message): (&str, &str, &str, &str)| {
        let old =
            before.conditions.iter().flatten().find(|known| known.type_ == kind && known.status == status);
        NodeCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_heartbeat_time: Some(now.clone()),
            last_transition_time: old
                .and_then(|known| known.last_transition_time.clone())
                .or_else(|| Some(now.clone())),
        }
    };
    CONDITIONS.map(condition).to_vec()
}

/// What a node says of its system.
pub(crate) fn node_info(uid: &str) -> NodeSystemInfo {
    let machine = uid.replace('-', "");
    NodeSystemInfo {
        architecture: "amd64".to_owned(),
        boot_id: uid.to_owned(),
        container_runtime_version: "containerd://2.0.5".to_owned(),
        kernel_version: "6.1.0".to_owned(),
        kube_proxy_version: String::new(),
        kubelet_version: VERSION.to_owned(),
        machine_id: machine,
        operating_system: "linux".to_owned(),
        os_image: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        swap: None,
        system_uuid: uid.to_owned(),
    }
}

/// Notes which images are on a node.
pub(crate) fn report_images(api: &mut ApiServer, node: &str, images: Vec<ContainerImage>) {
    let Some(object) = api.store().get(Kind::Node, "", node).cloned() else { return };
    if object.status::<Node>().images.as_deref() == Some(&images) {
        return;
    }
    let mut object = Object::clone(&object);
    object.status_mut::<Node>().images = Some(images);
    let _ = api.update_status(&Caller::kubelet(node), object);
}

/// Renews a node's lease, or makes it for `holder`.
pub(crate) fn renew_lease(api: &mut ApiServer, node: &str, holder: &str) {
    let caller = Caller::kubelet(node);
    let renew_time = Some(api.micro_time());
    if let Some(lease) = api.store().get(Kind::Lease, LEASE_NAMESPACE, node).cloned() {
        let mut lease = Object::clone(&lease);
        lease.spec_mut::<Lease>().renew_time = renew_time;
        let _ = api.update(&caller, lease);
        return;
    }
    let Some(owner) = api.store().get(Kind::Node, "", node).cloned() else { return };
    let mut metadata = Metadata::named(LEASE_NAMESPACE, node);
    metadata.owner_references = vec![OwnerReference {
        api_version: "v1".to_owned(),
        kind: "Node".to_owned(),
        name: node.to_owned(),
        uid: owner.uid().to_owned(),
        ..OwnerReference::default()
    }];
    let spec = LeaseSpec {
        holder_identity: Some(holder.to_owned()),
        lease_duration_seconds: Some(LEASE_SECONDS),
        renew_time,
        ..LeaseSpec::default()
    };
    let _ = api.create(&caller, Object::new::<Lease>(metadata, spec));
}

/// Reports that a node is still well.
pub(crate) fn report_heartbeat(api: &mut ApiServer, node: &str) {
    let Some(object) = api.store().get(Kind::Node, "", node).cloned() else { return };
    let now = api.time();
    let mut object = Object::clone(&object);
    for condition in object.status_mut::<Node>().conditions.iter_mut().flatten() {
        condition.last_heartbeat_time = Some(now.clone());
    }
    let _ = api.update_status(&Caller::kubelet(node), object);
}

/// Whether a node has no machine behind it.
pub(crate) fn is_fake(node: &Object) -> bool {
    node.annotations().get(FAKE_NODE).is_some_and(|value| value == "fake")
}

/// The address that a Node object states.
pub(crate) fn stated_address(node: &Object) -> Option<Ipv4Addr> {
    let addresses = node.status::<Node>().addresses.as_deref().unwrap_or_default();
    addresses
        .iter()
        .find(|address| address.type_ == "InternalIP")
        .and_then(|address| address.address.parse().ok())
}

/// The instants of the nodes' next heartbeats: one for all of them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Heartbeats {
    /// When the leases are renewed.
    pub(crate) leases_at: Option<Instant>,
    /// When the statuses are reported.
    pub(crate) statuses_at: Option<Instant>,
}
