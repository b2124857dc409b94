//! The node lifecycle controller: nodes that no longer report become Unknown, and nodes get the taints of their conditions.
//! Models `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
//!
//! Simplified: no limits on how many nodes are tainted at once, and no zones; a node is looked at when its grace ends, not at every
//! look. Nodes of KWOK (`kwok.x-k8s.io/node`), which simulate a kubelet that always reports, are never given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apiserver::{ApiServer, EventType};
use engine::{Duration, Instant};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Node, NodeCondition, ObjectReference, Pod, Taint};
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Change, Key};

use crate::controller::{Again, Context, Controller, Queue};
use crate::pods;
use crate::taints::{NO_EXECUTE, NO_SCHEDULE};

/// How often it looks whether nodes report, and which are gone.
const PERIOD: Duration = Duration::from_secs(5);
/// A node that has not reported for so long is given up...
const GRACE: Duration = Duration::from_secs(50);
/// ...and one that never has, after this.
const STARTUP_GRACE: Duration = Duration::from_secs(60);
/// The scheduler sees a new node before its first taint is lifted.
const REACTION: Duration = Duration::from_millis(10);
const LEASES: &str = "kube-node-lease";
const FAKE: &str = "kwok.x-k8s.io/node";

/// The taint that goes with each condition in each status.
const CONDITION_TAINTS: [(&str, &str, &str); 6] = [
    ("Ready", "False", "node.kubernetes.io/not-ready"),
    ("Ready", "Unknown", "node.kubernetes.io/unreachable"),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
];
/// Labels that repeat others under the name that these once had.
const OLD_LABELS: [(&str, &str); 2] =
    [("beta.kubernetes.io/os", "kubernetes.io/os"), ("beta.kubernetes.io/arch", "kubernetes.io/arch")];
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The conditions that a kubelet which is silent leaves unknown.
const REPORTED: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// Which nodes it knows, by their names, and which of them were last seen ready.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NodeLifecycleController {
    known: BTreeMap<String, Known>,
    ready: BTreeSet<String>,
}

/// What is needed to tell that a node is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    uid: String,
}

impl Known {
    /// Events of nodes do not say which state of the node they are about.
    fn reference(&self, name: &str) -> ObjectReference {
        ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Node".to_owned()),
            name: Some(name.to_owned()),
            uid: Some(self.uid.clone()),
            ..ObjectReference::default()
        }
    }
}

impl Controller for NodeLifecycleController {
    /// A node's name.
    type Key = String;
    const NAME: &'static str = "node-controller";
    const WORKERS: usize = 8;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Node]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, String>) {
        let relevant = |node: &Arc<Object>| {
            let conditions = node.status::<Node>().conditions.iter().flatten();
            let statuses: Vec<(String, String)> =
                conditions.map(|condition| (condition.type_.clone(), condition.status.clone())).collect();
            (node.spec::<Node>().clone(), node.metadata.labels.clone(), statuses)
        };
        let is_heartbeat_only = match (&change.old, &change.new) {
            (Some(old), Some(new)) => relevant(old) == relevant(new),
            _ => false,
        };
        if !is_heartbeat_only {
            let is_known = self.known.contains_key(&*change.key.name);
            let delay = match is_known {
                true if change.is_deletion() => until_next_look(api.now()),
                true => Duration::ZERO,
                false => REACTION,
            };
            queue.add_after(change.key.name.to_string(), delay);
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, name: &String) -> Result<Again> {
        let Some(node) = context.store().get(Kind::Node, "", name).cloned() else {
            self.ready.remove(name);
            if let Some(known) = self.known.remove(name) {
                let message = format!("Node {name} event: Removing Node {name} from Controller");
                context.event_of(known.reference(name), EventType::Normal, "RemovingNode", &message);
            }
            return Ok(None);
        };
        let known = Known { uid: node.uid().to_owned() };
        let about = known.reference(name);
        if self.known.insert(name.clone(), known).is_none() {
            let message = format!("Node {name} event: Registered Node {name} in Controller");
            context.event_of(about.clone(), EventType::Normal, "RegisteredNode", &message);
        }
        let (node, again) = check_health(context, &node)?;
        if ready_status(&node) == Some("True") {
            self.ready.insert(name.clone());
        } else if self.ready.remove(name) {
            let message = format!("Node {name} status is now: NodeNotReady");
            context.event_of(about, EventType::Normal, "NodeNotReady", &message);
            mark_pods_not_ready(context, name)?;
        }
        write_taints(context, &node)?;
        write_old_labels(context, &node)?;
        Ok(again)
    }
}

fn until_next_look(now: Instant) -> Duration {
    Duration::from_micros(PERIOD.as_micros() - now.since(Instant::ZERO).as_micros() % PERIOD.as_micros())
}

fn condition<'a>(node: &'a Object, condition_type: &str) -> Option<&'a NodeCondition> {
    node.status::<Node>().conditions.iter().flatten().find(|condition| condition.type_ == condition_type)
}

fn ready_status(node: &Object) -> Option<&str> {
    condition(node, "Ready").map(|ready| ready.status.as_str())
}

/// When the node last gave a sign of life, and how long it may now be silent.
fn last_sign(api: &ApiServer, node: &Object) -> (Instant, Duration) {
    let lease = api.store().get(Kind::Lease, LEASES, node.name());
    let renewed = lease.and_then(|lease| lease.spec::<Lease>().renew_time.clone());
    let renewed =
        renewed.map(|time| api.instant_of(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(time.0)));
    let reported = condition(node, "Ready").and_then(|ready| ready.last_heartbeat_time.as_ref());
    let reported = reported.map(|time| api.instant_of(time));
    let created =
        node.metadata.creation_timestamp.as_ref().map_or(Instant::ZERO, |time| api.instant_of(time));
    match renewed.max(reported) {
        Some(sign) => (sign, GRACE),
        None => (created, STARTUP_GRACE),
    }
}

/// Makes the conditions of a silent node Unknown; otherwise says when its silence would be too long.
fn check_health(context: &mut Context<'_>, node: &Arc<Object>) -> Result<(Arc<Object>, Again)> {
    if node.annotations().contains_key(FAKE) {
        return Ok((node.clone(), None));
    }
    let (sign, grace) = last_sign(context.api, node);
    // A sign counts from when it is noticed.
    let (until, now) = (sign + until_next_look(sign) + grace, context.now());
    if until > now {
        return Ok((node.clone(), Some(until - now)));
    }
    if ready_status(node) == Some("Unknown") {
        // A lease that is renewed brings no change of the node: look again, at the same beat however often this is asked.
        let beat = Duration(GRACE.0 - (now - until).0 % GRACE.0);
        return Ok((node.clone(), Some(beat)));
    }
    let mut silent = Object::clone(node);
    let time = context.api.time();
    let conditions = silent.status_mut::<Node>().conditions.get_or_insert_default();
    for reported in REPORTED {
        let (reason, message) = match conditions.iter().any(|condition| condition.type_ == reported) {
            true => ("NodeStatusUnknown", "Kubelet stopped posting node status."),
            false => ("NodeStatusNeverUpdated", "Kubelet never posted node status."),
        };
        let last_heartbeat_time =
            conditions.iter().find(|condition| condition.type_ == reported).map_or_else(
                || node.metadata.creation_timestamp.clone(),
                |condition| condition.last_heartbeat_time.clone(),
            );
        let unknown = NodeCondition {
            type_: reported.to_owned(),
            status: "Unknown".to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_heartbeat_time,
            last_transition_time: Some(time.clone()),
        };
        match conditions.iter_mut().find(|condition| condition.type_ == reported) {
            Some(condition) => *condition = unknown,
            None => conditions.push(unknown),
        }
    }
    let written = context.api.update_status(context.caller, silent)?;
    Ok((written, Some(GRACE)))
}

/// The pods of a node that is not ready cannot serve, whatever they last said.
fn mark_pods_not_ready(context: &mut Context<'_>, node: &str) -> Result<()> {
    let keys: Vec<Key> =
        context.store().pods_on(node).filter(|pod| pods::is_ready(pod)).map(|pod| Key::of(pod)).collect();
    for key in keys {
        let Some(pod) = context.get(Kind::Pod, &key) else { continue };
        let mut unready = Object::clone(&pod);
        let time = context.api.time();
        let conditions = unready.status_mut::<Pod>().conditions.iter_mut().flatten();
        for condition in conditions.filter(|condition| condition.type_ == "Ready") {
            condition.status = "False".to_owned();
            condition.last_transition_time = Some(time.clone());
        }
        context.event(&pod, EventType::Warning, "NodeNotReady", "Node is not ready");
        context.api.update_status(context.caller, unready)?;
    }
    Ok(())
}

/// Gives the node the taints that its conditions call for, and takes those away that they no longer do.
fn write_taints(context: &mut Context<'_>, node: &Arc<Object>) -> Result<()> {
    let present = node.spec::<Node>().taints.clone().unwrap_or_default();
    let is_ours = |taint: &Taint| {
        let keys = CONDITION_TAINTS.iter().map(|(_, _, key)| *key);
        let ready_keys = CONDITION_TAINTS.iter().take(2).map(|(_, _, key)| *key);
        match taint.effect.as_str() {
            NO_SCHEDULE => keys.chain([UNSCHEDULABLE]).any(|key| key == taint.key),
            NO_EXECUTE => ready_keys.into_iter().any(|key| key == taint.key),
            _ => false,
        }
    };
    let wanted = wanted_taints(context.api, node);
    let is_wanted =
        |taint: &Taint| wanted.iter().any(|wanted| wanted.key == taint.key && wanted.effect == taint.effect);
    let mut taints: Vec<Taint> =
        present.iter().filter(|taint| !is_ours(taint) || is_wanted(taint)).cloned().collect();
    for taint in &wanted {
        if !taints.iter().any(|present| present.key == taint.key && present.effect == taint.effect) {
            taints.push(taint.clone());
        }
    }
    if taints == present {
        return Ok(());
    }
    let mut updated = Object::clone(node);
    updated.spec_mut::<Node>().taints = (!taints.is_empty()).then_some(taints);
    context.api.update(context.caller, updated).map(|_| ())
}

/// Keeps the labels of old names equal to those of today.
fn write_old_labels(context: &mut Context<'_>, node: &Object) -> Result<()> {
    let labels = &node.metadata.labels;
    let wanted: Map<String, Value> = OLD_LABELS
        .iter()
        .filter_map(|(old, new)| Some((*old, labels.get(*new)?)))
        .filter(|(old, value)| labels.get(*old) != Some(value))
        .map(|(old, value)| (old.to_owned(), value.clone().into()))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    context.merge_node_metadata(node.name(), &json!({ "labels": wanted }))
}

fn wanted_taints(api: &ApiServer, node: &Object) -> Vec<Taint> {
    let taint = |key: &str, effect: &str| Taint {
        key: key.to_owned(),
        effect: effect.to_owned(),
        time_added: Some(api.time()),
        ..Taint::default()
    };
    let mut taints = Vec::new();
    for (condition_type, status, key) in CONDITION_TAINTS {
        if condition(node, condition_type).is_some_and(|condition| condition.status == status) {
            taints.push(taint(key, NO_SCHEDULE));
            if condition_type == "Ready" {
                taints.push(taint(key, NO_EXECUTE));
            }
        }
    }
    if node.spec::<Node>().unschedulable == Some(true) {
        taints.push(taint(UNSCHEDULABLE, NO_SCHEDULE));
    }
    taints
}
