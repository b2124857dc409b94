//! What a recorder remembers: so many keys, of which the one that was not used for longest is forgotten first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// So many keys are enough.
const REMEMBERED_MAX: usize = 4096;

/// Values under keys, in the order of their use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Memory<T> {
    /// Each value with the use that it was last seen at.
    values: BTreeMap<String, (u64, T)>,
    /// Keys by that use.
    by_use: BTreeMap<u64, String>,
    uses: u64,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0 }
    }
}

impl<T> Memory<T> {
    /// The value under a key, made if there is none.
    pub(super) fn of(&mut self, key: &str, new: impl FnOnce() -> T) -> &mut T {
        self.uses += 1;
        let uses = self.uses;
        if let Some((used, _)) = self.values.get(key) {
            self.by_use.remove(used);
        } else if self.values.len() >= REMEMBERED_MAX
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.values.remove(&oldest);
        }
        self.by_use.insert(uses, key.to_owned());
        let entry = self.values.entry(key.to_owned()).or_insert_with(|| (uses, new()));
        entry.0 = uses;
        &mut entry.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first() {
        let mut memory = Memory::default();
        for number in 0..REMEMBERED_MAX {
            memory.of(&format!("key-{number}"), || number);
        }
        // By name it would be the first to go.
        assert_eq!(*memory.of("key-0", || 7777), 0);
        memory.of("new", || 9999);
        assert_eq!(*memory.of("key-0", || 7777), 0);
        assert_eq!(*memory.of("key-1", || 7777), 7777);
        assert_eq!(memory.values.len(), REMEMBERED_MAX);
        assert_eq!(memory.by_use.len(), REMEMBERED_MAX);
    }
}
