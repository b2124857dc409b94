//! Field selectors: which fields of a kind can be selected on, and what they hold.

use k8s_openapi::api::core::v1::{Event, Namespace, Node, Pod, Secret, Service};
use model::selector::FieldSelector;
use model::{Kind, Object, Status, status::Result};

/// Reads a field selector and refuses fields that the kind does not offer.
///
/// # Errors
/// 400.
pub fn parse(kind: Kind, text: &str) -> Result<FieldSelector> {
    let selector = text.parse::<FieldSelector>().map_err(|error| Status::bad_request(error.to_string()))?;
    for requirement in &selector.requirements {
        let field = requirement.field.as_str();
        let common = matches!(field, "metadata.name" | "metadata.namespace");
        if common || offered(kind).contains(&field) {
            continue;
        }
        let message = if offered(kind).is_empty() {
            format!(
                "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
            )
        } else {
            format!("field label not supported: {field}")
        };
        return Err(Status::bad_request(message));
    }
    Ok(selector)
}

/// The fields of a kind that can be selected on, besides its name and namespace.
fn offered(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Kind::Node => &["spec.unschedulable"],
        Kind::Namespace => &["status.phase"],
        Kind::Secret => &["type"],
        Kind::Service => &["spec.clusterIP", "spec.type"],
        _ => &[],
    }
}

/// Whether an object is within the selector.
#[must_use]
pub fn matches(selector: &FieldSelector, object: &Object) -> bool {
    selector.requirements.iter().all(|wanted| (value(object, &wanted.field) == wanted.value) == wanted.equal)
}

/// What a selectable field of an object holds; empty if nothing.
#[must_use]
pub fn value(object: &Object, field: &str) -> String {
    match field {
        "metadata.name" => return object.name().to_owned(),
        "metadata.namespace" => return object.namespace().to_owned(),
        _ => {}
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match object.kind() {
        Kind::Pod => pod_field(object, field),
        Kind::Event => event_field(object.spec::<Event>(), field),
        Kind::Node => object.spec::<Node>().unschedulable.unwrap_or(false).to_string(),
        Kind::Namespace => text(&object.status::<Namespace>().phase),
        Kind::Secret => text(&object.spec::<Secret>().type_),
        Kind::Service if field == "spec.type" => text(&object.spec::<Service>().type_),
        Kind::Service => text(&object.spec::<Service>().cluster_ip),
        _ => String::new(),
    }
}

fn pod_field(object: &Object, field: &str) -> String {
    let (spec, status) = (object.spec::<Pod>(), object.status::<Pod>());
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match field {
        "spec.nodeName" => text(&spec.node_name),
        "spec.restartPolicy" => text(&spec.restart_policy),
        "spec.schedulerName" => text(&spec.scheduler_name),
        "spec.serviceAccountName" => text(&spec.service_account_name),
        "spec.hostNetwork" => spec.host_network.unwrap_or(false).to_string(),
        "status.phase" => text(&status.phase),
        "status.nominatedNodeName" => text(&status.nominated_node_name),
        "status.podIP" | "status.podIPs" => text(&status.pod_ip),
        _ => String::new(),
    }
}

fn event_field(event: &Event, field: &str) -> String {
    let about = &event.involved_object;
    let value = match field {
        "involvedObject.kind" => &about.kind,
        "involvedObject.namespace" => &about.namespace,
        "involvedObject.name" => &about.name,
        "involvedObject.uid" => &about.uid,
        "involvedObject.apiVersion" => &about.api_version,
        "involvedObject.resourceVersion" => &about.resource_version,
        "involvedObject.fieldPath" => &about.field_path,
        "reason" => &event.reason,
        "reportingComponent" => &event.reporting_component,
        "type" => &event.type_,
        "source" => {
            let source = event.source.as_ref().and_then(|source| source.component.as_ref());
            return source.or(event.reporting_component.as_ref()).cloned().unwrap_or_default();
        }
        _ => &None,
    };
    value.clone().unwrap_or_default()
}
