//! A thousand pods on ten nodes.

mod common;

use common::Cluster;
use k8s_openapi::api::core::v1::Pod;
use kubelet::Images;
use model::Kind;
use serde_json::json;

#[test]
fn a_thousand_pods_become_ready_and_then_rest() {
    let mut cluster = Cluster::with_nodes(Images::default(), 10);
    let spec = json!({"containers": [{"name": "web", "image": "nginx:1.27"}]});
    for index in 0..1000 {
        let node = format!("node-{}", index % 10 + 1);
        cluster.create_pod(&format!("web-{index}"), &node, &spec);
    }
    cluster.run_seconds(3);
    let ready = |pod: &model::Object| {
        let conditions = pod.status::<Pod>().conditions.as_deref().unwrap_or_default();
        conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    assert_eq!(cluster.outside.api.store().list(Kind::Pod).filter(|pod| ready(pod)).count(), 1000);
    let revision = cluster.outside.api.revision();
    cluster.run_seconds(6);
    assert_eq!(cluster.outside.api.revision(), revision, "a resting cluster writes nothing but heartbeats");
}
