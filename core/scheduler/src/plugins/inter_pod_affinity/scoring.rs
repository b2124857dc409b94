//! What would be better: preferences of the pod, and of the pods that are there already.

use store::Store;

use super::{Counts, Term, is_affine, preferred, required};
use crate::cache::Cache;
use crate::framework::SCORE_MAX;
use crate::node_info::{NodeInfo, PodOnNode};

/// What the required affinity of a pod that is there already weighs for a pod that it matches.
const HARD_AFFINITY_WEIGHT: i64 = 1;

pub(crate) fn score(pod: &PodOnNode, cache: &Cache, nodes: &[&NodeInfo], store: &Store) -> Vec<i64> {
    let wishes = preferred(&pod.object);
    if wishes.is_empty() && cache.affine_pods() == 0 {
        return vec![0; nodes.len()];
    }
    let mut weights = Counts::new();
    for node in cache.nodes.iter() {
        if wishes.is_empty() {
            node.affine_pods().for_each(|other| others_wishes(&mut weights, pod, other, node, store));
            continue;
        }
        for other in node.pods.values() {
            for (weight, term) in wishes.iter().filter(|(_, term)| term.matches(&other.object, store)) {
                add(&mut weights, term, node, *weight);
            }
            if is_affine(&other.object) {
                others_wishes(&mut weights, pod, other, node, store);
            }
        }
    }
    let sum = |node: &&NodeInfo| {
        let labels = node.labels().iter();
        labels.filter_map(|(key, value)| weights.get(&(key.clone(), value.clone()))).sum()
    };
    stretch(&nodes.iter().map(sum).collect::<Vec<i64>>())
}

fn others_wishes(weights: &mut Counts, pod: &PodOnNode, other: &PodOnNode, node: &NodeInfo, store: &Store) {
    let hard = required(&other.object).into_iter().map(|term| (HARD_AFFINITY_WEIGHT, term));
    for (weight, term) in hard.chain(preferred(&other.object)) {
        if term.matches(&pod.object, store) {
            add(weights, &term, node, weight);
        }
    }
}

fn add(weights: &mut Counts, term: &Term, node: &NodeInfo, weight: i64) {
    if let Some(value) = node.labels().get(&term.topology_key) {
        *weights.entry((term.topology_key.clone(), value.clone())).or_insert(0) += weight;
    }
}

/// From the worst to the best: 0 to 100.
fn stretch(sums: &[i64]) -> Vec<i64> {
    let min = sums.iter().copied().min().unwrap_or(0);
    let max = sums.iter().copied().max().unwrap_or(0);
    sums.iter().map(|sum| if max == min { 0 } else { SCORE_MAX * (sum - min) / (max - min) }).collect()
}
