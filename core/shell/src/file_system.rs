//! The virtual file system: immutable layers of images, trees over them, and mounts that put trees together.

mod errno;
mod layer;
mod mount;
mod outside;
mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use errno::Errno;
pub use layer::{Layer, LayerBuilder};
pub use mount::{Mount, Place, Target, View, join, parent_and_name};
pub use outside::Attributes;
pub use tree::{Tree, TreeId};

/// The number of an inode in its tree.
pub type Ino = u64;
/// The inode of a tree's root folder.
pub const ROOT: Ino = 1;

/// Names a layer in the table of layers (an image's digest, for instance).
pub type LayerId = String;

/// Layers and trees of a machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Storage {
    layers: BTreeMap<LayerId, Arc<Layer>>,
    trees: BTreeMap<TreeId, Tree>,
    next_tree: u64,
    /// Unix microseconds now, as far as the storage was told.
    pub(crate) present: i64,
}

/// What an inode is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inode {
    /// Permission bits, with set-id and sticky bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Unix microseconds of the last change.
    pub modified: i64,
    /// How many names it has.
    pub links: u32,
    /// What it holds.
    pub body: Body,
}

/// What an inode holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Body {
    /// Names and their inodes.
    Folder(BTreeMap<String, Ino>),
    /// Bytes.
    File(Content),
    /// The target of a symbolic link.
    Symlink(String),
    /// A device.
    Device(Device),
    /// An executable: the name of a utility or of a program of an upper floor.
    Program(String),
}

/// The bytes of a file: stored ones, then zeros that are only counted (`dd if=/dev/zero`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    bytes: Arc<Vec<u8>>,
    zeros: u64,
}

/// A device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Device {
    /// Swallows everything.
    Null,
    /// Gives zeros.
    Zero,
    /// Is always full.
    Full,
    /// Gives random bytes.
    Random,
    /// The terminal of the process.
    Tty,
}

/// What `stat` tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// Kind.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    pub size: u64,
    /// Unix microseconds of the last change.
    pub modified: i64,
    /// How many names it has.
    pub links: u32,
    /// Inode number.
    pub ino: Ino,
    /// Which tree it is in.
    pub tree: TreeId,
}

/// The kind of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Symlink,
    /// A character device.
    Device,
    /// A pipe.
    Pipe,
}

impl Metadata {
    /// Whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.kind == FileKind::Folder
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// Whether it is a symbolic link.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        self.kind == FileKind::Symlink
    }
}

impl Content {
    /// These bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), zeros: 0 }
    }

    /// Size in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.zeros
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// At most `max` bytes from `offset`.
    #[must_use]
    pub fn read(&self, offset: u64, max: usize) -> Vec<u8> {
        let stored = self.bytes.len() as u64;
        let end = self.len().min(offset.saturating_add(max as u64));
        let mut read = Vec::new();
        if offset < stored {
            read.extend_from_slice(&self.bytes[offset as usize..end.min(stored) as usize]);
        }
        if end > stored {
            read.resize(read.len() + (end - stored.max(offset.min(end))) as usize, 0);
        }
        read
    }

    /// Puts `bytes` at `offset`, with zeros before them if the file is shorter.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        if offset == self.len() && bytes.len() >= 512 && bytes.iter().all(|byte| *byte == 0) {
            self.zeros += bytes.len() as u64;
            return;
        }
        let end = offset + bytes.len() as u64;
        let total = self.len().max(end);
        let stored = Arc::make_mut(&mut self.bytes);
        if (stored.len() as u64) < end {
            stored.resize(end as usize, 0);
        }
        stored[offset as usize..end as usize].copy_from_slice(bytes);
        self.zeros = total - stored.len() as u64;
    }

    /// Cuts or lengthens to `size` bytes.
    pub fn resize(&mut self, size: u64) {
        let stored = self.bytes.len() as u64;
        if size < stored {
            Arc::make_mut(&mut self.bytes).truncate(size as usize);
        }
        self.zeros = size.saturating_sub(stored);
    }
}

impl Inode {
    /// A new inode with one name.
    #[must_use]
    pub fn new(body: Body, mode: u32, owner: (u32, u32), modified: i64) -> Self {
        Self { mode, uid: owner.0, gid: owner.1, modified, links: 1, body }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        match self.body {
            Body::Folder(_) => FileKind::Folder,
            Body::File(_) | Body::Program(_) => FileKind::File,
            Body::Symlink(_) => FileKind::Symlink,
            Body::Device(_) => FileKind::Device,
        }
    }

    /// Its size as `ls` shows it.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::Folder(_) => 4096,
            Body::File(content) => content.len(),
            Body::Symlink(target) => target.len() as u64,
            Body::Device(_) => 0,
            Body::Program(name) => 16_384 + 977 * name.len() as u64,
        }
    }
}

/// A tree and the layer under it.
#[derive(Clone, Copy)]
pub(crate) struct Files<'a> {
    tree: &'a Tree,
    layer: Option<&'a Layer>,
}

impl<'a> Files<'a> {
    /// An inode, the tree's own or its layer's.
    pub(crate) fn inode(&self, ino: Ino) -> Option<&'a Inode> {
        self.tree.own(ino).or_else(|| self.layer?.inode(ino))
    }
}

impl Storage {
    /// Puts a layer into the table; the same id is not put twice.
    pub fn add_layer(&mut self, id: &str, layer: impl FnOnce() -> Layer) {
        if !self.layers.contains_key(id) {
            self.layers.insert(id.to_owned(), Arc::new(layer()));
        }
    }

    /// Whether a layer is there.
    #[must_use]
    pub fn has_layer(&self, id: &str) -> bool {
        self.layers.contains_key(id)
    }

    /// A new tree over a layer, or an empty one (a volume) of which `limit` says how many bytes it may hold.
    pub fn add_tree(&mut self, layer: Option<&str>, limit: Option<u64>) -> TreeId {
        self.next_tree += 1;
        let id = TreeId(self.next_tree);
        let base = layer.and_then(|layer| self.layers.get(layer));
        self.trees
            .insert(id, Tree::new(layer.map(str::to_owned), base.map(Arc::as_ref), limit, self.present));
        id
    }

    /// Forgets a tree.
    pub fn remove_tree(&mut self, id: TreeId) {
        self.trees.remove(&id);
    }

    /// A tree.
    #[must_use]
    pub fn tree(&self, id: TreeId) -> Option<&Tree> {
        self.trees.get(&id)
    }

    /// A tree, to change its limit or read its use.
    pub fn tree_mut(&mut self, id: TreeId) -> Option<&mut Tree> {
        let tree = self.trees.get_mut(&id)?;
        tree.present = self.present;
        Some(tree)
    }

    /// An inode of a tree, its own or of its layer.
    #[must_use]
    pub fn inode(&self, tree: TreeId, ino: Ino) -> Option<&Inode> {
        self.files(tree)?.inode(ino)
    }

    /// All inodes of a tree, for whoever looks several up.
    pub(crate) fn files(&self, tree: TreeId) -> Option<Files<'_>> {
        let tree = self.trees.get(&tree)?;
        Some(Files { tree, layer: tree.layer().and_then(|layer| self.layers.get(layer)).map(Arc::as_ref) })
    }

    /// An inode to change: one of the layer is copied first.
    pub fn inode_mut(&mut self, tree: TreeId, ino: Ino) -> Option<&mut Inode> {
        let tree = self.trees.get_mut(&tree)?;
        if tree.own(ino).is_none() {
            let copy = self.layers.get(tree.layer()?)?.inode(ino)?.clone();
            tree.put(ino, copy);
        }
        tree.own_mut(ino)
    }
}
