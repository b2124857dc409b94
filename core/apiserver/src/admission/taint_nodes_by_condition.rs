//! TaintNodesByCondition: a node takes no pods until it has been seen ready.

use k8s_openapi::api::core::v1::{Node, Taint};
use model::Object;

use crate::caller::Caller;

const NOT_READY: &str = "node.kubernetes.io/not-ready";

pub(super) fn admit(_caller: &Caller, object: &mut Object) {
    let taints = object.spec::<Node>().taints.as_deref().unwrap_or_default();
    if taints.iter().any(|taint| taint.key == NOT_READY && taint.effect == "NoSchedule") {
        return;
    }
    let taint = Taint { key: NOT_READY.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
    object.spec_mut::<Node>().taints.get_or_insert_default().push(taint);
}
