//! TaintToleration: taints keep pods away unless they tolerate them; soft taints only weigh.

use k8s_openapi::api::core::v1::{Node, Pod, Taint, Toleration};

use crate::framework::{Plugin, Rejection, SCORE_MAX, normalize};
use crate::node_info::{NodeInfo, PodOnNode};

/// Whether the toleration covers the taint.
pub(crate) fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let (effect, key) = (text(&toleration.effect), text(&toleration.key));
    if (!effect.is_empty() && effect != taint.effect) || (!key.is_empty() && key != taint.key) {
        return false;
    }
    match toleration.operator.as_deref() {
        Some("Exists") => true,
        None | Some("" | "Equal") => text(&toleration.value) == text(&taint.value),
        Some(_) => false,
    }
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

fn tolerations(pod: &PodOnNode) -> &[Toleration] {
    pod.object.spec::<Pod>().tolerations.as_deref().unwrap_or_default()
}

fn taints(node: &NodeInfo) -> &[Taint] {
    node.object.spec::<Node>().taints.as_deref().unwrap_or_default()
}

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    if !node.has_hard_taints {
        return None;
    }
    let hard = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
    let tolerated = |taint: &Taint| tolerations(pod).iter().any(|toleration| tolerates(toleration, taint));
    let taint = taints(node).iter().filter(hard).find(|taint| !tolerated(taint))?;
    let value = taint.value.as_deref().unwrap_or_default();
    let reason = format!("node(s) had untolerated taint {{{}: {value}}}", taint.key);
    Some(Rejection::unresolvable(Plugin::TaintToleration, reason))
}

/// Fewer soft taints that are not tolerated are better.
pub(crate) fn score(pod: &PodOnNode, nodes: &[&NodeInfo]) -> Vec<i64> {
    if !nodes.iter().any(|node| node.has_soft_taints) {
        return vec![SCORE_MAX; nodes.len()];
    }
    let soft: Vec<&Toleration> = tolerations(pod)
        .iter()
        .filter(|toleration| matches!(toleration.effect.as_deref(), None | Some("" | "PreferNoSchedule")))
        .collect();
    let count = |node: &&NodeInfo| {
        let intolerable = taints(node)
            .iter()
            .filter(|taint| taint.effect == "PreferNoSchedule")
            .filter(|taint| !soft.iter().any(|toleration| tolerates(toleration, taint)));
        i64::try_from(intolerable.count()).unwrap_or(i64::MAX)
    };
    let mut scores: Vec<i64> = nodes.iter().map(count).collect();
    normalize(&mut scores, true);
    scores
}
