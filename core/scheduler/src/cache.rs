//! What the scheduler knows of each node: what it offers, what is on it, and what it has decided to put there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};
use model::metadata::StringMap;
use model::{Metadata, Object};
use serde::{Deserialize, Serialize};
use store::Key;

use crate::plugins::inter_pod_affinity;
use crate::plugins::node_ports::HostPort;
use crate::resources::{PodRequest, Resources};

/// A pod on a node, as far as scheduling cares.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PodOnNode {
    #[serde(with = "model::shared")]
    pub(crate) object: Arc<Object>,
    pub(crate) request: PodRequest,
    pub(crate) ports: Vec<HostPort>,
    pub(crate) priority: i32,
}

impl PodOnNode {
    pub(crate) fn new(object: Arc<Object>) -> Self {
        let spec = object.spec::<Pod>();
        Self {
            request: PodRequest::of(spec),
            ports: crate::plugins::node_ports::host_ports(spec),
            priority: spec.priority.unwrap_or(0),
            object,
        }
    }
}

/// A node and what is on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeInfo {
    #[serde(with = "model::shared")]
    pub(crate) object: Arc<Object>,
    pub(crate) allocatable: Resources,
    pub(crate) requested: Resources,
    pub(crate) nonzero_milli_cpu: i64,
    pub(crate) nonzero_memory: i64,
    pub(crate) image_sizes: BTreeMap<String, i64>,
    #[serde(with = "engine::events::pairs")]
    pub(crate) pods: BTreeMap<Key, PodOnNode>,
    /// Host ports that are taken. Upstream keeps them as a set too: of two pods that have one port, the first that goes frees it.
    pub(crate) used_ports: Vec<HostPort>,
    /// The pods that have rules about other pods.
    affine: BTreeSet<Key>,
    /// How many pods have the same namespace and labels: spreading counts these, not each pod.
    #[serde(with = "engine::events::pairs")]
    groups: BTreeMap<(String, StringMap), usize>,
}

impl NodeInfo {
    fn new(object: Arc<Object>) -> Self {
        let mut info = Self {
            object,
            allocatable: Resources::default(),
            requested: Resources::default(),
            nonzero_milli_cpu: 0,
            nonzero_memory: 0,
            image_sizes: BTreeMap::new(),
            pods: BTreeMap::new(),
            used_ports: Vec::new(),
            affine: BTreeSet::new(),
            groups: BTreeMap::new(),
        };
        info.read_status();
        info
    }

    fn read_status(&mut self) {
        let status = self.object.status::<Node>();
        self.allocatable = status.allocatable.as_ref().map(Resources::from_list).unwrap_or_default();
        let images = status.images.iter().flatten();
        self.image_sizes = images
            .flat_map(|image| {
                image.names.iter().flatten().map(|name| (name.clone(), image.size_bytes.unwrap_or(0)))
            })
            .collect();
    }

    pub(crate) fn name(&self) -> &str {
        self.object.name()
    }

    pub(crate) fn labels(&self) -> &StringMap {
        self.object.labels()
    }

    pub(crate) fn add(&mut self, key: Key, pod: PodOnNode) {
        self.requested.add(&pod.request.asked);
        self.nonzero_milli_cpu += pod.request.nonzero_milli_cpu;
        self.nonzero_memory += pod.request.nonzero_memory;
        if let Some(group) = group(&pod.object.metadata) {
            *self.groups.entry(group).or_insert(0) += 1;
        }
        for port in &pod.ports {
            if !self.used_ports.contains(port) {
                self.used_ports.push(port.clone());
            }
        }
        if inter_pod_affinity::is_affine(&pod.object) {
            self.affine.insert(key.clone());
        } else {
            self.affine.remove(&key);
        }
        if let Some(before) = self.pods.insert(key, pod) {
            self.take_out(&before);
        }
    }

    /// The pods that have rules about other pods.
    pub(crate) fn affine_pods(&self) -> impl Iterator<Item = &PodOnNode> {
        self.affine.iter().filter_map(|key| self.pods.get(key))
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<PodOnNode> {
        let pod = self.pods.remove(key)?;
        self.affine.remove(key);
        self.take_out(&pod);
        Some(pod)
    }

    fn take_out(&mut self, pod: &PodOnNode) {
        self.requested.subtract(&pod.request.asked);
        self.nonzero_milli_cpu -= pod.request.nonzero_milli_cpu;
        self.nonzero_memory -= pod.request.nonzero_memory;
        self.used_ports.retain(|port| !pod.ports.contains(port));
        let Some(group) = group(&pod.object.metadata) else { return };
        if let Some(count) = self.groups.get_mut(&group) {
            *count -= 1;
            if *count == 0 {
                self.groups.remove(&group);
            }
        }
    }

    /// How many pods of a namespace have labels that `wanted` accepts.
    pub(crate) fn count(&self, namespace: &str, wanted: impl Fn(&StringMap) -> bool) -> usize {
        let groups = self.groups.iter().filter(|((place, labels), _)| place == namespace && wanted(labels));
        groups.map(|(_, count)| count).sum()
    }
}

/// Pods that are going no longer count for spreading; they keep their resources.
fn group(metadata: &Metadata) -> Option<(String, StringMap)> {
    (!metadata.is_deleting()).then(|| (metadata.namespace.clone(), metadata.labels.clone()))
}

/// All nodes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cache {
    pub(crate) nodes: BTreeMap<String, NodeInfo>,
    /// Where each known pod is.
    #[serde(with = "engine::events::pairs")]
    placed: BTreeMap<Key, String>,
    /// Decided, but not yet seen as bound.
    assumed: BTreeSet<Key>,
    /// Placed pods that have rules about other pods.
    affine: BTreeSet<Key>,
    /// Pods that wait for a place which was freed for them.
    #[serde(with = "engine::events::pairs")]
    nominated: BTreeMap<Key, (String, PodOnNode)>,
    /// Pods of nodes that are not known (yet).
    #[serde(with = "model::shared::pairs")]
    homeless: BTreeMap<Key, Arc<Object>>,
}

impl Cache {
    pub(crate) fn set_node(&mut self, object: Arc<Object>) {
        let name = object.name().to_owned();
        if let Some(info) = self.nodes.get_mut(&name) {
            info.object = object;
            info.read_status();
            return;
        }
        self.nodes.insert(name.clone(), NodeInfo::new(object));
        let arriving: Vec<Key> = self
            .homeless
            .iter()
            .filter(|(_, pod)| pod.spec::<Pod>().node_name.as_deref() == Some(name.as_str()))
            .map(|(key, _)| key.clone())
            .collect();
        for key in arriving {
            if let Some(pod) = self.homeless.remove(&key) {
                self.set_pod(&key, pod);
            }
        }
    }

    pub(crate) fn remove_node(&mut self, name: &str) {
        let Some(info) = self.nodes.remove(name) else { return };
        for (key, pod) in info.pods {
            self.placed.remove(&key);
            self.affine.remove(&key);
            self.homeless.insert(key, pod.object);
        }
    }

    /// Notes a bound pod that is not finished.
    pub(crate) fn set_pod(&mut self, key: &Key, object: Arc<Object>) {
        let Some(node) = object.spec::<Pod>().node_name.clone() else { return };
        self.assumed.remove(key);
        self.nominated.remove(key);
        if let Some(before) = self.placed.get(key).cloned() {
            let known = self.nodes.get(&before).and_then(|info| info.pods.get(key));
            if before == node && known.is_some_and(|known| weighs_the_same(&known.object, &object)) {
                return;
            }
            self.remove_pod(key);
        }
        match self.nodes.get_mut(&node) {
            Some(info) => {
                if inter_pod_affinity::is_affine(&object) {
                    self.affine.insert(key.clone());
                }
                info.add(key.clone(), PodOnNode::new(object));
                self.placed.insert(key.clone(), node);
            }
            None => {
                self.homeless.insert(key.clone(), object);
            }
        }
    }

    /// Notes a decision, so that the next one counts with it.
    pub(crate) fn assume(&mut self, key: &Key, pod: PodOnNode, node: &str) {
        self.nominated.remove(key);
        if let Some(info) = self.nodes.get_mut(node) {
            if inter_pod_affinity::is_affine(&pod.object) {
                self.affine.insert(key.clone());
            }
            info.add(key.clone(), pod);
            self.placed.insert(key.clone(), node.to_owned());
            self.assumed.insert(key.clone());
        }
    }

    pub(crate) fn remove_pod(&mut self, key: &Key) {
        self.assumed.remove(key);
        self.affine.remove(key);
        self.homeless.remove(key);
        if let Some(node) = self.placed.remove(key)
            && let Some(info) = self.nodes.get_mut(&node)
        {
            info.remove(key);
        }
    }

    /// How many placed pods have rules about other pods.
    pub(crate) fn affine_pods(&self) -> usize {
        self.affine.len()
    }

    /// Notes the node that a waiting pod's status names as freed for it, or that it names none.
    pub(crate) fn nominate(&mut self, key: &Key, object: &Arc<Object>) {
        match nominated_node(object) {
            Some(node) => {
                self.nominated.insert(key.clone(), (node.to_owned(), PodOnNode::new(object.clone())));
            }
            None => self.withdraw(key),
        }
    }

    /// The pod no longer waits for the place that was freed for it.
    pub(crate) fn withdraw(&mut self, key: &Key) {
        self.nominated.remove(key);
    }

    /// The other pods for whom places on a node were freed.
    pub(crate) fn nominated_on<'a>(
        &'a self,
        node: &'a str,
        pod: &'a PodOnNode,
    ) -> impl Iterator<Item = (&'a Key, &'a PodOnNode)> {
        let on_node = self.nominated.iter().filter(move |(_, (place, _))| place == node);
        let others = on_node.filter(move |(_, (_, other))| other.object.uid() != pod.object.uid());
        others.map(|(key, (_, other))| (key, other))
    }

    pub(crate) fn is_assumed(&self, key: &Key) -> bool {
        self.assumed.contains(key)
    }
}

/// The node that was freed for a pod.
pub(crate) fn nominated_node(pod: &Object) -> Option<&str> {
    pod.status::<Pod>().nominated_node_name.as_deref().filter(|node| !node.is_empty())
}

/// Status writes of a running pod change nothing here.
fn weighs_the_same(known: &Object, object: &Object) -> bool {
    known.body.same_parts(&object.body).0
        && (Arc::ptr_eq(&known.metadata, &object.metadata)
            || (known.metadata.labels == object.metadata.labels
                && known.is_deleting() == object.is_deleting()))
}
