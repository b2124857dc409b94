//! Taints and who tolerates them.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, Taint, Toleration};
use model::{Kind, Object};
use store::Store;

use crate::pods;

pub(crate) const NO_EXECUTE: &str = "NoExecute";
pub(crate) const NO_SCHEDULE: &str = "NoSchedule";

/// The taints of a node's that drive pods away; none if there is no such node.
pub(crate) fn no_execute(store: &Store, node: &str) -> Vec<Taint> {
    let node: Option<&Arc<Object>> = store.get(Kind::Node, "", node);
    let taints = node.and_then(|node| node.spec::<Node>().taints.as_ref());
    taints.into_iter().flatten().filter(|taint| taint.effect == NO_EXECUTE).cloned().collect()
}

/// How long a pod bears the taints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Patience {
    /// It does not tolerate one of them.
    None,
    /// The shortest of its tolerations.
    Seconds(u64),
    /// It tolerates them for ever.
    Endless,
}

/// How long the pod may stay among these taints.
pub(crate) fn patience(pod: &Object, taints: &[Taint]) -> Patience {
    let tolerations = pod.spec::<Pod>().tolerations.as_deref().unwrap_or_default();
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|toleration| tolerates(toleration, taint)) else {
            return Patience::None;
        };
        if let Some(seconds) = toleration.toleration_seconds {
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
        }
    }
    match shortest {
        Some(seconds) => Patience::Seconds(u64::try_from(seconds).unwrap_or(0)),
        None => Patience::Endless,
    }
}

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (effect, key) = (text(&toleration.effect), text(&toleration.key));
    if !effect.is_empty() && effect != taint.effect || !key.is_empty() && key != taint.key {
        return false;
    }
    match toleration.operator.as_deref() {
        Some("Exists") => true,
        _ => text(&toleration.value) == text(&taint.value),
    }
}

/// Whether the tolerations or the node of a pod differ between two of its states.
pub(crate) fn placement_changed(old: Option<&Object>, new: &Object) -> bool {
    old.is_none_or(|old| {
        let (is_same_spec, _) = old.body.same_parts(&new.body);
        if is_same_spec {
            return false;
        }
        pods::node_name(old) != pods::node_name(new)
            || old.spec::<Pod>().tolerations != new.spec::<Pod>().tolerations
    })
}
