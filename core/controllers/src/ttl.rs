//! The TTL controller: tells kubelets by an annotation for how many seconds they may go by what they know of ConfigMaps and Secrets, longer
//! in larger clusters. Models `pkg/controller/ttl/ttl_controller.go`.

use std::ops::RangeInclusive;

use apiserver::ApiServer;
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Change;

use crate::controller::{Again, Context, Controller, Queue};

const ANNOTATION: &str = "node.alpha.kubernetes.io/ttl";
/// For so many nodes, so many seconds. The ranges overlap, so that a cluster at a border does not go back and forth.
const STEPS: [(RangeInclusive<usize>, u32); 5] =
    [(0..=100, 0), (90..=500, 15), (450..=1_000, 30), (900..=2_000, 60), (1_800..=usize::MAX, 300)];

/// How many nodes there are, and the step at which that is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TtlController {
    nodes: usize,
    step: usize,
}

impl TtlController {
    fn seconds(&self) -> String {
        STEPS[self.step].1.to_string()
    }

    fn is_told(&self, node: &Object) -> bool {
        node.annotations().get(ANNOTATION).is_some_and(|seconds| *seconds == self.seconds())
    }

    fn count(&mut self, change: &Change) {
        match (&change.old, &change.new) {
            (None, Some(_)) => self.nodes += 1,
            (Some(_), None) => self.nodes = self.nodes.saturating_sub(1),
            _ => {}
        }
        while self.nodes > *STEPS[self.step].0.end() {
            self.step += 1;
        }
        while self.nodes < *STEPS[self.step].0.start() {
            self.step -= 1;
        }
    }
}

impl Controller for TtlController {
    /// A node's name.
    type Key = String;
    const NAME: &'static str = "ttl-controller";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Node]
    }

    fn observe(&mut self, change: &Change, _api: &ApiServer, queue: &mut Queue<'_, String>) {
        self.count(change);
        if change.new.as_ref().is_some_and(|node| !self.is_told(node)) {
            queue.add(change.key.name.to_string());
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, name: &String) -> Result<Again> {
        let untold = context.store().get(Kind::Node, "", name).is_some_and(|node| !self.is_told(node));
        if untold {
            context.merge_node_metadata(name, &json!({ "annotations": { ANNOTATION: self.seconds() } }))?;
        }
        Ok(None)
    }
}
