//! Namespaces, Nodes, Secrets, ServiceAccounts, PriorityClasses.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{
    NamespaceSpec, NamespaceStatus, NodeSpec, ObjectReference, Secret, ServiceAccount,
};
use k8s_openapi::api::scheduling::v1::PriorityClass;

use super::default_text;

/// The label by which a namespace can be selected by its name.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The namespace controller takes this finalizer off once the namespace is empty.
pub const NAMESPACE_FINALIZER: &str = "kubernetes";

/// A Namespace's spec.
pub fn namespace(spec: &mut NamespaceSpec) {
    let finalizers = spec.finalizers.get_or_insert_default();
    if !finalizers.iter().any(|name| name == NAMESPACE_FINALIZER) {
        finalizers.push(NAMESPACE_FINALIZER.to_owned());
    }
}

/// A Namespace's status.
pub fn namespace_status(status: &mut NamespaceStatus) {
    default_text(&mut status.phase, "Active");
}

/// A Secret; `stringData` is folded into `data`.
pub fn secret(secret: &mut Secret) {
    default_text(&mut secret.type_, "Opaque");
    if let Some(texts) = secret.string_data.take() {
        let data = secret.data.get_or_insert_default();
        data.extend(texts.into_iter().map(|(key, text)| (key, ByteString(text.into_bytes()))));
    }
}

/// A PriorityClass.
pub fn priority_class(class: &mut PriorityClass) {
    default_text(&mut class.preemption_policy, "PreemptLowerPriority");
}

/// A node's first pod range stands in two places; where they differ, the older field is meant.
pub fn node(spec: &mut NodeSpec) {
    let ranges = spec.pod_cidrs.get_or_insert_default();
    match spec.pod_cidr.as_ref().filter(|range| !range.is_empty()) {
        Some(range) if ranges.first() != Some(range) => *ranges = vec![range.clone()],
        Some(_) => {}
        None => spec.pod_cidr = ranges.first().cloned(),
    }
    if ranges.is_empty() {
        spec.pod_cidrs = None;
    }
}

/// Of the Secrets that an account names only the names are kept, and no name that is empty.
pub fn service_account(account: &mut ServiceAccount) {
    let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    for secret in account.secrets.iter_mut().flatten() {
        *secret = ObjectReference { name: named(&secret.name), ..ObjectReference::default() };
    }
}
