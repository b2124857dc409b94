//! Rollouts.

use model::Kind;
use serde_json::{Value, json};

use crate::world::World;

fn check_events(world: &World, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|text| text.replace("web", "web-HASH")).collect();
    let events: Vec<String> =
        world.events("ScalingReplicaSet").iter().map(|event| event.replace("replica set ", "")).collect();
    assert_eq!(events, expected);
}

#[test]
fn a_rolling_update_scales_step_by_step() {
    let rolling = |surge: i32, unavailable: i32| json!({"strategy": {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}});
    let cases: [(i32, Value, &[&str]); 3] = [
        (
            4,
            json!({}),
            &[
                "Scaled up web from 0 to 4",
                "Scaled up web from 0 to 1",
                "Scaled down web from 4 to 3",
                "Scaled up web from 1 to 2",
                "Scaled down web from 3 to 2",
                "Scaled up web from 2 to 3",
                "Scaled down web from 2 to 1",
                "Scaled up web from 3 to 4",
                "Scaled down web from 1 to 0",
            ],
        ),
        (
            3,
            rolling(1, 0),
            &[
                "Scaled up web from 0 to 3",
                "Scaled up web from 0 to 1",
                "Scaled down web from 3 to 2",
                "Scaled up web from 1 to 2",
                "Scaled down web from 2 to 1",
                "Scaled up web from 2 to 3",
                "Scaled down web from 1 to 0",
            ],
        ),
        (
            3,
            rolling(0, 1),
            &[
                "Scaled up web from 0 to 3",
                "Scaled down web from 3 to 2",
                "Scaled up web from 0 to 1",
                "Scaled down web from 2 to 1",
                "Scaled up web from 1 to 2",
                "Scaled down web from 1 to 0",
                "Scaled up web from 2 to 3",
            ],
        ),
    ];
    for (replicas, more, expected) in cases {
        let mut world = World::new();
        world.deployment("web", replicas, &more);
        world.run(5.0);
        world.set_image("web", "nginx:1.26");
        world.run(10.0);
        check_events(&world, expected);
    }
}

#[test]
fn recreate_empties_the_old_before_it_fills_the_new() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({"strategy": {"type": "Recreate"}}));
    world.run(5.0);
    world.set_image("web", "nginx:1.26");
    world.run(5.0);
    check_events(
        &world,
        &["Scaled up web from 0 to 2", "Scaled down web from 2 to 0", "Scaled up web from 0 to 2"],
    );
    assert_eq!(world.sizes(), "1: 0, 2: 2");
}

/// `rounding.json`: of each number of replicas, the size of the old and of the new ReplicaSet where a rollout is stuck, and the
/// `max-replicas` that is noted on it.
#[test]
fn a_stuck_rollout_stops_at_the_rounded_limits() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("rounding.json")).unwrap();
    for case in cases {
        let limits = json!({"maxSurge": case["maxSurge"], "maxUnavailable": case["maxUnavailable"]});
        for row in case["stuck"].as_array().unwrap() {
            let replicas = i32::try_from(row[0].as_i64().unwrap()).unwrap();
            let mut world = World::new();
            world.deployment("web", replicas, &json!({"strategy": {"rollingUpdate": limits}}));
            world.run(5.0);
            world.patch_nowhere("web", "true");
            world.run(5.0);
            assert_eq!(world.sizes(), format!("1: {}, 2: {}", row[1], row[2]), "{limits} {replicas}");
            let max: Vec<String> = world
                .list(Kind::ReplicaSet)
                .iter()
                .map(|set| set.annotations()["deployment.kubernetes.io/max-replicas"].clone())
                .collect();
            assert_eq!(max, vec![row[3].to_string(); 2], "{limits} {replicas}");
        }
    }
}

#[test]
fn a_deployment_tells_why_its_pods_are_refused() {
    let mut world = World::new();
    let mut template = crate::world::template("web");
    template["spec"]["serviceAccountName"] = json!("ghost");
    world.deployment("web", 1, &json!({"template": template}));
    world.run(2.0);
    let conditions = world.conditions("web");
    let (first, failure) = conditions.rsplit_once('\n').unwrap();
    assert_eq!(
        first,
        "Progressing True NewReplicaSetCreated: Created new replica set \"web-HASH\"\n\
         Available False MinimumReplicasUnavailable: Deployment does not have minimum availability."
    );
    assert!(failure.starts_with("ReplicaFailure True FailedCreate: pods \"web-"), "{failure}");
}

#[test]
fn two_deployments_of_one_selector_keep_to_their_own() {
    let mut world = World::new();
    for name in ["one", "two"] {
        let selector = json!({"matchLabels": {"app": "shared"}});
        world.deployment(
            name,
            1,
            &json!({"selector": selector, "template": crate::world::template("shared")}),
        );
        world.run(3.0);
    }
    let sets: Vec<String> = world.list(Kind::ReplicaSet).iter().map(|set| set.name().to_owned()).collect();
    assert_eq!(sets, ["one-f8f679f67", "two-f8f679f67"]);
    assert_eq!(world.list(Kind::Pod).len(), 2);
}

#[test]
fn scaling_amid_a_rollout_keeps_proportions() {
    let mut world = World::new();
    world.deployment(
        "web",
        10,
        &json!({"strategy": {"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}}),
    );
    world.run(5.0);
    world.patch_nowhere("web", "true");
    world.run(3.0);
    assert_eq!(world.sizes(), "1: 8, 2: 5");
    for (replicas, expected) in [(15, "1: 11, 2: 7"), (5, "1: 3, 2: 5")] {
        world.scale(Kind::Deployment, "web", replicas);
        world.run(3.0);
        assert_eq!(world.sizes(), expected);
    }
}

#[test]
fn a_paused_rollout_scales_and_does_not_move() {
    let mut world = World::new();
    world.deployment("web", 8, &json!({"strategy": {"rollingUpdate": {"maxSurge": 4, "maxUnavailable": 0}}}));
    world.run(5.0);
    world.patch_nowhere("web", "a");
    world.run(2.0);
    world.patch(Kind::Deployment, "web", &json!({"spec": {"paused": true}}));
    for (replicas, expected) in [(13, "1: 11, 2: 6"), (7, "1: 7, 2: 4"), (0, "1: 0, 2: 0")] {
        world.scale(Kind::Deployment, "web", replicas);
        world.run(2.0);
        assert_eq!(world.sizes(), expected);
    }
}

#[test]
fn what_changed_during_a_pause_rolls_out_at_once() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({}));
    world.run(3.0);
    world.patch(Kind::Deployment, "web", &json!({"spec": {"paused": true}}));
    world.set_image("web", "nginx:1.26");
    world.set_image("web", "nginx:1.25");
    world.scale(Kind::Deployment, "web", 4);
    world.run(3.0);
    assert_eq!(world.sizes(), "1: 4");
    let conditions = world.conditions("web");
    assert!(
        conditions.contains("Progressing Unknown DeploymentPaused: Deployment is paused"),
        "{conditions}"
    );
    world.patch(Kind::Deployment, "web", &json!({"spec": {"paused": null}}));
    world.run(5.0);
    assert_eq!(world.sizes(), "1: 0, 2: 4");
}

#[test]
fn an_undo_ends_an_exceeded_deadline() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({"progressDeadlineSeconds": 3}));
    world.run(3.0);
    world.patch_nowhere("web", "true");
    world.run(6.0);
    let available = "Available True MinimumReplicasAvailable: Deployment has minimum availability.";
    let late =
        "Progressing False ProgressDeadlineExceeded: ReplicaSet \"web-HASH\" has timed out progressing.";
    assert_eq!(world.conditions("web"), format!("{available}\n{late}"));
    world.patch(Kind::Deployment, "web", &json!({"spec": {"template": {"spec": {"nodeSelector": null}}}}));
    world.run(5.0);
    let done =
        "Progressing True NewReplicaSetAvailable: ReplicaSet \"web-HASH\" has successfully progressed.";
    assert_eq!(world.conditions("web"), format!("{available}\n{done}"));
    assert_eq!(world.sizes(), "2: 0, 3: 2");
}

#[test]
fn conditions_tell_the_life_of_a_rollout() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({"progressDeadlineSeconds": 4}));
    world.patch_nowhere("web", "true");
    let unavailable =
        "Available False MinimumReplicasUnavailable: Deployment does not have minimum availability.";
    let available = "Available True MinimumReplicasAvailable: Deployment has minimum availability.";
    let done =
        "Progressing True NewReplicaSetAvailable: ReplicaSet \"web-HASH\" has successfully progressed.";
    world.run(1.0);
    let moving = "Progressing True ReplicaSetUpdated: ReplicaSet \"web-HASH\" is progressing.";
    assert_eq!(world.conditions("web"), format!("{unavailable}\n{moving}"));
    world.run(6.0);
    let late =
        "Progressing False ProgressDeadlineExceeded: ReplicaSet \"web-HASH\" has timed out progressing.";
    assert_eq!(world.conditions("web"), format!("{unavailable}\n{late}"));
    let nowhere = json!({"spec": {"template": {"spec": {"nodeSelector": null}}}});
    world.patch(Kind::Deployment, "web", &nowhere);
    world.run(5.0);
    assert_eq!(world.conditions("web"), format!("{available}\n{done}"));
    let pod = world.list(Kind::Pod)[0].name().to_owned();
    let unready = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    world.patch_subresource(Kind::Pod, &pod, "status", &unready);
    world.run(2.0);
    assert_eq!(world.conditions("web"), format!("{done}\n{unavailable}"));
}

#[test]
fn a_deployment_created_paused_waits() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({"paused": true}));
    world.run(2.0);
    assert_eq!(world.list(Kind::ReplicaSet).len(), 0);
    assert_eq!(
        world.conditions("web"),
        "Progressing Unknown DeploymentPaused: Deployment is paused\n\
         Available False MinimumReplicasUnavailable: Deployment does not have minimum availability."
    );
}

#[test]
fn status_counts_only_what_there_is_and_generation_stays_the_users() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({}));
    world.run(5.0);
    world.scale(Kind::Deployment, "web", 5);
    world.run(5.0);
    world.scale(Kind::Deployment, "web", 0);
    world.run(2.0);
    let mut status = world.get(Kind::Deployment, "web").to_value()["status"].clone();
    status.as_object_mut().unwrap().remove("conditions");
    assert_eq!(status, json!({"observedGeneration": 3}));
}

#[test]
fn annotations_and_revisions_follow_an_undo() {
    let mut world = World::new();
    world.deployment("web", 1, &json!({}));
    let cause = |cause: &str| json!({"metadata": {"annotations": {"team": "a", "kubernetes.io/change-cause": cause}}});
    world.patch(Kind::Deployment, "web", &cause("one"));
    world.run(2.0);
    let original = world.get(Kind::Deployment, "web").to_value()["spec"]["template"].clone();
    world.set_image("web", "nginx:1.26");
    world.run(2.0);
    world.patch(Kind::Deployment, "web", &cause("two"));
    world.run(2.0);
    let mut undo = cause("one");
    undo["spec"] = json!({"template": original});
    world.patch(Kind::Deployment, "web", &undo);
    world.run(3.0);
    let mut annotations: Vec<Value> = world
        .list(Kind::ReplicaSet)
        .iter()
        .map(|set| serde_json::to_value(set.annotations()).unwrap())
        .collect();
    annotations.sort_by_key(|annotations| annotations["deployment.kubernetes.io/revision"].to_string());
    let expected = |revision: &str, cause: &str| {
        json!({
            "deployment.kubernetes.io/desired-replicas": "1", "deployment.kubernetes.io/max-replicas": "2",
            "deployment.kubernetes.io/revision": revision, "kubernetes.io/change-cause": cause, "team": "a",
        })
    };
    let mut undone = expected("3", "one");
    undone["deployment.kubernetes.io/revision-history"] = json!("1");
    assert_eq!(annotations, [expected("2", "two"), undone]);
    let deployment = world.get(Kind::Deployment, "web");
    assert_eq!(deployment.annotations()["deployment.kubernetes.io/revision"], "3");
}

#[test]
fn history_beyond_its_limit_is_deleted() {
    let mut world = World::new();
    world.deployment("web", 1, &json!({"revisionHistoryLimit": 2}));
    for image in ["nginx:1.21", "nginx:1.22", "nginx:1.23", "nginx:1.24"] {
        world.run(3.0);
        world.set_image("web", image);
    }
    world.run(3.0);
    assert_eq!(world.sizes(), "3: 0, 4: 0, 5: 1");
    world.patch(Kind::Deployment, "web", &json!({"spec": {"revisionHistoryLimit": 0}}));
    world.run(2.0);
    assert_eq!(world.sizes(), "5: 1");
}

#[test]
fn what_is_changed_behind_a_deployment_is_set_right() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({}));
    world.run(3.0);
    let set = world.list(Kind::ReplicaSet)[0].name().to_owned();
    world.scale(Kind::ReplicaSet, &set, 5);
    world.run(3.0);
    assert_eq!(world.sizes(), "1: 2");
    world.delete(Kind::ReplicaSet, &set, None);
    world.run(3.0);
    assert_eq!(world.sizes(), "1: 2");
    let owners: Vec<String> =
        world.list(Kind::Pod).iter().map(|pod| pod.metadata.owner_references[0].uid.clone()).collect();
    assert_eq!(owners, vec![world.get(Kind::ReplicaSet, &set).uid(); 2]);
}

#[test]
fn min_ready_seconds_hold_back_availability() {
    let mut world = World::new();
    world.deployment("web", 2, &json!({"minReadySeconds": 6}));
    let counts = |world: &World| {
        let status = world.get(Kind::Deployment, "web").to_value()["status"].clone();
        (status["readyReplicas"].as_i64(), status["availableReplicas"].as_i64())
    };
    world.run(4.0);
    assert_eq!(counts(&world), (Some(2), None));
    world.run(6.0);
    assert_eq!(counts(&world), (Some(2), Some(2)));
}
