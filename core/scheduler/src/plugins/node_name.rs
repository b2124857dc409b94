//! NodeName: a pod that names its node goes nowhere else.

use k8s_openapi::api::core::v1::Pod;

use crate::framework::{Plugin, Rejection};
use crate::node_info::{NodeInfo, PodOnNode};

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    let wanted = pod.object.spec::<Pod>().node_name.as_deref().unwrap_or_default();
    let elsewhere = !wanted.is_empty() && wanted != node.name();
    elsewhere
        .then(|| Rejection::unresolvable(Plugin::NodeName, "node(s) didn't match the requested node name"))
}
