//! Deployments and replica sets.

use std::sync::Arc;

use apiserver::ListOptions;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, DeploymentSpec, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::selector::format_label_selector;
use model::{Kind, Object};

use super::template;
use super::writer::{Writer, long_time};
use crate::session::Session;

/// Describes a deployment.
pub fn deployment(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    let (spec, status) = (object.spec::<Deployment>(), object.status::<Deployment>());
    let count = |number: Option<i32>| number.unwrap_or(0);
    writer.field(0, "Name", object.name());
    writer.field(0, "Namespace", object.namespace());
    writer.field(0, "CreationTimestamp", long_time(object.metadata.creation_timestamp.as_ref()));
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
    writer.field(0, "Selector", format_label_selector(Some(&spec.selector)));
    writer.field(
        0,
        "Replicas",
        format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            count(spec.replicas),
            count(status.updated_replicas),
            count(status.replicas),
            count(status.available_replicas),
            count(status.unavailable_replicas)
        ),
    );
    let strategy = spec.strategy.clone().unwrap_or_default();
    writer.field(0, "StrategyType", strategy.type_.unwrap_or_default());
    writer.field(0, "MinReadySeconds", count(spec.min_ready_seconds));
    if let Some(rolling) = strategy.rolling_update {
        writer.field(
            0,
            "RollingUpdateStrategy",
            format!(
                "{} max unavailable, {} max surge",
                amount(rolling.max_unavailable),
                amount(rolling.max_surge)
            ),
        );
    }
    template::describe(writer, &spec.template);
    conditions(writer, status.conditions.as_deref().unwrap_or_default());
    replica_sets(writer, session, object, spec);
}

fn amount(amount: Option<IntOrString>) -> String {
    match amount {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text,
        None => "<nil>".to_owned(),
    }
}

fn conditions(writer: &mut Writer, conditions: &[DeploymentCondition]) {
    if conditions.is_empty() {
        return;
    }
    writer.write(0, "Conditions:\n  Type\tStatus\tReason\n");
    writer.write(1, "----\t------\t------\n");
    for condition in conditions {
        let reason = condition.reason.as_deref().unwrap_or_default();
        writer.write(1, &format!("{} \t{}\t{reason}\n", condition.type_, condition.status));
    }
}

fn replica_sets(writer: &mut Writer, session: &Session<'_, '_>, object: &Object, spec: &DeploymentSpec) {
    let options = ListOptions::default();
    let list = session.api.list(&session.client.caller, Kind::ReplicaSet, object.namespace(), &options);
    let mut owned: Vec<Arc<Object>> = list.map(|list| list.items).unwrap_or_default();
    owned.retain(|set| set.metadata.controller().is_some_and(|owner| owner.uid == object.uid()));
    owned.sort_by_key(|set| set.metadata.creation_timestamp.as_ref().map(|time| time.0));
    let newest = owned.iter().position(|set| {
        set.spec::<ReplicaSet>().template.as_ref().is_some_and(|own| same_template(own, &spec.template))
    });
    let name = |set: &Object| {
        let replicas = set.spec::<ReplicaSet>().replicas.unwrap_or(0);
        format!("{} ({}/{replicas} replicas created)", set.name(), set.status::<ReplicaSet>().replicas)
    };
    let old: Vec<String> = owned
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != newest)
        .map(|(_, set)| name(set))
        .collect();
    writer.field(0, "OldReplicaSets", if old.is_empty() { "<none>".to_owned() } else { old.join(", ") });
    writer.field(0, "NewReplicaSet", newest.map_or_else(|| "<none>".to_owned(), |index| name(&owned[index])));
}

/// Whether two templates are the same but for the hash that the controller adds.
fn same_template(one: &PodTemplateSpec, other: &PodTemplateSpec) -> bool {
    let without_hash = |template: &PodTemplateSpec| {
        let mut template = template.clone();
        if let Some(labels) = template.metadata.as_mut().and_then(|metadata| metadata.labels.as_mut()) {
            labels.remove("pod-template-hash");
        }
        template
    };
    without_hash(one) == without_hash(other)
}

/// Describes a replica set.
pub fn replica_set(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    let (spec, status) = (object.spec::<ReplicaSet>(), object.status::<ReplicaSet>());
    let selector = format_label_selector(Some(&spec.selector));
    writer.field(0, "Name", object.name());
    writer.field(0, "Namespace", object.namespace());
    writer.field(0, "Selector", &selector);
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
    if let Some(owner) = object.metadata.controller() {
        writer.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    writer.field(
        0,
        "Replicas",
        format!("{} current / {} desired", status.replicas, spec.replicas.unwrap_or(0)),
    );
    let options = ListOptions { label_selector: selector, ..ListOptions::default() };
    let list = session.api.list(&session.client.caller, Kind::Pod, object.namespace(), &options);
    let pods = list.map(|list| list.items).unwrap_or_default();
    let phase = |wanted: &str| {
        let owned = pods
            .iter()
            .filter(|pod| pod.metadata.controller().is_some_and(|owner| owner.uid == object.uid()));
        owned.filter(|pod| pod.status::<Pod>().phase.as_deref() == Some(wanted)).count()
    };
    writer.field(
        0,
        "Pods Status",
        format!(
            "{} Running / {} Waiting / {} Succeeded / {} Failed",
            phase("Running"),
            phase("Pending"),
            phase("Succeeded"),
            phase("Failed")
        ),
    );
    template::describe(writer, &spec.template.clone().unwrap_or_default());
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if !conditions.is_empty() {
        writer.write(0, "Conditions:\n  Type\tStatus\tReason\n");
        writer.write(1, "----\t------\t------\n");
        for condition in conditions {
            let reason = condition.reason.as_deref().unwrap_or_default();
            writer.write(1, &format!("{} \t{}\t{reason}\n", condition.type_, condition.status));
        }
    }
}
