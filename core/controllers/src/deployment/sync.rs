//! Finding or making the new ReplicaSet, and the status. Models `pkg/controller/deployment/sync.go`.

use std::sync::Arc;

use apiserver::EventType;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus, ReplicaSet, ReplicaSetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use model::status::Result;
use model::{Kind, Metadata, Object, Status};

use super::util::{self, count, replicas, set_status};
use super::{ReplicaSets, Rollout, history};
use crate::pod_template_hash::compute_hash;

impl Rollout<'_, '_> {
    /// The status alone, for a Deployment that is going.
    pub(super) fn sync_status_only(&mut self) -> Result<()> {
        let sets = self.replica_sets(false)?;
        self.sync_status(&sets)
    }

    /// Scales what there is, without rolling on: for a paused Deployment, or one whose replicas changed.
    pub(super) fn sync_scale(&mut self) -> Result<()> {
        let sets = self.replica_sets(false)?;
        self.scale(&sets)?;
        if util::is_paused(&self.deployment) {
            self.clean_up(&sets.old)?;
        }
        self.sync_status(&sets)
    }

    /// Says in the conditions that the rollout was paused or resumed, so that its deadline does not run meanwhile.
    pub(super) fn check_paused_conditions(&mut self) -> Result<()> {
        if util::progress_deadline_seconds(&self.deployment).is_none() {
            return Ok(());
        }
        let status = util::status(&self.deployment);
        let reason = util::progressing(status).and_then(|condition| condition.reason.as_deref());
        let (reason, message) = match (reason, util::is_paused(&self.deployment)) {
            (Some("ProgressDeadlineExceeded"), _) | (Some("DeploymentPaused"), true) => return Ok(()),
            (_, true) => ("DeploymentPaused", "Deployment is paused"),
            (Some("DeploymentPaused"), false) => ("DeploymentResumed", "Deployment is resumed"),
            (_, false) => return Ok(()),
        };
        let mut status = status.clone();
        let condition = util::progressing_condition("Unknown", reason, message, &self.context.api.time());
        util::set_condition(&mut status, condition);
        self.write_status(status)
    }

    /// Whether a ReplicaSet still has the size of an earlier number of replicas.
    pub(super) fn is_scaling_event(&mut self) -> Result<bool> {
        let sets = self.replica_sets(false)?;
        let desired = i64::from(util::desired(&self.deployment));
        let with_replicas = util::with_replicas(&sets.all());
        let annotated = |set: &Arc<Object>| util::annotation_number(set, util::DESIRED_REPLICAS);
        Ok(with_replicas.iter().filter_map(annotated).any(|then| then != desired))
    }

    /// The ReplicaSets by their part, with the new one's revision up to date, made if it has to be.
    pub(super) fn replica_sets(&mut self, create: bool) -> Result<ReplicaSets> {
        let new = util::find_new(&self.deployment, &self.sets);
        let is_new = |set: &Arc<Object>| new.as_ref().is_some_and(|new| new.uid() == set.uid());
        let mut old: Vec<Arc<Object>> = self.sets.iter().filter(|set| !is_new(set)).cloned().collect();
        old.sort_by(|a, b| util::by_creation(a, b));
        let next_revision = old.iter().map(|set| util::revision(set)).max().unwrap_or(0) + 1;
        let new = match new {
            Some(new) => Some(self.update_new(&new, next_revision)?),
            None if create => Some(self.create_new(&old, next_revision)?),
            None => None,
        };
        Ok(ReplicaSets { new, old })
    }

    fn update_new(&mut self, new: &Arc<Object>, next_revision: i64) -> Result<Arc<Object>> {
        let mut updated = Object::clone(new);
        history::set_new_annotations(&self.deployment, &mut updated, next_revision, true);
        let min_ready = util::min_ready_seconds(&self.deployment);
        if new.spec::<ReplicaSet>().min_ready_seconds.unwrap_or(0) != min_ready {
            updated.spec_mut::<ReplicaSet>().min_ready_seconds = count(min_ready);
        }
        let updated = if updated == **new {
            new.clone()
        } else {
            let updated = self.context.api.update(self.context.caller, updated)?;
            self.replace(&updated);
            return Ok(updated);
        };
        let message = format!("Found new replica set \"{}\"", updated.name());
        let revision = updated.annotations().get(util::REVISION).cloned().unwrap_or_default();
        let is_first = util::progressing(util::status(&self.deployment)).is_none();
        self.note_revision(&revision, is_first.then_some(("FoundNewReplicaSet", message)))?;
        Ok(updated)
    }

    /// Follows a write of a ReplicaSet in what is known of them.
    pub(super) fn replace(&mut self, updated: &Arc<Object>) {
        if let Some(set) = self.sets.iter_mut().find(|set| set.uid() == updated.uid()) {
            *set = updated.clone();
        }
    }

    fn create_new(&mut self, old: &[Arc<Object>], next_revision: i64) -> Result<Arc<Object>> {
        let mut new = self.new_replica_set();
        let size = self.new_replicas(old, &new);
        new.spec_mut::<ReplicaSet>().replicas = Some(size);
        history::set_new_annotations(&self.deployment, &mut new, next_revision, false);
        let name = new.name().to_owned();
        let created = match self.context.api.create(self.context.caller, new.clone()) {
            Ok(created) => {
                if size > 0 {
                    let message = format!("Scaled up replica set {name} from 0 to {size}");
                    self.context.event(&self.deployment, EventType::Normal, "ScalingReplicaSet", &message);
                }
                self.sets.push(created.clone());
                let message = format!("Created new replica set \"{name}\"");
                self.note_revision(&next_revision.to_string(), Some(("NewReplicaSetCreated", message)))?;
                return Ok(created);
            }
            Err(status) if status.is_already_exists() => self.take_or_collide(&new, status)?,
            Err(status) => return self.creation_failed(&name, status),
        };
        self.note_revision(&next_revision.to_string(), None)?;
        Ok(created)
    }

    /// A ReplicaSet of the wanted name exists: it is ours, or the hash collided and the next one gets another name.
    fn take_or_collide(&mut self, wanted: &Object, refused: Status) -> Result<Arc<Object>> {
        let existing = self.context.store().get(Kind::ReplicaSet, wanted.namespace(), wanted.name()).cloned();
        let Some(existing) = existing else { return Err(refused) };
        let is_own = existing.metadata.controller().is_some_and(|owner| owner.uid == self.deployment.uid());
        let template = existing.spec::<ReplicaSet>().template.as_ref();
        let wanted = &util::spec(&self.deployment).template;
        if is_own && template.is_some_and(|template| util::equal_ignoring_hash(template, wanted)) {
            return Ok(existing);
        }
        let mut status = util::status(&self.deployment).clone();
        status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
        self.write_status(status)?;
        Err(refused)
    }

    fn creation_failed(&mut self, name: &str, refused: Status) -> Result<Arc<Object>> {
        let is_going = |cause: &model::status::Cause| cause.reason == "NamespaceTerminating";
        if refused.details.iter().flat_map(|details| &details.causes).any(is_going) {
            return Err(refused);
        }
        let message = format!("Failed to create new replica set \"{name}\": {refused}");
        if util::progress_deadline_seconds(&self.deployment).is_some() {
            let mut status = util::status(&self.deployment).clone();
            let time = self.context.api.time();
            let condition = util::progressing_condition("False", "ReplicaSetCreateError", &message, &time);
            util::set_condition(&mut status, condition);
            self.write_status(status)?;
        }
        self.context.event(&self.deployment, EventType::Warning, "ReplicaSetCreateError", &message);
        Err(refused)
    }

    fn new_replica_set(&self) -> Object {
        let spec = util::spec(&self.deployment);
        let mut template = spec.template.clone();
        let hash = compute_hash(&template, util::status(&self.deployment).collision_count);
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(util::POD_TEMPLATE_HASH.to_owned(), hash.clone());
        let mut metadata =
            Metadata::named(self.deployment.namespace(), &format!("{}-{hash}", self.deployment.name()));
        metadata.labels = labels.clone();
        metadata.owner_references = vec![self.deployment.controller_reference()];
        let mut match_labels = spec.selector.match_labels.clone().unwrap_or_default();
        match_labels.insert(util::POD_TEMPLATE_HASH.to_owned(), hash);
        let selector = LabelSelector { match_labels: Some(match_labels), ..spec.selector.clone() };
        let spec = ReplicaSetSpec {
            replicas: Some(0),
            min_ready_seconds: count(util::min_ready_seconds(&self.deployment)),
            selector,
            template: Some(template),
        };
        Object::new::<ReplicaSet>(metadata, spec)
    }

    /// Writes the current revision on the Deployment, with a condition if there is progress to tell.
    fn note_revision(&mut self, revision: &str, progress: Option<(&str, String)>) -> Result<()> {
        let mut deployment = Object::clone(&self.deployment);
        if deployment.annotations().get(util::REVISION).map(String::as_str) != Some(revision) {
            deployment.metadata_mut().annotations.insert(util::REVISION.to_owned(), revision.to_owned());
        }
        if let Some((reason, message)) = progress
            && util::progress_deadline_seconds(&deployment).is_some()
        {
            let condition = util::progressing_condition("True", reason, &message, &self.context.api.time());
            util::set_condition(deployment.status_mut::<Deployment>(), condition);
        }
        if deployment == *self.deployment { Ok(()) } else { self.write(deployment) }
    }

    pub(super) fn sync_status(&mut self, sets: &ReplicaSets) -> Result<()> {
        let status = self.calculate_status(sets);
        if status == *util::status(&self.deployment) { Ok(()) } else { self.write_status(status) }
    }

    pub(super) fn calculate_status(&self, sets: &ReplicaSets) -> DeploymentStatus {
        let deployment = &self.deployment;
        let all = sets.all();
        let available = util::sum(&all, util::available);
        let unavailable = (util::sum(&all, replicas) - available).max(0);
        let mut status = DeploymentStatus {
            observed_generation: Some(deployment.generation),
            replicas: count(util::sum(&all, |set| set_status(set).replicas)),
            updated_replicas: count(util::sum(&sets.new, |set| set_status(set).replicas)),
            ready_replicas: count(util::sum(&all, |set| set_status(set).ready_replicas.unwrap_or(0))),
            available_replicas: count(available),
            unavailable_replicas: count(unavailable),
            ..util::status(deployment).clone()
        };
        let is_enough = available >= util::desired(deployment) - util::max_unavailable(deployment);
        let (value, reason, message) = if is_enough {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        let time = self.context.api.time();
        util::set_condition(&mut status, util::new_condition("Available", value, reason, message, &time));
        status
    }
}
