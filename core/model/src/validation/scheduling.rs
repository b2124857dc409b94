//! Where a pod may run: node selectors, affinity, tolerations, spread, gates.

use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm,
    PodSchedulingGate, PodSpec, Toleration, TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::error::ErrorList;
use super::meta::label_key;
use super::names;
use super::path::Path;
use super::selector::label_selector;
use super::text;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// `affinity`.
pub fn affinity(affinity: &Affinity, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(node) = &affinity.node_affinity {
        node_affinity(node, &path.child("nodeAffinity"), errors);
    }
    if let Some(pods) = &affinity.pod_affinity {
        let at = path.child("podAffinity");
        pod_terms(pods.required_during_scheduling_ignored_during_execution.as_deref(), &at, errors);
        weighted_terms(pods.preferred_during_scheduling_ignored_during_execution.as_deref(), &at, errors);
    }
    if let Some(pods) = &affinity.pod_anti_affinity {
        let at = path.child("podAntiAffinity");
        pod_terms(pods.required_during_scheduling_ignored_during_execution.as_deref(), &at, errors);
        weighted_terms(pods.preferred_during_scheduling_ignored_during_execution.as_deref(), &at, errors);
    }
}

fn node_affinity(affinity: &NodeAffinity, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(selector) = &affinity.required_during_scheduling_ignored_during_execution {
        node_selector(selector, &path.child(REQUIRED), errors);
    }
    let terms = affinity.preferred_during_scheduling_ignored_during_execution.iter().flatten();
    for (index, term) in terms.enumerate() {
        let path = path.item(PREFERRED, index);
        weight(term.weight, &path, errors);
        node_selector_term(&term.preference, &path.child("preference"), errors);
    }
}

fn weight(weight: i32, path: &Path<'_>, errors: &mut ErrorList) {
    if !(1..=100).contains(&weight) {
        errors.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}

/// Terms of which a node must fulfil one; also of PersistentVolumes.
pub fn node_selector(selector: &NodeSelector, path: &Path<'_>, errors: &mut ErrorList) {
    if selector.node_selector_terms.is_empty() {
        errors.required(&path.child("nodeSelectorTerms"), "must have at least one node selector term");
    }
    for (index, term) in selector.node_selector_terms.iter().enumerate() {
        node_selector_term(term, &path.item("nodeSelectorTerms", index), errors);
    }
}

fn node_selector_term(term: &NodeSelectorTerm, path: &Path<'_>, errors: &mut ErrorList) {
    for (index, requirement) in term.match_expressions.iter().flatten().enumerate() {
        let path = path.item("matchExpressions", index);
        expression(requirement, &path, errors);
    }
    for (index, requirement) in term.match_fields.iter().flatten().enumerate() {
        let path = path.item("matchFields", index);
        field_expression(requirement, &path, errors);
    }
}

fn expression(requirement: &NodeSelectorRequirement, path: &Path<'_>, errors: &mut ErrorList) {
    let values = requirement.values.as_deref().unwrap_or_default();
    let at = path.child("values");
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            errors.required(&at, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            errors.forbidden(&at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "Gt" | "Lt" if values.len() != 1 => {
            errors.required(&at, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => errors.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
    label_key(&requirement.key, &path.child("key"), errors);
    if matches!(requirement.operator.as_str(), "In" | "NotIn") {
        for (index, value) in values.iter().enumerate() {
            errors.problems(&path.item("values", index), value, names::label_value_problems(value));
        }
    }
}

fn field_expression(requirement: &NodeSelectorRequirement, path: &Path<'_>, errors: &mut ErrorList) {
    let values = requirement.values.as_deref().unwrap_or_default();
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.len() != 1 => {
            errors.required(
                &path.child("values"),
                "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            );
        }
        "In" | "NotIn" => {}
        other => errors.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
    if requirement.key != "metadata.name" {
        errors.invalid(&path.child("key"), &requirement.key, "not a valid field selector key");
        return;
    }
    for (index, value) in values.iter().enumerate() {
        errors.problems(&path.item("values", index), value, names::subdomain_problems(value));
    }
}

fn pod_terms(terms: Option<&[PodAffinityTerm]>, path: &Path<'_>, errors: &mut ErrorList) {
    for (index, term) in terms.unwrap_or_default().iter().enumerate() {
        pod_term(term, &path.item(REQUIRED, index), errors);
    }
}

fn weighted_terms(terms: Option<&[WeightedPodAffinityTerm]>, path: &Path<'_>, errors: &mut ErrorList) {
    for (index, term) in terms.unwrap_or_default().iter().enumerate() {
        let path = path.item(PREFERRED, index);
        weight(term.weight, &path, errors);
        pod_term(&term.pod_affinity_term, &path.child("podAffinityTerm"), errors);
    }
}

fn pod_term(term: &PodAffinityTerm, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(selector) = &term.label_selector {
        label_selector(selector, &path.child("labelSelector"), errors);
    }
    if let Some(selector) = &term.namespace_selector {
        label_selector(selector, &path.child("namespaceSelector"), errors);
    }
    for namespace in term.namespaces.iter().flatten() {
        errors.problems(&path.child("namespace"), namespace, names::label_problems(namespace));
    }
    let selector = term.label_selector.as_ref();
    label_keys("matchLabelKeys", term.match_label_keys.as_deref(), selector, "In", path, errors);
    label_keys("mismatchLabelKeys", term.mismatch_label_keys.as_deref(), selector, "NotIn", path, errors);
    if term.topology_key.is_empty() {
        errors.required(&path.child("topologyKey"), "can not be empty");
    }
    label_key(&term.topology_key, &path.child("topologyKey"), errors);
}

/// Keys whose values come from the pod itself; the server has merged them into the selector with `operator`, which is not a clash.
fn label_keys(
    field: &str,
    keys: Option<&[String]>,
    selector: Option<&LabelSelector>,
    operator: &str,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    let keys = keys.unwrap_or_default();
    if keys.is_empty() {
        return;
    }
    let Some(selector) = selector else {
        errors.forbidden(&path.child(field), "must not be specified when labelSelector is not set");
        return;
    };
    for (index, key) in keys.iter().enumerate() {
        let at = path.item(field, index);
        label_key(key, &at, errors);
        let listed = selector.match_labels.as_ref().is_some_and(|labels| labels.contains_key(key))
            || selector
                .match_expressions
                .iter()
                .flatten()
                .any(|it| it.key == *key && it.operator != operator);
        if listed {
            errors.invalid(&at, key, format!("exists in both {field} and labelSelector"));
        }
    }
}

/// `tolerations`.
pub fn tolerations(tolerations: &[Toleration], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, toleration) in tolerations.iter().enumerate() {
        one_toleration(toleration, &path.item("tolerations", index), errors);
    }
}

fn one_toleration(toleration: &Toleration, path: &Path<'_>, errors: &mut ErrorList) {
    let (key, operator, effect) =
        (text(&toleration.key), text(&toleration.operator), text(&toleration.effect));
    if !key.is_empty() {
        label_key(key, &path.child("key"), errors);
    } else if operator != "Exists" {
        errors.invalid(
            &path.child("operator"),
            operator,
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
        );
    }
    if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
        errors.invalid(
            &path.child("effect"),
            effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
        );
    }
    let value = text(&toleration.value);
    match operator {
        "Equal" | "" => errors.problems(&path.child("operator"), value, names::label_value_problems(value)),
        "Exists" if !value.is_empty() => {
            errors.invalid(&path.child("operator"), value, "value must be empty when `operator` is 'Exists'");
        }
        "Exists" => {}
        other => errors.not_supported(&path.child("operator"), other, &["Equal", "Exists"]),
    }
    if !effect.is_empty() {
        taint_effect(effect, &path.child("effect"), errors);
    }
}

/// The effect of a taint or toleration.
pub fn taint_effect(effect: &str, path: &Path<'_>, errors: &mut ErrorList) {
    errors.one_of(path, effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
}

/// `topologySpreadConstraints`.
pub fn spread(constraints: &[TopologySpreadConstraint], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, constraint) in constraints.iter().enumerate() {
        let path = path.item("topologySpreadConstraints", index);
        one_spread(constraint, &path, errors);
        let same = |it: &TopologySpreadConstraint| {
            it.topology_key == constraint.topology_key
                && it.when_unsatisfiable == constraint.when_unsatisfiable
        };
        if constraints[index + 1..].iter().any(same) {
            let pair = format!("{{{}, {}}}", constraint.topology_key, constraint.when_unsatisfiable);
            errors.duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), &pair);
        }
    }
}

fn one_spread(constraint: &TopologySpreadConstraint, path: &Path<'_>, errors: &mut ErrorList) {
    const ACTIONS: [&str; 2] = ["DoNotSchedule", "ScheduleAnyway"];
    if constraint.max_skew <= 0 {
        errors.invalid(&path.child("maxSkew"), constraint.max_skew, "must be greater than zero");
    }
    if constraint.topology_key.is_empty() {
        errors.required(&path.child("topologyKey"), "can not be empty");
    }
    errors.one_of(&path.child("whenUnsatisfiable"), &constraint.when_unsatisfiable, &ACTIONS);
    if let Some(domains) = constraint.min_domains {
        let at = path.child("minDomains");
        if domains <= 0 {
            errors.invalid(&at, domains, "must be greater than zero");
        }
        if constraint.when_unsatisfiable != "DoNotSchedule" {
            let action = &constraint.when_unsatisfiable;
            errors.invalid(
                &at,
                domains,
                format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"),
            );
        }
    }
    for (field, policy) in [
        ("nodeAffinityPolicy", &constraint.node_affinity_policy),
        ("nodeTaintsPolicy", &constraint.node_taints_policy),
    ] {
        if let Some(policy) = policy {
            errors.one_of(&path.child(field), policy, &["Honor", "Ignore"]);
        }
    }
    let keys = constraint.match_label_keys.as_deref();
    label_keys("matchLabelKeys", keys, constraint.label_selector.as_ref(), "", path, errors);
    if let Some(selector) = &constraint.label_selector {
        label_selector(selector, &path.child("labelSelector"), errors);
    }
}

/// `schedulingGates`.
pub fn gates(gates: &[PodSchedulingGate], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, gate) in gates.iter().enumerate() {
        let path = path.item("schedulingGates", index);
        errors.problems(&path, &gate.name, names::qualified_name_problems(&gate.name));
        if gates[..index].iter().any(|it| it.name == gate.name) {
            errors.duplicate(&path, &gate.name);
        }
    }
}

/// A pod with a node, or with gates, is on one side of the scheduler only.
pub fn gates_and_node(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let gated = spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty());
    if gated && !text(&spec.node_name).is_empty() {
        errors
            .forbidden(&path.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
}
