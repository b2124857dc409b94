//! The log of changes of one kind, and the cursor that reads it.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::Instant;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};

use crate::table::{Key, Store};

/// One committed change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The revision at which it was committed.
    pub revision: u64,
    /// When it was committed.
    pub at: Instant,
    /// Whose change it is.
    pub key: Key,
    /// What stood there before; `None` if it was created.
    #[serde(with = "model::shared::option")]
    pub old: Option<Arc<Object>>,
    /// What stands there now; `None` if it was deleted.
    #[serde(with = "model::shared::option")]
    pub new: Option<Arc<Object>>,
    /// Who wrote it.
    pub actor: Arc<str>,
    /// The revision that woke the writer; 0 for a request from outside.
    pub cause: u64,
}

impl Change {
    /// The object that the change is about: the new one, or the one that is gone.
    ///
    /// # Panics
    /// Never: a change has one or the other.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        self.new.as_ref().or(self.old.as_ref()).expect("a change has an old or a new object")
    }

    /// Whether the object is gone.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        self.new.is_none()
    }
}

/// The revisions asked for are no longer kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compacted {
    /// The oldest revision that can still be asked for.
    pub oldest: u64,
}

/// The changes of one kind, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Log {
    changes: VecDeque<Change>,
    /// The revision of the last change that is forgotten.
    forgotten: u64,
}

impl Log {
    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
    }

    pub(crate) fn since(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, Compacted> {
        if revision < self.forgotten {
            return Err(Compacted { oldest: self.forgotten });
        }
        let from = self.changes.partition_point(|change| change.revision <= revision);
        Ok(self.changes.range(from..))
    }

    /// The changes, latest first.
    pub(crate) fn latest(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().rev()
    }

    pub(crate) fn compact(&mut self, revision: u64) {
        let count = self.changes.partition_point(|change| change.revision <= revision);
        if let Some(last) = self.changes.drain(..count).next_back() {
            self.forgotten = last.revision;
        }
    }

    pub(crate) fn last_revision(&self) -> u64 {
        self.changes.back().map_or(self.forgotten, |change| change.revision)
    }

    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }
}

/// Where somebody who watches a kind has read to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cursor {
    /// What is watched.
    pub kind: Kind,
    /// The last revision that was read.
    pub revision: u64,
}

impl Cursor {
    /// A cursor that will read all that the log still holds.
    #[must_use]
    pub fn from_start(kind: Kind) -> Self {
        Self { kind, revision: 0 }
    }

    /// Whether there is something new to read.
    #[must_use]
    pub fn is_behind(&self, store: &Store) -> bool {
        store.kind_revision(self.kind) > self.revision
    }

    /// The changes since the last call, and moves behind them.
    ///
    /// # Errors
    /// If they are no longer kept: list anew, then go on from the store's revision.
    pub fn read<'a>(
        &mut self,
        store: &'a Store,
    ) -> Result<impl Iterator<Item = &'a Change> + use<'a>, Compacted> {
        let changes = store.changes(self.kind, self.revision)?;
        self.revision = store.revision();
        Ok(changes)
    }
}
