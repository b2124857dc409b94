//! The instant kubelet, for nodes without a machine: a bound pod is ready at once, a Job's pod completes at once, a deleted pod is
//! gone at once unless finalizers hold it. It does what KWOK's fast stages do.

use std::net::Ipv4Addr;

use apiserver::{ApiServer, Caller, DeleteOptions};
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStatus, Node,
    NodeAddress, NodeStatus, Pod, PodCondition, PodIP,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::pod::PodStatus;
use model::{Kind, Object};
use network::Network;
use serde::{Deserialize, Serialize};

use crate::node;

/// A finalizer by which a user keeps a deleted pod in view: the pod is left alone.
const HOLD: &str = "example.com/hold";

/// The one process that plays the kubelets of all nodes without a machine, as their leases name it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manager {
    /// What the machine that it runs on calls itself.
    machine_name: String,
    /// Drawn when the first such node comes.
    uid: Option<String>,
}

impl Manager {
    pub(crate) fn new(machine_name: &str) -> Self {
        Self { machine_name: machine_name.to_owned(), uid: None }
    }

    /// What it holds leases under: the machine's name, and its own uid.
    pub(crate) fn identity(&mut self, api: &mut ApiServer) -> String {
        let uid = self.uid.get_or_insert_with(|| api.random().uuid());
        format!("{}_{uid}", self.machine_name)
    }
}

/// Gives a fake node what it lacks: conditions, and a system that it runs.
pub(crate) fn initialize(api: &mut ApiServer, object: &Object) {
    let status = object.status::<Node>();
    let ready = status.conditions.iter().flatten().any(|condition| condition.type_ == "Ready");
    if ready && status.node_info.is_some() {
        return;
    }
    let now = api.time();
    let mut object = object.clone();
    // Controllers may have touched the new node meanwhile: the status is this agent's all the same.
    object.revision = 0;
    let uid = object.uid().to_owned();
    let name = object.name().to_owned();
    let status = object.status_mut::<Node>();
    if !ready {
        status.conditions = Some(node::conditions(&NodeStatus::default(), &now));
        status.phase = Some("Running".to_owned());
    }
    status.node_info.get_or_insert_with(|| node::node_info(&uid));
    status
        .addresses
        .get_or_insert_with(|| vec![NodeAddress { type_: "Hostname".to_owned(), address: name.clone() }]);
    let _ = api.update_status(&Caller::kubelet(&name), object);
}

/// Does for a pod all that there is to do.
pub(crate) fn sync(
    api: &mut ApiServer,
    network: &mut Network,
    node: &str,
    address: Option<Ipv4Addr>,
    pod: &Object,
) {
    let caller = Caller::kubelet(node).because(pod.revision);
    if pod.is_deleting() {
        delete(api, &caller, pod);
        return;
    }
    if pod.status::<Pod>().pod_ip.is_none()
        && matches!(pod.status::<Pod>().phase.as_deref(), None | Some("Pending"))
    {
        let pod_address = network.allocate_pod_address(node);
        let status = ready_status(api, pod, address, pod_address);
        let Ok(stored) = api.update_status(&caller, pod.with_status::<Pod>(status)) else { return };
        if is_of_job(pod) {
            let status = completed_status(api, &stored);
            let _ = api.update_status(&caller, stored.with_status::<Pod>(status));
        }
    }
}

fn delete(api: &mut ApiServer, caller: &Caller, pod: &Object) {
    let held = pod.metadata.finalizers.iter().any(|finalizer| finalizer == HOLD);
    let already = pod.metadata.deletion_grace_period_seconds == Some(0);
    if held || already {
        return;
    }
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        uid: Some(pod.uid().to_owned()),
        ..DeleteOptions::default()
    };
    let _ = api.delete(caller, Kind::Pod, pod.namespace(), pod.name(), &options);
}

/// A pod is gone: its address is free again.
pub(crate) fn forget(network: &mut Network, node: &str, pod: &Object) {
    if let Some(address) = pod.status::<Pod>().pod_ip.as_ref().and_then(|ip| ip.parse().ok()) {
        network.release_pod_address(node, address);
    }
}

fn is_of_job(pod: &Object) -> bool {
    pod.metadata.owner_references.iter().any(|owner| owner.kind == "Job")
}

fn ready_status(
    api: &ApiServer,
    pod: &Object,
    node: Option<Ipv4Addr>,
    address: Option<Ipv4Addr>,
) -> PodStatus {
    let now = api.time();
    let spec = pod.spec::<Pod>();
    let address = if spec.host_network == Some(true) { node } else { address };
    let mut status = pod.status::<Pod>().clone();
    let gates = spec.readiness_gates.iter().flatten().map(|gate| gate.condition_type.as_str());
    let conditions = ["Initialized", "Ready", "ContainersReady"].into_iter().chain(gates);
    let mut all: Vec<_> = conditions.map(|kind| condition(kind, &now)).collect();
    let known = |kept: &PodCondition| all.iter().any(|condition| condition.type_ == kept.type_);
    let kept: Vec<_> = status.conditions.iter().flatten().filter(|kept| !known(kept)).cloned().collect();
    all.extend(kept);
    status.conditions = Some(all);
    status.container_statuses =
        Some(spec.containers.iter().map(|container| running(container, &now)).collect());
    status.init_container_statuses = spec
        .init_containers
        .as_ref()
        .filter(|containers| !containers.is_empty())
        .map(|containers| containers.iter().map(|container| initialized(container, &now)).collect());
    status.phase = Some("Running".to_owned());
    status.start_time = Some(now);
    status.host_ip = node.map(|ip| ip.to_string());
    status.pod_ip = address.map(|ip| ip.to_string());
    status.pod_ips = address.map(|ip| vec![PodIP { ip: ip.to_string() }]);
    status
}

fn completed_status(api: &ApiServer, pod: &Object) -> PodStatus {
    let now = api.time();
    let mut status = pod.status::<Pod>().clone();
    status.phase = Some("Succeeded".to_owned());
    let containers = &pod.spec::<Pod>().containers;
    status.container_statuses =
        Some(containers.iter().map(|container| completed(container, true, &now)).collect());
    status
}

fn condition(kind: &str, now: &Time) -> PodCondition {
    PodCondition {
        type_: kind.to_owned(),
        status: "True".to_owned(),
        last_transition_time: Some(now.clone()),
        ..PodCondition::default()
    }
}

/// An init container has done its work; one that always restarts goes on beside the others.
fn initialized(container: &Container, now: &Time) -> ContainerStatus {
    if container.restart_policy.as_deref() == Some("Always") {
        ContainerStatus { started: Some(true), ..running(container, now) }
    } else {
        completed(container, true, now)
    }
}

fn running(container: &Container, now: &Time) -> ContainerStatus {
    let running = ContainerStateRunning { started_at: Some(now.clone()) };
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        ready: true,
        last_state: Some(ContainerState::default()),
        state: Some(ContainerState { running: Some(running), ..ContainerState::default() }),
        ..ContainerStatus::default()
    }
}

fn completed(container: &Container, ready: bool, now: &Time) -> ContainerStatus {
    let terminated = ContainerStateTerminated {
        exit_code: 0,
        reason: Some("Completed".to_owned()),
        started_at: Some(now.clone()),
        finished_at: Some(now.clone()),
        ..ContainerStateTerminated::default()
    };
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        ready,
        last_state: Some(ContainerState::default()),
        state: Some(ContainerState { terminated: Some(terminated), ..ContainerState::default() }),
        ..ContainerStatus::default()
    }
}
