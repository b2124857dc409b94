//! Whether a rollout moves, is done, or is past its deadline. Models `pkg/controller/deployment/progress.go`.

use std::sync::Arc;

use engine::Duration;
use k8s_openapi::api::apps::v1::{DeploymentCondition, DeploymentStatus, ReplicaSet};
use model::Object;
use model::status::Result;

use super::util;
use super::{ReplicaSets, Rollout};

impl Rollout<'_, '_> {
    /// Writes the status with what it says of progress, or comes back when the deadline is over.
    pub(super) fn sync_rollout_status(&mut self, sets: &ReplicaSets) -> Result<()> {
        let mut status = self.calculate_status(sets);
        self.set_progress(&mut status, sets.new.as_ref());
        match replica_failure(sets) {
            Some(failure) => util::set_condition(&mut status, failure),
            None => util::remove_condition(&mut status, "ReplicaFailure"),
        }
        if status == *util::status(&self.deployment) {
            self.again = self.until_deadline(&status);
            return Ok(());
        }
        self.write_status(status)
    }

    fn set_progress(&self, status: &mut DeploymentStatus, new: Option<&Arc<Object>>) {
        if util::progress_deadline_seconds(&self.deployment).is_none() {
            return util::remove_condition(status, "Progressing");
        }
        let current = util::progressing(util::status(&self.deployment));
        let was_done =
            current.is_some_and(|current| current.reason.as_deref() == Some("NewReplicaSetAvailable"));
        if was_done && status.replicas == status.updated_replicas {
            return;
        }
        let subject = match new {
            Some(new) => format!("ReplicaSet \"{}\"", new.name()),
            None => format!("Deployment \"{}\"", self.deployment.name()),
        };
        let time = self.context.api.time();
        if self.is_complete(status) {
            let message = format!("{subject} has successfully progressed.");
            let condition = util::progressing_condition("True", "NewReplicaSetAvailable", &message, &time);
            util::set_condition(status, condition);
        } else if self.is_progressing(status) {
            let message = format!("{subject} is progressing.");
            let mut condition = util::progressing_condition("True", "ReplicaSetUpdated", &message, &time);
            if let Some(current) = current.filter(|current| current.status == "True") {
                condition.last_transition_time.clone_from(&current.last_transition_time);
            }
            // Each sign of progress starts the deadline anew, even where reason and status stay.
            util::remove_condition(status, "Progressing");
            util::set_condition(status, condition);
        } else if self.is_timed_out(status) {
            let message = format!("{subject} has timed out progressing.");
            let condition = util::progressing_condition("False", "ProgressDeadlineExceeded", &message, &time);
            util::set_condition(status, condition);
        }
    }

    /// Whether all pods are of the new template and available.
    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        let desired = util::desired(&self.deployment);
        status.updated_replicas.unwrap_or(0) == desired
            && status.replicas.unwrap_or(0) == desired
            && status.available_replicas.unwrap_or(0) == desired
            && status.observed_generation.unwrap_or(0) >= self.deployment.generation
    }

    fn is_progressing(&self, status: &DeploymentStatus) -> bool {
        let before = util::status(&self.deployment);
        let updated = |status: &DeploymentStatus| status.updated_replicas.unwrap_or(0);
        let old = |status: &DeploymentStatus| status.replicas.unwrap_or(0) - updated(status);
        updated(status) > updated(before)
            || old(status) < old(before)
            || status.ready_replicas.unwrap_or(0) > before.ready_replicas.unwrap_or(0)
            || status.available_replicas.unwrap_or(0) > before.available_replicas.unwrap_or(0)
    }

    fn is_timed_out(&self, status: &DeploymentStatus) -> bool {
        let Some(condition) = util::progressing(status) else { return false };
        match condition.reason.as_deref() {
            Some("NewReplicaSetAvailable") => false,
            Some("ProgressDeadlineExceeded") => true,
            _ => self.deadline(condition).is_some_and(|deadline| deadline < self.context.now()),
        }
    }

    fn deadline(&self, condition: &DeploymentCondition) -> Option<engine::Instant> {
        let seconds = util::progress_deadline_seconds(&self.deployment)?;
        let since = self.context.api.instant_of(condition.last_update_time.as_ref()?);
        Some(since + Duration::from_secs(u64::from(seconds.unsigned_abs())))
    }

    /// How long until a rollout that stands still is to be looked at again.
    fn until_deadline(&self, status: &DeploymentStatus) -> Option<Duration> {
        let condition = util::progressing(util::status(&self.deployment))?;
        let has_ended = matches!(
            condition.reason.as_deref(),
            Some("ProgressDeadlineExceeded" | "NewReplicaSetAvailable")
        );
        if self.is_complete(status) || has_ended {
            return None;
        }
        let left = self.deadline(condition)?.since(self.context.now());
        // A second later, since times are kept in whole seconds.
        Some(left + Duration::from_secs(1))
    }
}

/// The failure of a ReplicaSet to make pods, the new one's first.
fn replica_failure(sets: &ReplicaSets) -> Option<DeploymentCondition> {
    sets.new.iter().chain(&sets.old).find_map(|set| {
        let mut conditions = set.status::<ReplicaSet>().conditions.iter().flatten();
        let failure = conditions.find(|condition| condition.type_ == "ReplicaFailure")?;
        Some(DeploymentCondition {
            type_: failure.type_.clone(),
            status: failure.status.clone(),
            reason: failure.reason.clone(),
            message: failure.message.clone(),
            last_transition_time: failure.last_transition_time.clone(),
            last_update_time: failure.last_transition_time.clone(),
        })
    })
}
