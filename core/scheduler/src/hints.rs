//! Queueing hints: which of the pods that wait may profit from pods that came to nodes or went from them.
// Models the QueueingHintFn of each plugin.

use std::collections::BTreeSet;
use std::sync::Arc;

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use store::Key;

use crate::framework::Plugin;
use crate::plugins::{inter_pod_affinity, node_ports, pod_topology_spread};

/// Whether a waiting pod, kept out by these plugins, should be tried again.
pub(crate) fn helps(
    api: &ApiServer,
    key: &Key,
    rejected_by: &BTreeSet<Plugin>,
    came: &[Arc<Object>],
    went: &[Arc<Object>],
) -> bool {
    // Quick answers for the usual reasons first.
    if !went.is_empty() && (rejected_by.is_empty() || rejected_by.contains(&Plugin::NodeResourcesFit)) {
        return true;
    }
    let by_pods = [Plugin::InterPodAffinity, Plugin::PodTopologySpread, Plugin::NodePorts];
    if !by_pods.iter().any(|plugin| rejected_by.contains(plugin)) {
        return false;
    }
    let Some(waiting) = api.store().get_key(Kind::Pod, key) else { return false };
    rejected_by.iter().any(|plugin| match plugin {
        Plugin::InterPodAffinity => {
            let comes = |pod: &Arc<Object>| inter_pod_affinity::may_help_by_coming(waiting, pod, api.store());
            let goes = |pod: &Arc<Object>| inter_pod_affinity::may_help_by_going(waiting, pod, api.store());
            came.iter().any(comes) || went.iter().any(goes)
        }
        Plugin::PodTopologySpread => {
            came.iter().chain(went).any(|pod| pod_topology_spread::may_help(waiting, pod))
        }
        Plugin::NodePorts => went.iter().any(|pod| !node_ports::host_ports(pod.spec::<Pod>()).is_empty()),
        // Nothing that these look at changes with pods.
        _ => false,
    })
}

/// Whether what was changed of a waiting pod itself is what the plugins that kept it out look at.
pub(crate) fn change_helps(old: &Object, new: &Object, rejected_by: &BTreeSet<Plugin>) -> bool {
    let by = |plugins: &[Plugin]| plugins.iter().any(|plugin| rejected_by.contains(plugin));
    let (was, is) = (old.spec::<Pod>(), new.spec::<Pod>());
    let labelled = old.labels() != new.labels() && by(&[Plugin::InterPodAffinity, Plugin::PodTopologySpread]);
    let tolerates =
        was.tolerations != is.tolerations && by(&[Plugin::TaintToleration, Plugin::NodeUnschedulable]);
    let asks_less = was.containers != is.containers && by(&[Plugin::NodeResourcesFit]);
    labelled || tolerates || asks_less
}
