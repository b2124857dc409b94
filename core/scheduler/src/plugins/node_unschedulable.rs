//! NodeUnschedulable: a cordoned node takes only pods that tolerate it.

use k8s_openapi::api::core::v1::{Node, Pod, Taint};

use super::taint_toleration::tolerates;
use crate::cache::{NodeInfo, PodOnNode};
use crate::framework::{Plugin, Rejection};

pub(crate) fn filter(pod: &PodOnNode, node: &NodeInfo) -> Option<Rejection> {
    if node.object.spec::<Node>().unschedulable != Some(true) {
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
