//! Random operations, and what must hold after each: revisions rise, every pod has one controller that is there, endpoints are pods, and
//! in the end the cluster is what was asked for.

use engine::{Duration, Random, Stream};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use model::{Kind, Object};
use sandbox::{ClusterSettings, ContextId, World};

const SEEDS: u64 = 6;
const OPERATIONS: usize = 40;
const SETTLING: Duration = Duration::from_secs(600);

/// What may be done; `{n}` is one of three names, `{i}` a version, `{r}` a number of replicas, `{w}` a worker.
const SCRIPTS: [&str; 12] = [
    "kubectl create deployment web-{n} --image=nginx:1.2{i} --replicas={r}",
    "kubectl expose deployment web-{n} --port=80",
    "kubectl scale deployment web-{n} --replicas={r}",
    "kubectl set image deployment web-{n} nginx=nginx:1.2{i}",
    "kubectl rollout restart deployment web-{n}",
    "kubectl rollout undo deployment web-{n}",
    "kubectl delete deployment web-{n} --wait=false",
    "kubectl delete deployment web-{n} --wait=false --cascade=foreground",
    "kubectl delete pod --wait=false $(kubectl get pods -o name -l app=web-{n} | head -n 1 | cut -d/ -f2)",
    "kubectl cordon worker-{w}",
    "kubectl uncordon worker-{w}",
    "kubectl set image deployment web-{n} nginx=nginx:none",
];

fn pick(random: &mut Random, below: u64) -> u64 {
    random.below(Stream::Jitter, below)
}

fn operate(world: &mut World, learner: ContextId, random: &mut Random) {
    let script = SCRIPTS[pick(random, SCRIPTS.len() as u64) as usize]
        .replace("{n}", &pick(random, 3).to_string())
        .replace("{i}", &(6 + pick(random, 2)).to_string())
        .replace("{r}", &pick(random, 6).to_string())
        .replace("{w}", &(1 + pick(random, 3)).to_string());
    // Much of it is refused (there is no such Deployment, or there is one already): that is part of the game.
    world.run_script(learner, &script);
}

fn check(world: &World, seed: u64) {
    let store = world.api().store();
    for pod in store.list(Kind::Pod) {
        let controllers =
            pod.metadata.owner_references.iter().filter(|owner| owner.controller == Some(true)).count();
        assert!(controllers <= 1, "seed {seed}: {} has {controllers} controllers", pod.name());
        let node = pod.spec::<Pod>().node_name.as_deref().unwrap_or_default();
        assert!(
            node.is_empty() || store.get(Kind::Node, "", node).is_some(),
            "seed {seed}: {} is on no node",
            pod.name()
        );
    }
    for slice in store.list_namespace(Kind::EndpointSlice, "default") {
        for endpoint in &slice.spec::<EndpointSlice>().endpoints {
            let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true);
            let named = endpoint.target_ref.as_ref().filter(|target| target.kind.as_deref() == Some("Pod"));
            if let (true, Some(name)) = (ready, named.and_then(|target| target.name.as_deref())) {
                // The pod may just have gone: the slice follows within its controller's time, so only its name is looked at.
                assert!(name.starts_with("web-"), "seed {seed}: an endpoint called {name}");
            }
        }
    }
}

/// Once nothing more is asked, every Deployment that can be is what it says, and nothing is left over. Answers how many pods there are.
fn check_settled(world: &World, seed: u64) -> usize {
    let store = world.api().store();
    let exists = |kind: Kind, object: &Object| {
        let owner = object.metadata.controller();
        owner.is_none_or(|owner| {
            store.get(kind, object.namespace(), &owner.name).is_some_and(|it| it.uid() == owner.uid)
        })
    };
    for set in store.list_namespace(Kind::ReplicaSet, "default") {
        assert!(exists(Kind::Deployment, set), "seed {seed}: {} is orphaned", set.name());
        let wanted = set.spec::<ReplicaSet>().replicas.unwrap_or(1);
        let pods = store.owned_by(Kind::Pod, set.uid()).filter(|pod| !pod.is_deleting()).count();
        assert_eq!(i32::try_from(pods), Ok(wanted), "seed {seed}: pods of {}", set.name());
    }
    for pod in store.list_namespace(Kind::Pod, "default") {
        assert!(exists(Kind::ReplicaSet, pod), "seed {seed}: {} is orphaned", pod.name());
        assert!(!pod.is_deleting(), "seed {seed}: {} never goes", pod.name());
    }
    for deployment in store.list_namespace(Kind::Deployment, "default") {
        let (spec, status) = (deployment.spec::<Deployment>(), deployment.status::<Deployment>());
        assert_eq!(
            status.observed_generation,
            Some(deployment.generation),
            "seed {seed}: {}",
            deployment.name()
        );
        let image = spec.template.spec.as_ref().and_then(|pod| pod.containers[0].image.as_deref());
        if image != Some("nginx:none") {
            let ready = status.ready_replicas.unwrap_or(0);
            assert_eq!(ready, spec.replicas.unwrap_or(1), "seed {seed}: ready pods of {}", deployment.name());
        }
    }
    store.list_namespace(Kind::Pod, "default").count()
}

#[test]
fn whatever_is_done_the_cluster_comes_to_what_was_asked_for() {
    let mut pods = 0;
    for seed in 1..=SEEDS {
        let settings = ClusterSettings { seed, ..ClusterSettings::default() };
        let mut world = World::boot_settled(&settings).expect("a cluster of its own nodes");
        let learner = world.add_learner();
        let mut random = Random::new(seed);
        let mut revision = world.api().revision();
        for _ in 0..OPERATIONS {
            operate(&mut world, learner, &mut random);
            let pause = Duration::from_millis(pick(&mut random, 8000));
            let until = world.now() + pause;
            world.run_until(until);
            assert!(world.api().revision() >= revision, "revisions rise");
            revision = world.api().revision();
            check(&world, seed);
        }
        world.run_script(learner, "kubectl uncordon worker-1 worker-2 worker-3");
        let until = world.now() + SETTLING;
        world.run_until(until);
        pods += check_settled(&world, seed);
    }
    assert!(pods > 10, "only {pods} pods came of it all: the game is too dull");
}
