//! What a request may say besides its object.

use serde::{Deserialize, Serialize};

/// Of create, update and patch.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Do everything but store it.
    pub dry_run: bool,
}

/// What becomes of the objects that the deleted one owns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Propagation {
    /// They stay, without the owner.
    Orphan,
    /// The garbage collector deletes them afterwards.
    Background,
    /// They go first, then the owner.
    Foreground,
}

/// Of delete and deletecollection.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// Overrides the object's own grace period; 0 removes a pod at once.
    pub grace_period_seconds: Option<i64>,
    /// What becomes of dependents; the kind's default if `None`.
    pub propagation: Option<Propagation>,
    /// Refuse unless the object has this uid.
    pub uid: Option<String>,
    /// Refuse unless the object has this resourceVersion.
    pub resource_version: Option<String>,
    /// Do everything but delete.
    pub dry_run: bool,
}

/// Of list, watch and deletecollection.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// A label selector's text.
    pub label_selector: String,
    /// A field selector's text.
    pub field_selector: String,
    /// How many objects a list answers at most; 0 for all.
    pub limit: usize,
    /// Where a list that was cut goes on, as its answer said.
    pub continue_token: String,
    /// The revision that a list is about; empty for the present one, `0` for any.
    pub resource_version: String,
    /// `Exact`, `NotOlderThan` or empty.
    pub resource_version_match: String,
}

/// How a patch is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PatchKind {
    /// `application/json-patch+json`.
    Json,
    /// `application/merge-patch+json`.
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
    /// `application/apply-patch+yaml`, with `force`.
    Apply {
        /// Take fields over from other managers.
        force: bool,
    },
}
