//! The Deployment controller: it rolls pods from one template to the next by scaling ReplicaSets.
//! Models `pkg/controller/deployment/deployment_controller.go`.

use std::sync::Arc;

use apiserver::{ApiServer, EventType};
use k8s_openapi::api::apps::v1::DeploymentStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use model::selector::Selector;
use model::status::Result;
use model::{Kind, Object, Status};
use serde::{Deserialize, Serialize};
use store::{Change, Key};

use crate::claim::{claim, ownership_changed};
use crate::controller::{Again, Context, Controller, Queue};

mod history;
mod progress;
mod recreate;
mod rolling;
mod scale;
mod sync;
mod util;

/// Its own state: none, all is in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DeploymentController;

impl Controller for DeploymentController {
    type Key = Key;
    const NAME: &'static str = "deployment-controller";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Deployment, Kind::ReplicaSet, Kind::Pod]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
        match change.object().kind() {
            Kind::Deployment => queue.add(change.key.clone()),
            Kind::ReplicaSet => observe_replica_set(change, api, queue),
            _ => observe_pod(change, api, queue),
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, key: &Key) -> Result<Again> {
        let Some(deployment) = context.get(Kind::Deployment, key) else { return Ok(None) };
        if util::spec(&deployment).selector == LabelSelector::default() {
            return refuse_to_select_all(context, &deployment);
        }
        let sets = replica_sets_of(context, &deployment)?;
        Rollout { context, deployment, sets, again: None }.sync()
    }
}

/// One look at a Deployment and its ReplicaSets.
struct Rollout<'a, 'b> {
    context: &'a mut Context<'b>,
    /// As last written.
    deployment: Arc<Object>,
    /// Those that it controls.
    sets: Vec<Arc<Object>>,
    again: Again,
}

/// The ReplicaSets of a Deployment by their part in the rollout.
struct ReplicaSets {
    /// The one of the present template.
    new: Option<Arc<Object>>,
    old: Vec<Arc<Object>>,
}

impl ReplicaSets {
    fn all(&self) -> Vec<Arc<Object>> {
        self.old.iter().chain(&self.new).cloned().collect()
    }
}

impl Rollout<'_, '_> {
    fn sync(mut self) -> Result<Again> {
        self.step()?;
        Ok(self.again)
    }

    fn step(&mut self) -> Result<()> {
        if self.deployment.is_deleting() {
            return self.sync_status_only();
        }
        self.check_paused_conditions()?;
        if util::is_paused(&self.deployment) || self.is_scaling_event()? {
            return self.sync_scale();
        }
        if util::is_rolling_update(&self.deployment) { self.roll() } else { self.recreate() }
    }

    /// Writes a status (and annotations, which go with it) if it differs from what is stored.
    fn write_status(&mut self, status: DeploymentStatus) -> Result<()> {
        let deployment = self.deployment.with_status::<k8s_openapi::api::apps::v1::Deployment>(status);
        self.write(deployment)
    }

    fn write(&mut self, deployment: Object) -> Result<()> {
        self.deployment = self.context.api.update_status(self.context.caller, deployment)?;
        Ok(())
    }
}

fn observe_replica_set(change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
    let sides = [&change.old, &change.new];
    for controller in sides.into_iter().flatten().filter_map(|set| set.metadata.controller()) {
        if controller.kind == "Deployment" {
            queue.add(Key::new(&change.key.namespace, &controller.name));
        }
    }
    let Some(set) = &change.new else { return };
    if set.metadata.controller().is_some() || !ownership_changed(change) {
        return;
    }
    for deployment in api.store().list_namespace(Kind::Deployment, set.namespace()) {
        let selector = Selector::from_typed(Some(&util::spec(deployment).selector));
        if selector.is_ok_and(|selector| !selector.is_everything() && selector.matches(set.labels())) {
            queue.add(Key::of(deployment));
        }
    }
}

/// A Recreate rollout waits for old pods to be gone, so a pod that goes wakes it.
fn observe_pod(change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
    if !change.is_deletion() {
        return;
    }
    let pod = change.object();
    let Some(owner) = pod.metadata.controller().filter(|owner| owner.kind == "ReplicaSet") else { return };
    let set = api.store().get(Kind::ReplicaSet, pod.namespace(), &owner.name);
    let Some(owner) = set.and_then(|set| set.metadata.controller()) else { return };
    if let Some(deployment) = api.store().get(Kind::Deployment, pod.namespace(), &owner.name)
        && !util::is_rolling_update(deployment)
    {
        queue.add(Key::of(deployment));
    }
}

fn replica_sets_of(context: &mut Context<'_>, deployment: &Object) -> Result<Vec<Arc<Object>>> {
    let selector = Selector::from_typed(Some(&util::spec(deployment).selector))
        .map_err(|error| Status::internal(error.to_string()))?;
    let candidates: Vec<Arc<Object>> =
        context.store().list_namespace(Kind::ReplicaSet, deployment.namespace()).cloned().collect();
    claim(context, deployment, &selector, candidates)
}

fn refuse_to_select_all(context: &mut Context<'_>, deployment: &Object) -> Result<Again> {
    let message = "This deployment is selecting all pods. A non-empty selector is required.";
    context.event(deployment, EventType::Warning, "SelectingAll", message);
    let mut status = util::status(deployment).clone();
    if status.observed_generation.unwrap_or(0) < deployment.generation {
        status.observed_generation = Some(deployment.generation);
        let written = deployment.with_status::<k8s_openapi::api::apps::v1::Deployment>(status);
        context.api.update_status(context.caller, written)?;
    }
    Ok(None)
}
