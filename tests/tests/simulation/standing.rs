//! What holds of the cluster at every moment.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use model::quantity::parse_or_zero;
use model::{Kind, Object};
use sandbox::World;

/// Checks the cluster as it stands.
pub fn check(world: &World, seed: u64) {
    check_identities(world, seed);
    let store = world.api().store();
    for pod in store.list(Kind::Pod) {
        let owners = pod.metadata.owner_references.iter();
        let controllers = owners.filter(|owner| owner.controller == Some(true)).count();
        assert!(controllers <= 1, "seed {seed}: {} has {controllers} controllers", pod.name());
        let node = pod.spec::<Pod>().node_name.as_deref().unwrap_or_default();
        let exists = store.get(Kind::Node, "", node).is_some();
        assert!(node.is_empty() || exists, "seed {seed}: {} is on no node", pod.name());
    }
    for node in store.list(Kind::Node) {
        check_room(world, node, seed);
    }
    check_addresses(world, seed);
}

/// No two objects have one uid or one revision.
fn check_identities(world: &World, seed: u64) {
    let (mut uids, mut revisions) = (BTreeSet::new(), BTreeSet::new());
    for object in Kind::all().flat_map(|kind| world.api().store().list(kind)) {
        assert!(uids.insert(object.uid()), "seed {seed}: the uid of {} is taken", object.name());
        assert!(revisions.insert(object.revision), "seed {seed}: the revision of {} is taken", object.name());
        assert!(object.revision <= world.api().revision(), "seed {seed}: {} is of tomorrow", object.name());
    }
}

/// Pods on a node ask for no more than it has.
fn check_room(world: &World, node: &Object, seed: u64) {
    let allocatable = node.status::<Node>().allocatable.clone().unwrap_or_default();
    let room = |name: &str| allocatable.get(name).map_or(0, |amount| parse_or_zero(amount).milli_value());
    let (mut cpu, mut memory, mut pods) = (0, 0, 0);
    for pod in world.api().store().pods_on(node.name()) {
        if matches!(pod.status::<Pod>().phase.as_deref(), Some("Succeeded" | "Failed")) {
            continue;
        }
        pods += 1;
        for container in &pod.spec::<Pod>().containers {
            let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
            let asked = |name: &str| requests.and_then(|all| all.get(name)).map_or(0, milli);
            cpu += asked("cpu");
            memory += asked("memory");
        }
    }
    for (name, used) in [("cpu", cpu), ("memory", memory), ("pods", pods * 1000)] {
        assert!(used <= room(name), "seed {seed}: {} has {} of {name}, not {used}", node.name(), room(name));
    }
}

fn milli(amount: &Quantity) -> i64 {
    parse_or_zero(amount).milli_value()
}

/// No two pods that run have one address, but those of their node's network.
fn check_addresses(world: &World, seed: u64) {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for pod in world.api().store().list(Kind::Pod) {
        let (spec, status) = (pod.spec::<Pod>(), pod.status::<Pod>());
        let Some(address) = status.pod_ip.as_deref().filter(|_| status.phase.as_deref() == Some("Running"))
        else {
            continue;
        };
        if spec.host_network != Some(true)
            && let Some(other) = taken.insert(address, pod.name())
        {
            panic!("seed {seed}: {} and {other} share {address}", pod.name());
        }
    }
}
