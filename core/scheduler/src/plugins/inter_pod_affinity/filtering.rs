//! What must hold: affinity and anti-affinity of the pod, and the anti-affinity of pods that are there already.

use store::Store;

use super::{Counts, Term, is_affine, matches_all, required, required_anti};
use crate::cache::Cache;
use crate::framework::{Plugin, Rejection};
use crate::node_info::{NodeInfo, PodOnNode};

/// What is counted once for all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    near: Vec<Term>,
    far: Vec<Term>,
    matches_itself: bool,
    /// Pods that all of the pod's affinity terms match.
    near_counts: Counts,
    /// Pods that one of the pod's anti-affinity terms matches.
    far_counts: Counts,
    /// Terms of pods that are there already which keep this pod away.
    existing_counts: Counts,
}

impl State {
    pub(crate) fn new(cache: &Cache, pod: &PodOnNode, store: &Store) -> Self {
        let (near, far) = (required(&pod.object), required_anti(&pod.object));
        let matches_itself = matches_all(&near, &pod.object, store);
        let mut state = Self { near, far, matches_itself, ..Self::default() };
        let own_rules = !state.near.is_empty() || !state.far.is_empty();
        if !own_rules && cache.affine_pods() == 0 {
            return state;
        }
        for node in cache.nodes.iter() {
            if own_rules {
                node.pods.values().for_each(|other| state.count_own(other, node, store, 1));
            }
            node.affine_pods().for_each(|other| state.count_existing(pod, other, node, store, 1));
        }
        state
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
        self.count_own(other, node, store, by);
        if is_affine(&other.object) {
            self.count_existing(pod, other, node, store, by);
        }
    }

    fn count_own(&mut self, other: &PodOnNode, node: &NodeInfo, store: &Store, by: i64) {
        if matches_all(&self.near, &other.object, store) {
            self.near.iter().for_each(|term| add(&mut self.near_counts, term, node, by));
        }
        for term in self.far.iter().filter(|term| term.matches(&other.object, store)) {
            add(&mut self.far_counts, term, node, by);
        }
    }

    fn count_existing(
        &mut self,
        pod: &PodOnNode,
        other: &PodOnNode,
        node: &NodeInfo,
        store: &Store,
        by: i64,
    ) {
        for term in required_anti(&other.object).iter().filter(|term| term.matches(&pod.object, store)) {
            add(&mut self.existing_counts, term, node, by);
        }
    }
}

fn add(counts: &mut Counts, term: &Term, node: &NodeInfo, by: i64) {
    let Some(value) = node.labels().get(&term.topology_key) else { return };
    let topology = (term.topology_key.clone(), value.clone());
    let count = counts.entry(topology.clone()).or_insert(0);
    *count += by;
    if *count == 0 {
        counts.remove(&topology);
    }
}

fn count(counts: &Counts, term: &Term, node: &NodeInfo) -> Option<i64> {
    let value = node.labels().get(&term.topology_key)?;
    Some(counts.get(&(term.topology_key.clone(), value.clone())).copied().unwrap_or(0))
}

pub(crate) fn filter(state: &State, node: &NodeInfo) -> Option<Rejection> {
    if !near_enough(state, node) {
        let reason = "node(s) didn't match pod affinity rules";
        return Some(Rejection::unresolvable(Plugin::InterPodAffinity, reason));
    }
    if state.far.iter().any(|term| count(&state.far_counts, term, node).is_some_and(|count| count > 0)) {
        let reason = "node(s) didn't match pod anti-affinity rules";
        return Some(Rejection::new(Plugin::InterPodAffinity, reason));
    }
    let kept_away = |(key, value): &(String, String)| node.labels().get(key) == Some(value);
    state.existing_counts.keys().any(kept_away).then(|| {
        let reason = "node(s) didn't satisfy existing pods anti-affinity rules";
        Rejection::new(Plugin::InterPodAffinity, reason)
    })
}

fn near_enough(state: &State, node: &NodeInfo) -> bool {
    let counts: Option<Vec<i64>> =
        state.near.iter().map(|term| count(&state.near_counts, term, node)).collect();
    // A node without the key has no such topology.
    let Some(counts) = counts else { return false };
    // The first of a group that has to stick together may go anywhere.
    counts.iter().all(|count| *count > 0) || (state.near_counts.is_empty() && state.matches_itself)
}
