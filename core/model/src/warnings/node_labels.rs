//! Labels of nodes that older versions had, where pods still ask for them.

use k8s_openapi::api::core::v1::{NodeSelectorTerm, PodSpec};

/// The label, since when it is deprecated (empty: it is gone), and what to use instead.
const FORMER: [(&str, &str, &str); 6] = [
    ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
    ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ("node-role.kubernetes.io/master", "", "node-role.kubernetes.io/control-plane"),
];

fn advice(label: &str) -> Option<String> {
    let (_, since, instead) = FORMER.iter().find(|(former, ..)| *former == label)?;
    let since = if since.is_empty() { String::new() } else { format!("deprecated since {since}; ") };
    Some(format!("{since}use {instead:?} instead"))
}

/// Warns about a pod's node selector, node affinity and topology spread.
pub(super) fn warn_about(path: &str, spec: &PodSpec, warn: &mut impl FnMut(String)) {
    for label in spec.node_selector.iter().flat_map(|selector| selector.keys()) {
        advice(label).into_iter().for_each(|text| warn(format!("{path}.nodeSelector[{label}]: {text}")));
    }
    if let Some(affinity) = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()) {
        let path = format!("{path}.affinity.nodeAffinity");
        let required = affinity.required_during_scheduling_ignored_during_execution.iter();
        for (index, term) in required.flat_map(|required| &required.node_selector_terms).enumerate() {
            let at = "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
            expressions(&format!("{path}.{at}[{index}]"), term, warn);
        }
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        for (index, preferred) in preferred.enumerate() {
            let at = "preferredDuringSchedulingIgnoredDuringExecution";
            expressions(&format!("{path}.{at}[{index}].preference"), &preferred.preference, warn);
        }
    }
    for (index, spread) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let path = format!("{path}.topologySpreadConstraints[{index}]");
        if let Some(text) = advice(&spread.topology_key) {
            warn(format!("{path}.topologyKey: {} is {text}", spread.topology_key));
        }
        if spread.label_selector.is_none() {
            warn(format!("{path}.labelSelector: a null labelSelector results in matching no pod"));
        }
    }
}

fn expressions(path: &str, term: &NodeSelectorTerm, warn: &mut impl FnMut(String)) {
    for (index, expression) in term.match_expressions.iter().flatten().enumerate() {
        if let Some(text) = advice(&expression.key) {
            warn(format!("{path}.matchExpressions[{index}].key: {} is {text}", expression.key));
        }
    }
}
