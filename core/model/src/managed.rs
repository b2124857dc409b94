//! Managed fields, kept cheaply: a write leaves what was there before and after it; the field sets are worked out when somebody
//! asks for them (`--show-managed-fields`, server-side apply, a snapshot).

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, Time};
use serde::{Deserialize, Serialize};

use crate::metadata::Metadata;
use crate::object::Body;

/// Who set which field of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Managed {
    /// Entries worked out.
    pub entries: Vec<ManagedFieldsEntry>,
    /// Writes that came after them, oldest first.
    pub pending: Vec<PendingWrite>,
}

/// A write whose field set is not worked out yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingWrite {
    /// The field manager: `kube-controller-manager`, `kubectl-create`.
    pub manager: Arc<str>,
    /// `status`, or empty.
    pub subresource: String,
    /// When.
    pub time: Time,
    /// What stood there before; `None` if the write created the object.
    pub before: Option<(Arc<Metadata>, Body)>,
    /// What stood there after.
    pub after: (Arc<Metadata>, Body),
}

impl Managed {
    /// Notes a write. Writes of one manager through one door that follow each other count as one.
    #[must_use]
    pub fn with(self: &Arc<Self>, write: PendingWrite) -> Arc<Self> {
        let mut managed = Self::clone(self);
        match managed.pending.last_mut() {
            Some(last) if last.manager == write.manager && last.subresource == write.subresource => {
                last.after = write.after;
                last.time = write.time;
            }
            _ => managed.pending.push(write),
        }
        Arc::new(managed)
    }
}
