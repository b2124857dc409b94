//! Label selectors as objects carry them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use super::error::ErrorList;
use super::meta::label_key;
use super::names::label_value_problems;
use super::path::Path;

/// A selector that may be anything well-formed.
pub fn label_selector(selector: &LabelSelector, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(labels) = &selector.match_labels {
        super::meta::labels(labels, &path.child("matchLabels"), errors);
    }
    for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
        requirement(expression, &path.item("matchExpressions", index), errors);
    }
}

fn requirement(expression: &LabelSelectorRequirement, path: &Path<'_>, errors: &mut ErrorList) {
    let values = expression.values.as_deref().unwrap_or_default();
    let at = path.child("values");
    match expression.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            errors.required(&at, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            errors.forbidden(&at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => errors.invalid(&path.child("operator"), other, "not a valid selector operator"),
    }
    label_key(&expression.key, &path.child("key"), errors);
    for (index, value) in values.iter().enumerate() {
        errors.problems(&path.item("values", index), value, label_value_problems(value));
    }
}

/// Whether the selector names nothing at all.
#[must_use]
pub fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(|labels| labels.is_empty())
        && selector.match_expressions.as_ref().is_none_or(|expressions| expressions.is_empty())
}
