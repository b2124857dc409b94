//! Owners and namespaces.

use apiserver::Propagation;
use k8s_openapi::api::core::v1::Namespace;
use model::{Kind, Object};
use serde_json::{Value, json};

use crate::world::{NAMESPACE, World};

fn owned(name: &str, owners: &[(&Object, bool)], finalizers: &Value) -> Value {
    let references: Vec<Value> = owners
        .iter()
        .map(|(owner, blocks)| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner.name(), "uid": owner.uid(), "blockOwnerDeletion": blocks})
        })
        .collect();
    json!({"metadata": {"name": name, "ownerReferences": references, "finalizers": finalizers}})
}

fn config_map(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

#[test]
fn an_object_stays_while_one_owner_lives() {
    let mut world = World::new();
    let (a, b) =
        (world.create(Kind::ConfigMap, config_map("a")), world.create(Kind::ConfigMap, config_map("b")));
    world.create(Kind::ConfigMap, owned("child", &[(&a, false), (&b, false)], &json!([])));
    world.delete(Kind::ConfigMap, "a", None);
    world.run(3.0);
    let owners = &world.get(Kind::ConfigMap, "child").metadata.owner_references;
    assert_eq!(owners.iter().map(|owner| owner.name.as_str()).collect::<Vec<_>>(), ["b"]);
    world.delete(Kind::ConfigMap, "b", None);
    world.run(3.0);
    assert!(world.find(Kind::ConfigMap, "child").is_none());
}

#[test]
fn an_owner_of_the_same_name_is_not_the_owner() {
    let mut world = World::new();
    let mut other = Object::clone(&world.create(Kind::ConfigMap, config_map("owner")));
    other.metadata_mut().uid = "11111111-2222-3333-4444-555555555555".to_owned();
    world.create(Kind::ConfigMap, owned("child", &[(&other, false)], &json!([])));
    world.run(4.0);
    assert!(world.find(Kind::ConfigMap, "child").is_none());
}

#[test]
fn an_owner_in_another_namespace_does_not_count() {
    let mut world = World::new();
    world.create(Kind::Namespace, config_map("other"));
    let owner = world.create(Kind::ConfigMap, json!({"metadata": {"name": "owner", "namespace": "other"}}));
    world.create(Kind::ConfigMap, owned("child", &[(&owner, false)], &json!([])));
    world.run(4.0);
    assert!(world.find(Kind::ConfigMap, "child").is_none());
    let expected = format!(
        "ownerRef [v1/ConfigMap, namespace: {NAMESPACE}, name: owner, uid: {}] does not exist in namespace \"{NAMESPACE}\"",
        owner.uid()
    );
    assert_eq!(world.events("OwnerRefInvalidNamespace"), [expected]);
}

#[test]
fn foreground_waits_for_those_that_block() {
    let mut world = World::new();
    let owner = world.create(Kind::ConfigMap, config_map("owner"));
    let hold = json!(["example.com/hold"]);
    world.create(Kind::ConfigMap, owned("blocks", &[(&owner, true)], &hold));
    world.create(Kind::ConfigMap, owned("free", &[(&owner, false)], &hold));
    world.run(1.0);
    world.delete(Kind::ConfigMap, "owner", Some(Propagation::Foreground));
    world.run(3.0);
    assert_eq!(world.get(Kind::ConfigMap, "owner").metadata.finalizers, ["foregroundDeletion"]);
    world.patch(Kind::ConfigMap, "blocks", &json!({"metadata": {"finalizers": null}}));
    world.run(4.0);
    assert!(world.find(Kind::ConfigMap, "owner").is_none());
    assert!(world.get(Kind::ConfigMap, "free").is_deleting());
}

#[test]
fn a_foreground_deletion_of_a_deployment_ends() {
    let mut world = World::new();
    world.deployment("web", 3, &json!({}));
    world.run(3.0);
    world.delete(Kind::Deployment, "web", Some(Propagation::Foreground));
    world.run(3.0);
    for kind in [Kind::Deployment, Kind::ReplicaSet, Kind::Pod] {
        assert!(world.list(kind).is_empty(), "{kind}");
    }
}

#[test]
fn every_namespace_gets_its_account_and_its_certificates() {
    let mut world = World::new();
    let names = |world: &World| {
        let kinds = [Kind::ConfigMap, Kind::ServiceAccount];
        kinds.map(|kind| {
            world.list(kind).iter().map(|object| object.name().to_owned()).collect::<Vec<_>>().join(",")
        })
    };
    assert_eq!(names(&world), ["kube-root-ca.crt", "default"]);
    world.delete(Kind::ServiceAccount, "default", None);
    world.delete(Kind::ConfigMap, "kube-root-ca.crt", None);
    world.run(2.0);
    assert_eq!(names(&world), ["kube-root-ca.crt", "default"]);
    world.patch(Kind::ConfigMap, "kube-root-ca.crt", &json!({"data": {"ca.crt": "tampered"}}));
    world.run(2.0);
    let data = world.get(Kind::ConfigMap, "kube-root-ca.crt").to_value()["data"]["ca.crt"].clone();
    assert!(data.as_str().is_some_and(|text| text.starts_with("-----BEGIN CERTIFICATE-----")));
}

#[test]
fn a_namespace_waits_for_its_contents() {
    let mut world = World::new();
    let held = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    world.create(Kind::ConfigMap, held);
    world.deployment("web", 3, &json!({}));
    world.run(3.0);
    world.delete(Kind::Namespace, NAMESPACE, None);
    world.run(4.0);
    let conditions = |world: &World| {
        let namespace = world.get(Kind::Namespace, NAMESPACE);
        let conditions = namespace.status::<Namespace>().conditions.clone().unwrap_or_default();
        conditions.into_iter().filter_map(|condition| condition.message).collect::<Vec<_>>()
    };
    assert!(conditions(&world).is_empty(), "the contents have five seconds' grace");
    world.run(20.0);
    // The texts are the documentation's; what was recorded ended before them.
    assert_eq!(
        conditions(&world)[3..],
        [
            "Some resources are remaining: configmaps. has 1 resource instances",
            "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
        ]
    );
    world.patch(Kind::ConfigMap, "held", &json!({"metadata": {"finalizers": null}}));
    world.run(20.0);
    assert!(world.find(Kind::Namespace, NAMESPACE).is_none());
    assert!(world.list(Kind::Pod).is_empty());
}
