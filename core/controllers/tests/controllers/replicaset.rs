//! Keeping a number of pods.

use apiserver::Propagation;
use k8s_openapi::api::apps::v1::ReplicaSet;
use model::Kind;
use serde_json::{Value, json};

use crate::world::{World, template};

fn pod(name: &str, node: Option<&str>) -> Value {
    let mut spec = template("web")["spec"].clone();
    if let Some(node) = node {
        spec["nodeName"] = json!(node);
    }
    json!({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec})
}

fn replica_set(replicas: i32, more: &Value) -> Value {
    let mut spec = json!({
        "replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template("web"),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"metadata": {"name": "web"}, "spec": spec})
}

#[test]
fn pods_are_adopted_released_and_replaced() {
    let mut world = World::new();
    world.create(Kind::Pod, pod("bare-1", None));
    world.create(Kind::Pod, pod("bare-2", None));
    world.run(1.0);
    world.create(Kind::ReplicaSet, replica_set(3, &json!({})));
    world.run(3.0);
    let pods = world.list(Kind::Pod);
    assert_eq!(pods.len(), 3);
    assert!(pods.iter().all(|pod| pod.metadata.controller().is_some_and(|owner| owner.name == "web")));
    world.patch(Kind::Pod, "bare-1", &json!({"metadata": {"labels": {"app": "other"}}}));
    world.run(2.0);
    assert!(world.get(Kind::Pod, "bare-1").metadata.owner_references.is_empty());
    assert_eq!(world.list(Kind::Pod).len(), 4);
}

#[test]
fn surplus_pods_go_after_adoption() {
    let mut world = World::new();
    for name in ["p1", "p2", "p3"] {
        world.create(Kind::Pod, pod(name, None));
    }
    world.run(1.0);
    world.create(Kind::ReplicaSet, replica_set(1, &json!({})));
    world.run(3.0);
    assert_eq!(world.list(Kind::Pod).len(), 1);
    assert_eq!(world.events("SuccessfulDelete").len(), 2);
}

/// What is done to a pod: its name, the subresource, the change.
type Change<'a> = (&'a str, &'a str, &'a Value);

#[test]
fn the_least_missed_pod_goes_first() {
    // Each case: what is done to the pods a, b and c, and which of them goes. Rules from the documentation of ReplicaSet.
    let not_ready = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    let restarts = json!({"status": {"containerStatuses": [
        {"name": "main", "image": "nginx:1.27", "imageID": "", "ready": true, "restartCount": 4},
    ]}});
    let cheap = json!({"metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-5"}}});
    let cases: [(&[Change<'_>], [&str; 3], &str); 4] = [
        (&[], ["node-1", "node-2", "node-2"], "b or c"),
        (&[("a", "status", &not_ready)], ["node-1", "node-2", "node-2"], "a"),
        (&[("a", "", &cheap)], ["node-1", "node-2", "node-2"], "a"),
        (&[("b", "status", &restarts)], ["node-1", "node-1", "node-1"], "b"),
    ];
    for (changes, nodes, expected) in cases {
        let mut world = World::new();
        for (name, node) in ["a", "b", "c"].into_iter().zip(nodes) {
            world.create(Kind::Pod, pod(name, Some(node)));
        }
        world.run(2.0);
        for (name, subresource, change) in changes {
            world.patch_subresource(Kind::Pod, name, subresource, change);
        }
        world.create(Kind::ReplicaSet, replica_set(3, &json!({})));
        world.run(2.0);
        world.scale(Kind::ReplicaSet, "web", 2);
        world.run(2.0);
        let gone = ["a", "b", "c"].into_iter().find(|name| world.find(Kind::Pod, name).is_none());
        assert!(gone.is_some_and(|gone| expected.contains(gone)), "{gone:?} instead of {expected}");
    }
}

#[test]
fn orphaned_pods_stay() {
    let mut world = World::new();
    world.create(Kind::ReplicaSet, replica_set(2, &json!({})));
    world.run(2.0);
    world.delete(Kind::ReplicaSet, "web", Some(Propagation::Orphan));
    world.run(1.0);
    assert!(world.list(Kind::ReplicaSet).is_empty());
    let pods = world.list(Kind::Pod);
    assert_eq!(pods.len(), 2);
    assert!(pods.iter().all(|pod| pod.metadata.owner_references.is_empty()));
}

#[test]
fn refused_pods_are_told_of_and_tried_again() {
    let mut world = World::new();
    let mut set = replica_set(8, &json!({}));
    set["spec"]["template"]["spec"]["serviceAccountName"] = json!("robot");
    world.create(Kind::ReplicaSet, set);
    world.run(1.0);
    let status = world.get(Kind::ReplicaSet, "web").status::<ReplicaSet>().clone();
    let failure = &status.conditions.unwrap_or_default()[0];
    assert_eq!((failure.type_.as_str(), failure.reason.as_deref()), ("ReplicaFailure", Some("FailedCreate")));
    assert!(
        failure
            .message
            .as_deref()
            .is_some_and(|message| message.contains("serviceaccount \"robot\" not found"))
    );
    let event = world.events("FailedCreate")[0].clone();
    assert!(event.starts_with("Error creating: pods \"web-"), "{event}");
    world.create(Kind::ServiceAccount, json!({"metadata": {"name": "robot"}}));
    world.run(5.0);
    assert_eq!(world.list(Kind::Pod).len(), 8);
    assert_eq!(world.get(Kind::ReplicaSet, "web").status::<ReplicaSet>().conditions, None);
}

#[test]
fn a_thousand_replicas_come_without_a_thousand_looks() {
    let mut world = World::new();
    world.create(Kind::ReplicaSet, replica_set(1000, &json!({})));
    world.run(10.0);
    assert_eq!(world.get(Kind::ReplicaSet, "web").status::<ReplicaSet>().ready_replicas, Some(1000));
    assert!(world.api.revision() < 6000, "{}", world.api.revision());
}
