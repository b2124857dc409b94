//! Taints, silent nodes, nodes that are gone.

use k8s_openapi::api::core::v1::Node;
use model::Kind;
use serde_json::{Value, json};

use crate::world::World;

fn pod(name: &str, node: &str, tolerations: &Value) -> Value {
    let container = json!({"name": "main", "image": "nginx:1.27"});
    json!({"metadata": {"name": name}, "spec": {"nodeName": node, "containers": [container], "tolerations": tolerations}})
}

fn taint(world: &mut World, taints: &Value) {
    world.patch(Kind::Node, "node-1", &json!({"spec": {"taints": taints}}));
}

fn names(world: &World) -> Vec<String> {
    world.list(Kind::Pod).iter().map(|pod| pod.name().to_owned()).collect()
}

#[test]
fn pods_leave_when_they_no_longer_tolerate() {
    let mut world = World::new();
    let tolerate = |seconds: Value| json!([{"key": "m", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}]);
    world.create(Kind::Pod, pod("plain", "node-1", &json!([])));
    world.create(Kind::Pod, pod("four-seconds", "node-1", &tolerate(json!(4))));
    world.create(Kind::Pod, pod("forever", "node-1", &tolerate(Value::Null)));
    world.create(Kind::Pod, pod("elsewhere", "node-2", &json!([])));
    world.run(1.0);
    taint(&mut world, &json!([{"key": "m", "value": "now", "effect": "NoExecute"}]));
    world.run(2.0);
    assert_eq!(names(&world), ["elsewhere", "forever", "four-seconds"]);
    world.run(5.0);
    assert_eq!(names(&world), ["elsewhere", "forever"]);
    assert_eq!(
        world.events("TaintManagerEviction"),
        ["Marking for deletion Pod test/plain", "Marking for deletion Pod test/four-seconds"]
    );
}

#[test]
fn a_taint_that_goes_in_time_spares_the_pod() {
    let mut world = World::new();
    let tolerations =
        json!([{"key": "m", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]);
    world.create(Kind::Pod, pod("patient", "node-1", &tolerations));
    world.run(1.0);
    taint(&mut world, &json!([{"key": "m", "value": "now", "effect": "NoExecute"}]));
    world.run(2.0);
    taint(&mut world, &json!(null));
    world.run(5.0);
    assert_eq!(names(&world), ["patient"]);
    assert_eq!(world.events("TaintManagerEviction"), ["Cancelling deletion of Pod test/patient"]);
}

#[test]
fn the_first_of_two_plans_stands() {
    let mut world = World::new();
    let tolerations = json!([
        {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
        {"key": "b", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3},
    ]);
    world.create(Kind::Pod, pod("p", "node-1", &tolerations));
    world.run(1.0);
    let a = json!({"key": "a", "value": "1", "effect": "NoExecute"});
    taint(&mut world, &json!([a]));
    world.run(4.0);
    taint(&mut world, &json!([a, {"key": "b", "value": "1", "effect": "NoExecute"}]));
    world.run(6.0);
    assert_eq!(names(&world), ["p"]);
}

#[test]
fn a_silent_node_becomes_unknown_and_loses_its_pods() {
    let mut world = World::new();
    let time = world.api.time();
    let ready =
        json!([{"type": "Ready", "status": "True", "lastHeartbeatTime": time, "lastTransitionTime": time}]);
    world.create(Kind::Node, json!({"metadata": {"name": "real"}, "status": {"conditions": ready}}));
    world.create(Kind::Pod, pod("p", "real", &json!([])));
    world.run(45.0);
    let taints = |world: &World| {
        let node = world.get(Kind::Node, "real");
        let taints = node.spec::<Node>().taints.clone().unwrap_or_default();
        taints.iter().map(|taint| format!("{}:{}", taint.key, taint.effect)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(taints(&world), "");
    world.run(10.0);
    assert_eq!(
        taints(&world),
        "node.kubernetes.io/unreachable:NoSchedule node.kubernetes.io/unreachable:NoExecute"
    );
    let node = world.get(Kind::Node, "real").to_value();
    assert_eq!(node["status"]["conditions"][0]["message"], "Kubelet stopped posting node status.");
    assert!(world.events("NodeNotReady").contains(&"Node real status is now: NodeNotReady".to_owned()));
    assert_eq!(names(&world), ["p"]);
    // The default toleration of an unreachable node is five minutes.
    world.run(301.0);
    assert!(names(&world).is_empty());
}

#[test]
fn pods_of_a_node_that_is_gone_are_given_up() {
    let mut world = World::new();
    world.create(Kind::Pod, pod("p", "node-3", &json!([])));
    world.run(1.0);
    world.delete(Kind::Node, "node-3", None);
    world.run(39.0);
    assert_eq!(names(&world), ["p"]);
    world.run(21.0);
    assert!(names(&world).is_empty());
}
