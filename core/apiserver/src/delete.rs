//! Delete: graceful deletion, finalizers, propagation.

use std::sync::Arc;

use engine::Duration;
use k8s_openapi::api::core::v1::Pod;
use model::status::Details;
use model::{Kind, Object, Reason, Status, status::Result, warnings};
use store::Key;

use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::options::{DeleteOptions, ListOptions, Propagation};
use crate::server::ApiServer;
use crate::strategy;
use crate::update::gone_at_last;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

impl ApiServer {
    /// Deletes an object. Answers it if it is still there: going gracefully, or held by a finalizer.
    ///
    /// # Errors
    /// 403, 404, 409 if a precondition fails.
    pub fn delete(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Option<Arc<Object>>> {
        let outcome = self.delete_checked(caller, kind, namespace, name, options);
        self.noting(caller, "delete", kind, outcome)
    }

    fn delete_checked(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Option<Arc<Object>>> {
        let namespace = Self::place(kind, namespace);
        self.authorize(caller, &Attributes { verb: "delete", kind, subresource: "", namespace, name })?;
        self.remove_one(caller, kind, namespace, name, options)
    }

    /// Deletes an object once identity is settled.
    pub(crate) fn remove_one(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Option<Arc<Object>>> {
        self.warnings = warnings::of_kind(kind);
        let old = self.stored(kind, namespace, name)?;
        check_preconditions(&old, options)?;
        strategy::admit_delete(&old)?;
        let object = self.begin_deletion(&old, options);
        if options.dry_run {
            return Ok(Some(Arc::new(object)));
        }
        if gone_at_last(&object) {
            self.remove(caller, kind, &Key::of(&object));
            return Ok(None);
        }
        if *object.metadata == *old.metadata {
            return Ok(Some(old));
        }
        Ok(Some(self.store.put(object, &caller.user, caller.cause)))
    }

    /// Deletes the objects of a kind in a namespace that the selectors match.
    ///
    /// # Errors
    /// 403, 400 for a selector that cannot be read.
    pub fn delete_collection(
        &mut self,
        caller: &Caller,
        kind: Kind,
        namespace: &str,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Vec<Arc<Object>>> {
        let place = Self::place(kind, namespace);
        self.authorize(
            caller,
            &Attributes { verb: "deletecollection", kind, subresource: "", namespace: place, name: "" },
        )?;
        let items = self.selected(kind, place, list)?;
        for object in &items {
            match self.remove_one(caller, kind, object.namespace(), object.name(), options) {
                Err(status) if !status.is_not_found() => return Err(status),
                _ => {}
            }
        }
        Ok(items)
    }

    /// The object as deletion leaves it, still with all that holds it back.
    fn begin_deletion(&self, old: &Arc<Object>, options: &DeleteOptions) -> Object {
        let mut object = Object::clone(old);
        set_propagation_finalizers(&mut object, options.propagation);
        let grace = grace_period_seconds(old, options);
        match (old.metadata.deletion_timestamp.clone(), old.metadata.deletion_grace_period_seconds) {
            // A later request may shorten what is left, counted from when deletion began, never lengthen it.
            (Some(until), Some(left)) if left > grace => {
                let until = self.instant_of(&until) - Duration::from_secs((left - grace).unsigned_abs());
                let metadata = object.metadata_mut();
                metadata.deletion_timestamp = Some(self.time_at(until));
                metadata.deletion_grace_period_seconds = Some(grace);
            }
            (Some(_), _) => {}
            (None, _) => {
                let until = self.time_at(self.now + Duration::from_secs(grace.unsigned_abs()));
                // A namespace is not given a period, not even one of no length.
                let has_period = object.kind() != Kind::Namespace;
                let metadata = object.metadata_mut();
                metadata.deletion_timestamp = Some(until);
                metadata.deletion_grace_period_seconds = has_period.then_some(grace);
                if object.info().generations {
                    object.generation += 1;
                }
            }
        }
        strategy::mark_deleting(&mut object);
        object
    }
}

pub(crate) fn check_preconditions(object: &Object, options: &DeleteOptions) -> Result<()> {
    if let Some(uid) = options.uid.as_deref()
        && uid != object.uid()
    {
        return Err(unmet(
            object,
            &format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                object.uid()
            ),
        ));
    }
    if let Some(wanted) = options.resource_version.as_deref()
        && wanted != object.revision.to_string()
    {
        return Err(unmet(
            object,
            &format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({}). The object might have been modified",
                object.revision
            ),
        ));
    }
    Ok(())
}

/// 409 of a deletion, which names the kind rather than the resource.
fn unmet(object: &Object, why: &str) -> Status {
    let info = object.info();
    let details = Details {
        name: object.name().to_owned(),
        group: info.group.to_owned(),
        kind: info.name.to_owned(),
        ..Details::default()
    };
    let message =
        format!("Operation cannot be fulfilled on {} \"{}\": {why}", info.qualified_kind(), object.name());
    Status { reason: Reason::Conflict, message, details: Some(Box::new(details)) }
}

/// Only pods are given time, and only those that may be running.
fn grace_period_seconds(object: &Object, options: &DeleteOptions) -> i64 {
    if object.kind() != Kind::Pod {
        return 0;
    }
    let (spec, status) = (object.spec::<Pod>(), object.status::<Pod>());
    let finished = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    let unbound = spec.node_name.as_deref().unwrap_or_default().is_empty();
    if finished || unbound {
        return 0;
    }
    let own = spec.termination_grace_period_seconds.unwrap_or(30);
    // A negative period counts as the shortest that is graceful.
    match options.grace_period_seconds.unwrap_or(own) {
        seconds if seconds < 0 => 1,
        seconds => seconds,
    }
}

fn set_propagation_finalizers(object: &mut Object, propagation: Option<Propagation>) {
    let Some(propagation) = propagation else { return };
    let wanted = match propagation {
        Propagation::Orphan => Some(ORPHAN),
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Background => None,
    };
    let finalizers = &mut object.metadata_mut().finalizers;
    finalizers.retain(|name| (name != ORPHAN && name != FOREGROUND) || Some(name.as_str()) == wanted);
    if let Some(wanted) = wanted
        && !finalizers.iter().any(|name| name == wanted)
    {
        finalizers.push(wanted.to_owned());
    }
}
