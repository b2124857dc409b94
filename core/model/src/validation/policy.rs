//! PodDisruptionBudgets.

use k8s_openapi::api::policy::v1::PodDisruptionBudgetSpec;

use super::error::{ErrorList, Shown};
use super::go;
use super::path::Path;
use super::selector::label_selector;
use super::template::{at_most_all, count_or_percent};

/// A PodDisruptionBudget's spec.
pub fn pod_disruption_budget(spec: &PodDisruptionBudgetSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        errors.invalid(&path, spec_text(spec), "minAvailable and maxUnavailable cannot be both set");
    }
    for (field, value) in [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)] {
        if let Some(value) = value {
            count_or_percent(value, &path.child(field), errors);
            at_most_all(value, &path.child(field), errors);
        }
    }
    if let Some(selector) = &spec.selector {
        label_selector(selector, &path.child("selector"), errors);
    }
    if let Some(policy) = spec.unhealthy_pod_eviction_policy.as_deref() {
        let at = path.child("unhealthyPodEvictionPolicy");
        errors.one_of(&at, policy, &["AlwaysAllow", "IfHealthyBudget"]);
    }
}

fn spec_text(spec: &PodDisruptionBudgetSpec) -> Shown {
    let pointer = |name: &str, kind: &str, given: bool| {
        format!("{name}:(*{kind})({})", if given { go::ADDRESS } else { "nil" })
    };
    let fields = [
        pointer("MinAvailable", "intstr.IntOrString", spec.min_available.is_some()),
        pointer("Selector", "v1.LabelSelector", spec.selector.is_some()),
        pointer("MaxUnavailable", "intstr.IntOrString", spec.max_unavailable.is_some()),
        pointer(
            "UnhealthyPodEvictionPolicy",
            "policy.UnhealthyPodEvictionPolicyType",
            spec.unhealthy_pod_eviction_policy.is_some(),
        ),
    ];
    Shown::raw(format!("policy.PodDisruptionBudgetSpec{{{}}}", fields.join(", ")))
}
