//! PodTopologySpread, by the default constraints only: pods of one service or workload score higher on nodes and zones that have
//! fewer of their like.

use std::collections::BTreeMap;

use apiserver::ApiServer;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Service;
use model::metadata::StringMap;
use model::{Kind, Object, selector};

use crate::cache::{NodeInfo, PodOnNode};
use crate::framework::SCORE_MAX;

const HOSTNAME: &str = "kubernetes.io/hostname";
/// The constraints that hold when a pod has none of its own: topology and how far it may be uneven.
const DEFAULT_CONSTRAINTS: [(&str, f64); 2] = [(HOSTNAME, 3.0), ("topology.kubernetes.io/zone", 5.0)];

/// Which pods are of one kind with the pod to be placed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: StringMap,
    owner: Option<selector::Selector>,
}

impl Selector {
    /// What the services that select the pod and the workload that owns it select by.
    pub(crate) fn of(api: &ApiServer, pod: &Object) -> Self {
        let mut labels = StringMap::new();
        for service in api.store().list_namespace(Kind::Service, pod.namespace()) {
            let wanted = service.spec::<Service>().selector.as_ref();
            if let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty())
                && wanted.iter().all(|(key, value)| pod.labels().get(key) == Some(value))
            {
                labels.extend(wanted.clone());
            }
        }
        let owner = pod.metadata.controller().filter(|owner| owner.kind == "ReplicaSet").and_then(|owner| {
            let set = api.store().get(Kind::ReplicaSet, pod.namespace(), &owner.name)?;
            selector::Selector::from_typed(Some(&set.spec::<ReplicaSet>().selector)).ok()
        });
        Self { labels, owner }
    }

    fn is_nothing(&self) -> bool {
        self.labels.is_empty() && self.owner.is_none()
    }

    fn matches(&self, labels: &StringMap) -> bool {
        self.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.owner.as_ref().is_none_or(|owner| owner.matches(labels))
    }
}

pub(crate) fn score(pod: &PodOnNode, nodes: &[&NodeInfo], selector: &Selector) -> Vec<i64> {
    if selector.is_nothing() {
        return vec![0; nodes.len()];
    }
    let namespace = pod.object.namespace();
    let on_node: Vec<usize> =
        nodes.iter().map(|node| node.count(namespace, |labels| selector.matches(labels))).collect();
    let mut raw = vec![0.0; nodes.len()];
    for (topology, skew_max) in DEFAULT_CONSTRAINTS {
        add_constraint(&mut raw, nodes, &on_node, topology, skew_max);
    }
    normalize(&raw.iter().map(|score| score.round() as i64).collect::<Vec<_>>())
}

fn add_constraint(raw: &mut [f64], nodes: &[&NodeInfo], on_node: &[usize], topology: &str, skew_max: f64) {
    let mut domains: BTreeMap<&str, usize> = BTreeMap::new();
    for (node, count) in nodes.iter().zip(on_node) {
        if let Some(value) = node.labels().get(topology) {
            *domains.entry(value).or_insert(0) += count;
        }
    }
    let size = if topology == HOSTNAME { nodes.len() } else { domains.len() };
    let weight = ((size + 2) as f64).ln();
    for (row, node) in nodes.iter().enumerate() {
        let Some(value) = node.labels().get(topology) else { continue };
        let count = if topology == HOSTNAME { on_node[row] } else { domains[value.as_str()] };
        raw[row] += count as f64 * weight + (skew_max - 1.0);
    }
}

/// Turned round: the node with the least gets the most.
fn normalize(raw: &[i64]) -> Vec<i64> {
    let max = raw.iter().copied().max().unwrap_or(0);
    let min = raw.iter().copied().min().unwrap_or(0);
    raw.iter().map(|score| if max == 0 { SCORE_MAX } else { SCORE_MAX * (max + min - score) / max }).collect()
}
