//! A world that is kept and taken up again goes on as if nothing had been.

use serde_json::json;

use crate::world::World;

fn kept(world: &World) -> (Vec<u8>, Vec<u8>) {
    (serde_json::to_vec(&world.api).unwrap(), serde_json::to_vec(&world.manager).unwrap())
}

#[test]
fn a_snapshot_amid_a_rollout_resumes_to_the_same_bytes() {
    let mut world = World::new();
    world.deployment("web", 20, &json!({"minReadySeconds": 2}));
    world.create(
        model::Kind::Service,
        json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
    );
    world.run(5.0);
    world.set_image("web", "nginx:1.26");
    world.run(0.055);
    let mut resumed = world.clone();
    let (api, manager) = kept(&world);
    resumed.api = serde_json::from_slice(&api).unwrap();
    resumed.manager = serde_json::from_slice(&manager).unwrap();
    world.run(30.0);
    resumed.run(30.0);
    assert_eq!(world.sizes(), "1: 0, 2: 20");
    assert!(kept(&world) == kept(&resumed), "the resumed world differs");
}
