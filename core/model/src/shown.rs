//! What the API server always shows though it is empty: fields that Go's encoder does not omit.

use serde_json::{Map, Value, json};

use crate::kind::Kind;

/// Puts in what the API server shows even when empty, and takes out what it hides: a status that holds nothing on kinds that hide it.
pub fn complete(kind: Kind, value: &mut Value) {
    let Value::Object(root) = value else { return };
    match kind {
        Kind::Pod => {
            null_probe_times(root);
            null_sources(root);
        }
        Kind::Deployment | Kind::ReplicaSet => {
            template_created(root);
            if kind == Kind::ReplicaSet {
                status(root).entry("replicas").or_insert(json!(0));
            } else {
                status(root);
            }
        }
        Kind::Node => node_info(status(root)),
        Kind::EndpointSlice => {
            for name in ["endpoints", "ports"] {
                let list = root.entry(name).or_insert(Value::Null);
                if list.as_array().is_some_and(Vec::is_empty) {
                    *list = Value::Null;
                }
            }
        }
        Kind::Service => {
            status(root).entry("loadBalancer").or_insert(json!({}));
        }
        Kind::Event => {
            for name in ["eventTime", "firstTimestamp", "lastTimestamp"] {
                root.entry(name).or_insert(Value::Null);
            }
            for name in ["reportingComponent", "reportingInstance"] {
                root.entry(name).or_insert(json!(""));
            }
            root.entry("source").or_insert(json!({}));
        }
        _ => {}
    }
}

fn status(root: &mut Map<String, Value>) -> &mut Map<String, Value> {
    let status = root.entry("status").or_insert(json!({}));
    if !status.is_object() {
        *status = json!({});
    }
    match status {
        Value::Object(map) => map,
        _ => unreachable!("an object was put there"),
    }
}

fn template_created(root: &mut Map<String, Value>) {
    if let Some(template) =
        root.get_mut("spec").and_then(|spec| spec.get_mut("template")).and_then(Value::as_object_mut)
    {
        let metadata = template.entry("metadata").or_insert(json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.entry("creationTimestamp").or_insert(Value::Null);
        }
    }
}

fn null_probe_times(root: &mut Map<String, Value>) {
    let conditions =
        root.get_mut("status").and_then(|status| status.get_mut("conditions")).and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        if let Some(condition) = condition.as_object_mut() {
            condition.entry("lastProbeTime").or_insert(Value::Null);
            condition.entry("lastTransitionTime").or_insert(Value::Null);
        }
    }
}

/// A projected volume without sources.
fn null_sources(root: &mut Map<String, Value>) {
    let volumes = root.get_mut("spec").and_then(|spec| spec.get_mut("volumes")).and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten() {
        if let Some(projected) = volume.get_mut("projected").and_then(Value::as_object_mut) {
            projected.entry("sources").or_insert(Value::Null);
        }
    }
}

/// What a kubelet says of its node, empty until it does.
fn node_info(status: &mut Map<String, Value>) {
    const TEXTS: [&str; 10] = [
        "architecture",
        "bootID",
        "containerRuntimeVersion",
        "kernelVersion",
        "kubeProxyVersion",
        "kubeletVersion",
        "machineID",
        "operatingSystem",
        "osImage",
        "systemUUID",
    ];
    status.entry("daemonEndpoints").or_insert(json!({ "kubeletEndpoint": { "Port": 0 } }));
    if let Some(info) = status.entry("nodeInfo").or_insert(json!({})).as_object_mut() {
        for name in TEXTS {
            info.entry(name).or_insert(json!(""));
        }
    }
}
