//! Hard constraints: no topology may have more than `maxSkew` pods above the least.

use std::collections::BTreeMap;

use super::{Constraint, constraints, has_all_keys};
use crate::cache::Cache;
use crate::framework::{Plugin, Rejection};
use crate::node_info::{NodeInfo, PodOnNode};

/// What is counted once for all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    constraints: Vec<Constraint>,
    /// For each constraint: the pods in each of its topologies.
    counts: Vec<BTreeMap<String, i64>>,
}

impl State {
    pub(crate) fn new(cache: &Cache, pod: &PodOnNode) -> Self {
        let constraints = constraints(&pod.object, "DoNotSchedule");
        let mut counts = vec![BTreeMap::new(); constraints.len()];
        if constraints.is_empty() {
            return Self { constraints, counts };
        }
        let groups: Vec<_> = constraints.iter().map(|constraint| constraint.groups(cache, pod)).collect();
        for node in cache.nodes.iter().filter(|node| has_all_keys(&constraints, node)) {
            for ((constraint, groups), counts) in constraints.iter().zip(&groups).zip(&mut counts) {
                if constraint.includes(pod, node) {
                    add(counts, constraint, node, node.count(groups));
                }
            }
        }
        Self { constraints, counts }
    }

    /// Counts with a pod that is imagined on a node (or, with -1, imagined away).
    pub(crate) fn change(&mut self, pod: &PodOnNode, other: &PodOnNode, node: &NodeInfo, by: i64) {
        if other.object.namespace() != pod.object.namespace()
            || other.object.is_deleting()
            || !has_all_keys(&self.constraints, node)
        {
            return;
        }
        for (constraint, counts) in self.constraints.iter().zip(&mut self.counts) {
            if constraint.counted.matches(other.object.labels()) && constraint.includes(pod, node) {
                add(counts, constraint, node, by);
            }
        }
    }
}

fn add(counts: &mut BTreeMap<String, i64>, constraint: &Constraint, node: &NodeInfo, by: i64) {
    let Some(domain) = node.topology(&constraint.topology_key) else { return };
    match counts.get_mut(domain) {
        Some(count) => *count += by,
        None => {
            counts.insert(domain.to_owned(), by);
        }
    }
}

pub(crate) fn filter(pod: &PodOnNode, state: &State, node: &NodeInfo) -> Option<Rejection> {
    state.constraints.iter().zip(&state.counts).find_map(|(constraint, counts)| {
        let Some(domain) = node.topology(&constraint.topology_key) else {
            let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
            return Some(Rejection::unresolvable(Plugin::PodTopologySpread, reason));
        };
        let least = if counts.len() < constraint.domains_min {
            0
        } else {
            counts.values().copied().min().unwrap_or(0)
        };
        let itself = i64::from(constraint.counted.matches(pod.object.labels()));
        let there = counts.get(domain).copied().unwrap_or(0);
        (there + itself - least > constraint.skew_max).then(|| {
            let reason = "node(s) didn't match pod topology spread constraints";
            Rejection::new(Plugin::PodTopologySpread, reason)
        })
    })
}
