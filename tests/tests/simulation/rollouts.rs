//! A rollout that nobody disturbs: at each step there are no more pods than `maxSurge` allows, and no fewer ready ones than
//! `maxUnavailable` does.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use model::Kind;
use sandbox::World;

use super::new_world;

/// Replicas, `maxSurge`, `maxUnavailable`, and what these come to: percentages are rounded up for the one and down for the other.
const BOUNDS: &[(i32, &str, &str, i32, i32)] = &[
    (5, "1", "0", 1, 0),
    (5, "0", "1", 0, 1),
    (4, "25%", "25%", 1, 1),
    (3, "25%", "25%", 1, 0),
    (6, "100%", "0", 6, 0),
    (7, "2", "50%", 2, 3),
    (3, "0", "0%", 0, 1),
];

fn manifest(replicas: i32, surge: &str, unavailable: &str) -> String {
    format!(
        "kubectl create -f - <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: nginx, image: 'nginx:1.26'}}]}}
END"
    )
}

fn counts(world: &World) -> (i32, i32, i32) {
    let store = world.api().store();
    let sets = store.list_namespace(Kind::ReplicaSet, "default");
    let asked = sets.map(|set| set.spec::<ReplicaSet>().replicas.unwrap_or(0)).sum();
    let going = |pod: &&std::sync::Arc<model::Object>| !pod.is_deleting();
    let pods = store.list_namespace(Kind::Pod, "default").filter(going);
    let (mut all, mut ready) = (0, 0);
    for pod in pods {
        let mut conditions = pod.status::<Pod>().conditions.iter().flatten();
        all += 1;
        ready += i32::from(conditions.any(|it| it.type_ == "Ready" && it.status == "True"));
    }
    (asked, all, ready)
}

fn is_complete(world: &World, generation: i64) -> bool {
    let Some(web) = world.api().store().get(Kind::Deployment, "default", "web") else { return false };
    let (status, wanted) = (web.status::<Deployment>(), web.spec::<Deployment>().replicas);
    status.observed_generation == Some(generation)
        && status.updated_replicas == wanted
        && status.replicas == wanted
        && status.available_replicas == wanted
}

#[test]
fn a_rollout_stays_within_its_bounds() {
    for (seed, (replicas, surge, unavailable, surge_pods, unavailable_pods)) in
        (1..).zip(BOUNDS.iter().copied())
    {
        let mut world = new_world(seed);
        let learner = world.add_learner();
        let made = world.run_script(learner, &manifest(replicas, surge, unavailable));
        let refused = surge_pods == 0 && unavailable == "0%";
        assert_eq!(made.stdout.is_empty(), refused, "{surge}, {unavailable}");
        if refused {
            continue;
        }
        let settled = world.now() + engine::Duration::from_secs(60);
        world.run_until(settled);
        for (generation, change) in
            [(2, "set image deployment web nginx=nginx:1.27"), (3, "rollout undo deployment web")]
        {
            world.run_script(learner, &format!("kubectl {change}"));
            let until = world.now() + engine::Duration::from_secs(600);
            while !is_complete(&world, generation) {
                assert!(world.step_until(until), "{surge}, {unavailable}: the rollout never ends");
                let (asked, pods, ready) = counts(&world);
                let about = format!("{replicas} replicas, {surge}, {unavailable}, at {:?}", world.now());
                assert!(asked <= replicas + surge_pods, "{about}: {asked} are asked for");
                assert!(pods <= replicas + surge_pods, "{about}: {pods} pods");
                assert!(ready >= replicas - unavailable_pods, "{about}: {ready} are ready");
            }
        }
    }
}
