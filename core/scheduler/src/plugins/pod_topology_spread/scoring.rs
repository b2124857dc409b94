//! Soft constraints: topologies that have fewer of the counted pods score higher.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use store::Store;

use super::{Constraint, constraints, default_constraints, has_all_keys};
use crate::cache::Cache;
use crate::framework::SCORE_MAX;
use crate::groups::GroupId;
use crate::node_info::{HOSTNAME, NodeInfo, PodOnNode, ZONE};

pub(crate) fn score(pod: &PodOnNode, cache: &Cache, nodes: &[&NodeInfo], store: &Store) -> Vec<i64> {
    let own =
        pod.object.spec::<Pod>().topology_spread_constraints.as_ref().is_some_and(|all| !all.is_empty());
    let constraints = if own {
        constraints(&pod.object, "ScheduleAnyway")
    } else {
        default_constraints(store, &pod.object)
    };
    if constraints.is_empty() {
        return vec![0; nodes.len()];
    }
    // A pod's own constraints ask for every key; the default ones take nodes as they are.
    let counts = |node: &NodeInfo| !own || has_all_keys(&constraints, node);
    let counted = nodes.iter().filter(|node| counts(node)).count();
    let mut raw: Vec<Option<f64>> = nodes.iter().map(|node| counts(node).then_some(0.0)).collect();
    for constraint in &constraints {
        let groups = constraint.groups(cache, pod);
        let domains = domains(constraint, &groups, pod, cache, nodes, &counts, !own);
        let size = if constraint.topology_key == HOSTNAME { counted } else { domains.len() };
        let weight = libm::log((size + 2) as f64);
        for (node, score) in nodes.iter().zip(&mut raw) {
            let (Some(score), Some(domain)) = (score, node.topology(&constraint.topology_key)) else {
                continue;
            };
            let count = if constraint.topology_key == HOSTNAME {
                node.count(&groups)
            } else {
                domains.get(domain).copied().unwrap_or(0)
            };
            *score += count as f64 * weight + (constraint.skew_max - 1) as f64;
        }
    }
    normalize(&raw.into_iter().map(|score| score.map(|score| score.round() as i64)).collect::<Vec<_>>())
}

/// The pods in each topology that a feasible node has, on all nodes of the cluster. Hosts are counted one by one where they are scored.
fn domains<'a>(
    constraint: &Constraint,
    groups: &[GroupId],
    pod: &PodOnNode,
    cache: &'a Cache,
    nodes: &[&'a NodeInfo],
    counts: &impl Fn(&NodeInfo) -> bool,
    counts_everywhere: bool,
) -> BTreeMap<&'a str, i64> {
    let key = &constraint.topology_key;
    if key == HOSTNAME {
        return BTreeMap::new();
    }
    let feasible = nodes.iter().filter(|node| counts(node));
    let mut domains: BTreeMap<&str, i64> =
        feasible.filter_map(|node| node.topology(key)).map(|domain| (domain, 0)).collect();
    if domains.is_empty() || groups.is_empty() {
        return domains;
    }
    if key == ZONE && counts_everywhere && constraint.includes_all(pod) {
        // The usual case: all nodes count, and their zones are counted as pods come and go.
        domains.iter_mut().for_each(|(zone, sum)| *sum = cache.groups.in_zone(groups, zone));
        return domains;
    }
    for node in cache.nodes.iter() {
        let count = node.count(groups);
        if count > 0
            && counts(node)
            && constraint.includes(pod, node)
            && let Some(sum) = node.topology(key).and_then(|domain| domains.get_mut(domain))
        {
            *sum += count;
        }
    }
    domains
}

/// Turned round: the node with the least gets the most; nodes that are not counted get nothing.
fn normalize(raw: &[Option<i64>]) -> Vec<i64> {
    let max = raw.iter().flatten().copied().max().unwrap_or(0);
    let min = raw.iter().flatten().copied().min().unwrap_or(0);
    let turned = |score: i64| if max == 0 { SCORE_MAX } else { SCORE_MAX * (max + min - score) / max };
    raw.iter().map(|score| score.map_or(0, turned)).collect()
}
