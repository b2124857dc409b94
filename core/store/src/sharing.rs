//! Equal parts are kept once: an object that is about to be written takes those that objects like it already have.
//!
//! The pods of one ReplicaSet have one template, and those that became ready in the same second the same conditions. Where to look is a
//! matter of the stored state alone, so that a world that was saved and restored goes on sharing alike.

use std::sync::Arc;

use model::Object;

use crate::table::{Key, Store};

/// What was written last is often alike, whosever it is...
const LAST_CHANGES: usize = 8;
/// ...and among these there may be an object of the same owner.
const LAST_CHANGES_OF_OWNER: usize = 32;

impl Store {
    /// Has the object share what it can with what stands under its key, with what was written last, and with an object of the same owner.
    pub fn share_parts(&self, object: &mut Object) {
        let kind = object.kind();
        if let Some(before) = self.get_key(kind, &Key::of(object)) {
            object.share(before);
        }
        let last = || self.last_changes(kind).filter_map(|change| change.new.as_ref());
        last().take(LAST_CHANGES).for_each(|other| object.share(other));
        if let Some(owner) = object.metadata.controller().map(|owner| owner.uid.clone()) {
            let is_sibling =
                |other: &&Arc<Object>| other.metadata.controller().is_some_and(|known| known.uid == owner);
            let recent = last().take(LAST_CHANGES_OF_OWNER).find(is_sibling);
            if let Some(sibling) = recent.or_else(|| self.owned_by(kind, &owner).next()) {
                object.share(sibling);
            }
        }
    }
}
