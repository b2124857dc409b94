//! Revisions: the annotations that carry them, and the limit on how many are kept. Models
//! `pkg/controller/deployment/util/deployment_util.go` and the clean-up of `sync.go`.

use std::sync::Arc;

use apiserver::DeleteOptions;
use k8s_openapi::api::apps::v1::ReplicaSet;
use model::status::Result;
use model::{Kind, Object};

use super::Rollout;
use super::util::{self, replicas};

/// What is not copied from a Deployment to its ReplicaSets.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    util::REVISION,
    util::REVISION_HISTORY,
    util::DESIRED_REPLICAS,
    util::MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];
/// How long the list of earlier revisions may grow.
const HISTORY_LENGTH_MAX: usize = 2000;

/// Copies the Deployment's annotations and raises the ReplicaSet's revision; a new one is also told the Deployment's size.
pub(super) fn set_new_annotations(deployment: &Object, set: &mut Object, next_revision: i64, exists: bool) {
    for (key, value) in deployment.annotations() {
        if !NOT_COPIED.contains(&key.as_str()) && set.annotations().get(key) != Some(value) {
            set.metadata_mut().annotations.insert(key.clone(), value.clone());
        }
    }
    let before = set.annotations().get(util::REVISION).cloned();
    if util::revision(set) < next_revision {
        set.metadata_mut().annotations.insert(util::REVISION.to_owned(), next_revision.to_string());
        if let Some(before) = before {
            remember_revision(set, &before);
        }
    }
    if !exists {
        set_replicas_annotations(deployment, set);
    }
}

/// A ReplicaSet that is rolled back to keeps its earlier revisions in a list, the oldest dropped where it gets too long.
fn remember_revision(set: &mut Object, before: &str) {
    let known = set.annotations().get(util::REVISION_HISTORY).cloned().unwrap_or_default();
    let mut revisions: Vec<&str> = known.split(',').filter(|revision| !revision.is_empty()).collect();
    revisions.push(before);
    while revisions.len() > 1
        && revisions.iter().map(|revision| revision.len() + 1).sum::<usize>() > HISTORY_LENGTH_MAX
    {
        revisions.remove(0);
    }
    let history = revisions.join(",");
    set.metadata_mut().annotations.insert(util::REVISION_HISTORY.to_owned(), history);
}

/// Notes on a ReplicaSet the Deployment's size, from which a later scaling takes its proportions.
pub(super) fn set_replicas_annotations(deployment: &Object, set: &mut Object) {
    let desired = util::desired(deployment);
    let max = desired + util::max_surge(deployment);
    for (key, value) in [(util::DESIRED_REPLICAS, desired), (util::MAX_REPLICAS, max)] {
        if util::annotation_number(set, key) != Some(i64::from(value)) {
            set.metadata_mut().annotations.insert(key.to_owned(), value.to_string());
        }
    }
}

impl Rollout<'_, '_> {
    /// Deletes the oldest ReplicaSets without pods beyond the history limit.
    pub(super) fn clean_up(&mut self, old: &[Arc<Object>]) -> Result<()> {
        let Some(limit) =
            util::spec(&self.deployment).revision_history_limit.filter(|limit| *limit != i32::MAX)
        else {
            return Ok(());
        };
        let mut sets: Vec<&Arc<Object>> = old.iter().filter(|set| !set.is_deleting()).collect();
        let surplus = sets.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        sets.sort_by(|a, b| util::revision(a).cmp(&util::revision(b)).then_with(|| util::by_creation(a, b)));
        for set in sets.into_iter().take(surplus) {
            let status = set.status::<ReplicaSet>();
            let is_unobserved = set.generation > status.observed_generation.unwrap_or(0);
            if status.replicas != 0 || replicas(set) != 0 || is_unobserved {
                continue;
            }
            let options = DeleteOptions::default();
            match self.context.api.delete(
                self.context.caller,
                Kind::ReplicaSet,
                set.namespace(),
                set.name(),
                &options,
            ) {
                Err(status) if !status.is_not_found() => return Err(status),
                _ => {}
            }
        }
        Ok(())
    }
}
