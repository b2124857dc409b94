//! NodeUnschedulable: a cordoned node takes only pods that tolerate it.

use k8s_openapi::api::core::v1::{Pod, Taint};

use super::taint_toleration::tolerates;
use crate::framework::{Plugin, Rejection};
use crate::node_info::{NodeInfo, PodOnNode};

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    if !node.is_unschedulable {
        return None;
    }
    let taint = Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    };
    let tolerations = pod.object.spec::<Pod>().tolerations.as_deref().unwrap_or_default();
    let tolerated = tolerations.iter().any(|toleration| tolerates(toleration, &taint));
    (!tolerated).then(|| Rejection::unresolvable(Plugin::NodeUnschedulable, "node(s) were unschedulable"))
}
