//! What the scheduler knows of the cluster: its nodes, what is on them, and what it has decided to put there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use model::Object;
use serde::{Deserialize, Serialize};
use store::Key;

use crate::groups::Groups;
use crate::node_info::{NodeInfo, PodOnNode};
use crate::nodes::Nodes;
use crate::plugins::inter_pod_affinity;

/// All nodes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cache {
    pub(crate) nodes: Nodes,
    /// On how many nodes each image is.
    image_nodes: BTreeMap<String, usize>,
    /// Pods that are alike.
    pub(crate) groups: Groups,
    /// Where each known pod is.
    #[serde(with = "engine::events::pairs")]
    placed: BTreeMap<Key, Arc<str>>,
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
            let (before, zone) = (std::mem::take(&mut info.image_sizes), info.zone().cloned());
            info.set_object(object);
            if zone.as_ref() != info.zone() {
                for pod in info.pods.values() {
                    self.groups.leave_zone(pod.group, zone.as_ref());
                    self.groups.enter_zone(pod.group, info.zone());
                }
            }
            if before != info.image_sizes {
                count_images(&mut self.image_nodes, &before, false);
                count_images(&mut self.image_nodes, &info.image_sizes, true);
            }
            return;
        }
        let info = NodeInfo::new(object);
        count_images(&mut self.image_nodes, &info.image_sizes, true);
        self.nodes.insert(info);
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
        count_images(&mut self.image_nodes, &info.image_sizes, false);
        let zone = info.zone().cloned();
        for (key, pod) in info.pods {
            self.groups.leave_zone(pod.group, zone.as_ref());
            self.groups.leave(&pod.object.metadata);
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
        if let Some(before) = self.placed.get(key) {
            if **before == *node
                && let Some(known) = self.nodes.get_mut(&node).and_then(|info| info.pods.get_mut(key))
                && weighs_the_same(&known.object, &object)
            {
                known.object = object;
                return;
            }
            self.remove_pod(key);
        }
        if self.nodes.get(&node).is_some() {
            self.place(key, PodOnNode::new(object), &node);
        } else {
            self.homeless.insert(key.clone(), object);
        }
    }

    /// Notes a decision, so that the next one counts with it.
    pub(crate) fn assume(&mut self, key: &Key, pod: PodOnNode, node: &str) {
        self.nominated.remove(key);
        self.place(key, pod, node);
        self.assumed.insert(key.clone());
    }

    fn place(&mut self, key: &Key, mut pod: PodOnNode, node: &str) {
        let Some(info) = self.nodes.get_mut(node) else { return };
        if inter_pod_affinity::is_affine(&pod.object) {
            self.affine.insert(key.clone());
        }
        pod.group = self.groups.join(&pod.object.metadata);
        self.groups.enter_zone(pod.group, info.zone());
        info.add(key.clone(), pod);
        self.placed.insert(key.clone(), info.shared_name());
    }

    pub(crate) fn remove_pod(&mut self, key: &Key) {
        self.assumed.remove(key);
        self.affine.remove(key);
        self.homeless.remove(key);
        let info = self.placed.remove(key).and_then(|node| self.nodes.get_mut(&node));
        if let Some(info) = info
            && let Some(pod) = info.remove(key)
        {
            self.groups.leave_zone(pod.group, info.zone());
            self.groups.leave(&pod.object.metadata);
        }
    }

    /// On how many nodes an image is.
    pub(crate) fn nodes_with_image(&self, image: &str) -> usize {
        self.image_nodes.get(image).copied().unwrap_or(0)
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

/// Whether nothing changed that scheduling counts: status writes of a running pod and the binding of one that was placed change nothing.
fn weighs_the_same(known: &Object, object: &Object) -> bool {
    let same_metadata = Arc::ptr_eq(&known.metadata, &object.metadata)
        || (known.uid() == object.uid()
            && known.metadata.labels == object.metadata.labels
            && known.is_deleting() == object.is_deleting());
    let same_spec = || {
        let (was, is) = (known.spec::<Pod>(), object.spec::<Pod>());
        was.containers == is.containers
            && was.init_containers == is.init_containers
            && was.overhead == is.overhead
            && was.priority == is.priority
            && was.affinity == is.affinity
    };
    same_metadata && (known.body.same_parts(&object.body).0 || same_spec())
}

/// Counts the images of a node that came, or that went.
fn count_images(image_nodes: &mut BTreeMap<String, usize>, images: &BTreeMap<String, i64>, came: bool) {
    for image in images.keys() {
        if came {
            *image_nodes.entry(image.clone()).or_insert(0) += 1;
        } else if let Some(count) = image_nodes.get_mut(image) {
            *count -= 1;
            if *count == 0 {
                image_nodes.remove(image);
            }
        }
    }
}
