//! NodeResourcesBalancedAllocation: nodes whose CPU and memory would be used in like measure score higher.

use crate::cache::{NodeInfo, PodOnNode};
use crate::framework::SCORE_MAX;

pub(crate) fn score(pod: &PodOnNode, nodes: &[&NodeInfo]) -> Vec<i64> {
    // A pod that asks for nothing upsets no balance.
    if pod.request.asked.milli_cpu == 0 && pod.request.asked.memory == 0 {
        return vec![0; nodes.len()];
    }
    nodes.iter().map(|node| balance(pod, node)).collect()
}

fn balance(pod: &PodOnNode, node: &NodeInfo) -> i64 {
    let (asked, room, used) = (&pod.request.asked, &node.allocatable, &node.requested);
    let fractions: Vec<f64> =
        [(used.milli_cpu + asked.milli_cpu, room.milli_cpu), (used.memory + asked.memory, room.memory)]
            .into_iter()
            .filter(|(_, room)| *room > 0)
            .map(|(used, room)| (used as f64 / room as f64).min(1.0))
            .collect();
    let deviation = match fractions.as_slice() {
        [first, second] => (first - second).abs() / 2.0,
        _ => 0.0,
    };
    ((1.0 - deviation) * SCORE_MAX as f64) as i64
}
