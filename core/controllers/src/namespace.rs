//! The namespace controller: it empties a namespace that is being deleted, and lets it go.
//! Models `pkg/controller/namespace/namespace_controller.go` and `deletion/namespaced_resources_deleter.go`.

use std::collections::BTreeMap;

use apiserver::{ApiServer, DeleteOptions, ListOptions, Propagation};
use engine::Duration;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition, Pod};
use model::status::Result;
use model::{Kind, Object, Status};
use serde::{Deserialize, Serialize};
use store::{Change, Store};

use crate::controller::{Again, Context, Controller, Queue};
use crate::pods;

/// Contents are left alone for so long after the deletion, so that writes under way can end.
const GRACE: Duration = Duration::from_secs(5);
/// How long finalizers are expected to take.
const FINALIZER_SECONDS: i64 = 15;

/// Its own state: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NamespaceController;

/// Whether objects may be made in a namespace.
pub(crate) fn is_active(store: &Store, name: &str) -> bool {
    store.get(Kind::Namespace, "", name).is_some_and(|namespace| !namespace.is_deleting())
}

impl Controller for NamespaceController {
    /// A namespace's name.
    type Key = String;
    const NAME: &'static str = "namespace-controller";
    const WORKERS: usize = 10;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Namespace]
    }

    fn observe(&mut self, change: &Change, _api: &ApiServer, queue: &mut Queue<'_, String>) {
        if change.new.as_ref().is_some_and(|namespace| namespace.is_deleting()) {
            queue.add_after(change.key.name.to_string(), GRACE);
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, name: &String) -> Result<Again> {
        let Some(namespace) = context.store().get(Kind::Namespace, "", name).cloned() else {
            return Ok(None);
        };
        let has_finalizers =
            namespace.spec::<Namespace>().finalizers.as_ref().is_some_and(|list| !list.is_empty());
        if !namespace.is_deleting() || !has_finalizers {
            return Ok(None);
        }
        let remains = delete_contents(context, name);
        write_conditions(context, &namespace, &remains)?;
        if let Some(failure) = remains.failures.into_iter().next() {
            return Err(failure);
        }
        if remains.instances.is_empty() {
            context.api.finalize_namespace(context.caller, name)?;
            return Ok(None);
        }
        let seconds = remains.estimate_seconds / 2 + 1;
        Ok(Some(Duration::from_secs(seconds.unsigned_abs())))
    }
}

/// What is still in a namespace after its contents were deleted.
#[derive(Default)]
struct Remains {
    failures: Vec<Status>,
    /// How many objects of each resource (`configmaps.`).
    instances: BTreeMap<String, usize>,
    /// How many objects each finalizer holds.
    finalizers: BTreeMap<String, usize>,
    estimate_seconds: i64,
}

fn delete_contents(context: &mut Context<'_>, namespace: &str) -> Remains {
    let mut remains = Remains::default();
    let kinds = Kind::all().filter(|kind| kind.info().namespaced() && kind.info().delete_collection);
    for kind in kinds.collect::<Vec<_>>() {
        let options =
            DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
        let list = ListOptions::default();
        if context.store().list_namespace(kind, namespace).next().is_none() {
            continue;
        }
        if let Err(status) = context.api.delete_collection(context.caller, kind, namespace, &list, &options) {
            remains.failures.push(status);
        }
        for object in context.store().list_namespace(kind, namespace) {
            remains.count(kind, object);
        }
    }
    remains
}

impl Remains {
    fn count(&mut self, kind: Kind, object: &Object) {
        let info = kind.info();
        *self.instances.entry(format!("{}.{}", info.plural, info.group)).or_insert(0) += 1;
        for finalizer in &object.metadata.finalizers {
            *self.finalizers.entry(finalizer.clone()).or_insert(0) += 1;
            self.estimate_seconds = self.estimate_seconds.max(FINALIZER_SECONDS);
        }
        if kind == Kind::Pod && !pods::is_terminal(object) {
            let grace = object.spec::<Pod>().termination_grace_period_seconds.unwrap_or(0);
            self.estimate_seconds = self.estimate_seconds.max(grace);
        }
    }

    /// The five conditions, in the order in which they are written: type, status, reason, message.
    fn conditions(&self) -> [(&'static str, bool, &'static str, String); 5] {
        let listed = |counts: &BTreeMap<String, usize>, verb: &str| {
            let parts: Vec<String> = counts
                .iter()
                .map(|(name, count)| format!("{name} {verb} {count} resource instances"))
                .collect();
            parts.join(", ")
        };
        let failed: Vec<String> = self.failures.iter().map(ToString::to_string).collect();
        let content = match failed.len() {
            0 => (
                false,
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization".to_owned(),
            ),
            _ => {
                let message = format!(
                    "Failed to delete all resource types, {} remaining: {}",
                    failed.len(),
                    failed.join(", ")
                );
                (true, "ContentDeletionFailed", message)
            }
        };
        let remaining = if self.instances.is_empty() {
            (false, "ContentRemoved", "All content successfully removed".to_owned())
        } else {
            let message = format!("Some resources are remaining: {}", listed(&self.instances, "has"));
            (true, "SomeResourcesRemain", message)
        };
        let finalizers = if self.finalizers.is_empty() {
            (false, "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
        } else {
            let held = listed(&self.finalizers, "in");
            let message = format!("Some content in the namespace has finalizers remaining: {held}");
            (true, "SomeFinalizersRemain", message)
        };
        let named =
            |name, (status, reason, message): (bool, &'static str, String)| (name, status, reason, message);
        [
            (
                "NamespaceDeletionDiscoveryFailure",
                false,
                "ResourcesDiscovered",
                "All resources successfully discovered".to_owned(),
            ),
            (
                "NamespaceDeletionGroupVersionParsingFailure",
                false,
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed".to_owned(),
            ),
            named("NamespaceDeletionContentFailure", content),
            named("NamespaceContentRemaining", remaining),
            named("NamespaceFinalizersRemaining", finalizers),
        ]
    }
}

fn write_conditions(context: &mut Context<'_>, namespace: &Object, remains: &Remains) -> Result<()> {
    let mut status = namespace.status::<Namespace>().clone();
    let time = context.api.time();
    let conditions = status.conditions.get_or_insert_default();
    for (condition_type, is_true, reason, message) in remains.conditions() {
        let mut condition = NamespaceCondition {
            type_: condition_type.to_owned(),
            status: if is_true { "True" } else { "False" }.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(time.clone()),
        };
        match conditions.iter_mut().find(|current| current.type_ == condition_type) {
            Some(current) => {
                if current.status == condition.status {
                    condition.last_transition_time.clone_from(&current.last_transition_time);
                }
                *current = condition;
            }
            None => conditions.push(condition),
        }
    }
    if status != *namespace.status::<Namespace>() {
        context.api.update_status(context.caller, namespace.with_status::<Namespace>(status))?;
    }
    Ok(())
}
