//! What requests do to a fresh cluster, seen through the door that components use.

use apiserver::{ApiServer, Caller, DeleteOptions, ListOptions, Propagation, Settings, WatchEventType};
use k8s_openapi::api::core::v1::{Pod, Service, ServiceAccount};
use model::{Kind, Metadata, Object};
use serde_json::json;

fn cluster() -> ApiServer {
    let mut api = ApiServer::new(Settings::default());
    let account =
        Object::new::<ServiceAccount>(Metadata::named("default", "default"), ServiceAccount::default());
    api.create(&Caller::admin(), account).expect("an account");
    api
}

fn pod(name: &str) -> Object {
    let value = json!({
        "metadata": { "name": name, "namespace": "default" },
        "spec": { "containers": [{ "name": "main", "image": "nginx:1.27" }] },
    });
    Object::from_value(Kind::Pod, value).expect("a pod")
}

#[test]
fn a_new_cluster_has_its_namespaces_and_the_kubernetes_service() {
    let api = ApiServer::new(Settings::default());
    let names: Vec<&str> = api.store().list(Kind::Namespace).map(|object| object.name()).collect();
    assert_eq!(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
    let service = api.get(&Caller::admin(), Kind::Service, "default", "kubernetes").expect("the service");
    assert_eq!(service.spec::<Service>().cluster_ip.as_deref(), Some("10.96.0.1"));
}

#[test]
fn a_created_pod_is_pending_with_a_token_and_tolerations() {
    let mut api = cluster();
    let created = api.create(&Caller::admin(), pod("a")).expect("created");
    assert_eq!(created.status::<Pod>().phase.as_deref(), Some("Pending"));
    let spec = created.spec::<Pod>().clone().into_api();
    assert_eq!(spec.service_account_name.as_deref(), Some("default"));
    assert_eq!(spec.tolerations.as_ref().map(Vec::len), Some(2));
    assert!(spec.volumes.iter().flatten().any(|volume| volume.name.starts_with("kube-api-access-")));
    assert_eq!(created.generation, 1);
}

#[test]
fn an_old_resource_version_conflicts_and_changes_nothing() {
    let mut api = cluster();
    let caller = Caller::admin();
    let first = Object::clone(&api.create(&caller, pod("a")).expect("created"));
    let mut second = first.clone();
    second.metadata_mut().labels.insert("x".into(), "1".into());
    api.update(&caller, second).expect("updated");
    let before = api.revision();
    let mut stale = first;
    stale.metadata_mut().labels.insert("x".into(), "2".into());
    let refused = api.update(&caller, stale).expect_err("a conflict");
    assert!(refused.is_conflict());
    assert_eq!(
        refused.message,
        "Operation cannot be fulfilled on pods \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    assert_eq!(api.revision(), before);
}

#[test]
fn an_update_that_changes_nothing_writes_nothing() {
    let mut api = cluster();
    let caller = Caller::admin();
    let created = api.create(&caller, pod("a")).expect("created");
    let before = api.revision();
    api.update(&caller, Object::clone(&created)).expect("updated");
    assert_eq!(api.revision(), before);
}

#[test]
fn a_bound_pod_goes_gracefully_and_an_unbound_one_at_once() {
    let mut api = cluster();
    let caller = Caller::admin();
    let options = DeleteOptions::default();
    api.create(&caller, pod("unbound")).expect("created");
    assert!(api.delete(&caller, Kind::Pod, "default", "unbound", &options).expect("deleted").is_none());
    api.create(&caller, pod("bound")).expect("created");
    api.bind(&caller, "default", "bound", "", "node-1").expect("bound");
    let going =
        api.delete(&caller, Kind::Pod, "default", "bound", &options).expect("deleted").expect("still there");
    assert_eq!(going.metadata.deletion_grace_period_seconds, Some(30));
    let now = DeleteOptions { grace_period_seconds: Some(0), ..options };
    assert!(api.delete(&caller, Kind::Pod, "default", "bound", &now).expect("deleted").is_none());
}

#[test]
fn foreground_deletion_waits_for_the_garbage_collector() {
    let mut api = cluster();
    let caller = Caller::admin();
    api.create(&caller, pod("a")).expect("created");
    let options = DeleteOptions { propagation: Some(Propagation::Foreground), ..DeleteOptions::default() };
    let held = api.delete(&caller, Kind::Pod, "default", "a", &options).expect("deleted").expect("held");
    assert_eq!(held.metadata.finalizers, ["foregroundDeletion"]);
    let mut freed = Object::clone(&held);
    freed.metadata_mut().finalizers.clear();
    api.update(&caller, freed).expect("updated");
    assert!(api.get(&caller, Kind::Pod, "default", "a").expect_err("gone").is_not_found());
}

#[test]
fn an_object_that_leaves_a_selector_is_deleted_as_it_was() {
    let mut api = cluster();
    let caller = Caller::admin();
    let labelled = |api: &mut ApiServer, sel: &str, data: &str| {
        let value = json!({ "metadata": { "name": "c", "namespace": "default", "labels": { "sel": sel } }, "data": { "a": data } });
        let object = Object::from_value(Kind::ConfigMap, value).expect("a ConfigMap");
        api.update(&caller, object.clone())
            .or_else(|_| api.create(&caller, object))
            .expect("written")
            .revision
    };
    let options = ListOptions { label_selector: "sel=yes".to_owned(), ..ListOptions::default() };
    let since = api.revision();
    let mut watcher = api.watch(&caller, Kind::ConfigMap, "default", &options, since).expect("a watch");
    let came = labelled(&mut api, "yes", "1");
    let left = labelled(&mut api, "no", "2");
    let seen: Vec<_> = watcher
        .read(&api)
        .expect("events")
        .into_iter()
        .map(|event| (event.event_type, event.object.revision, event.object.to_value()["data"]["a"].clone()))
        .collect();
    let expected = [(WatchEventType::Added, came, json!("1")), (WatchEventType::Deleted, left, json!("1"))];
    assert_eq!(seen, expected);
}

#[test]
fn a_generated_name_that_is_taken_is_drawn_again_but_not_for_ever() {
    let mut api = cluster();
    let caller = Caller::admin();
    let object = |metadata: serde_json::Value| {
        let value = json!({ "metadata": metadata, "data": {} });
        Object::from_value(Kind::ConfigMap, value).expect("a ConfigMap")
    };
    let generated = object(json!({ "generateName": "gen-", "namespace": "default" }));
    let mut foreseen = api.clone();
    let names: Vec<String> = (0..8)
        .map(|_| foreseen.create(&caller, generated.clone()).expect("created").name().to_owned())
        .collect();
    let taken = |name: &String| object(json!({ "name": name, "namespace": "default" }));
    for name in &names[..7] {
        api.create(&caller, taken(name)).expect("created");
    }
    assert_eq!(api.clone().create(&caller, generated.clone()).expect("created").name(), names[7]);
    api.create(&caller, taken(&names[7])).expect("created");
    let refused = api.create(&caller, generated).expect_err("all are taken");
    assert!(refused.is_already_exists());
    assert_eq!(
        refused.message,
        format!(
            "configmaps \"{}\" already exists, the server was not able to generate a unique name for the object",
            names[7]
        )
    );
    assert_eq!(refused.details.and_then(|details| details.retry_after_seconds), Some(1));
}

#[test]
fn preconditions_of_deletion_are_said_as_upstream_says_them() {
    let mut api = cluster();
    let caller = Caller::admin();
    let made = api.create(&caller, pod("a")).expect("created");
    let uid = DeleteOptions { uid: Some("abc".to_owned()), ..DeleteOptions::default() };
    let refused = api.delete(&caller, Kind::Pod, "default", "a", &uid).expect_err("another one");
    let expected = format!(
        "Operation cannot be fulfilled on Pod \"a\": the UID in the precondition (abc) does not match the UID in record ({}). The object might have been deleted and then recreated",
        made.uid()
    );
    assert_eq!((refused.code(), &refused.message), (409, &expected));
    assert_eq!(api.evict(&caller, "default", "a", &uid).expect_err("another one").message, expected);
    let revision = DeleteOptions { resource_version: Some("5".to_owned()), ..DeleteOptions::default() };
    let refused = api.delete(&caller, Kind::Pod, "default", "a", &revision).expect_err("modified");
    let expected = format!(
        "Operation cannot be fulfilled on Pod \"a\": the ResourceVersion in the precondition (5) does not match the ResourceVersion in record ({}). The object might have been modified",
        made.revision
    );
    assert_eq!(refused.message, expected);
}

#[test]
fn what_cannot_be_bound_says_why() {
    let mut api = cluster();
    let caller = Caller::admin();
    let gated = json!({
        "metadata": { "name": "gated", "namespace": "default" },
        "spec": { "schedulingGates": [{ "name": "a.b/c" }], "containers": [{ "name": "main", "image": "x" }] },
    });
    api.create(&caller, Object::from_value(Kind::Pod, gated).expect("a pod")).expect("created");
    let made = api.create(&caller, pod("a")).expect("created");
    let cases = [
        ("nope", "", "pods \"nope\" not found".to_owned()),
        ("gated", "", "Operation cannot be fulfilled on pods/binding \"gated\": pod gated has non-empty .spec.schedulingGates".to_owned()),
        ("a", "abc", format!("Operation cannot be fulfilled on pods \"a\": StorageError: invalid object, Code: 4, Key: /registry/pods/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: abc, UID in object meta: {}", made.uid())),
    ];
    for (name, uid, expected) in cases {
        assert_eq!(api.bind(&caller, "default", name, uid, "node-1").expect_err("refused").message, expected);
    }
    api.bind(&caller, "default", "a", "", "node-1").expect("bound");
    let refused = api.bind(&caller, "default", "a", "", "node-2").expect_err("bound already");
    assert_eq!(
        refused.message,
        "Operation cannot be fulfilled on pods/binding \"a\": pod a is already assigned to node \"node-1\""
    );
}

#[test]
fn an_evicted_pod_says_so_while_it_goes() {
    let mut api = cluster();
    let caller = Caller::admin();
    api.create(&caller, pod("a")).expect("created");
    api.bind(&caller, "default", "a", "", "node-1").expect("bound");
    api.evict(&caller, "default", "a", &DeleteOptions::default()).expect("evicted");
    let going = api.get(&caller, Kind::Pod, "default", "a").expect("still there");
    assert!(going.is_deleting());
    let conditions = going.status::<Pod>().conditions.clone().unwrap_or_default();
    let disrupted = conditions.iter().find(|condition| condition.type_ == "DisruptionTarget").expect("said");
    assert_eq!(disrupted.reason.as_deref(), Some("EvictionByEvictionAPI"));
    assert_eq!(disrupted.message.as_deref(), Some("Eviction API: evicting"));
}
