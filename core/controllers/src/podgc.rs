//! The pod garbage collector: pods of nodes that are no more. Models `pkg/controller/podgc/gc_controller.go`.
//!
//! Simplified: finished pods are not deleted when there are more than 12,500 of them.

use apiserver::{ApiServer, DeleteOptions};
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::Pod;
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Key};

use crate::controller::{Again, Context, Controller, Queue};
use crate::{pods, taints};

/// How often it looks for nodes that are gone.
const PERIOD: Duration = Duration::from_secs(20);
/// A node that was found gone may come back within this time before its pods are given up.
const QUARANTINE: Duration = Duration::from_secs(40);

/// Its own state: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PodGarbageCollector;

impl Controller for PodGarbageCollector {
    /// A node's name.
    type Key = String;
    const NAME: &'static str = "pod-garbage-collector";
    const WORKERS: usize = 1;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Node, Kind::Pod]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, String>) {
        let object = change.object();
        if object.kind() == Kind::Node {
            if change.is_deletion() {
                queue.add_after(change.key.name.to_string(), until_given_up(api.now()));
            }
            return;
        }
        let node = pods::node_name(object);
        let is_placed = !node.is_empty() && taints::placement_changed(change.old.as_deref(), object);
        if is_placed && api.store().get(Kind::Node, "", node).is_none() {
            queue.add_after(node.to_owned(), until_given_up(api.now()));
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, node: &String) -> Result<Again> {
        if context.store().get(Kind::Node, "", node).is_some() {
            return Ok(None);
        }
        let keys: Vec<Key> = context.store().pods_on(node).map(|pod| Key::of(pod)).collect();
        for key in keys {
            let Some(pod) = context.get(Kind::Pod, &key) else { continue };
            give_up(context, &pod)?;
        }
        Ok(None)
    }
}

/// The gap is found at the next look only.
fn until_given_up(now: Instant) -> Duration {
    let since_look = now.since(Instant::ZERO).as_micros() % PERIOD.as_micros();
    Duration::from_micros(PERIOD.as_micros() - since_look) + QUARANTINE
}

fn give_up(context: &mut Context<'_>, pod: &Object) -> Result<()> {
    if !pods::is_terminal(pod) {
        let mut failed = pod.clone();
        failed.status_mut::<Pod>().phase = Some("Failed".to_owned());
        pods::mark_disrupted(context, &failed, ("DeletionByPodGC", "PodGC: node no longer exists"))?;
    }
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    match context.api.delete(context.caller, Kind::Pod, pod.namespace(), pod.name(), &options) {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}
