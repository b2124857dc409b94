//! The node agents. One component holds the kubelets of all nodes: it reads the log of pods once and hands each change to the agent of
//! the pod's node.
//!
//! There are two kinds of agent. The full one runs containers as processes of the `shell` machine, in network namespaces of `network`,
//! with images, volumes, probes and logs. The instant one, for nodes that have no machine behind them, says at once that all is well.
//!
//! It does not know who made a pod or why: it is told by the API server what should run on its node, makes it so, and reports.

mod base;
mod capabilities;
mod environment;
pub mod images;
mod instant;
pub mod latency;
pub mod logs;
pub mod node;
pub mod programs;
mod runtime;
mod sandbox;
mod source_data;
mod sources;
mod streams;
mod volumes;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use apiserver::{ApiServer, Caller, Recorder};
use engine::{Instant, Wake, component};
use k8s_openapi::api::core::v1::{ContainerImage, Node, Pod};
use model::{Kind, Object};
use network::Network;
use serde::{Deserialize, Serialize};
use shell::{Machine, Pid, Programs};
use store::Cursor;

pub use images::{Image, Images};
use node::Heartbeats;
pub use node::NodeConfig;
use sources::Sources;
use streams::Streams;
use worker::{NodeState, Owners, Surroundings, Worker};

/// How many images a node's status names.
const IMAGES_SHOWN_MAX: usize = 50;
/// What the machine calls itself that plays the nodes without a machine.
const MANAGER_MACHINE: &str = "podarium";

/// The kubelets of all nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kubelets {
    /// The images there are, and those on each node.
    pub images: Images,
    nodes_cursor: Cursor,
    pods_cursor: Cursor,
    agents: BTreeMap<Arc<str>, Agent>,
    /// By the pod's uid.
    workers: BTreeMap<Arc<str>, Worker>,
    wakes: BTreeSet<(Instant, Arc<str>)>,
    /// Workers to step at the next poll.
    dirty: BTreeSet<Arc<str>>,
    owners: Owners,
    /// Nodes whose images have to be reported.
    images_changed: BTreeSet<Arc<str>>,
    streams: Streams,
    sources: Sources,
    heartbeats: Heartbeats,
    manager: instant::Manager,
}

/// The kubelet of one node.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Agent {
    /// For a node without a machine.
    Instant {
        /// The node's address.
        address: Option<Ipv4Addr>,
    },
    /// For a node that runs its pods.
    Full(Box<NodeState>),
}

impl Default for Kubelets {
    fn default() -> Self {
        Self::new(Images::default())
    }
}

impl Kubelets {
    /// No node yet; these are the images there are.
    #[must_use]
    pub fn new(images: Images) -> Self {
        Self {
            images,
            nodes_cursor: Cursor::from_start(Kind::Node),
            pods_cursor: Cursor::from_start(Kind::Pod),
            agents: BTreeMap::new(),
            workers: BTreeMap::new(),
            wakes: BTreeSet::new(),
            dirty: BTreeSet::new(),
            owners: Owners::default(),
            images_changed: BTreeSet::new(),
            streams: Streams::default(),
            sources: Sources::default(),
            heartbeats: Heartbeats::default(),
            manager: instant::Manager::new(MANAGER_MACHINE),
        }
    }

    /// Names the machine on which the nodes without a machine are played.
    #[must_use]
    pub fn played_on(mut self, machine_name: &str) -> Self {
        self.manager = instant::Manager::new(machine_name);
        self
    }

    /// Starts the full kubelet of a node, which registers its Node object unless there is one.
    pub fn start_node(&mut self, api: &mut ApiServer, network: &mut Network, mut config: NodeConfig) {
        let stored = api.store().get(Kind::Node, "", &config.name).cloned();
        let stated = stored.as_ref().and_then(|node| node.spec::<Node>().pod_cidr.as_ref()?.parse().ok());
        config.pod_cidr = stated.or(config.pod_cidr).or_else(|| network.free_pod_cidr());
        network.add_node(&config.name, config.address, config.pod_cidr);
        for image in &config.images {
            self.images.preload(&config.name, image);
        }
        let name: Arc<str> = config.name.as_str().into();
        let amount = |name: &str| {
            let text = config.capacity.get(name).cloned().unwrap_or_default();
            let quantity = k8s_openapi::apimachinery::pkg::api::resource::Quantity(text);
            model::quantity::parse_or_zero(&quantity).value().unsigned_abs()
        };
        let mut state = NodeState {
            name: name.clone(),
            machine_name: config.machine_name.as_str().into(),
            address: config.address,
            recorder: Recorder::new("kubelet", &config.name),
            caller: Caller::kubelet(&config.name),
            host_paths: BTreeMap::new(),
            memory: amount("memory"),
            cpus: u32::try_from(amount("cpu")).unwrap_or(1),
            images_changed: false,
        };
        self.images_changed.insert(name.clone());
        node::register(api, &mut state.recorder, &config);
        self.agents.insert(name.clone(), Agent::Full(Box::new(state)));
        let pods: Vec<Arc<Object>> = api.store().pods_on(&name).cloned().collect();
        for pod in pods {
            self.see(&name, &pod, api.now());
        }
    }

    /// Tells that processes which somebody spawned have ended; those of others are ignored.
    pub fn note_exits(&mut self, pids: &[Pid]) {
        for pid in pids {
            self.dirty.extend(self.owners.processes.get(pid).cloned());
        }
    }

    /// Whether any client reads a log or runs a process in a container: then output has to be moved after every step of the machine.
    #[must_use]
    pub fn has_streams(&self, api: &ApiServer) -> bool {
        !self.streams.is_idle(api)
    }

    /// When a pod's container that is held back (`CrashLoopBackOff`, `ImagePullBackOff`) is next tried; `None` if none is.
    #[must_use]
    pub fn held_back_until(&self, uid: &str) -> Option<Instant> {
        self.workers.get(uid)?.held_back_until()
    }

    /// Does what is due at `now` and says when there is more to do.
    pub fn poll<P: Programs>(
        &mut self,
        api: &mut ApiServer,
        network: &mut Network,
        machine: &mut Machine<P>,
        now: Instant,
    ) -> Wake {
        machine.advance(now);
        self.observe_nodes(api, network);
        self.observe_pods(api, network, now);
        self.observe_sources(api, now);
        for socket in network.take_woken_of_agents() {
            self.dirty.extend(self.owners.sockets.get(&socket).cloned());
        }
        while self.wakes.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, uid)) = self.wakes.pop_first() {
                self.dirty.insert(uid);
            }
        }
        while let Some(uid) = self.dirty.pop_first() {
            self.step(&uid, api, network, machine, now);
        }
        self.streams.advance(api, network, machine, &mut self.workers, &mut self.owners, now);
        self.report_images(api);
        let beat = self.beat(api, machine, now);
        component::earlier(beat, self.wakes.first().map(|(at, _)| *at))
    }

    fn step<P: Programs>(
        &mut self,
        uid: &Arc<str>,
        api: &mut ApiServer,
        network: &mut Network,
        machine: &mut Machine<P>,
        now: Instant,
    ) {
        let Some(worker) = self.workers.get_mut(uid) else { return };
        if let Some(wake) = worker.wake.take() {
            self.wakes.remove(&(wake, uid.clone()));
        }
        let Some(Agent::Full(node)) = self.agents.get_mut(&worker.node) else { return };
        let mut surroundings = Surroundings {
            api,
            network,
            machine,
            images: &mut self.images,
            node,
            owners: &mut self.owners,
            current: uid.clone(),
            now,
        };
        let alive = worker.step(&mut surroundings);
        if node.images_changed {
            self.images_changed.insert(worker.node.clone());
        }
        if alive {
            self.wakes.extend(worker.wake.map(|at| (at, uid.clone())));
        } else {
            self.workers.remove(uid);
        }
    }

    /// A pod on a node with a full kubelet came or changed.
    fn see(&mut self, node: &Arc<str>, pod: &Object, now: Instant) {
        let uid: Arc<str> = pod.uid().into();
        match self.workers.get_mut(&uid) {
            Some(worker) => worker.note_change(now),
            None => {
                self.sources.add(&uid, pod);
                self.workers.insert(uid.clone(), Worker::new(pod, node, now));
            }
        }
        self.dirty.insert(uid);
    }

    fn observe_nodes(&mut self, api: &mut ApiServer, network: &mut Network) {
        if !self.nodes_cursor.is_behind(api.store()) {
            return;
        }
        let changed: Vec<(Arc<str>, Option<Arc<Object>>)> = match self.nodes_cursor.read(api.store()) {
            Ok(changes) => changes.map(|change| (change.key.name.clone(), change.new.clone())).collect(),
            Err(_) => {
                self.nodes_cursor.revision = api.store().revision();
                api.store().list(Kind::Node).map(|node| (node.name().into(), Some(node.clone()))).collect()
            }
        };
        for (name, node) in changed {
            match (node, self.agents.get(&name)) {
                (Some(node), None) if node::is_fake(&node) => self.adopt(api, network, &node),
                (None, Some(Agent::Instant { .. })) => {
                    self.agents.remove(&name);
                    network.remove_node(&name);
                }
                _ => {}
            }
        }
    }

    /// Starts the instant kubelet of a node that has no machine behind it.
    fn adopt(&mut self, api: &mut ApiServer, network: &mut Network, node: &Object) {
        let address = node::stated_address(node);
        let cidr = node.spec::<Node>().pod_cidr.as_ref().and_then(|cidr| cidr.parse().ok());
        let cidr = cidr.or_else(|| give_pod_cidr(api, network, node));
        network.add_node(node.name(), address.unwrap_or(Ipv4Addr::UNSPECIFIED), cidr);
        self.agents.insert(node.name().into(), Agent::Instant { address });
        instant::initialize(api, node);
        let holder = self.manager.identity(api);
        node::renew_lease(api, node.name(), &holder);
        let pods: Vec<Arc<Object>> = api.store().pods_on(node.name()).cloned().collect();
        for pod in pods {
            instant::sync(api, network, node.name(), address, &pod);
        }
    }

    fn observe_pods(&mut self, api: &mut ApiServer, network: &mut Network, now: Instant) {
        if !self.pods_cursor.is_behind(api.store()) {
            return;
        }
        for Seen { node, pod, gone } in self.seen_pods(api) {
            match self.agents.get(&node) {
                Some(Agent::Instant { address }) => {
                    let current = api.store().get(Kind::Pod, pod.namespace(), pod.name());
                    if gone {
                        instant::forget(network, &node, &pod);
                    } else if current.is_some_and(|current| current.revision == pod.revision) {
                        // An older state is skipped: the last one follows.
                        instant::sync(api, network, &node, *address, &pod);
                    }
                }
                Some(Agent::Full(_)) if gone => {
                    self.dirty.insert(pod.uid().into());
                }
                Some(Agent::Full(_)) => self.see(&node, &pod, now),
                None => {}
            }
        }
    }

    /// ConfigMaps and Secrets that changed: the pods that have them in volumes see that later.
    fn observe_sources(&mut self, api: &ApiServer, now: Instant) {
        let workers = &mut self.workers;
        for uid in self.sources.changed(api.store(), |uid| !workers.contains_key(uid)) {
            if let Some(worker) = workers.get_mut(&uid) {
                worker.note_source_change(now + latency::VOLUME_REFRESH);
                self.dirty.insert(uid);
            }
        }
    }

    /// What changed of the pods that are on nodes with an agent.
    fn seen_pods(&mut self, api: &ApiServer) -> Vec<Seen> {
        let agents = &self.agents;
        let seen = |pod: &Arc<Object>, gone: bool| {
            let name = pod.spec::<Pod>().node_name.as_deref()?;
            let (node, _) = agents.get_key_value(name)?;
            Some(Seen { node: node.clone(), pod: pod.clone(), gone })
        };
        let store = api.store();
        match self.pods_cursor.read(store) {
            Ok(changes) => changes
                .filter(|change| !is_own_report(change, agents))
                .filter_map(|change| seen(change.object(), change.is_deletion()))
                .collect(),
            Err(_) => {
                self.pods_cursor.revision = store.revision();
                self.dirty.extend(self.workers.keys().cloned());
                store.list(Kind::Pod).filter_map(|pod| seen(pod, false)).collect()
            }
        }
    }

    /// Writes which images the nodes have, where that changed.
    fn report_images(&mut self, api: &mut ApiServer) {
        while let Some(name) = self.images_changed.pop_first() {
            let Some(Agent::Full(node)) = self.agents.get_mut(&name) else { continue };
            node.images_changed = false;
            let mut images: Vec<ContainerImage> = self
                .images
                .on_node(&name)
                .map(|image| ContainerImage {
                    names: Some(image.tags.iter().cloned().collect()),
                    size_bytes: i64::try_from(image.size).ok(),
                })
                .collect();
            images.sort_by_key(|image| std::cmp::Reverse(image.size_bytes));
            images.truncate(IMAGES_SHOWN_MAX);
            node::report_images(api, &name, images);
        }
    }

    /// Renews leases and reports statuses, of all nodes together; also rotates the containers' logs.
    fn beat<P: Programs>(&mut self, api: &mut ApiServer, machine: &mut Machine<P>, now: Instant) -> Wake {
        if self.agents.is_empty() {
            return None;
        }
        let leases_at = self.heartbeats.leases_at.get_or_insert(now + latency::LEASE_RENEWAL);
        if *leases_at <= now {
            *leases_at = now + latency::LEASE_RENEWAL;
            for (name, agent) in &self.agents {
                let holder = match agent {
                    Agent::Instant { .. } => self.manager.identity(api),
                    Agent::Full(_) => name.to_string(),
                };
                node::renew_lease(api, name, &holder);
            }
        }
        let statuses_at = self.heartbeats.statuses_at.get_or_insert(now + latency::STATUS_REPORT);
        if *statuses_at <= now {
            *statuses_at = now + latency::STATUS_REPORT;
            for name in self.agents.keys() {
                node::report_heartbeat(api, name);
            }
            let containers = self.workers.values_mut().flat_map(|worker| &mut worker.containers);
            containers.for_each(|container| container.collect(machine, now));
        }
        component::earlier(self.heartbeats.leases_at, self.heartbeats.statuses_at)
    }
}

/// A pod that came, changed or went.
struct Seen {
    node: Arc<str>,
    pod: Arc<Object>,
    gone: bool,
}

/// Whether a change is a status that a full kubelet wrote itself: there is nothing new in it.
fn is_own_report(change: &store::Change, agents: &BTreeMap<Arc<str>, Agent>) -> bool {
    let Some(node) = change.actor.strip_prefix("system:node:") else { return false };
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return false };
    matches!(agents.get(node), Some(Agent::Full(_))) && Arc::ptr_eq(&old.metadata, &new.metadata)
}

/// Gives a node the next free range of the pod network, as the node IPAM controller does.
fn give_pod_cidr(api: &mut ApiServer, network: &mut Network, node: &Object) -> Option<network::Cidr> {
    let cidr = network.free_pod_cidr()?;
    let mut object = node.clone();
    let spec = object.spec_mut::<Node>();
    spec.pod_cidr = Some(cidr.to_string());
    spec.pod_cidrs = Some(vec![cidr.to_string()]);
    object.revision = 0;
    let _ = api.update(&Caller::controller("node-controller"), object);
    Some(cidr)
}
