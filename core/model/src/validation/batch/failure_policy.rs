//! `podFailurePolicy`.

use k8s_openapi::api::batch::v1::{
    JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule,
};

use super::super::error::{ErrorList, Shown};
use super::super::names;
use super::super::path::Path;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const RULES_MAX: usize = 20;

/// The rules of a policy.
pub fn rules(policy: &PodFailurePolicy, spec: &JobSpec, path: &Path<'_>, errors: &mut ErrorList) {
    if policy.rules.len() > RULES_MAX {
        errors.too_many(&path.child("rules"), policy.rules.len(), RULES_MAX);
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        one_rule(rule, spec, &path.item("rules", index), errors);
    }
}

fn one_rule(rule: &PodFailurePolicyRule, spec: &JobSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let action = rule.action.as_str();
    errors.one_of_or_required(&path.child("action"), action, &ACTIONS, "");
    if action == "FailIndex" && spec.backoff_limit_per_index.is_none() {
        errors.invalid(&path.child("action"), action, "requires the backoffLimitPerIndex to be set");
    }
    let conditions = rule.on_pod_conditions.as_deref().unwrap_or_default();
    if let Some(codes) = &rule.on_exit_codes {
        exit_codes(codes, spec, &path.child("onExitCodes"), errors);
    }
    for (index, condition) in conditions.iter().enumerate() {
        let path = path.item("onPodConditions", index);
        let kind = &condition.type_;
        errors.problems(&path.child("type"), kind, names::qualified_name_problems(kind));
        errors.one_of_or_required(
            &path.child("status"),
            &condition.status,
            &["False", "True", "Unknown"],
            "",
        );
    }
    match (rule.on_exit_codes.is_some(), conditions.is_empty()) {
        (true, false) => {
            errors.invalid(path, Shown::raw(BOTH), "");
        }
        (false, true) => errors.invalid(path, Shown::raw(NEITHER), ""),
        _ => {}
    }
}

// Upstream puts the reason where the value should stand.
const BOTH: &str = "specifying both OnExitCodes and OnPodConditions is not supported";
const NEITHER: &str = "specifying one of OnExitCodes and OnPodConditions is required";

fn exit_codes(
    codes: &PodFailurePolicyOnExitCodesRequirement,
    spec: &JobSpec,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    errors.one_of_or_required(&path.child("operator"), &codes.operator, &["In", "NotIn"], "");
    if let Some(name) = codes.container_name.as_deref() {
        let pod = spec.template.spec.as_ref();
        let known = pod.is_some_and(|pod| {
            pod.containers.iter().chain(pod.init_containers.iter().flatten()).any(|it| it.name == name)
        });
        if !known {
            errors.invalid(
                &path.child("containerName"),
                name,
                "must be one of the container or initContainer names in the pod template",
            );
        }
    }
    let at = path.child("values");
    let values = &codes.values;
    let shown = || {
        let list: Vec<String> = values.iter().map(ToString::to_string).collect();
        Shown::raw(format!("[]int32{{{}}}", list.join(", ")))
    };
    if values.is_empty() {
        errors.invalid(&at, shown(), "at least one value is required");
    }
    for (index, value) in values.iter().enumerate() {
        let at = path.item("values", index);
        if codes.operator == "In" && *value == 0 {
            errors.invalid(&at, *value, "must not be 0 for the In operator");
        }
        if values[..index].contains(value) {
            errors.duplicate(&at, *value);
        }
    }
    if !values.is_sorted() {
        errors.invalid(&at, shown(), "must be ordered");
    }
}
