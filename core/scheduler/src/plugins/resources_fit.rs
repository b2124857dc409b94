//! NodeResourcesFit: the pod's requests must fit what is left; nodes with more left score higher (LeastAllocated).

use crate::framework::{Plugin, Rejection, SCORE_MAX};
use crate::node_info::{NodeInfo, PodOnNode};

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    let mut reasons = Vec::new();
    if i64::try_from(node.pods.len()).unwrap_or(i64::MAX) + 1 > node.allocatable.pods {
        reasons.push("Too many pods".to_owned());
    }
    let (asked, room, used) = (&pod.request.asked, &node.allocatable, &node.requested);
    if !asked.is_nothing() {
        let amounts = [
            ("cpu", asked.milli_cpu, room.milli_cpu, used.milli_cpu),
            ("memory", asked.memory, room.memory, used.memory),
            ("ephemeral-storage", asked.ephemeral_storage, room.ephemeral_storage, used.ephemeral_storage),
        ];
        for (name, asked, room, used) in amounts {
            if asked > 0 && asked > room - used {
                reasons.push(format!("Insufficient {name}"));
            }
        }
        for (name, asked) in asked.scalar.iter().filter(|(_, asked)| **asked > 0) {
            let room = room.scalar.get(name).copied().unwrap_or(0);
            let used = used.scalar.get(name).copied().unwrap_or(0);
            if *asked > room - used {
                reasons.push(format!("Insufficient {name}"));
            }
        }
    }
    (!reasons.is_empty()).then_some(Rejection {
        plugin: Plugin::NodeResourcesFit,
        reasons,
        unresolvable: false,
    })
}

/// The mean of the free shares of CPU and memory.
pub(crate) fn score(pod: &PodOnNode, nodes: &[&NodeInfo]) -> Vec<i64> {
    let free_share = |room: i64, used: i64| {
        if room == 0 || used > room { 0 } else { (room - used) * SCORE_MAX / room }
    };
    nodes
        .iter()
        .map(|node| {
            let cpu = node.nonzero_milli_cpu + pod.request.nonzero_milli_cpu;
            let memory = node.nonzero_memory + pod.request.nonzero_memory;
            let offered = [(node.allocatable.milli_cpu, cpu), (node.allocatable.memory, memory)];
            let (mut sum, mut count) = (0, 0);
            for (room, used) in offered.into_iter().filter(|(room, _)| *room > 0) {
                sum += free_share(room, used);
                count += 1;
            }
            if count == 0 { 0 } else { sum / count }
        })
        .collect()
}
