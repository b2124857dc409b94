//! Pod templates, and what the controllers of replicas have in common.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::error::ErrorList;
use super::path::Path;
use super::pod::pod_spec;
use super::selector::{is_empty, label_selector};
use super::{go, meta, names, security, text};
use crate::selector::Selector;

/// A template's labels, annotations and spec.
pub fn template(template: &PodTemplateSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("spec");
    let none = Default::default();
    let spec = template.spec.as_ref().unwrap_or(&none);
    template_metadata(template, path, errors);
    pod_spec(spec, &at, errors);
    if let Some(annotations) = template.metadata.as_ref().and_then(|meta| meta.annotations.as_ref()) {
        security::app_armor_annotations(annotations, spec, &at, errors);
    }
    if spec.ephemeral_containers.as_ref().is_some_and(|containers| !containers.is_empty()) {
        errors
            .forbidden(&at.child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}

/// A template's labels and annotations.
fn template_metadata(template: &PodTemplateSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let Some(meta) = &template.metadata else { return };
    if let Some(labels) = &meta.labels {
        meta::labels(labels, &path.child("labels"), errors);
    }
    if let Some(annotations) = &meta.annotations {
        meta::annotations(annotations, &path.child("annotations"), errors);
    }
}

/// The template of a StatefulSet. Upstream does not look into its pod spec, whose mounts may name claims that are no volumes yet.
pub fn stateful_template(
    template: &PodTemplateSpec,
    selector: Option<&Selector>,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    if let Some(selector) = selector {
        labels_match(template, selector, path, errors);
    }
    template_metadata(template, path, errors);
    always_restarts(template, "StatefulSet", path, errors);
}

/// The selector of a controller: given, well-formed, not empty. Returns what it selects, if that can be said.
pub fn controller_selector(
    selector: &LabelSelector,
    what: &str,
    path: &Path<'_>,
    errors: &mut ErrorList,
) -> Option<Selector> {
    let at = path.child("selector");
    // An absent selector and an empty one look the same here; the absent one is the likelier mistake.
    if is_empty(selector) {
        if selector.match_labels.is_some() || selector.match_expressions.is_some() {
            let none = go::label_selector(&LabelSelector::default());
            errors.invalid(&at, none, format!("empty selector is invalid for {what}"));
            return Some(Selector::everything());
        }
        errors.required(&at, "");
        return Some(Selector::nothing());
    }
    label_selector(selector, &at, errors);
    match Selector::from_typed(Some(selector)) {
        Ok(selector) => Some(selector),
        Err(_) => {
            errors.invalid(&at, go::label_selector(selector), "invalid label selector");
            None
        }
    }
}

/// The template of a controller whose pods run forever.
pub fn controller_template(
    template: Option<&PodTemplateSpec>,
    selector: Option<&Selector>,
    what: &str,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    let Some(given) = template else {
        errors.required(path, "");
        return;
    };
    if let Some(selector) = selector {
        labels_match(given, selector, path, errors);
    }
    self::template(given, path, errors);
    always_restarts(given, what, path, errors);
}

/// The template's labels must be selected.
pub fn labels_match(
    template: &PodTemplateSpec,
    selector: &Selector,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    let labels = template.metadata.as_ref().and_then(|meta| meta.labels.as_ref());
    if !selector.is_everything() && !selector.matches_optional(labels) {
        errors.invalid(
            &path.child("metadata").child("labels"),
            go::optional_string_map(labels),
            "`selector` does not match template `labels`",
        );
    }
}

fn always_restarts(template: &PodTemplateSpec, what: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let Some(spec) = &template.spec else { return };
    let at = path.child("spec");
    let policy = text(&spec.restart_policy);
    if policy != "Always" && (policy == "OnFailure" || policy == "Never") {
        errors.not_supported(&at.child("restartPolicy"), policy, &["Always"]);
    }
    if spec.active_deadline_seconds.is_some() {
        errors.forbidden(
            &at.child("activeDeadlineSeconds"),
            format!("activeDeadlineSeconds in {what} is not Supported"),
        );
    }
}

/// A number that is not negative, or a percentage.
pub fn count_or_percent(value: &IntOrString, path: &Path<'_>, errors: &mut ErrorList) {
    match value {
        IntOrString::Int(number) => errors.non_negative(path, i64::from(*number)),
        IntOrString::String(text) => {
            for problem in names::percent_problems(text) {
                errors.invalid(path, go::int_or_string(value), problem);
            }
        }
    }
}

/// A percentage of at most 100.
pub fn at_most_all(value: &IntOrString, path: &Path<'_>, errors: &mut ErrorList) {
    if percent(value).is_some_and(|percent| percent > 100) {
        errors.invalid(path, go::int_or_string(value), "must not be greater than 100%");
    }
}

/// The number before the `%`.
pub fn percent(value: &IntOrString) -> Option<i64> {
    match value {
        IntOrString::Int(_) => None,
        IntOrString::String(text) => text.strip_suffix('%').and_then(|number| number.parse().ok()),
    }
}

/// Whether it comes to nothing: `0` or `0%`.
#[must_use]
pub fn is_zero(value: Option<&IntOrString>) -> bool {
    match value {
        None => true,
        Some(IntOrString::Int(number)) => *number == 0,
        Some(text) => percent(text) == Some(0),
    }
}
