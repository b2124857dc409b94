//! Managed fields: how a write is entered into them, and how the API shows them. Most writes are only noted; who owns what is worked out
//! when somebody asks.

use std::sync::Arc;

use model::managed::{Managed, OwnedFields, Parts, PendingWrite};
use model::status::Details;
use model::validation::{ErrorList, Path};
use model::{Object, Reason, Status, status::Result};
use serde_json::Value;

use crate::caller::Caller;
use crate::server::ApiServer;

/// How a write is entered.
#[derive(Clone, Debug)]
pub(crate) enum Ownership<'a> {
    /// What differs is the caller's, by way of this subresource.
    Writer(&'a str),
    /// The same, on top of entries that the client gave.
    Given(&'a str, Arc<Managed>),
    /// An apply by way of this subresource, worked out already.
    Applied(&'a str, Arc<Managed>),
}

impl Ownership<'_> {
    /// The subresource that is written through.
    pub(crate) fn door(&self) -> &str {
        match self {
            Self::Writer(door) | Self::Given(door, _) | Self::Applied(door, _) => door,
        }
    }

    /// The entries that the write starts from.
    pub(crate) fn base(&self, old: &Arc<Managed>) -> Arc<Managed> {
        match self {
            Self::Writer(_) => old.clone(),
            Self::Given(_, managed) | Self::Applied(_, managed) => managed.clone(),
        }
    }
}

/// Names of managers are at most so long.
const MANAGER_BYTES_MAX: usize = 128;

/// Refuses a name that no manager may have, of a request with these options: `PatchOptions`.
pub(crate) fn check_manager(caller: &Caller, options: &str) -> Result<()> {
    let mut errors = ErrorList::new();
    if caller.manager.len() > MANAGER_BYTES_MAX {
        errors.too_long(&Path::root("fieldManager"), MANAGER_BYTES_MAX);
    }
    refuse_options(options, &errors)
}

/// Refuses an apply in nobody's name.
pub(crate) fn require_manager(caller: &Caller) -> Result<()> {
    let mut errors = ErrorList::new();
    if caller.manager.is_empty() {
        errors.required(&Path::root("fieldManager"), "is required for apply patch");
    }
    refuse_options("PatchOptions", &errors)
}

/// 422 of what a request says besides its object.
pub(crate) fn refuse_options(options: &str, errors: &ErrorList) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let (group, kind) = ("meta.k8s.io".to_owned(), options.to_owned());
    let details = Details { group, kind, causes: errors.causes(), ..Details::default() };
    let message = format!("{options}.meta.k8s.io \"\" is invalid: {}", errors.message());
    Err(Status { reason: Reason::Invalid, message, details: Some(Box::new(details)) })
}

impl ApiServer {
    /// Who set which field of an object, as `metadata.managedFields` shows it.
    #[must_use]
    pub fn managed_fields(&self, object: &Object) -> Vec<Value> {
        let entries = object.managed.resolved(object.kind());
        entries.iter().map(OwnedFields::to_value).collect()
    }

    /// Enters in the object that the caller made `written` of what was there `before`. An object whose entries were taken away is no
    /// longer tracked, until somebody applies.
    pub(crate) fn enter(
        &self,
        caller: &Caller,
        object: &mut Object,
        before: Option<&Object>,
        written: Parts,
        ownership: &Ownership<'_>,
    ) {
        let untracked = before.is_some() && object.managed.is_empty();
        if matches!(ownership, Ownership::Applied(..)) || untracked {
            return;
        }
        let write = PendingWrite {
            manager: caller.manager.clone(),
            subresource: ownership.door().to_owned(),
            // As the real one has it: who scales leaves no time.
            time: (ownership.door() != "scale").then(|| self.time()),
            before: before.map(Parts::of),
            after: written,
        };
        object.managed = object.managed.with(write);
    }
}
