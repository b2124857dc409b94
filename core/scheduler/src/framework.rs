//! The scheduling framework: which plugins there are, in which order they filter, and what their scores weigh.

use serde::{Deserialize, Serialize};

use crate::cache::{NodeInfo, PodOnNode};
use crate::plugins::{
    balanced_allocation, image_locality, node_affinity, node_name, node_ports, node_unschedulable,
    resources_fit, spread, taint_toleration,
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

/// The filters, in upstream's order. The first that rejects decides.
const FILTERS: &[Filter] = &[
    node_unschedulable::filter,
    node_name::filter,
    taint_toleration::filter,
    node_affinity::filter,
    node_ports::filter,
    resources_fit::filter,
];

/// Whether the node can take the pod; if not, why.
pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    FILTERS.iter().find_map(|filter| filter(pod, node))
}

/// The scores of every feasible node: for each node in order, each plugin's normalised score times its weight.
pub(crate) fn score(
    pod: &PodOnNode,
    nodes: &[&NodeInfo],
    spread: &spread::Selector,
) -> Vec<Vec<(Plugin, i64)>> {
    let columns = [
        (Plugin::TaintToleration, 3, taint_toleration::score(pod, nodes)),
        (Plugin::NodeAffinity, 2, node_affinity::score(pod, nodes)),
        (Plugin::PodTopologySpread, 2, spread::score(pod, nodes, spread)),
        (Plugin::NodeResourcesFit, 1, resources_fit::score(pod, nodes)),
        (Plugin::NodeResourcesBalancedAllocation, 1, balanced_allocation::score(pod, nodes)),
        (Plugin::ImageLocality, 1, image_locality::score(pod, nodes)),
    ];
    (0..nodes.len())
        .map(|row| columns.iter().map(|(plugin, weight, scores)| (*plugin, scores[row] * weight)).collect())
        .collect()
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
