//! A node as the scheduler knows it: what it offers, and what is on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};
use model::Object;
use model::metadata::StringMap;
use serde::{Deserialize, Serialize};
use store::Key;

use crate::groups::{GroupCounts, GroupId};
use crate::plugins::inter_pod_affinity;
use crate::plugins::node_ports::{self, HostPort};
use crate::resources::{PodRequest, Resources};

/// The topologies that pods are spread over unless they say otherwise.
pub(crate) const HOSTNAME: &str = "kubernetes.io/hostname";
pub(crate) const ZONE: &str = "topology.kubernetes.io/zone";

/// A pod on a node, as far as scheduling cares.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PodOnNode {
    #[serde(with = "model::shared")]
    pub(crate) object: Arc<Object>,
    pub(crate) request: PodRequest,
    pub(crate) ports: Vec<HostPort>,
    pub(crate) priority: i32,
    /// Whom it is alike, once it is on a node.
    pub(crate) group: Option<GroupId>,
}

impl PodOnNode {
    pub(crate) fn new(object: Arc<Object>) -> Self {
        let spec = object.spec::<Pod>();
        Self {
            request: PodRequest::of(spec),
            ports: node_ports::host_ports(spec),
            priority: spec.priority.unwrap_or(0),
            group: None,
            object,
        }
    }
}

/// A node and what is on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeInfo {
    #[serde(with = "model::shared")]
    pub(crate) object: Arc<Object>,
    name: Arc<str>,
    /// What filters ask of every node, read once: whether it is cordoned, has taints that keep pods away or that only weigh.
    pub(crate) is_unschedulable: bool,
    pub(crate) has_hard_taints: bool,
    pub(crate) has_soft_taints: bool,
    hostname: Option<Arc<str>>,
    zone: Option<Arc<str>>,
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
    groups: GroupCounts,
}

impl NodeInfo {
    pub(crate) fn new(object: Arc<Object>) -> Self {
        let mut info = Self {
            name: object.name().into(),
            object,
            is_unschedulable: false,
            has_hard_taints: false,
            has_soft_taints: false,
            hostname: None,
            zone: None,
            allocatable: Resources::default(),
            requested: Resources::default(),
            nonzero_milli_cpu: 0,
            nonzero_memory: 0,
            image_sizes: BTreeMap::new(),
            pods: BTreeMap::new(),
            used_ports: Vec::new(),
            affine: BTreeSet::new(),
            groups: GroupCounts::default(),
        };
        info.read_object();
        info
    }

    /// The node has changed.
    pub(crate) fn set_object(&mut self, object: Arc<Object>) {
        self.object = object;
        self.read_object();
    }

    fn read_object(&mut self) {
        let (spec, status) = (self.object.spec::<Node>(), self.object.status::<Node>());
        let has_taint = |effects: &[&str]| {
            spec.taints.iter().flatten().any(|taint| effects.contains(&taint.effect.as_str()))
        };
        self.is_unschedulable = spec.unschedulable == Some(true);
        self.has_hard_taints = has_taint(&["NoSchedule", "NoExecute"]);
        self.has_soft_taints = has_taint(&["PreferNoSchedule"]);
        let label = |key| self.object.labels().get(key).map(|value| value.as_str().into());
        (self.hostname, self.zone) = (label(HOSTNAME), label(ZONE));
        self.allocatable = status.allocatable.as_ref().map(Resources::from_list).unwrap_or_default();
        let images = status.images.iter().flatten();
        self.image_sizes = images
            .flat_map(|image| {
                image.names.iter().flatten().map(|name| (name.clone(), image.size_bytes.unwrap_or(0)))
            })
            .collect();
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }

    pub(crate) fn labels(&self) -> &StringMap {
        self.object.labels()
    }

    /// The node's value of a topology.
    pub(crate) fn topology(&self, key: &str) -> Option<&str> {
        match key {
            HOSTNAME => self.hostname.as_deref(),
            ZONE => self.zone.as_deref(),
            _ => self.labels().get(key).map(String::as_str),
        }
    }

    pub(crate) fn zone(&self) -> Option<&Arc<str>> {
        self.zone.as_ref()
    }

    pub(crate) fn add(&mut self, key: Key, pod: PodOnNode) {
        self.requested.add(&pod.request.asked);
        self.nonzero_milli_cpu += pod.request.nonzero_milli_cpu;
        self.nonzero_memory += pod.request.nonzero_memory;
        if let Some(group) = pod.group {
            self.groups.add(group);
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
        if let Some(group) = pod.group {
            self.groups.subtract(group);
        }
    }

    /// How many pods of these groups are here.
    pub(crate) fn count(&self, groups: &[GroupId]) -> i64 {
        self.groups.count(groups)
    }
}
