//! NodeAffinity: a pod's node selector and node affinity, required and preferred.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, Pod};

use crate::framework::{Plugin, Rejection, normalize};
use crate::node_info::{NodeInfo, PodOnNode};

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    let spec = pod.object.spec::<Pod>();
    let selected =
        spec.node_selector.iter().flatten().all(|(key, value)| node.labels().get(key) == Some(value));
    let required = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.node_affinity.as_ref())
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    let within = required
        .is_none_or(|selector| selector.node_selector_terms.iter().any(|term| term_matches(term, node)));
    (!selected || !within).then(|| {
        Rejection::unresolvable(Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector")
    })
}

/// Whether the pod asks anything of its node.
pub(crate) fn is_choosy(pod: &PodOnNode) -> bool {
    let spec = pod.object.spec::<Pod>();
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    spec.node_selector.as_ref().is_some_and(|selector| !selector.is_empty()) || affinity.is_some()
}

/// The only nodes that the pod's required affinity names, if each of its terms names some: the others need no look.
pub(crate) fn named_nodes(pod: &PodOnNode) -> Option<BTreeSet<String>> {
    let affinity = pod.object.spec::<Pod>().affinity.as_ref()?.node_affinity.as_ref()?;
    let terms = &affinity.required_during_scheduling_ignored_during_execution.as_ref()?.node_selector_terms;
    let mut named = BTreeSet::new();
    for term in terms {
        let fields = term.match_fields.iter().flatten();
        let mut lists = fields.filter(|wanted| wanted.key == "metadata.name" && wanted.operator == "In");
        let first: BTreeSet<&String> = lists.next()?.values.iter().flatten().collect();
        let within = |name: &&String, list: &NodeSelectorRequirement| {
            list.values.iter().flatten().any(|other| other == *name)
        };
        let rest: Vec<_> = lists.collect();
        named.extend(first.into_iter().filter(|name| rest.iter().all(|list| within(name, list))).cloned());
    }
    (!terms.is_empty()).then_some(named)
}

/// What is said of a node that is not among [`named_nodes`].
pub(crate) fn not_named() -> Rejection {
    Rejection::unresolvable(Plugin::NodeAffinity, "node(s) didn't satisfy plugin(s) [NodeAffinity]")
}

/// The sum of the weights of the preferences that the node meets.
pub(crate) fn score(pod: &PodOnNode, nodes: &[&NodeInfo]) -> Vec<i64> {
    let affinity =
        pod.object.spec::<Pod>().affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let preferred = affinity
        .and_then(|affinity| affinity.preferred_during_scheduling_ignored_during_execution.as_deref())
        .unwrap_or_default();
    if preferred.is_empty() {
        return vec![0; nodes.len()];
    }
    let sum = |node: &&NodeInfo| {
        let met = preferred.iter().filter(|term| term_matches(&term.preference, node));
        met.map(|term| i64::from(term.weight)).sum()
    };
    let mut scores: Vec<i64> = nodes.iter().map(sum).collect();
    normalize(&mut scores, false);
    scores
}

/// An empty term matches nothing.
fn term_matches(term: &NodeSelectorTerm, node: &NodeInfo) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    let label =
        |wanted: &NodeSelectorRequirement| holds(wanted, node.labels().get(&wanted.key).map(String::as_str));
    let field = |wanted: &NodeSelectorRequirement| {
        holds(wanted, (wanted.key == "metadata.name").then(|| node.name()))
    };
    expressions.iter().all(label) && fields.iter().all(field)
}

fn holds(wanted: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = wanted.values.as_deref().unwrap_or_default();
    let listed = |value: &str| values.iter().any(|other| other == value);
    let compared = |order: std::cmp::Ordering| {
        let number = value.and_then(|value| value.parse::<i64>().ok());
        let bound = values.first().and_then(|bound| bound.parse::<i64>().ok());
        matches!((number, bound), (Some(number), Some(bound)) if number.cmp(&bound) == order)
    };
    match wanted.operator.as_str() {
        "In" => value.is_some_and(listed),
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(std::cmp::Ordering::Greater),
        "Lt" => compared(std::cmp::Ordering::Less),
        _ => false,
    }
}
