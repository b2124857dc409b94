//! One attempt: filter, score, choose.

use std::collections::BTreeMap;

use apiserver::ApiServer;
use engine::Stream;
use store::Store;

use crate::cache::{Cache, nominated_node};
use crate::framework::{self, CycleState, Rejection, Scores};
use crate::node_info::{NodeInfo, PodOnNode};
use crate::record::NodeVerdict;

/// Fewer nodes than this are all looked at.
const FEASIBLE_MIN: usize = 100;

/// What an attempt found. Nodes are named by their places among the cache's, which stay as they are until the attempt is over.
pub(crate) struct Attempt {
    /// The nodes that can take the pod, in the order in which they were looked at.
    feasible: Vec<usize>,
    /// Their scores; none if there is only one.
    scores: Scores,
    /// The nodes that were ruled out, in the order of their names.
    rejected: Vec<(usize, Rejection)>,
    /// The node chosen and how many were as good.
    pub(crate) choice: Option<(String, usize)>,
    /// What was counted for it.
    pub(crate) state: CycleState,
}

impl Attempt {
    /// Why each node was ruled out, in the order of the nodes' names.
    pub(crate) fn rejections<'a>(&'a self, cache: &'a Cache) -> Vec<(&'a NodeInfo, &'a Rejection)> {
        self.rejected.iter().map(|(place, rejection)| (cache.nodes.at(*place), rejection)).collect()
    }

    /// For the record: what each node that was looked at got.
    pub(crate) fn verdicts(self, cache: &Cache) -> Vec<NodeVerdict> {
        let name = |place: usize| cache.nodes.at(place).name().to_owned();
        let scored = self.feasible.iter().enumerate().map(|(row, place)| NodeVerdict {
            node: name(*place),
            rejection: None,
            scores: self.scores.iter().map(|(plugin, column)| (*plugin, column[row])).collect(),
        });
        let ruled_out = self.rejected.into_iter().map(|(place, rejection)| NodeVerdict {
            node: name(place),
            rejection: Some(rejection),
            scores: Vec::new(),
        });
        scored.chain(ruled_out).collect()
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
        let nodes: Vec<&NodeInfo> = feasible.iter().map(|place| cache.nodes.at(*place)).collect();
        framework::score(pod, cache, &nodes, api.store())
    } else {
        Scores::new()
    };
    let choice = choose(api, &feasible, &scores)
        .map(|(place, equals)| (cache.nodes.at(place).name().to_owned(), equals));
    Attempt { feasible, scores, rejected, choice, state }
}

/// The nodes that can take the pod, and why others cannot.
fn look(
    store: &Store,
    cache: &Cache,
    start: &mut usize,
    pod: &PodOnNode,
    state: &CycleState,
) -> (Vec<usize>, Vec<(usize, Rejection)>) {
    let nodes = &cache.nodes;
    let check = |place: usize| framework::filter_with_nominated(pod, nodes.at(place), state, cache, store);
    // The place that was freed for the pod goes first.
    if let Some(place) = nominated_node(&pod.object).and_then(|name| nodes.place_of(name))
        && check(place).is_none()
    {
        return (vec![place], Vec::new());
    }
    let wanted = enough(nodes.len());
    let (mut feasible, mut rejected) = (Vec::new(), Vec::new());
    let mut looked_at = 0;
    while looked_at < nodes.len() && feasible.len() < wanted {
        let place = (*start + looked_at) % nodes.len();
        looked_at += 1;
        match check(place) {
            Some(rejection) => rejected.push((place, rejection)),
            None => feasible.push(place),
        }
    }
    if !nodes.is_empty() {
        *start = (*start + looked_at) % nodes.len();
    }
    rejected.sort_unstable_by_key(|(place, _)| *place);
    (feasible, rejected)
}

/// The best score; among equals, each is as likely.
fn choose(api: &mut ApiServer, feasible: &[usize], scores: &Scores) -> Option<(usize, usize)> {
    let mut totals = vec![0; feasible.len()];
    for (_, column) in scores {
        totals.iter_mut().zip(column).for_each(|(total, score)| *total += score);
    }
    let best = *totals.iter().max()?;
    let equals: Vec<usize> = (0..totals.len()).filter(|row| totals[*row] == best).collect();
    let pick = if equals.len() == 1 {
        0
    } else {
        usize::try_from(api.random().below(Stream::SchedulingTies, equals.len() as u64)).unwrap_or(0)
    };
    Some((feasible[equals[pick]], equals.len()))
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
