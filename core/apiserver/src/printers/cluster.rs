//! Tables of Node, Namespace, Lease and PriorityClass.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, Node, NodeStatus};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::jiff::Timestamp;
use model::Object;

use super::{Columns, NONE, UNKNOWN, age, or_none};

pub(super) const NODE_COLUMNS: Columns = (
    &["Name", "Status", "Roles", "Age", "Version"],
    &["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"],
);
pub(super) const NAMESPACE_COLUMNS: Columns = (&["Name", "Status", "Age"], &[]);
pub(super) const LEASE_COLUMNS: Columns = (&["Name", "Holder", "Age"], &[]);
pub(super) const PRIORITY_CLASS_COLUMNS: Columns =
    (&["Name", "Value", "Global-Default", "Age", "PreemptionPolicy"], &[]);

pub(super) fn node_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let (spec, status) = (object.spec::<Node>(), object.status::<Node>());
    let mut state = match status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready") {
        Some(ready) if ready.status == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if spec.unschedulable == Some(true) {
        state.push_str(",SchedulingDisabled");
    }
    let info = status.node_info.clone().unwrap_or_default();
    let known = |text: String| if text.is_empty() { UNKNOWN.to_owned() } else { text };
    vec![
        object.name().to_owned(),
        state,
        or_none(node_roles(object).join(",")),
        age(object, now),
        info.kubelet_version,
        node_address(status, "InternalIP"),
        node_address(status, "ExternalIP"),
        known(info.os_image),
        known(info.kernel_version),
        known(info.container_runtime_version),
    ]
}

/// The roles that a node's labels give it, sorted.
pub fn node_roles(object: &Object) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for (key, value) in object.labels() {
        if let Some(role) = key.strip_prefix("node-role.kubernetes.io/").filter(|role| !role.is_empty()) {
            roles.push(role.to_owned());
        } else if key == "kubernetes.io/role" && !value.is_empty() {
            roles.push(value.clone());
        }
    }
    roles.sort();
    roles.dedup();
    roles
}

fn node_address(status: &NodeStatus, wanted: &str) -> String {
    let found = status.addresses.iter().flatten().find(|address| address.type_ == wanted);
    found.map_or_else(|| NONE.to_owned(), |address| address.address.clone())
}

pub(super) fn namespace_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let phase = object.status::<Namespace>().phase.clone().unwrap_or_default();
    vec![object.name().to_owned(), phase, age(object, now)]
}

pub(super) fn lease_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let holder = object.spec::<Lease>().holder_identity.clone().unwrap_or_default();
    vec![object.name().to_owned(), holder, age(object, now)]
}

pub(super) fn priority_class_cells(object: &Object, now: Timestamp) -> Vec<String> {
    let class = object.spec::<PriorityClass>();
    vec![
        object.name().to_owned(),
        class.value.to_string(),
        class.global_default.unwrap_or(false).to_string(),
        age(object, now),
        class.preemption_policy.clone().unwrap_or_default(),
    ]
}
