//! Recreate: all old pods go before the first new one comes. Models `pkg/controller/deployment/recreate.go`.

use k8s_openapi::api::core::v1::Pod;
use model::Kind;
use model::status::Result;

use super::util::{self, set_status};
use super::{ReplicaSets, Rollout};

impl Rollout<'_, '_> {
    pub(super) fn recreate(&mut self) -> Result<()> {
        let mut sets = self.replica_sets(false)?;
        let mut scaled_down = false;
        for old in util::with_replicas(&sets.old) {
            scaled_down |= self.scale_to(&old, 0)?;
        }
        if scaled_down || self.old_pods_left(&sets) {
            return self.sync_rollout_status(&sets);
        }
        if sets.new.is_none() {
            sets = self.replica_sets(true)?;
        }
        if let Some(new) = &sets.new {
            self.scale_to(new, util::desired(&self.deployment))?;
        }
        if self.is_complete(util::status(&self.deployment)) {
            self.clean_up(&sets.old)?;
        }
        self.sync_rollout_status(&sets)
    }

    fn old_pods_left(&self, sets: &ReplicaSets) -> bool {
        let is_running = |phase: Option<&str>| !matches!(phase, Some("Succeeded" | "Failed"));
        sets.old.iter().any(|set| {
            let mut pods = self.context.store().owned_by(Kind::Pod, set.uid());
            set_status(set).replicas > 0 || pods.any(|pod| is_running(pod.status::<Pod>().phase.as_deref()))
        })
    }
}
