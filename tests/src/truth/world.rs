//! The world that an entry was recorded in.

use std::net::Ipv4Addr;

use sandbox::{ClusterSettings, Image, NodeConfig, NodeSource, Site, World};
use serde_json::{Value, json};
use shell::ContextId;

use super::entry::{Entry, NodeSpec};
use super::images;

/// 2026-11-21T12:00:00Z, when it was recorded: ages of fixed dates depend on it.
const RECORDED: i64 = 1_795_262_400;
/// What the machine that recorded calls itself.
const MACHINE: &str = "vm";
const NODES_DEFAULT: usize = 3;
/// These groups were recorded without a node: nothing they create is ever scheduled.
const WITHOUT_NODES: [&str; 2] = ["defaults", "invalid"];
/// Builds it, with the entry's namespace as the context's default, and a shell to type into.
///
/// # Errors
/// If the world refuses a node.
pub fn build(group: &str, entry: &Entry) -> Result<(World, ContextId), String> {
    let mut site = Site { machine_name: MACHINE.to_owned(), ..Site::default() };
    let nodes = if group == "kubelet" {
        site = Site { images: images::recorded(), online: false, ..site };
        NodeSource::Described(vec![real_node(&site.images)])
    } else if entry.node_specs.is_empty() {
        let usual = if WITHOUT_NODES.contains(&group) { 0 } else { NODES_DEFAULT };
        let count = entry.nodes.unwrap_or(usual);
        NodeSource::Objects((1..=count).map(|index| fake_node(index, &plain(index))).collect())
    } else {
        let specs = entry.node_specs.iter().enumerate();
        NodeSource::Objects(specs.map(|(index, spec)| fake_node(index + 1, spec)).collect())
    };
    let settings = ClusterSettings { nodes, epoch_seconds: RECORDED, site, ..ClusterSettings::default() };
    let mut world = World::boot_settled(&settings).map_err(|status| status.message)?;
    let learner = world.add_learner();
    let begin = format!(
        "kubectl create namespace {ns} && kubectl config set-context --current --namespace={ns} && kubectl wait --for=create sa/default --timeout=30s",
        ns = entry.ns
    );
    let output = world.run_script(learner, &begin);
    if output.exit != 0 {
        return Err(format!("the namespace: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok((world, learner))
}

fn plain(index: usize) -> NodeSpec {
    NodeSpec { name: format!("node-{index}"), ..NodeSpec::default() }
}

/// A node without a machine, as KWOK's are.
fn fake_node(index: usize, spec: &NodeSpec) -> Value {
    let mut labels = json!({
        "kubernetes.io/hostname": spec.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
    });
    merge(&mut labels, &spec.labels);
    let mut capacity = json!({ "cpu": "4", "memory": "8Gi", "ephemeral-storage": "40Gi", "pods": "110" });
    merge(&mut capacity, &spec.capacity);
    let cidr = format!("10.244.{index}.0/24");
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": spec.name, "labels": labels, "annotations": { "kwok.x-k8s.io/node": "fake" } },
        "spec": { "podCIDR": cidr, "podCIDRs": [cidr] },
        "status": {
            "capacity": capacity, "allocatable": capacity,
            "addresses": [
                { "type": "InternalIP", "address": address(&spec.name) },
                { "type": "Hostname", "address": spec.name },
            ],
        },
    });
    if spec.taints.is_array() {
        node["spec"]["taints"] = spec.taints.clone();
    }
    if spec.unschedulable {
        node["spec"]["unschedulable"] = true.into();
    }
    node
}

/// The recordings' own rule.
fn address(name: &str) -> String {
    format!("192.168.49.{}", 2 + name.chars().map(u32::from).sum::<u32>() % 200)
}

fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        for (key, value) in from {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            into.insert(key.clone(), text.into());
        }
    }
}

fn real_node(images: &[Image]) -> NodeConfig {
    let cidr = sandbox::Cidr::new(Ipv4Addr::new(10, 244, 1, 0), 24);
    let mut config = NodeConfig::new("node-1", Ipv4Addr::new(192, 168, 49, 2), cidr);
    for (name, amount) in [("cpu", "2"), ("memory", "24117248Ki")] {
        config.capacity.insert(name.to_owned(), amount.to_owned());
    }
    config.images = images.iter().flat_map(|image| image.tags.iter().cloned()).collect();
    config.machine_name = MACHINE.to_owned();
    config
}
