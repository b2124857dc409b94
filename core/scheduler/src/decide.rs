//! One attempt: filter, score, choose.

use std::collections::BTreeMap;

use apiserver::ApiServer;
use engine::Stream;
use store::Store;

use crate::cache::{Cache, NodeInfo, PodOnNode, nominated_node};
use crate::framework::{self, CycleState, Plugin, Rejection};

/// Fewer nodes than this are all looked at.
const FEASIBLE_MIN: usize = 100;

/// What a node got: its plugins' weighted scores, or why it was ruled out.
pub(crate) type Verdict = Result<Vec<(Plugin, i64)>, Rejection>;

/// What an attempt found.
pub(crate) struct Attempt {
    /// Of the nodes looked at: the rejection, or the scores.
    pub(crate) verdicts: Vec<(String, Verdict)>,
    /// The node chosen and how many were as good.
    pub(crate) choice: Option<(String, usize)>,
    /// What was counted for it.
    pub(crate) state: CycleState,
}

impl Attempt {
    /// Why each node was ruled out.
    pub(crate) fn rejections(&self) -> BTreeMap<&str, &Rejection> {
        let rejected =
            self.verdicts.iter().filter_map(|(node, verdict)| Some((node, verdict.as_ref().err()?)));
        rejected.map(|(node, rejection)| (node.as_str(), rejection)).collect()
    }
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
    let state = CycleState::new(cache, pod, api.store());
    let (feasible, rejected) = look(api.store(), cache, start, pod, &state);
    let scores = if feasible.len() > 1 {
        framework::score(pod, cache, &feasible, api.store())
    } else {
        vec![Vec::new(); feasible.len()]
    };
    let choice = choose(api, &feasible, &scores);
    let scored = feasible.iter().zip(scores).map(|(node, scores)| (node.name().to_owned(), Ok(scores)));
    let ruled_out = rejected.into_iter().map(|(name, rejection)| (name.to_owned(), Err(rejection)));
    Attempt { verdicts: scored.chain(ruled_out).collect(), choice, state }
}

/// The nodes that can take the pod, and why others cannot.
fn look<'a>(
    store: &Store,
    cache: &'a Cache,
    start: &mut usize,
    pod: &PodOnNode,
    state: &CycleState,
) -> (Vec<&'a NodeInfo>, BTreeMap<&'a str, Rejection>) {
    let check = |node: &NodeInfo| framework::filter_with_nominated(pod, node, state, cache, store);
    // The place that was freed for the pod goes first.
    if let Some(node) = nominated_node(&pod.object).and_then(|name| cache.nodes.get(name))
        && check(node).is_none()
    {
        return (vec![node], BTreeMap::new());
    }
    let nodes: Vec<&NodeInfo> = cache.nodes.values().collect();
    let wanted = enough(nodes.len());
    let mut feasible = Vec::new();
    let mut rejected: BTreeMap<&str, Rejection> = BTreeMap::new();
    let mut looked_at = 0;
    for step in 0..nodes.len() {
        let node = nodes[(*start + step) % nodes.len()];
        looked_at += 1;
        match check(node) {
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
    (feasible, rejected)
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
