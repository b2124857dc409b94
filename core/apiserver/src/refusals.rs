//! Writes that were refused: the last few, for whoever shows what happens at the door. They are no part of the world: a snapshot does not
//! hold them, and nothing in the cluster depends on them.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::Instant;
use model::Kind;
use model::status::{Reason, Result};

use crate::{ApiServer, Caller};

/// So many are kept.
const KEPT_MAX: usize = 32;

/// A write that was refused.
#[derive(Clone, PartialEq, Debug)]
pub struct Refusal {
    /// How many were refused before.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// Who asked.
    pub user: Arc<str>,
    /// `create`, `update`, `patch`, `delete`.
    pub verb: &'static str,
    /// The object's kind.
    pub kind: Kind,
    /// The object's name, if it had one.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// The last refusals and the count of all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals {
    count: u64,
    last: VecDeque<Refusal>,
}

impl ApiServer {
    /// How many writes were refused since the world began or was restored.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals.count
    }

    /// Those after the first `count`, as far as they are kept; oldest first.
    pub fn refusals_after(&self, count: u64) -> impl Iterator<Item = &Refusal> {
        self.refusals.last.iter().filter(move |refusal| refusal.number >= count)
    }

    /// Notes the outcome of a write if it was refused.
    pub(crate) fn noting<T>(
        &mut self,
        caller: &Caller,
        verb: &'static str,
        kind: Kind,
        outcome: Result<T>,
    ) -> Result<T> {
        if let Err(status) = &outcome {
            let name = status.details.as_ref().map(|details| details.name.clone()).unwrap_or_default();
            let Refusals { count, last } = &mut self.refusals;
            if last.len() >= KEPT_MAX {
                last.pop_front();
            }
            let user = Arc::clone(&caller.user);
            last.push_back(Refusal {
                number: *count,
                at: self.now,
                user,
                verb,
                kind,
                name,
                reason: status.reason,
            });
            *count += 1;
        }
        outcome
    }
}
