//! The taint eviction controller: pods leave nodes whose `NoExecute` taints they do not, or no longer, tolerate.
//! Models `pkg/controller/tainteviction/taint_eviction.go`.

use std::collections::BTreeMap;

use apiserver::{ApiServer, DeleteOptions, EventType};
use engine::{Duration, Instant};
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::api::core::v1::ObjectReference;
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Key};

use crate::controller::{Again, Context, Controller, Queue};
use crate::taints::{self, Patience};
use crate::{pods, taints::patience};

const EVENT: &str = "TaintManagerEviction";

/// Which pods wait for their eviction, and since when until when.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TaintEvictionController {
    #[serde(with = "engine::events::pairs")]
    planned: BTreeMap<Key, Plan>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Plan {
    since: Instant,
    until: Instant,
}

impl Controller for TaintEvictionController {
    /// A pod.
    type Key = Key;
    const NAME: &'static str = "taint-eviction-controller";
    const WORKERS: usize = 8;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Node, Kind::Pod]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
        if change.object().kind() == Kind::Node {
            let drives_away = |side: &Option<std::sync::Arc<Object>>| {
                let taints =
                    side.as_ref().and_then(|node| node.spec::<Node>().taints.clone()).unwrap_or_default();
                taints.into_iter().filter(|taint| taint.effect == taints::NO_EXECUTE).collect::<Vec<_>>()
            };
            if drives_away(&change.old) != drives_away(&change.new) {
                api.store().pods_on(&change.key.name).for_each(|pod| queue.add(Key::of(pod)));
            }
            return;
        }
        let is_planned = self.planned.contains_key(&change.key);
        match &change.new {
            None if is_planned => queue.add(change.key.clone()),
            Some(pod) if taints::placement_changed(change.old.as_deref(), pod) => {
                let is_driven_away = !taints::no_execute(api.store(), pods::node_name(pod)).is_empty();
                if is_planned || is_driven_away {
                    queue.add(change.key.clone());
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, key: &Key) -> Result<Again> {
        let Some(pod) = context.get(Kind::Pod, key).filter(|pod| !pod.is_deleting()) else {
            self.planned.remove(key);
            return Ok(None);
        };
        let taints = taints::no_execute(context.store(), pods::node_name(&pod));
        if taints.is_empty() {
            if self.planned.remove(key).is_some() {
                let message = format!("Cancelling deletion of Pod {}/{}", key.namespace, key.name);
                context.event_of(about(&pod), EventType::Normal, EVENT, &message);
            }
            return Ok(None);
        }
        let now = context.now();
        let until = match patience(&pod, &taints) {
            Patience::None => now,
            Patience::Endless => return Ok(None),
            Patience::Seconds(seconds) => self.plan(key, now, Duration::from_secs(seconds)),
        };
        if until > now {
            return Ok(Some(until - now));
        }
        evict(context, &pod)?;
        self.planned.remove(key);
        Ok(None)
    }
}

impl TaintEvictionController {
    /// When the pod is to go. A plan that was made earlier stays, as upstream keeps it, even where a shorter toleration came to
    /// count since.
    fn plan(&mut self, key: &Key, now: Instant, tolerated: Duration) -> Instant {
        if let Some(plan) = self.planned.get(key)
            && plan.since + tolerated < now + tolerated
        {
            return plan.until;
        }
        let until = now + tolerated;
        self.planned.insert(key.clone(), Plan { since: now, until });
        until
    }
}

/// Its events name a pod, not one pod of that name: `kubectl describe` does not find them.
fn about(pod: &Object) -> ObjectReference {
    ObjectReference { uid: None, resource_version: None, ..pod.reference() }
}

fn evict(context: &mut Context<'_>, pod: &Object) -> Result<()> {
    let message = format!("Marking for deletion Pod {}/{}", pod.namespace(), pod.name());
    context.event_of(about(pod), EventType::Normal, EVENT, &message);
    let reason = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
    pods::mark_disrupted(context, pod, reason)?;
    let options = DeleteOptions::default();
    match context.api.delete(context.caller, Kind::Pod, pod.namespace(), pod.name(), &options) {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}
