//! Pods and pod templates.

use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

use super::container::{container, requests_from_limits};
use super::volume::volume;
use super::{Tidy, canonical_quantities, default_text};
use crate::metadata::StringMap;

const GRACE_SECONDS: i64 = 30;

/// A pod: more is said of it than of a template.
pub fn pod(spec: &mut PodSpec) {
    pod_spec(spec);
    spec.enable_service_links.get_or_insert(true);
    let host_network = spec.host_network == Some(true);
    for it in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(resources) = &mut it.resources {
            requests_from_limits(resources);
        }
        if host_network {
            for port in it.ports.iter_mut().flatten() {
                port.host_port = port.host_port.filter(|number| *number != 0).or(Some(port.container_port));
            }
        }
    }
}

/// A template's spec.
pub fn template(template: &mut PodTemplateSpec) {
    pod_spec(template.spec.get_or_insert_default());
}

/// What holds for the spec of a pod and of a template.
pub fn pod_spec(spec: &mut PodSpec) {
    default_text(&mut spec.restart_policy, "Always");
    default_text(&mut spec.dns_policy, "ClusterFirst");
    default_text(&mut spec.scheduler_name, "default-scheduler");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(GRACE_SECONDS);
    // The older name follows the newer one, and stands in for it.
    let account = [&spec.service_account_name, &spec.service_account]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
        .cloned();
    spec.service_account_name.clone_from(&account);
    spec.service_account = account;
    for it in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        container(it);
    }
    for it in spec.volumes.iter_mut().flatten() {
        volume(it);
    }
    canonical_quantities(&mut spec.overhead);
    // Pod-level resources and claims of devices are behind gates that are off in v1.33.
    spec.resources = None;
    spec.resource_claims = None;
    for it in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(resources) = &mut it.resources {
            resources.claims = None;
        }
    }
    tidy(spec);
}

fn tidy(spec: &mut PodSpec) {
    for flag in [&mut spec.host_network, &mut spec.host_pid, &mut spec.host_ipc] {
        flag.tidy();
    }
    for name in [&mut spec.node_name, &mut spec.hostname, &mut spec.subdomain, &mut spec.priority_class_name]
    {
        name.tidy();
    }
    spec.volumes.tidy();
    spec.init_containers.tidy();
    spec.image_pull_secrets.tidy();
    spec.tolerations.tidy();
    spec.scheduling_gates.tidy();
}

/// In a new pod's affinity, `matchLabelKeys` and `mismatchLabelKeys` become conditions on the values of the pod's own labels.
pub fn merge_label_keys(spec: &mut PodSpec, labels: &StringMap) {
    let Some(affinity) = &mut spec.affinity else { return };
    let attract = affinity.pod_affinity.iter_mut().flat_map(|it| {
        let preferred = it.preferred_during_scheduling_ignored_during_execution.iter_mut().flatten();
        let required = it.required_during_scheduling_ignored_during_execution.iter_mut().flatten();
        required.chain(preferred.map(|term| &mut term.pod_affinity_term))
    });
    let repel = affinity.pod_anti_affinity.iter_mut().flat_map(|it| {
        let preferred = it.preferred_during_scheduling_ignored_during_execution.iter_mut().flatten();
        let required = it.required_during_scheduling_ignored_during_execution.iter_mut().flatten();
        required.chain(preferred.map(|term| &mut term.pod_affinity_term))
    });
    for term in attract.chain(repel) {
        merge_into_term(term, labels);
    }
}

fn merge_into_term(term: &mut PodAffinityTerm, labels: &StringMap) {
    let Some(selector) = &mut term.label_selector else { return };
    for (keys, operator) in [(&term.match_label_keys, "In"), (&term.mismatch_label_keys, "NotIn")] {
        for key in keys.iter().flatten() {
            let Some(value) = labels.get(key) else { continue };
            let condition = LabelSelectorRequirement {
                key: key.clone(),
                operator: operator.to_owned(),
                values: Some(vec![value.clone()]),
            };
            let expressions = selector.match_expressions.get_or_insert_default();
            if !expressions.contains(&condition) {
                expressions.push(condition);
            }
        }
    }
}
