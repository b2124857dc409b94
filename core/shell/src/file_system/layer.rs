//! An immutable file tree, made once for an image and shared by all of its containers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Body, Content, Device, Ino, Inode, ROOT};

/// An immutable file tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layer {
    inodes: BTreeMap<Ino, Inode>,
}

/// When the files of `/dev` were made, in Unix seconds: 2025-01-01.
const MADE: i64 = 1_735_689_600;

impl Layer {
    /// Starts a layer; its files get this time.
    #[must_use]
    pub fn builder(modified_seconds: i64) -> LayerBuilder {
        LayerBuilder::new(modified_seconds)
    }

    pub(super) fn inode(&self, ino: Ino) -> Option<&Inode> {
        self.inodes.get(&ino)
    }

    pub(super) fn last(&self) -> Ino {
        self.inodes.last_key_value().map_or(ROOT, |(ino, _)| *ino)
    }

    /// The folders `/dev` of every context.
    #[must_use]
    pub fn devices() -> Self {
        let mut layer = Self::builder(MADE);
        let devices = [
            ("/null", Device::Null),
            ("/zero", Device::Zero),
            ("/full", Device::Full),
            ("/random", Device::Random),
            ("/urandom", Device::Random),
            ("/tty", Device::Tty),
        ];
        for (path, device) in devices {
            layer = layer.entry(path, Body::Device(device), 0o666);
        }
        layer
            .symlink("/fd", "/proc/self/fd")
            .symlink("/stdin", "/proc/self/fd/0")
            .symlink("/stdout", "/proc/self/fd/1")
            .symlink("/stderr", "/proc/self/fd/2")
            .folder("/shm", 0o1777)
            .build()
    }
}

/// Makes a [`Layer`]. Folders on the way to a path are made with mode 0755; everything belongs to root unless `owner` is called.
#[derive(Clone, Debug)]
pub struct LayerBuilder {
    inodes: BTreeMap<Ino, Inode>,
    modified: i64,
    owner: (u32, u32),
}

impl LayerBuilder {
    fn new(modified_seconds: i64) -> Self {
        let modified = modified_seconds * 1_000_000;
        let root = Inode::new(Body::Folder(BTreeMap::new()), 0o755, (0, 0), modified);
        Self { inodes: BTreeMap::from([(ROOT, root)]), modified, owner: (0, 0) }
    }

    /// Who owns what is added from here on.
    #[must_use]
    pub fn owner(mut self, uid: u32, gid: u32) -> Self {
        self.owner = (uid, gid);
        self
    }

    /// A folder.
    #[must_use]
    pub fn folder(mut self, path: &str, mode: u32) -> Self {
        let ino = self.ensure_folder(path);
        if let Some(inode) = self.inodes.get_mut(&ino) {
            inode.mode = mode;
            (inode.uid, inode.gid) = self.owner;
        }
        self
    }

    /// A file.
    #[must_use]
    pub fn file(self, path: &str, content: impl Into<Vec<u8>>, mode: u32) -> Self {
        self.entry(path, Body::File(Content::new(content.into())), mode)
    }

    /// A symbolic link.
    #[must_use]
    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(path, Body::Symlink(target.to_owned()), 0o777)
    }

    /// An executable in `folder` for each of `names`.
    #[must_use]
    pub fn programs(mut self, folder: &str, names: &[&str]) -> Self {
        for name in names {
            let path = format!("{}/{name}", folder.trim_end_matches('/'));
            self = self.entry(&path, Body::Program((*name).to_owned()), 0o755);
        }
        self
    }

    /// An executable that is this program, whatever its own name.
    #[must_use]
    pub fn program(self, path: &str, program: &str) -> Self {
        self.entry(path, Body::Program(program.to_owned()), 0o755)
    }

    /// The layer.
    #[must_use]
    pub fn build(self) -> Layer {
        Layer { inodes: self.inodes }
    }

    pub(super) fn entry(mut self, path: &str, body: Body, mode: u32) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.ensure_folder(folder);
        let inode = Inode::new(body, mode, self.owner, self.modified);
        self.add(parent, name, inode);
        self
    }

    fn add(&mut self, parent: Ino, name: &str, inode: Inode) -> Ino {
        let ino = self.inodes.last_key_value().map_or(ROOT, |(last, _)| *last) + 1;
        self.inodes.insert(ino, inode);
        if let Some(Inode { body: Body::Folder(entries), .. }) = self.inodes.get_mut(&parent) {
            entries.insert(name.to_owned(), ino);
        }
        ino
    }

    fn ensure_folder(&mut self, path: &str) -> Ino {
        let mut at = ROOT;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let known = match self.inodes.get(&at).map(|inode| &inode.body) {
                Some(Body::Folder(entries)) => entries.get(name).copied(),
                _ => None,
            };
            at = known.unwrap_or_else(|| {
                let folder = Inode::new(Body::Folder(BTreeMap::new()), 0o755, (0, 0), self.modified);
                self.add(at, name, folder)
            });
        }
        at
    }
}
