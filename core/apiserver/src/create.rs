//! Create: what a new object passes.

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

/// Generated names end in so many random characters...
const SUFFIX_LENGTH: usize = 5;
/// ...and their prefix is cut to leave room for them.
const PREFIX_LENGTH_MAX: usize = 63 - SUFFIX_LENGTH;
/// So often a generated name that is taken is drawn again.
const NAME_ATTEMPTS: usize = 8;

impl ApiServer {
    /// Creates an object.
    ///
    /// # Errors
    /// 403, 404 for its namespace, 409 if there is one, 422.
    pub fn create(&mut self, caller: &Caller, object: Object) -> Result<Arc<Object>> {
        self.create_with(caller, object, &WriteOptions::default())
    }

    /// Creates an object, or only says what would be created.
    ///
    /// # Errors
    /// 403, 404 for its namespace, 409 if there is one, 422.
    pub fn create_with(
        &mut self,
        caller: &Caller,
        object: Object,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        let kind = object.kind();
        let outcome = self.create_checked(caller, object, options);
        self.noting(caller, "create", kind, outcome)
    }

    fn create_checked(
        &mut self,
        caller: &Caller,
        object: Object,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        let kind = object.kind();
        self.warnings = warnings::of_kind(kind);
        let attributes = Attributes {
            verb: "create",
            kind,
            subresource: "",
            namespace: Self::place(kind, object.namespace()),
            name: object.name(),
        };
        self.authorize(caller, &attributes)?;
        check_manager(caller, "CreateOptions")?;
        self.make(caller, object, &Ownership::Writer(""), options)
    }

    /// Creates an object once identity is settled.
    pub(crate) fn make(
        &mut self,
        caller: &Caller,
        mut object: Object,
        ownership: &Ownership<'_>,
        options: &WriteOptions,
    ) -> Result<Arc<Object>> {
        let kind = object.kind();
        if !kind.info().namespaced() && !object.metadata.namespace.is_empty() {
            object.metadata_mut().namespace.clear();
        }
        self.warnings.extend(rules::name_owners_once(&mut object));
        rules::default(&mut object);
        // Admission changes every pod: what it adds is known by its look, so that no pod is kept twice.
        let mut given = (kind != Kind::Pod).then(|| object.body.clone());
        admission::admit_create(self, caller, &mut object)?;
        self.fill_system_fields(&mut object);
        strategy::prepare_for_create(&mut object);
        if self.name_it(&mut object)? {
            // A namespace's label repeats its name.
            rules::default(&mut object);
        }
        rules::check_create(&object)?;
        if let Some(there) = self.store.get(kind, object.namespace(), object.name()) {
            let mut refused = Status::already_exists(kind, object.name());
            if there.metadata.deletion_timestamp.is_some() {
                refused.message = format!("object is being deleted: {}", refused.message);
            }
            return Err(refused);
        }
        self.warnings.extend(warnings::of(&object, None));
        self.store.share_parts(&mut object);
        given.iter_mut().for_each(|given| given.share(&object.body));
        let body = given.unwrap_or_else(|| object.body.clone());
        let written = Parts { metadata: object.metadata.clone(), body };
        strategy::allocate_for_create(self, &mut object, options.dry_run)?;
        object.managed = ownership.base(&Arc::default());
        self.enter(caller, &mut object, None, written, ownership);
        if options.dry_run {
            return Ok(Arc::new(object));
        }
        Ok(self.store.put(object, &caller.user, caller.cause))
    }

    fn fill_system_fields(&mut self, object: &mut Object) {
        let uid = self.random.uuid();
        let time = self.time();
        let metadata = object.metadata_mut();
        metadata.uid = uid;
        metadata.creation_timestamp = Some(time);
        metadata.deletion_timestamp = None;
        metadata.deletion_grace_period_seconds = None;
        object.revision = 0;
        // Where nothing counts, a number that a client gives stays.
        if object.info().generations {
            object.generation = 1;
        }
    }

    /// Gives a name where only a prefix was given; answers whether it did.
    fn name_it(&mut self, object: &mut Object) -> Result<bool> {
        let Some(prefix) = object.metadata.generate_name.clone() else { return Ok(false) };
        if !object.metadata.name.is_empty() {
            return Ok(false);
        }
        let prefix: String = prefix.chars().take(PREFIX_LENGTH_MAX).collect();
        let mut name = String::new();
        for _ in 0..NAME_ATTEMPTS {
            name = format!("{prefix}{}", self.random.name_suffix(SUFFIX_LENGTH));
            if self.store.get(object.kind(), object.namespace(), &name).is_none() {
                object.metadata_mut().name = name;
                return Ok(object.kind() == Kind::Namespace);
            }
        }
        let mut status = Status::already_exists(object.kind(), &name);
        status.message.push_str(", the server was not able to generate a unique name for the object");
        status.details.get_or_insert_default().retry_after_seconds = Some(1);
        Err(status)
    }

    /// Removes an object for good, and gives back what was allocated to it.
    pub(crate) fn remove(&mut self, caller: &Caller, kind: Kind, key: &Key) -> Option<Arc<Object>> {
        let removed = self.store.remove(kind, key, &caller.user, caller.cause)?;
        strategy::release(self, &removed);
        Some(removed)
    }
}
