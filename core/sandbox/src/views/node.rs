//! A node's room.

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::{Node, Pod};
use model::Object;
use model::quantity::parse_or_zero;
use protocol::NodeView;

use super::pod::requested as pod_requests;

const CONTROL_PLANE_LABEL: &str = "node-role.kubernetes.io/control-plane";

pub(super) fn node_view(api: &ApiServer, node: &Object) -> NodeView {
    let (spec, status) = (node.spec::<Node>(), node.status::<Node>());
    let offered = |name: &str| {
        status.allocatable.as_ref().and_then(|list| list.get(name)).map(parse_or_zero).unwrap_or_default()
    };
    let (cpu_requested_milli, memory_requested_bytes) = requested(api, node.name());
    let ready = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    let taints = spec.taints.iter().flatten().map(|taint| {
        let value = taint.value.as_deref().filter(|value| !value.is_empty());
        value.map_or_else(
            || format!("{}:{}", taint.key, taint.effect),
            |value| format!("{}={value}:{}", taint.key, taint.effect),
        )
    });
    let addresses = status.addresses.iter().flatten();
    let mut internal = addresses.filter(|address| address.type_ == "InternalIP");
    NodeView {
        key: node.name().to_owned(),
        control_plane: node.labels().contains_key(CONTROL_PLANE_LABEL),
        ready,
        cordoned: spec.unschedulable == Some(true),
        taints: taints.collect(),
        cpu_milli: offered("cpu").milli_value(),
        cpu_requested_milli,
        memory_bytes: offered("memory").value(),
        memory_requested_bytes,
        pods_max: offered("pods").value(),
        address: internal.next().map(|address| address.address.clone()).unwrap_or_default(),
    }
}

/// What the node's living pods request: thousandths of a core, and bytes.
fn requested(api: &ApiServer, node: &str) -> (i64, i64) {
    let alive = |pod: &&std::sync::Arc<Object>| {
        !matches!(pod.status::<Pod>().phase.as_deref(), Some("Succeeded" | "Failed"))
    };
    let mut sum = (0, 0);
    for pod in api.store().pods_on(node).filter(alive) {
        let spec = pod.spec::<Pod>();
        sum.0 += pod_requests(spec, "cpu").map(|amount| amount.milli_value()).sum::<i64>();
        sum.1 += pod_requests(spec, "memory").map(|amount| amount.value()).sum::<i64>();
    }
    sum
}
