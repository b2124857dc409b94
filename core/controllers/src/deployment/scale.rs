//! Scaling ReplicaSets: to one size, or in proportion where several have pods. Models `pkg/controller/deployment/sync.go`.

use std::sync::Arc;

use apiserver::EventType;
use k8s_openapi::api::apps::v1::ReplicaSet;
use model::Object;
use model::status::Result;

use super::util::{self, replicas};
use super::{ReplicaSets, Rollout, history};

impl Rollout<'_, '_> {
    /// Follows a change of the Deployment's replicas.
    pub(super) fn scale(&mut self, sets: &ReplicaSets) -> Result<()> {
        let desired = util::desired(&self.deployment);
        if let Some(only) = util::active_or_latest(sets.new.as_ref(), &sets.old) {
            return self.scale_to(&only, desired).map(|_| ());
        }
        if sets.new.as_ref().is_some_and(|new| self.is_saturated(new)) {
            for old in util::with_replicas(&sets.old) {
                self.scale_to(&old, 0)?;
            }
            return Ok(());
        }
        if util::is_rolling_update(&self.deployment) { self.scale_in_proportion(sets) } else { Ok(()) }
    }

    /// Whether the new ReplicaSet has all the pods there are to be.
    fn is_saturated(&self, new: &Object) -> bool {
        let desired = util::desired(&self.deployment);
        replicas(new) == desired
            && util::annotation_number(new, util::DESIRED_REPLICAS) == Some(i64::from(desired))
            && util::available(new) == desired
    }

    /// Amid a rollout each ReplicaSet grows or shrinks by its share, so that a scaling does not undo or rush the rollout.
    fn scale_in_proportion(&mut self, sets: &ReplicaSets) -> Result<()> {
        let desired = util::desired(&self.deployment);
        let mut all = util::with_replicas(&sets.all());
        let allowed = if desired > 0 { desired + util::max_surge(&self.deployment) } else { 0 };
        let to_add = allowed - util::sum(&all, replicas);
        if to_add > 0 {
            all.sort_by(|a, b| util::by_size_newer(a, b));
        } else {
            all.sort_by(|a, b| util::by_size_older(a, b));
        }
        let mut added = 0;
        let mut sizes = Vec::with_capacity(all.len());
        for set in &all {
            let share = self.share(set, to_add, added);
            added += share;
            sizes.push(replicas(set) + share);
        }
        // What rounding left over goes to the largest.
        if let Some(largest) = sizes.first_mut() {
            *largest = (*largest + to_add - added).max(0);
        }
        for (set, size) in all.iter().zip(sizes) {
            self.set_size(set, size)?;
        }
        Ok(())
    }

    fn share(&self, set: &Object, to_add: i32, added: i32) -> i32 {
        if to_add == 0 || to_add == added {
            return 0;
        }
        let left = to_add - added;
        let fraction = self.fraction(set);
        if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
    }

    /// What a ReplicaSet would gain if it kept its part of the whole.
    #[expect(clippy::cast_possible_truncation, reason = "sizes of ReplicaSets fit")]
    fn fraction(&self, set: &Object) -> i32 {
        let desired = util::desired(&self.deployment);
        let size = replicas(set);
        if desired == 0 {
            return -size;
        }
        let before = util::annotation_number(set, util::MAX_REPLICAS)
            .filter(|before| *before != 0)
            .unwrap_or_else(|| i64::from(util::status(&self.deployment).replicas.unwrap_or(0)));
        if before == 0 {
            return 0;
        }
        let max = f64::from(desired + util::max_surge(&self.deployment));
        (f64::from(size) * max / before as f64).round() as i32 - size
    }

    /// Scales a ReplicaSet if it is not of that size, and says whether it was scaled.
    pub(super) fn scale_to(&mut self, set: &Arc<Object>, size: i32) -> Result<bool> {
        if replicas(set) == size { Ok(false) } else { self.set_size(set, size) }
    }

    /// Sets size and annotations of a ReplicaSet, and says whether it was scaled.
    fn set_size(&mut self, set: &Arc<Object>, size: i32) -> Result<bool> {
        let before = replicas(set);
        let mut updated = Object::clone(set);
        history::set_replicas_annotations(&self.deployment, &mut updated);
        if before != size {
            updated.spec_mut::<ReplicaSet>().replicas = Some(size);
        }
        if updated == **set {
            return Ok(false);
        }
        let updated = self.context.api.update(self.context.caller, updated)?;
        self.replace(&updated);
        if before == size {
            return Ok(false);
        }
        let direction = if before < size { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {} from {before} to {size}", set.name());
        self.context.event(&self.deployment, EventType::Normal, "ScalingReplicaSet", &message);
        Ok(true)
    }
}
