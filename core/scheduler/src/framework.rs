//! The scheduling framework: which plugins there are, in which order they filter, and what their scores weigh.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use store::Store;

use crate::cache::Cache;
use crate::node_info::{NodeInfo, PodOnNode};
use crate::plugins::{
    balanced_allocation, image_locality, inter_pod_affinity, node_affinity, node_name, node_ports,
    node_unschedulable, pod_topology_spread, resources_fit, taint_toleration,
};

/// A plugin, by upstream's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Kubernetes's")]
pub enum Plugin {
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    PodTopologySpread,
    InterPodAffinity,
    NodeResourcesBalancedAllocation,
    ImageLocality,
}

/// Why a node was ruled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Who ruled it out.
    pub plugin: Plugin,
    /// The reasons, as they are counted in the message.
    pub reasons: Vec<String>,
    /// Whether no eviction could change it.
    pub unresolvable: bool,
}

impl Rejection {
    pub(crate) fn new(plugin: Plugin, reason: impl Into<String>) -> Self {
        Self { plugin, reasons: vec![reason.into()], unresolvable: false }
    }

    pub(crate) fn unresolvable(plugin: Plugin, reason: impl Into<String>) -> Self {
        Self { unresolvable: true, ..Self::new(plugin, reason) }
    }
}

/// The best score a plugin can give.
pub(crate) const SCORE_MAX: i64 = 100;

type Filter = fn(&PodOnNode, &NodeInfo) -> Option<Rejection>;

/// The filters that look at one node only, in upstream's order. The first that rejects decides; those that count over all nodes come last.
const FILTERS: &[Filter] = &[
    node_unschedulable::filter,
    node_name::filter,
    taint_toleration::filter,
    node_affinity::filter,
    node_ports::filter,
    resources_fit::filter,
];

/// What plugins count once for an attempt (upstream's PreFilter).
#[derive(Clone, Debug, Default)]
pub(crate) struct CycleState {
    /// The only nodes that need a look.
    pub(crate) only: Option<BTreeSet<String>>,
    spread: pod_topology_spread::State,
    affinity: inter_pod_affinity::State,
}

impl CycleState {
    pub(crate) fn new(cache: &Cache, pod: &PodOnNode, store: &Store) -> Self {
        Self {
            only: node_affinity::named_nodes(pod),
            spread: pod_topology_spread::State::new(cache, pod),
            affinity: inter_pod_affinity::State::new(cache, pod, store),
        }
    }

    /// Counts with a pod that is imagined on a node (or, with -1, imagined away).
    pub(crate) fn change(
        &mut self,
        pod: &PodOnNode,
        other: &PodOnNode,
        node: &NodeInfo,
        store: &Store,
        by: i64,
    ) {
        self.spread.change(pod, other, node, by);
        self.affinity.change(pod, other, node, store, by);
    }
}

/// Whether the node can take the pod; if not, why.
pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo, state: &CycleState) -> Option<Rejection> {
    if state.only.as_ref().is_some_and(|only| !only.contains(node.name())) {
        return Some(node_affinity::not_named());
    }
    FILTERS
        .iter()
        .find_map(|filter| filter(pod, node))
        .or_else(|| pod_topology_spread::filter(pod, &state.spread, node))
        .or_else(|| inter_pod_affinity::filter(&state.affinity, node))
}

/// The same, counting also with pods of no lower priority for whom places on the node were freed: neither with them nor without them
/// may the pod be in the way.
pub(crate) fn filter_with_nominated(
    pod: &PodOnNode,
    node: &NodeInfo,
    state: &CycleState,
    cache: &Cache,
    store: &Store,
) -> Option<Rejection> {
    let nominated: Vec<_> = cache
        .nominated_on(node.name(), pod)
        .filter(|(key, other)| other.priority >= pod.priority && !node.pods.contains_key(key))
        .collect();
    if nominated.is_empty() {
        return filter(pod, node, state);
    }
    let (mut crowded, mut counted) = (node.clone(), state.clone());
    for (key, other) in nominated {
        counted.change(pod, other, node, store, 1);
        crowded.add(key.clone(), other.clone());
    }
    filter(pod, &crowded, &counted).or_else(|| filter(pod, node, state))
}

/// Of each plugin, every feasible node's normalised score times the plugin's weight.
pub(crate) type Scores = Vec<(Plugin, Vec<i64>)>;

/// Scores the feasible nodes.
pub(crate) fn score(pod: &PodOnNode, cache: &Cache, nodes: &[&NodeInfo], store: &Store) -> Scores {
    let columns = [
        (Plugin::TaintToleration, 3, taint_toleration::score(pod, nodes)),
        (Plugin::NodeAffinity, 2, node_affinity::score(pod, nodes)),
        (Plugin::PodTopologySpread, 2, pod_topology_spread::score(pod, cache, nodes, store)),
        (Plugin::InterPodAffinity, 2, inter_pod_affinity::score(pod, cache, nodes, store)),
        (Plugin::NodeResourcesFit, 1, resources_fit::score(pod, nodes)),
        (Plugin::NodeResourcesBalancedAllocation, 1, balanced_allocation::score(pod, nodes)),
        (Plugin::ImageLocality, 1, image_locality::score(pod, cache, nodes)),
    ];
    let weighted = columns.into_iter().map(|(plugin, weight, mut scores)| {
        scores.iter_mut().for_each(|score| *score *= weight);
        (plugin, scores)
    });
    weighted.collect()
}

/// Stretches scores so that the best is 100; turned round if less is better.
pub(crate) fn normalize(scores: &mut [i64], less_is_better: bool) {
    let max = scores.iter().copied().max().unwrap_or(0);
    for score in scores {
        let stretched = if max == 0 { 0 } else { SCORE_MAX * *score / max };
        *score = match (max, less_is_better) {
            (0, true) => SCORE_MAX,
            (_, true) => SCORE_MAX - stretched,
            (_, false) => stretched,
        };
    }
}
