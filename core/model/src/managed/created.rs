//! What a created object holds that its writer did not write: its status, and what admission put into the spec.

use serde_json::{Map, Value};

use crate::kind::Kind;
use crate::pod::is_token_volume;

/// Fields of events and of endpoint slices that are written out even where they are empty.
const SAID_ANYWAY: [&str; 7] = [
    "endpoints",
    "ports",
    "eventTime",
    "firstTimestamp",
    "lastTimestamp",
    "reportingComponent",
    "reportingInstance",
];

/// Takes out of a new object what admission and the strategies filled in: it has no manager.
pub(super) fn take_out_what_others_set(kind: Kind, object: &mut Value) {
    let Some(root) = object.as_object_mut() else { return };
    if kind.info().has_subresource("status") {
        root.remove("status");
    }
    // What is said though it says nothing was there before the object was.
    for field in SAID_ANYWAY {
        if root.get(field).is_some_and(|value| value.is_null() || value == "") {
            root.remove(field);
        }
    }
    let Some(spec) = root.get_mut("spec") else { return };
    match kind {
        Kind::Pod => pod(spec),
        Kind::Node => remove_if(spec, "taints", is_only_not_ready),
        Kind::Namespace => remove(spec, "finalizers"),
        Kind::Service => remove(spec, "clusterIPs"),
        _ => {}
    }
    if spec.as_object().is_some_and(Map::is_empty) {
        root.remove("spec");
    }
}

fn remove(of: &mut Value, field: &str) {
    if let Some(fields) = of.as_object_mut() {
        fields.remove(field);
    }
}

fn pod(spec: &mut Value) {
    let Some(fields) = spec.as_object_mut() else { return };
    fields.remove("priority");
    fields.remove("preemptionPolicy");
    if fields.get("serviceAccountName").is_some_and(|name| name == "default") {
        fields.remove("serviceAccountName");
        fields.remove("serviceAccount");
    }
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            drop_token(container, "volumeMounts");
        }
    }
    drop_token(spec, "volumes");
    remove_if(spec, "tolerations", |tolerations| tolerations.iter().all(is_default_toleration));
}

/// Drops the service account's token volume, and the list if nothing else is in it.
fn drop_token(of: &mut Value, list: &str) {
    let is_token = |item: &Value| item["name"].as_str().is_some_and(is_token_volume);
    if let Some(items) = of.get_mut(list).and_then(Value::as_array_mut) {
        items.retain(|item| !is_token(item));
    }
    remove_if(of, list, <[Value]>::is_empty);
}

fn remove_if(of: &mut Value, list: &str, unneeded: impl Fn(&[Value]) -> bool) {
    let Some(fields) = of.as_object_mut() else { return };
    if fields.get(list).and_then(Value::as_array).is_some_and(|items| unneeded(items)) {
        fields.remove(list);
    }
}

fn is_default_toleration(toleration: &Value) -> bool {
    let key = toleration["key"].as_str().unwrap_or_default();
    matches!(key, "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable")
        && toleration["effect"] == "NoExecute"
        && toleration["tolerationSeconds"] == 300
}

fn is_only_not_ready(taints: &[Value]) -> bool {
    matches!(taints, [taint] if taint["key"] == "node.kubernetes.io/not-ready" && taint["effect"] == "NoSchedule")
}
