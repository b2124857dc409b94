//! NetworkPolicies, and the references of RBAC's bindings.

use k8s_openapi::api::networking::v1::{NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::api::rbac::v1::{RoleRef, Subject};

use super::{Tidy, default_text};
use crate::validation::rbac::GROUP;

/// A NetworkPolicy's spec; which way it counts follows from its rules.
pub fn network_policy(spec: &mut NetworkPolicySpec) {
    for rule in spec.ingress.iter_mut().flatten() {
        ports(&mut rule.ports);
    }
    for rule in spec.egress.iter_mut().flatten() {
        ports(&mut rule.ports);
    }
    let egress = spec.egress.as_ref().is_some_and(|rules| !rules.is_empty());
    let types = spec.policy_types.get_or_insert_default();
    if types.is_empty() {
        types.push("Ingress".to_owned());
        if egress {
            types.push("Egress".to_owned());
        }
    }
    spec.ingress.tidy();
    spec.egress.tidy();
    spec.pod_selector.get_or_insert_default();
}

fn ports(ports: &mut Option<Vec<NetworkPolicyPort>>) {
    for port in ports.iter_mut().flatten() {
        default_text(&mut port.protocol, "TCP");
    }
}

/// The role and subjects of a RoleBinding or ClusterRoleBinding.
pub fn role_binding(role: &mut RoleRef, subjects: &mut [Subject]) {
    if role.api_group.is_empty() {
        GROUP.clone_into(&mut role.api_group);
    }
    for subject in subjects {
        if matches!(subject.kind.as_str(), "User" | "Group") {
            default_text(&mut subject.api_group, GROUP);
        }
    }
}
