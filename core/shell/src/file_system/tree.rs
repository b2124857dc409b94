//! A file tree that can change: a container's own files over its image's layer, or a volume.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Body, Ino, Inode, Layer, LayerId, ROOT};

/// A tree of the machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TreeId(pub u64);

/// A file tree. Inodes of its own hide those of the layer under it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tree {
    layer: Option<LayerId>,
    inodes: BTreeMap<Ino, Inode>,
    next: Ino,
    limit: Option<u64>,
    used: u64,
    /// Whether it stands in memory rather than on a disk.
    memory: bool,
    /// When it was last opened for changes from outside, in microseconds of Unix time: new inodes without a time get this.
    pub(super) present: i64,
}

impl Tree {
    pub(super) fn new(
        layer: Option<LayerId>,
        base: Option<&Layer>,
        limit: Option<u64>,
        present: i64,
    ) -> Self {
        let mut inodes = BTreeMap::new();
        if base.is_none() {
            inodes.insert(ROOT, Inode::new(Body::Folder(BTreeMap::new()), 0o755, (0, 0), present));
        }
        let next = base.map_or(ROOT, Layer::last) + 1;
        Self { layer: layer.filter(|_| base.is_some()), inodes, next, limit, used: 0, memory: false, present }
    }

    /// The layer under it.
    #[must_use]
    pub fn layer(&self) -> Option<&str> {
        self.layer.as_deref()
    }

    /// How many bytes were written to it and are still there.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Makes it stand in memory, as tmpfs does.
    pub fn set_memory(&mut self) {
        self.memory = true;
    }

    /// Whether it stands in memory rather than on a disk.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.memory
    }

    /// How many bytes it may hold.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    pub(super) fn own(&self, ino: Ino) -> Option<&Inode> {
        self.inodes.get(&ino)
    }

    pub(super) fn own_mut(&mut self, ino: Ino) -> Option<&mut Inode> {
        self.inodes.get_mut(&ino)
    }

    pub(super) fn put(&mut self, ino: Ino, inode: Inode) {
        self.inodes.insert(ino, inode);
    }

    /// Adds an inode; its number.
    pub fn add(&mut self, mut inode: Inode) -> Ino {
        if inode.modified == 0 {
            inode.modified = self.present;
        }
        let ino = self.next;
        self.next += 1;
        self.inodes.insert(ino, inode);
        ino
    }

    /// The inodes of its own.
    pub fn own_inodes_mut(&mut self) -> impl Iterator<Item = &mut Inode> {
        self.inodes.values_mut()
    }

    /// Drops an inode that has no name and is not open.
    pub fn drop_inode(&mut self, ino: Ino) {
        if let Some(inode) = self.inodes.remove(&ino)
            && matches!(inode.body, Body::File(_))
        {
            self.used = self.used.saturating_sub(inode.size());
        }
    }

    /// Accounts for a file that grew or shrank; false if the tree is full.
    pub fn account(&mut self, before: u64, after: u64) -> bool {
        let used = self.used.saturating_sub(before.min(self.used)) + after;
        let fits = after <= before || self.limit.is_none_or(|limit| used <= limit);
        if fits {
            self.used = used;
        }
        fits
    }
}
