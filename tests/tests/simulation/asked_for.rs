//! What holds once nothing more is asked: all that can be is as it was asked for, and nothing is left over.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Endpoints, Namespace, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use model::metadata::StringMap;
use model::{Kind, Object};
use sandbox::World;

/// Checks the cluster; answers how many pods there are.
pub fn check(world: &World, seed: u64) -> usize {
    check_owners(world, seed);
    let store = world.api().store();
    for namespace in store.list(Kind::Namespace) {
        let phase = namespace.status::<Namespace>().phase.as_deref();
        assert_eq!(phase, Some("Active"), "seed {seed}: namespace {}", namespace.name());
    }
    for set in store.list_namespace(Kind::ReplicaSet, "default") {
        check_replica_set(world, set, seed);
    }
    for pod in store.list_namespace(Kind::Pod, "default") {
        assert!(!pod.is_deleting(), "seed {seed}: {} never goes", pod.name());
        assert_eq!(pod.status::<Pod>().phase.as_deref(), Some("Running"), "seed {seed}: {}", pod.name());
    }
    for deployment in store.list_namespace(Kind::Deployment, "default") {
        check_deployment(world, deployment, seed);
    }
    for service in store.list(Kind::Service) {
        check_service(world, service, seed);
    }
    store.list_namespace(Kind::Pod, "default").count()
}

/// Whoever is named as an owner is there, by its uid.
fn check_owners(world: &World, seed: u64) {
    let all = || Kind::all().flat_map(|kind| world.api().store().list(kind));
    let uids: BTreeSet<&str> = all().map(|object| object.uid()).collect();
    for object in all() {
        // kube-proxy's pods name a DaemonSet, a kind that is not served yet.
        for owner in object.metadata.owner_references.iter().filter(|owner| owner.kind != "DaemonSet") {
            let (kind, name) = (object.kind(), object.name());
            assert!(uids.contains(owner.uid.as_str()), "seed {seed}: {kind:?} {name} is orphaned");
        }
    }
}

fn check_replica_set(world: &World, set: &Object, seed: u64) {
    let about = format!("seed {seed}: ReplicaSet {}", set.name());
    assert!(!set.is_deleting(), "{about}: never goes");
    let (spec, status) = (set.spec::<ReplicaSet>(), set.status::<ReplicaSet>());
    let wanted = spec.replicas.unwrap_or(1);
    let pods = world.api().store().owned_by(Kind::Pod, set.uid()).count();
    assert_eq!(i32::try_from(pods), Ok(wanted), "{about}: its pods");
    assert_eq!(status.replicas, wanted, "{about}: its status");
    assert_eq!(status.ready_replicas.unwrap_or(0), wanted, "{about}: its ready pods");
    assert_eq!(status.observed_generation, Some(set.generation), "{about}");
}

fn check_deployment(world: &World, deployment: &Object, seed: u64) {
    let about = format!("seed {seed}: Deployment {}", deployment.name());
    assert!(!deployment.is_deleting(), "{about}: never goes");
    let (spec, status) = (deployment.spec::<Deployment>(), deployment.status::<Deployment>());
    let wanted = spec.replicas.unwrap_or(1);
    assert_eq!(status.observed_generation, Some(deployment.generation), "{about}");
    for (what, count) in [
        ("pods", status.replicas),
        ("updated pods", status.updated_replicas),
        ("ready pods", status.ready_replicas),
        ("available pods", status.available_replicas),
    ] {
        assert_eq!(count.unwrap_or(0), wanted, "{about}: {what}");
    }
    assert_eq!(status.unavailable_replicas, None, "{about}: unavailable pods");
    let sets: Vec<_> = world.api().store().owned_by(Kind::ReplicaSet, deployment.uid()).collect();
    let kept = usize::try_from(spec.revision_history_limit.unwrap_or(10)).unwrap_or(0);
    assert!(sets.len() <= kept + 1, "{about}: keeps {} ReplicaSets of {kept}", sets.len());
    let revisions: BTreeSet<_> =
        sets.iter().map(|set| set.annotations().get("deployment.kubernetes.io/revision")).collect();
    assert_eq!(revisions.len(), sets.len(), "{about}: each ReplicaSet has a revision of its own");
    let scaled = sets.iter().filter(|set| set.spec::<ReplicaSet>().replicas != Some(0)).count();
    assert!(scaled <= 1, "{about}: {scaled} ReplicaSets have pods");
}

/// Endpoints are the pods that the selector matches: those that are ready, and the others apart.
fn check_service(world: &World, service: &Object, seed: u64) {
    let about = format!("seed {seed}: Service {}", service.name());
    let spec = service.spec::<Service>();
    let Some(selector) = spec.selector.as_ref().filter(|selector| !selector.is_empty()) else { return };
    let store = world.api().store();
    let selects = |labels: &StringMap| selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    let selected = store.list_namespace(Kind::Pod, service.namespace()).filter(|pod| selects(pod.labels()));
    let ready: BTreeSet<String> = selected
        .filter(|pod| is_ready(pod) || spec.publish_not_ready_addresses == Some(true))
        .map(|pod| pod.uid().to_owned())
        .collect();
    let of_service = |slice: &&std::sync::Arc<Object>| {
        slice.labels().get("kubernetes.io/service-name").map(String::as_str) == Some(service.name())
    };
    let slices: Vec<_> =
        store.list_namespace(Kind::EndpointSlice, service.namespace()).filter(of_service).collect();
    let endpoints = slices.iter().flat_map(|slice| &slice.spec::<EndpointSlice>().endpoints);
    let in_slices: BTreeSet<String> = endpoints
        .filter(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true))
        .filter_map(|endpoint| endpoint.target_ref.as_ref()?.uid.clone())
        .collect();
    assert_eq!(in_slices, ready, "{about}: ready endpoints in its slices");
    let old_kind = store.get(Kind::Endpoints, service.namespace(), service.name());
    let old_kind = old_kind.unwrap_or_else(|| panic!("{about}: has no Endpoints"));
    let subsets = old_kind.spec::<Endpoints>().subsets.iter().flatten();
    let addresses = subsets.flat_map(|subset| subset.addresses.iter().flatten());
    let in_endpoints: BTreeSet<String> =
        addresses.filter_map(|address| address.target_ref.as_ref()?.uid.clone()).collect();
    assert_eq!(in_endpoints, ready, "{about}: addresses in its Endpoints");
}

fn is_ready(pod: &Object) -> bool {
    let mut conditions = pod.status::<Pod>().conditions.iter().flatten();
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
