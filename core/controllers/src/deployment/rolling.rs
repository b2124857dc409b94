//! RollingUpdate: new pods come and old ones go within surge and unavailability. Models `pkg/controller/deployment/rolling.go`.

use std::sync::Arc;

use model::Object;
use model::status::Result;

use super::util::{self, available, replicas};
use super::{ReplicaSets, Rollout};

impl Rollout<'_, '_> {
    pub(super) fn roll(&mut self) -> Result<()> {
        let sets = self.replica_sets(true)?;
        if let Some(new) = sets.new.clone()
            && self.reconcile_new(&sets, &new)?
        {
            return self.sync_rollout_status(&sets);
        }
        if self.reconcile_old(&sets)? {
            return self.sync_rollout_status(&sets);
        }
        if self.is_complete(util::status(&self.deployment)) {
            self.clean_up(&sets.old)?;
        }
        self.sync_rollout_status(&sets)
    }

    /// How many replicas the new ReplicaSet may have now, beside the old ones.
    pub(super) fn new_replicas(&self, old: &[Arc<Object>], new: &Object) -> i32 {
        let desired = util::desired(&self.deployment);
        if !util::is_rolling_update(&self.deployment) {
            return desired;
        }
        let present = util::sum(old, replicas) + replicas(new);
        let room = desired + util::max_surge(&self.deployment) - present;
        if room <= 0 {
            return replicas(new);
        }
        replicas(new) + room.min(desired - replicas(new))
    }

    fn reconcile_new(&mut self, sets: &ReplicaSets, new: &Arc<Object>) -> Result<bool> {
        let desired = util::desired(&self.deployment);
        if replicas(new) == desired {
            return Ok(false);
        }
        let size = if replicas(new) > desired { desired } else { self.new_replicas(&sets.old, new) };
        self.scale_to(new, size)
    }

    fn reconcile_old(&mut self, sets: &ReplicaSets) -> Result<bool> {
        let mut old = util::with_replicas(&sets.old);
        let (old_pods, new_pods) = (util::sum(&old, replicas), util::sum(&sets.new, replicas));
        if old_pods == 0 {
            return Ok(false);
        }
        let min_available = util::desired(&self.deployment) - util::max_unavailable(&self.deployment);
        let new_unavailable = new_pods - util::sum(&sets.new, available);
        let removable = old_pods + new_pods - min_available - new_unavailable;
        if removable <= 0 {
            return Ok(false);
        }
        let Some(cleaned) = self.remove_unhealthy(&mut old, removable)? else { return Ok(false) };
        let all_available = util::sum(old.iter().chain(&sets.new), available);
        let scaled = self.scale_down_old(&old, all_available - min_available)?;
        Ok(cleaned + scaled > 0)
    }

    /// Old pods that are not available go first: nobody misses them. `None` if a ReplicaSet still has more pods than it is to have,
    /// so that nobody can tell yet who is missed.
    fn remove_unhealthy(&mut self, old: &mut [Arc<Object>], removable: i32) -> Result<Option<i32>> {
        let mut removed = 0;
        for set in old.iter_mut() {
            if removed >= removable {
                break;
            }
            let unhealthy = replicas(set) - available(set);
            if unhealthy < 0 {
                return Ok(None);
            }
            if unhealthy == 0 {
                continue;
            }
            let surplus = unhealthy.min(removable - removed);
            self.scale_to(set, replicas(set) - surplus)?;
            if let Some(updated) = self.sets.iter().find(|known| known.uid() == set.uid()) {
                *set = updated.clone();
            }
            removed += surplus;
        }
        Ok(Some(removed))
    }

    /// Takes up to `removable` available pods from the old ReplicaSets, oldest first.
    fn scale_down_old(&mut self, old: &[Arc<Object>], removable: i32) -> Result<i32> {
        let mut removed = 0;
        for set in old {
            let surplus = replicas(set).min(removable - removed);
            if surplus <= 0 {
                continue;
            }
            self.scale_to(set, replicas(set) - surplus)?;
            removed += surplus;
        }
        Ok(removed)
    }
}
