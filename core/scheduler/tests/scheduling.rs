//! The scheduler in front of an API server, without anybody else. Expected scores are worked out by hand from what each plugin weighs.

use apiserver::{ApiServer, Caller, Settings};
use engine::{Component, Duration, Instant};
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use scheduler::{Decision, Plugin, Scheduler};
use serde_json::{Value, json};

const MEBIBYTE: u64 = 1 << 20;

fn create(api: &mut ApiServer, kind: Kind, object: Value) {
    let object = Object::from_value(kind, object).expect("an object as it should be");
    api.create(&Caller::admin(), object).expect("nothing is wrong with it");
}

fn node(api: &mut ApiServer, name: &str, labels: &Value, images: &Value) {
    let amounts = json!({ "cpu": "4", "memory": "32Gi", "pods": "110" });
    let metadata = json!({ "name": name, "labels": labels });
    let status = json!({ "capacity": amounts, "allocatable": amounts, "images": images });
    create(api, Kind::Node, json!({ "metadata": metadata, "status": status }));
    let stored = api.store().get(Kind::Node, "", name).expect("the node was made").clone();
    // A new node is tainted until its agent has reported.
    let mut object = Object::clone(&stored);
    object.spec_mut::<k8s_openapi::api::core::v1::Node>().taints = None;
    api.update(&Caller::admin(), object).expect("taints may be taken away");
}

fn cluster() -> ApiServer {
    let mut api = ApiServer::new(Settings::default());
    let account = json!({ "metadata": { "name": "default", "namespace": "default" } });
    create(&mut api, Kind::ServiceAccount, account);
    api
}

fn pod(api: &mut ApiServer, name: &str, spec: &Value) {
    let metadata = json!({ "name": name, "namespace": "default", "labels": { "app": "web" } });
    create(api, Kind::Pod, json!({ "metadata": metadata, "spec": spec }));
}

/// Lets the scheduler work until nothing is left to do for a while.
fn settle(api: &mut ApiServer, scheduler: &mut Scheduler) {
    let until = api.now() + Duration::from_secs(60);
    let mut wake = Some(api.now());
    while let Some(at) = wake.filter(|at| *at <= until) {
        let now: Instant = at.max(api.now());
        api.set_now(now);
        wake = scheduler.poll(api, now).map(|next| next.max(now + Duration::from_micros(1)));
    }
}

fn last<'a>(scheduler: &'a Scheduler, pod: &'a str) -> &'a Decision {
    scheduler.decisions("default", pod).last().expect("the pod was tried")
}

fn score(decision: &Decision, node: &str, plugin: Plugin) -> i64 {
    let verdict = decision.nodes.iter().find(|verdict| verdict.node == node).expect("the node was looked at");
    verdict.scores.iter().find(|(scored_by, _)| *scored_by == plugin).expect("the plugin scores").1
}

/// A 1000 MiB image on one of four nodes weighs 250 MiB, of which 23 to 1000 MiB are stretched to 0 to 100: that only two of the four are
/// feasible is no matter.
#[test]
fn an_image_weighs_by_the_share_of_all_nodes_that_have_it() {
    let mut api = cluster();
    let images = json!([{ "names": ["web:1"], "sizeBytes": 1000 * MEBIBYTE }]);
    for (name, fit, images) in
        [("a", "yes", &images), ("b", "yes", &json!([])), ("c", "no", &json!([])), ("d", "no", &json!([]))]
    {
        node(&mut api, name, &json!({ "fit": fit }), images);
    }
    let container = json!({ "name": "web", "image": "web:1" });
    pod(&mut api, "web", &json!({ "nodeSelector": { "fit": "yes" }, "containers": [container] }));
    let mut scheduler = Scheduler::default();
    settle(&mut api, &mut scheduler);
    let decision = last(&scheduler, "web");
    assert_eq!(score(decision, "a", Plugin::ImageLocality), 23);
    assert_eq!(score(decision, "b", Plugin::ImageLocality), 0);
}

/// Pods that are alike are counted by namespace and labels: a soft constraint prefers the zone with fewer of them, also after some went.
#[test]
fn pods_that_are_alike_are_spread_over_zones() {
    let mut api = cluster();
    for (name, zone) in [("a", "east"), ("b", "west")] {
        node(&mut api, name, &json!({ "topology.kubernetes.io/zone": zone }), &json!([]));
    }
    let constraint = json!({
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": { "matchLabels": { "app": "web" } },
    });
    let container = json!({ "name": "web", "image": "web:1" });
    let spec = json!({ "containers": [container], "topologySpreadConstraints": [constraint] });
    let mut scheduler = Scheduler::default();
    let place = |api: &ApiServer, name: &str| {
        let stored = api.store().get(Kind::Pod, "default", name).expect("the pod is there");
        stored.spec::<Pod>().node_name.clone().unwrap_or_default()
    };
    for name in ["first", "second"] {
        pod(&mut api, name, &spec);
        settle(&mut api, &mut scheduler);
    }
    let (first, second) = (place(&api, "first"), place(&api, "second"));
    assert_ne!(first, second, "one in each zone");
    let now_at_once =
        apiserver::DeleteOptions { grace_period_seconds: Some(0), ..apiserver::DeleteOptions::default() };
    api.delete(&Caller::admin(), Kind::Pod, "default", "second", &now_at_once).expect("it was there");
    pod(&mut api, "third", &spec);
    settle(&mut api, &mut scheduler);
    assert_eq!(place(&api, "third"), second, "the zone of the pod that went is the emptier one");
}
