//! One attempt: filter, score, choose.

use std::collections::BTreeMap;

use apiserver::ApiServer;
use engine::Stream;

use crate::cache::{Cache, NodeInfo, PodOnNode};
use crate::framework::{self, Plugin, Rejection};
use crate::plugins::spread;

/// Fewer nodes than this are all looked at.
const FEASIBLE_MIN: usize = 100;

/// What an attempt found.
pub(crate) struct Attempt {
    /// Of the nodes looked at: the rejection, or the scores.
    pub(crate) verdicts: Vec<(String, Result<Vec<(Plugin, i64)>, Rejection>)>,
    /// The node chosen and how many were as good.
    pub(crate) choice: Option<(String, usize)>,
}

/// How many feasible nodes are enough: all of a small cluster, a share of a large one that shrinks as it grows.
fn enough(nodes: usize) -> usize {
    if nodes < FEASIBLE_MIN {
        return nodes;
    }
    let percentage = (50usize.saturating_sub(nodes / 125)).max(5);
    (nodes * percentage / 100).max(FEASIBLE_MIN)
}

/// Looks for a node. `start` is where the last attempt stopped looking: large clusters are gone through in turns.
pub(crate) fn attempt(api: &mut ApiServer, cache: &Cache, start: &mut usize, pod: &PodOnNode) -> Attempt {
    let nodes: Vec<&NodeInfo> = cache.nodes.values().collect();
    let wanted = enough(nodes.len());
    let mut feasible = Vec::new();
    let mut rejected: BTreeMap<&str, Rejection> = BTreeMap::new();
    let mut looked_at = 0;
    for step in 0..nodes.len() {
        let node = nodes[(*start + step) % nodes.len()];
        looked_at += 1;
        match framework::filter(pod, node) {
            Some(rejection) => {
                rejected.insert(node.name(), rejection);
            }
            None => feasible.push(node),
        }
        if feasible.len() >= wanted {
            break;
        }
    }
    if !nodes.is_empty() {
        *start = (*start + looked_at) % nodes.len();
    }
    let selector =
        if feasible.len() > 1 { spread::Selector::of(api, &pod.object) } else { spread::Selector::default() };
    let scores = if feasible.len() > 1 {
        framework::score(pod, &feasible, &selector)
    } else {
        vec![Vec::new(); feasible.len()]
    };
    let choice = choose(api, &feasible, &scores);
    let scored = feasible.iter().zip(scores).map(|(node, scores)| (node.name().to_owned(), Ok(scores)));
    let ruled_out = rejected.into_iter().map(|(name, rejection)| (name.to_owned(), Err(rejection)));
    Attempt { verdicts: scored.chain(ruled_out).collect(), choice }
}

/// The best score; among equals, each is as likely.
fn choose(
    api: &mut ApiServer,
    feasible: &[&NodeInfo],
    scores: &[Vec<(Plugin, i64)>],
) -> Option<(String, usize)> {
    let totals: Vec<i64> = scores.iter().map(|row| row.iter().map(|(_, score)| score).sum()).collect();
    let best = *totals.iter().max()?;
    let equals: Vec<usize> = (0..totals.len()).filter(|row| totals[*row] == best).collect();
    let pick = if equals.len() == 1 {
        0
    } else {
        usize::try_from(api.random().below(Stream::SchedulingTies, equals.len() as u64)).unwrap_or(0)
    };
    Some((feasible[equals[pick]].name().to_owned(), equals.len()))
}

/// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) ...`: the reasons counted and sorted.
pub(crate) fn describe<'a>(total: usize, rejections: impl Iterator<Item = &'a [String]>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in rejections.flatten() {
        *counts.entry(reason).or_insert(0) += 1;
    }
    let mut parts: Vec<String> =
        counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    format!("0/{total} nodes are available: {}.", parts.join(", "))
}
