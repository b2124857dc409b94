//! Which pods a ReplicaSet that shrinks deletes first. Models `pkg/controller/controller_utils.go` (ActivePodsWithRanks).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use apiserver::ApiServer;
use engine::Instant;
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};

use crate::pods;

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What a pod is ranked by; the lesser goes first.
struct Rank<'a> {
    pod: &'a Arc<Object>,
    is_bound: bool,
    phase: u8,
    is_ready: bool,
    deletion_cost: i32,
    /// How many related pods stand on its node.
    neighbours: usize,
    ready_since: Option<Instant>,
    restarts: i32,
    created: Instant,
}

/// The `count` pods that are missed least.
pub(super) fn pods_to_delete(
    api: &ApiServer,
    set: &Object,
    pods: &[Arc<Object>],
    count: usize,
) -> Vec<Arc<Object>> {
    if count >= pods.len() {
        return pods.to_vec();
    }
    let on_node = related_pods_by_node(api, set);
    let mut ranks: Vec<Rank<'_>> = pods.iter().map(|pod| rank(api, pod, &on_node)).collect();
    let now = api.now();
    ranks.sort_by_cached_key(|rank| key(rank, now));
    ranks.into_iter().take(count).map(|rank| rank.pod.clone()).collect()
}

fn rank<'a>(api: &ApiServer, pod: &'a Arc<Object>, on_node: &BTreeMap<String, usize>) -> Rank<'a> {
    let status = pod.status::<Pod>();
    let containers = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    Rank {
        pod,
        is_bound: !pods::node_name(pod).is_empty(),
        phase: match status.phase.as_deref() {
            Some("Running") => 2,
            Some("Unknown") => 1,
            _ => 0,
        },
        is_ready: pods::is_ready(pod),
        deletion_cost: pod.annotations().get(DELETION_COST).and_then(|cost| cost.parse().ok()).unwrap_or(0),
        neighbours: on_node.get(pods::node_name(pod)).copied().unwrap_or(0),
        ready_since: pods::ready_since(pod, api),
        restarts: containers.map(|container| container.restart_count).max().unwrap_or(0),
        created: pod.metadata.creation_timestamp.as_ref().map_or(Instant::ZERO, |time| api.instant_of(time)),
    }
}

/// What is compared, in this order; a key, so that the order is total whatever the pods are like. Ages are compared by their magnitude only,
/// so that not all of the newest pods go: of pods that are alike otherwise, the uid decides, which is random. (Upstream lets it decide before
/// restarts unless two pods became ready in the same second, which is no order that a sort could rely on.)
fn key<'a>(rank: &Rank<'a>, now: Instant) -> impl Ord + use<'a> {
    let ready_for = rank.ready_since.filter(|_| rank.is_ready).map_or(0, |since| magnitude(since, now));
    (
        (rank.is_bound, rank.phase, rank.is_ready, rank.deletion_cost, Reverse(rank.neighbours)),
        ready_for,
        Reverse(rank.restarts),
        magnitude(rank.created, now),
        rank.pod.uid(),
    )
}

fn magnitude(since: Instant, now: Instant) -> u32 {
    let nanos = now.since(since).as_micros().saturating_mul(1000);
    nanos.checked_ilog2().map_or(0, |power| power + 1)
}

/// How many active pods of the set, and of the other sets of its controller, stand on each node.
fn related_pods_by_node(api: &ApiServer, set: &Object) -> BTreeMap<String, usize> {
    let store = api.store();
    let mut sets: Vec<&str> = vec![set.uid()];
    if let Some(controller) = set.metadata.controller() {
        sets.extend(store.owned_by(Kind::ReplicaSet, &controller.uid).map(|set| set.uid()));
    }
    sets.sort_unstable();
    sets.dedup();
    let mut on_node = BTreeMap::new();
    for pod in sets.into_iter().flat_map(|uid| store.owned_by(Kind::Pod, uid)) {
        if pods::is_active(pod) {
            *on_node.entry(pods::node_name(pod).to_owned()).or_insert(0) += 1;
        }
    }
    on_node
}
