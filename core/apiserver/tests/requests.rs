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
    let spec = created.spec::<Pod>();
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
