//! NodeResourcesBalancedAllocation: nodes whose CPU and memory would be used in like measure score higher.

use crate::framework::SCORE_MAX;
use crate::node_info::{NodeInfo, PodOnNode};

pub(crate) fn score(pod: &PodOnNode, nodes: &[&NodeInfo]) -> Vec<i64> {
    // A pod that asks for nothing upsets no balance.
    if pod.request.asked.milli_cpu == 0 && pod.request.asked.memory == 0 {
        return vec![0; nodes.len()];
    }
    nodes.iter().map(|node| balance(pod, node)).collect()
}

fn balance(pod: &PodOnNode, node: &NodeInfo) -> i64 {
    let (asked, room, used) = (&pod.request.asked, &node.allocatable, &node.requested);
    let fraction = |used: i64, room: i64| (room > 0).then(|| (used as f64 / room as f64).min(1.0));
    let cpu = fraction(used.milli_cpu + asked.milli_cpu, room.milli_cpu);
    let memory = fraction(used.memory + asked.memory, room.memory);
    let deviation = match (cpu, memory) {
        (Some(cpu), Some(memory)) => (cpu - memory).abs() / 2.0,
        _ => 0.0,
    };
    ((1.0 - deviation) * SCORE_MAX as f64) as i64
}
