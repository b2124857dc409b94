//! Update: what a change of an object passes.

use std::sync::Arc;

use model::managed::Parts;
use model::{Kind, Object, Status, status::Result, warnings};
use store::Key;

use crate::admission;
use crate::authorizer::Attributes;
use crate::caller::Caller;
use crate::managed_fields::{Ownership, check_manager};
use crate::options::WriteOptions;
use crate::rules;
use crate::server::ApiServer;
use crate::strategy;
use crate::subresource::no_such_resource;

impl ApiServer {
    /// Replaces an object; its status stays.
    ///
    /// # Errors
    /// 403, 404, 409 if it was modified meanwhile, 422.
    pub fn update(&mut self, caller: &Caller, object: Object) -> Result<Arc<Object>> {
        self.update_with(caller, object, &WriteOptions::default())
    }

    /// Replaces an object, or only says what it would become.
    ///
    /// # Errors
    /// 403, 404, 409 if it was modified meanwhile, 422.
    pub fn update_with(
        &mut self,
        caller: &Caller,
        object: Object,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        let kind = object.kind();
        let outcome = self.update_checked(caller, object, options);
        self.noting(caller, "update", kind, outcome)
    }

    fn update_checked(
        &mut self,
        caller: &Caller,
        object: Object,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        self.warnings = warnings::of_kind(object.kind());
        let old = self.updatable(caller, &object, "")?;
        self.replace(caller, object, &old, &Ownership::Writer(""), options)
    }

    /// Replaces an object once identity is settled; its status stays.
    pub(crate) fn replace(
        &mut self,
        caller: &Caller,
        mut object: Object,
        old: &Arc<Object>,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        check_preconditions(&object, old)?;
        if !Arc::ptr_eq(&object.metadata, &old.metadata) {
            self.warnings.extend(rules::name_owners_once(&mut object));
        }
        // A spec that was not touched has its defaults already; leaving it alone keeps it shared.
        let labels_have_defaults = object.kind() == Kind::Namespace;
        if labels_have_defaults || !object.body.same_parts(&old.body).0 {
            rules::default(&mut object);
            model::defaults::carry_over(&mut object, old);
        }
        keep_system_fields(&mut object, old);
        object.body = object.body.with_status_of(&old.body);
        strategy::prepare_for_update(&mut object, old);
        admission::admit_update(self, caller, &mut object, old)?;
        count_generation(&mut object, old);
        self.commit_update(caller, object, old, ownership, options)
    }

    /// Replaces an object's status; everything else stays.
    ///
    /// # Errors
    /// 403, 404, 409 if it was modified meanwhile, 422.
    pub fn update_status(&mut self, caller: &Caller, object: Object) -> Result<Arc<Object>> {
        self.update_status_with(caller, object, &WriteOptions::default())
    }

    /// Replaces an object's status, or only says what it would become.
    ///
    /// # Errors
    /// 403, 404, 409 if it was modified meanwhile, 422.
    pub fn update_status_with(
        &mut self,
        caller: &Caller,
        object: Object,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        self.warnings = warnings::of_kind(object.kind());
        let old = self.updatable(caller, &object, "status")?;
        self.replace_status(caller, object, &old, &Ownership::Writer("status"), options)
    }

    /// Replaces an object's status once identity is settled.
    pub(crate) fn replace_status(
        &mut self,
        caller: &Caller,
        mut object: Object,
        old: &Arc<Object>,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        check_preconditions(&object, old)?;
        keep_system_fields(&mut object, old);
        strategy::prepare_for_status_update(&mut object, old);
        object.body = old.body.with_status_of(&object.body);
        object.generation = old.generation;
        self.commit_update(caller, object, old, ownership, options)
    }

    /// The stored object that an update is about, once identity is settled.
    fn updatable(&self, caller: &Caller, object: &Object, subresource: &str) -> Result<Arc<Object>> {
        let kind = object.kind();
        let (namespace, name) = (Self::place(kind, object.namespace()), object.name());
        self.authorize(caller, &Attributes { verb: "update", kind, subresource, namespace, name })?;
        check_manager(caller, "UpdateOptions")?;
        if !subresource.is_empty() && !kind.info().has_subresource(subresource) {
            return Err(no_such_resource());
        }
        self.meant(kind, namespace, name, object.uid())
    }

    /// The stored object that a client means by name and perhaps uid.
    pub(crate) fn meant(&self, kind: Kind, namespace: &str, name: &str, uid: &str) -> Result<Arc<Object>> {
        match self.stored(kind, namespace, name) {
            Err(_) if !uid.is_empty() => Err(other_uid(kind, &Key::new(namespace, name), uid, "")),
            found => found,
        }
    }

    /// Validates and commits; an update that changes nothing writes nothing; one that takes the last finalizer of an object that is
    /// being deleted removes it.
    pub(crate) fn commit_update(
        &mut self,
        caller: &Caller,
        mut object: Object,
        old: &Arc<Object>,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        object.managed = ownership.base(&old.managed);
        object.revision = old.revision;
        object.cause = old.cause;
        if same(&object, old) {
            return Ok(old.clone());
        }
        if ownership.door() == "status" {
            rules::check_status_update(&object, old)?;
        } else {
            rules::check_update(&object, old)?;
            self.warnings.extend(warnings::of(&object, Some(old)));
        }
        self.store.share_parts(&mut object);
        let written = Parts::of(&object);
        strategy::allocate_for_update(self, &mut object, old, options.dry_run)?;
        self.enter(caller, &mut object, Some(old), written, ownership);
        if options.dry_run {
            return Ok(Arc::new(object));
        }
        if gone_at_last(&object) {
            let key = Key::of(&object);
            self.remove(caller, object.kind(), &key);
            return Ok(Arc::new(object));
        }
        Ok(self.store.put(object, &caller.user, caller.cause))
    }
}

/// 409: the object that is meant is another one, or not there.
pub(crate) fn other_uid(kind: Kind, key: &Key, wanted: &str, is: &str) -> Status {
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {is}",
        key.path(kind)
    );
    Status::conflict(kind, &key.name, &why)
}

/// What a client says of the object that it means must be so.
fn check_preconditions(object: &Object, old: &Object) -> Result<()> {
    let (kind, name) = (object.kind(), object.name());
    if !object.uid().is_empty() && object.uid() != old.uid() {
        return Err(other_uid(kind, &Key::of(old), object.uid(), old.uid()));
    }
    if object.revision != 0 && object.revision != old.revision {
        return Err(Status::modified(kind, name));
    }
    Ok(())
}

/// Whether nothing holds back an object whose deletion began.
pub(crate) fn gone_at_last(object: &Object) -> bool {
    let finalizers_left = !object.metadata.finalizers.is_empty() || strategy::has_own_finalizers(object);
    let grace_left = object.metadata.deletion_grace_period_seconds.unwrap_or(0) > 0;
    object.is_deleting() && !finalizers_left && !grace_left
}

fn same(object: &Object, old: &Object) -> bool {
    object.generation == old.generation
        && (Arc::ptr_eq(&object.managed, &old.managed) || object.managed == old.managed)
        && (Arc::ptr_eq(&object.metadata, &old.metadata) || object.metadata == old.metadata)
        && object.body.equal_spec(&old.body)
        && object.body.equal_status(&old.body)
}

/// What only the API server sets stays as it was.
fn keep_system_fields(object: &mut Object, old: &Object) {
    let (is, was) = (&object.metadata, &old.metadata);
    let kept = is.uid == was.uid
        && is.namespace == was.namespace
        && is.creation_timestamp == was.creation_timestamp
        && is.deletion_timestamp == was.deletion_timestamp
        && is.deletion_grace_period_seconds == was.deletion_grace_period_seconds;
    if kept {
        return;
    }
    // What is left out stays; what is set otherwise is refused later.
    let metadata = object.metadata_mut();
    metadata.uid.clone_from(&was.uid);
    metadata.namespace.clone_from(&was.namespace);
    metadata.creation_timestamp.clone_from(&was.creation_timestamp);
    if was.is_deleting() {
        metadata.deletion_timestamp.clone_from(&was.deletion_timestamp);
    }
    metadata.deletion_grace_period_seconds =
        metadata.deletion_grace_period_seconds.or(was.deletion_grace_period_seconds);
}

fn count_generation(object: &mut Object, old: &Object) {
    object.generation = old.generation;
    if !object.info().generations {
        return;
    }
    // A class keeps the first one.
    if object.kind() == Kind::PriorityClass {
        return;
    }
    let counted_metadata_changed = match object.kind() {
        Kind::Deployment => object.metadata.annotations != old.metadata.annotations,
        Kind::EndpointSlice => object.metadata.labels != old.metadata.labels,
        _ => false,
    };
    let changed = !object.body.equal_spec(&old.body) || counted_metadata_changed;
    if changed {
        object.generation += 1;
    }
}
