//! What the scheduler knows of each node: what it offers, what is on it, and what it has decided to put there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};
use model::metadata::StringMap;
use model::{Metadata, Object};
use serde::{Deserialize, Serialize};
use store::Key;

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
        *self.groups.entry(group(&pod.object.metadata)).or_insert(0) += 1;
        if let Some(before) = self.pods.insert(key, pod) {
            self.take_out(&before);
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<PodOnNode> {
        let pod = self.pods.remove(key)?;
        self.take_out(&pod);
        Some(pod)
    }

    fn take_out(&mut self, pod: &PodOnNode) {
        self.requested.subtract(&pod.request.asked);
        self.nonzero_milli_cpu -= pod.request.nonzero_milli_cpu;
        self.nonzero_memory -= pod.request.nonzero_memory;
        let group = group(&pod.object.metadata);
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
fn group(metadata: &Metadata) -> (String, StringMap) {
    let labels = if metadata.is_deleting() { StringMap::new() } else { metadata.labels.clone() };
    (metadata.namespace.clone(), labels)
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
            self.homeless.insert(key, pod.object);
        }
    }

    /// Notes a bound pod that is not finished.
    pub(crate) fn set_pod(&mut self, key: &Key, object: Arc<Object>) {
        let Some(node) = object.spec::<Pod>().node_name.clone() else { return };
        self.assumed.remove(key);
        if let Some(before) = self.placed.get(key).cloned() {
            let known = self.nodes.get(&before).and_then(|info| info.pods.get(key));
            if before == node && known.is_some_and(|known| weighs_the_same(&known.object, &object)) {
                return;
            }
            self.remove_pod(key);
        }
        match self.nodes.get_mut(&node) {
            Some(info) => {
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
        if let Some(info) = self.nodes.get_mut(node) {
            info.add(key.clone(), pod);
            self.placed.insert(key.clone(), node.to_owned());
            self.assumed.insert(key.clone());
        }
    }

    pub(crate) fn remove_pod(&mut self, key: &Key) {
        self.assumed.remove(key);
        self.homeless.remove(key);
        if let Some(node) = self.placed.remove(key)
            && let Some(info) = self.nodes.get_mut(&node)
        {
            info.remove(key);
        }
    }

    pub(crate) fn is_assumed(&self, key: &Key) -> bool {
        self.assumed.contains(key)
    }
}

/// Status writes of a running pod change nothing here.
fn weighs_the_same(known: &Object, object: &Object) -> bool {
    known.body.same_parts(&object.body).0
        && (Arc::ptr_eq(&known.metadata, &object.metadata)
            || (known.metadata.labels == object.metadata.labels
                && known.is_deleting() == object.is_deleting()))
}
