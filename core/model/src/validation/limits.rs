//! LimitRanges and ResourceQuotas.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    LimitRangeItem, LimitRangeSpec, ResourceQuotaSpec, ScopedResourceSelectorRequirement,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;

use super::error::{ErrorList, Shown};
use super::go;
use super::names::qualified_name_problems;
use super::path::Path;
use super::resources::resource_quantity;
use crate::quantity::{Quantity, parse_or_zero};

type Amounts = BTreeMap<String, RawQuantity>;

/// Resources that a quota may bound.
const QUOTA_RESOURCES: [&str; 18] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "services.nodeports",
    "services.loadbalancers",
    "replicationcontrollers",
    "secrets",
    "configmaps",
];

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// An amount that may not be greater than another: field and words of both, the field that is at fault, and the one whose amount the
/// message shows (which upstream does not always take from the field at fault).
struct Order {
    low: (&'static str, &'static str),
    high: (&'static str, &'static str),
    at: &'static str,
    shown: &'static str,
}

const MIN: (&str, &str) = ("min", "min");
const MAX: (&str, &str) = ("max", "max");
const DEFAULT: (&str, &str) = ("default", "default");
const REQUEST: (&str, &str) = ("defaultRequest", "default request");

const ORDERS: [Order; 6] = [
    Order { low: MIN, high: MAX, at: "min", shown: "min" },
    Order { low: MIN, high: REQUEST, at: "defaultRequest", shown: "defaultRequest" },
    Order { low: REQUEST, high: MAX, at: "defaultRequest", shown: "defaultRequest" },
    Order { low: REQUEST, high: ("default", "default limit"), at: "defaultRequest", shown: "defaultRequest" },
    Order { low: MIN, high: DEFAULT, at: "default", shown: "min" },
    Order { low: DEFAULT, high: MAX, at: "default", shown: "max" },
];

/// A LimitRange's spec.
pub fn limit_range(spec: &LimitRangeSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    for (index, limit) in spec.limits.iter().enumerate() {
        let path = path.item("limits", index);
        limit_type(&limit.type_, &path.child("type"), errors);
        if spec.limits[..index].iter().any(|it| it.type_ == limit.type_) {
            errors.duplicate(&path.child("type"), Shown::raw(&limit.type_));
        }
        one_limit(limit, &path, errors);
    }
}

fn limit_type(kind: &str, path: &Path<'_>, errors: &mut ErrorList) {
    errors.problems(path, kind, qualified_name_problems(kind));
    if !kind.contains('/') && !["Pod", "Container", "PersistentVolumeClaim"].contains(&kind) {
        errors.invalid(path, kind, "must be a standard limit type or fully qualified");
    }
}

fn one_limit(limit: &LimitRangeItem, path: &Path<'_>, errors: &mut ErrorList) {
    for (field, amounts) in [("default", &limit.default), ("defaultRequest", &limit.default_request)] {
        let given = amounts.as_ref().is_some_and(|amounts| !amounts.is_empty());
        if limit.type_ == "Pod" && given {
            errors.forbidden(&path.child(field), "may not be specified when `type` is 'Pod'");
        }
    }
    let none = Amounts::new();
    let of = |amounts: &'static str| -> &Amounts {
        let amounts = match amounts {
            "min" => &limit.min,
            "max" => &limit.max,
            "default" => &limit.default,
            "defaultRequest" => &limit.default_request,
            _ => &limit.max_limit_request_ratio,
        };
        amounts.as_ref().unwrap_or(&none)
    };
    let pod = limit.type_ == "Pod";
    let fields = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
    let mut names: Vec<&String> = fields.iter().flat_map(|field| of(field).keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let amount =
            |field: &'static str| of(field).get(name).filter(|_| !(pod && field.starts_with("default")));
        for order in ORDERS {
            let (Some(low), Some(high), Some(shown)) =
                (amount(order.low.0), amount(order.high.0), amount(order.shown))
            else {
                continue;
            };
            let (low, high) = (parse_or_zero(low), parse_or_zero(high));
            if low > high {
                let detail =
                    format!("{} value {low} is greater than {} value {high}", order.low.1, order.high.1);
                // The server has printed the amount into the message by the time it shows it.
                errors.invalid(&path.entry(order.at, name), go::quantity(&shown.0, &shown.0), detail);
            }
        }
        if let Some(raw) = amount("maxLimitRequestRatio") {
            ratio(raw, &path.entry("maxLimitRequestRatio", name), errors);
        }
    }
}

fn ratio(raw: &RawQuantity, path: &Path<'_>, errors: &mut ErrorList) {
    let ratio = parse_or_zero(raw);
    if ratio < Quantity::from_milli(1000) {
        errors.invalid(path, go::quantity(&raw.0, &raw.0), format!("ratio {ratio} is less than 1"));
    }
}

/// A ResourceQuota's spec.
pub fn resource_quota(spec: &ResourceQuotaSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    for (name, raw) in spec.hard.iter().flatten() {
        let at = path.entry("hard", name);
        quota_resource(name, &at, errors);
        resource_quantity(name, raw, &at, errors);
    }
    let scopes = spec.scopes.as_deref().unwrap_or_default();
    if scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        let list = scopes.iter().map(|scope| go::quoted(scope)).collect::<Vec<_>>().join(", ");
        errors.invalid(
            &path.child("scopes"),
            Shown::raw(format!("[]core.ResourceQuotaScope{{{list}}}")),
            "unsupported scope",
        );
    }
    let expressions =
        spec.scope_selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    let at = path.child("scopeSelector");
    for expression in expressions {
        scope_expression(expression, &at.child("matchExpressions"), errors);
    }
}

fn quota_resource(name: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let problems = qualified_name_problems(name);
    for problem in &problems {
        errors.invalid(path, Shown::raw(name), problem.clone());
    }
    let known = QUOTA_RESOURCES.contains(&name)
        || name == "persistentvolumeclaims"
        || name.starts_with("hugepages-")
        || name.starts_with("requests.hugepages-");
    if problems.is_empty() && !name.contains('/') && !known {
        errors.invalid(path, Shown::raw(name), "must be a standard resource type or fully qualified");
        errors.invalid(path, Shown::raw(name), "must be a standard resource for quota");
    }
}

fn scope_expression(expression: &ScopedResourceSelectorRequirement, path: &Path<'_>, errors: &mut ErrorList) {
    let scope = expression.scope_name.as_str();
    if !SCOPES.contains(&scope) {
        errors.invalid(&path.child("scopeName"), scope, "unsupported scope");
    }
    let operator = expression.operator.as_str();
    let valued = matches!(scope, "PriorityClass" | "VolumeAttributesClass");
    if !valued && operator != "Exists" {
        errors.invalid(
            &path.child("operator"),
            operator,
            "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
             ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        );
    }
    let empty = expression.values.as_ref().is_none_or(Vec::is_empty);
    let at = path.child("values");
    match operator {
        "In" | "NotIn" if empty => errors.required(
            &at,
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
        "Exists" | "DoesNotExist" if !empty => {
            errors.invalid(
                &at,
                go::strings(expression.values.as_deref().unwrap_or_default()),
                "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
            );
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => errors.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
}
