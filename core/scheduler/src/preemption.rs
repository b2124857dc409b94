//! Preemption, as far as it can be told without evicting: which nodes could be freed for a pod by pods of lower priority, and the text
//! that says why none can. (Simplified: victims are not evicted yet; the register says so.)

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;

use crate::cache::{Cache, PodOnNode};
use crate::decide::describe;
use crate::framework::{self, Rejection};

const NOT_HELPFUL: &str = "Preemption is not helpful for scheduling";
const NO_VICTIMS: &str = "No preemption victims found for incoming pod";

/// What preemption says of a pod that found no place; empty if it could make one.
pub(crate) fn explain(cache: &Cache, pod: &PodOnNode, rejections: &BTreeMap<String, Rejection>) -> String {
    if pod.object.spec::<Pod>().preemption_policy.as_deref() == Some("Never") {
        return "preemption: not eligible due to preemptionPolicy=Never.".to_owned();
    }
    let mut reasons: Vec<Vec<String>> = Vec::new();
    for (node, rejection) in rejections {
        match why_not(cache, pod, node, rejection) {
            Some(why) => reasons.push(why),
            None => return String::new(),
        }
    }
    format!("preemption: {}", describe(cache.nodes.len(), reasons.iter().map(Vec::as_slice)))
}

/// Why the node cannot be freed; `None` if it can.
fn why_not(cache: &Cache, pod: &PodOnNode, node: &str, rejection: &Rejection) -> Option<Vec<String>> {
    if rejection.unresolvable {
        return Some(vec![NOT_HELPFUL.to_owned()]);
    }
    let mut freed = cache.nodes.get(node)?.clone();
    let victims: Vec<_> = freed
        .pods
        .iter()
        .filter(|(_, other)| other.priority < pod.priority)
        .map(|(key, _)| key.clone())
        .collect();
    if victims.is_empty() {
        return Some(vec![NO_VICTIMS.to_owned()]);
    }
    for key in &victims {
        freed.remove(key);
    }
    framework::filter(pod, &freed).map(|rejection| rejection.reasons)
}
