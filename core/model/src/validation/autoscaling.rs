//! HorizontalPodAutoscalers.

use k8s_openapi::api::autoscaling::v2::{
    HPAScalingRules, HorizontalPodAutoscalerSpec, MetricIdentifier, MetricSpec, MetricTarget,
};

use super::error::ErrorList;
use super::path::Path;
use super::{go, names};
use crate::quantity::parse_or_zero;

const METRIC_TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const WINDOW_SECONDS_MAX: i32 = 3600;
const PERIOD_SECONDS_MAX: i32 = 1800;

/// A HorizontalPodAutoscaler's spec.
pub fn horizontal_pod_autoscaler(spec: &HorizontalPodAutoscalerSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let least = spec.min_replicas.unwrap_or(1);
    let most = spec.max_replicas;
    if least < 1 {
        errors.invalid(&path.child("minReplicas"), least, "must be greater than or equal to 1");
    }
    if most < 1 {
        errors.invalid(&path.child("maxReplicas"), most, "must be greater than 0");
    }
    if most < least {
        errors.invalid(&path.child("maxReplicas"), most, "must be greater than or equal to `minReplicas`");
    }
    let target = path.child("scaleTargetRef");
    for (field, value) in [("kind", &spec.scale_target_ref.kind), ("name", &spec.scale_target_ref.name)] {
        if value.is_empty() {
            errors.required(&target.child(field), "");
        } else {
            errors.problems(&target.child(field), value, names::path_segment_problems(value));
        }
    }
    let metrics = spec.metrics.as_deref().unwrap_or_default();
    for (index, it) in metrics.iter().enumerate() {
        metric(it, &path.item("metrics", index), errors);
    }
    if least == 0 && !metrics.iter().any(|it| matches!(it.type_.as_str(), "Object" | "External")) {
        errors.forbidden(
            &path.child("metrics"),
            "must specify at least one Object or External metric to support scaling to zero replicas",
        );
    }
    if let Some(behavior) = &spec.behavior {
        let at = path.child("behavior");
        for (field, rules) in [("scaleUp", &behavior.scale_up), ("scaleDown", &behavior.scale_down)] {
            if let Some(rules) = rules {
                scaling_rules(rules, &at.child(field), errors);
            }
        }
    }
}

fn scaling_rules(rules: &HPAScalingRules, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("stabilizationWindowSeconds");
    let window = rules.stabilization_window_seconds;
    errors.non_negative(&at, window.map(i64::from));
    if let Some(window) = window.filter(|window| *window > WINDOW_SECONDS_MAX) {
        errors.invalid(&at, window, format!("must be less than or equal to {WINDOW_SECONDS_MAX}"));
    }
    if let Some(policy) = rules.select_policy.as_deref() {
        errors.one_of(&path.child("selectPolicy"), policy, &["Disabled", "Max", "Min"]);
    }
    let policies = rules.policies.as_deref().unwrap_or_default();
    if policies.is_empty() {
        errors.required(&path.child("policies"), "must specify at least one Policy");
    }
    for (index, policy) in policies.iter().enumerate() {
        let path = path.item("policies", index);
        errors.one_of(&path.child("type"), &policy.type_, &["Percent", "Pods"]);
        if policy.value <= 0 {
            errors.invalid(&path.child("value"), policy.value, "must be greater than zero");
        }
        let at = path.child("periodSeconds");
        if policy.period_seconds <= 0 {
            errors.invalid(&at, policy.period_seconds, "must be greater than zero");
        }
        if policy.period_seconds > PERIOD_SECONDS_MAX {
            let detail = format!("must be less than or equal to {PERIOD_SECONDS_MAX}");
            errors.invalid(&at, policy.period_seconds, detail);
        }
    }
}

fn metric(metric: &MetricSpec, path: &Path<'_>, errors: &mut ErrorList) {
    const MISSING: &str = "must populate information for the given metric source";
    match metric.type_.as_str() {
        "Resource" => match &metric.resource {
            Some(source) => resource(&source.name, &source.target, &path.child("resource"), errors),
            None => errors.required(&path.child("resource"), MISSING),
        },
        "ContainerResource" => match &metric.container_resource {
            Some(source) => {
                let at = path.child("containerResource");
                resource(&source.name, &source.target, &at, errors);
                if source.container.is_empty() {
                    errors.required(&at.child("container"), "must specify a container");
                }
            }
            None => errors.required(&path.child("containerResource"), MISSING),
        },
        "Pods" => match &metric.pods {
            Some(source) => {
                let at = path.child("pods");
                identifier(&source.metric, &at.child("metric"), errors);
                let positive = amount_checked(&source.target, &at.child("target"), errors);
                if !positive {
                    errors.required(
                        &at.child("target").child("averageValue"),
                        "must specify a positive target averageValue",
                    );
                }
            }
            None => errors.required(&path.child("pods"), MISSING),
        },
        "Object" => match &metric.object {
            Some(source) => identifier(&source.metric, &path.child("object").child("metric"), errors),
            None => errors.required(&path.child("object"), MISSING),
        },
        "External" => match &metric.external {
            Some(source) => identifier(&source.metric, &path.child("external").child("metric"), errors),
            None => errors.required(&path.child("external"), MISSING),
        },
        "" => errors.required(&path.child("type"), "must specify a metric source type"),
        other => errors.not_supported(&path.child("type"), other, &METRIC_TYPES),
    }
}

fn identifier(metric: &MetricIdentifier, path: &Path<'_>, errors: &mut ErrorList) {
    if metric.name.is_empty() {
        errors.required(&path.child("name"), "must specify a metric name");
    } else {
        errors.problems(&path.child("name"), &metric.name, names::path_segment_problems(&metric.name));
    }
}

/// Tells non-positive amounts of a target; says whether an average amount is given and fine.
fn amount_checked(target: &MetricTarget, path: &Path<'_>, errors: &mut ErrorList) -> bool {
    if let Some(share) = target.average_utilization.filter(|share| *share < 1) {
        errors.invalid(&path.child("averageUtilization"), share, "must be greater than 0");
    }
    let mut fine = false;
    for (field, raw) in [("value", &target.value), ("averageValue", &target.average_value)] {
        let Some(raw) = raw else { continue };
        let amount = parse_or_zero(raw);
        if amount.is_zero() || amount.is_negative() {
            errors.invalid(&path.child(field), go::quantity(&raw.0, &raw.0), "must be positive");
        } else if field == "averageValue" {
            fine = true;
        }
    }
    fine
}

fn resource(name: &str, target: &MetricTarget, path: &Path<'_>, errors: &mut ErrorList) {
    if name.is_empty() {
        errors.required(&path.child("name"), "must specify a resource name");
    }
    let at = path.child("target");
    errors.one_of_or_required(
        &at.child("type"),
        &target.type_,
        &["AverageValue", "Utilization", "Value"],
        "must specify a metric target type",
    );
    amount_checked(target, &at, errors);
    match (target.average_utilization, &target.average_value) {
        (None, None) => errors.required(
            &at.child("averageUtilization"),
            "must set either a target raw value or a target utilization",
        ),
        (Some(_), Some(_)) => errors.forbidden(
            &at.child("averageValue"),
            "may not set both a target raw value and a target utilization",
        ),
        _ => {}
    }
}
