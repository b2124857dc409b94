//! All that is shown of one picked thing.

use apiserver::printers::{self, human_duration};
use apiserver::{ApiServer, Caller};
use k8s_openapi::api::core::v1::Event;
use model::{Kind, Object, manifest};
use protocol::{DecisionView, EventView, InspectorView, NodeScore, OwnerView, Selection};
use scheduler::{Decision, Outcome, Scheduler};

use super::cause::{Evidence, cause};
use super::story::{selection, story};

/// Works it out. `describe` is kubectl's text of it; `log` tells the last lines of a container of the pod.
#[must_use]
pub fn inspect(
    api: &ApiServer,
    scheduler: &Scheduler,
    picked: &Selection,
    describe: String,
    log: &mut dyn FnMut(&str) -> String,
) -> InspectorView {
    let kind = Kind::all().find(|kind| kind.info().name == picked.kind);
    let object = kind.and_then(|kind| api.get(&Caller::admin(), kind, &picked.namespace, &picked.name).ok());
    let decisions = scheduler.decisions(&picked.namespace, &picked.name);
    let mut view = InspectorView {
        selection: picked.clone(),
        exists: object.is_some(),
        cause: None,
        summary: Vec::new(),
        yaml: String::new(),
        describe,
        events: events(api, picked),
        owners: Vec::new(),
        dependents: Vec::new(),
        story: kind.map(|kind| story(api, kind, &picked.namespace, &picked.name)).unwrap_or_default(),
        decisions: if picked.kind == "Pod" { decisions.map(decision).collect() } else { Vec::new() },
    };
    view.decisions.reverse();
    if let Some(object) = object {
        let decision = scheduler.decisions(&picked.namespace, &picked.name).last();
        view.cause = cause(&object, &mut Evidence { api, events: &view.events, decision, log });
        view.summary = summary(api, &object);
        view.yaml = manifest::to_yaml(&object.to_value());
        view.owners = owners(api, &object);
        view.dependents = dependents(api, &object);
    }
    view
}

/// The columns that `kubectl get -o wide` shows.
fn summary(api: &ApiServer, object: &Object) -> Vec<(String, String)> {
    let now = api.timestamp_at(api.now());
    let columns = printers::columns(object.kind()).into_iter().map(|column| column.name.to_string());
    columns
        .zip(printers::cells(object, now))
        .filter(|(_, cell)| !cell.is_empty() && cell != "<none>")
        .collect()
}

fn events(api: &ApiServer, picked: &Selection) -> Vec<EventView> {
    let now = api.timestamp_at(api.now());
    let namespace = if picked.namespace.is_empty() { "default" } else { &picked.namespace };
    let about = |event: &Event| {
        let object = &event.involved_object;
        object.kind.as_deref() == Some(&picked.kind) && object.name.as_deref() == Some(&picked.name)
    };
    let mut found: Vec<(_, EventView)> = api
        .store()
        .list_namespace(Kind::Event, namespace)
        .map(|object| object.spec::<Event>())
        .filter(|event| about(event))
        .map(|event| {
            let (_, last, count) = printers::event::event_times(event);
            let age = last.map_or(0, |last| now.as_second() - last.as_second());
            let source = event.source.as_ref().and_then(|source| source.component.clone());
            let view = EventView {
                warning: event.type_.as_deref() == Some("Warning"),
                reason: event.reason.clone().unwrap_or_default(),
                message: event.message.clone().unwrap_or_default(),
                source: source.or_else(|| event.reporting_component.clone()).unwrap_or_default(),
                count,
                age: human_duration(age),
            };
            (last, view)
        })
        .collect();
    found.sort_by_key(|(last, _)| *last);
    found.into_iter().map(|(_, view)| view).collect()
}

fn owners(api: &ApiServer, object: &Object) -> Vec<OwnerView> {
    let mut owners = Vec::new();
    let mut current = object.metadata.controller().cloned();
    while let Some(reference) = current {
        let kind = Kind::from_api(&reference.api_version, &reference.kind);
        let owner = kind.and_then(|kind| api.store().get(kind, object.namespace(), &reference.name));
        owners.push(OwnerView {
            selection: Selection {
                kind: reference.kind,
                namespace: object.namespace().to_owned(),
                name: reference.name,
            },
            detail: owner.map(|owner| detail(api, owner)).unwrap_or_default(),
        });
        current = owner.and_then(|owner| owner.metadata.controller().cloned());
    }
    owners
}

fn dependents(api: &ApiServer, object: &Object) -> Vec<OwnerView> {
    let owned = Kind::all()
        .filter(|kind| *kind != Kind::Event)
        .flat_map(|kind| api.store().owned_by(kind, object.uid()));
    owned
        .map(|dependent| OwnerView { selection: selection(dependent), detail: detail(api, dependent) })
        .collect()
}

/// A word on how it is: the second column of `kubectl get`.
fn detail(api: &ApiServer, object: &Object) -> String {
    let cells = printers::cells(object, api.timestamp_at(api.now()));
    match object.kind() {
        Kind::Pod => cells.get(2).cloned().unwrap_or_default(),
        Kind::ReplicaSet => format!(
            "{}/{}",
            cells.get(3).map_or("0", String::as_str),
            cells.get(1).map_or("0", String::as_str)
        ),
        _ => cells.get(1).cloned().unwrap_or_default(),
    }
}

fn decision(decision: &Decision) -> DecisionView {
    let (node, equals, message) = match &decision.outcome {
        Outcome::Placed { node, equals } => {
            (node.clone(), u32::try_from(*equals).unwrap_or(u32::MAX), String::new())
        }
        Outcome::Unschedulable { message } => (String::new(), 0, message.clone()),
    };
    let nodes = decision.nodes.iter().map(|verdict| NodeScore {
        node: verdict.node.clone(),
        rejection: verdict
            .rejection
            .as_ref()
            .map(|rejection| format!("{:?}: {}", rejection.plugin, rejection.reasons.join(", ")))
            .unwrap_or_default(),
        scores: verdict.scores.iter().map(|(plugin, score)| (format!("{plugin:?}"), *score)).collect(),
        total: verdict.total(),
    });
    DecisionView { at_ms: decision.at.0 / 1000, node, equals, message, nodes: nodes.collect() }
}
