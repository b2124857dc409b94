//! Changes of a tree from outside, by whoever owns the machine: a volume's files, a container's `/etc/hosts`.
//!
//! Paths are relative to the tree's root; symbolic links are not followed, and no user is asked.

use std::collections::BTreeMap;

use super::{Body, Content, Errno, Ino, Inode, ROOT, Storage, TreeId, parent_and_name};

/// Who owns a new file, its permission bits and the time of its change (Unix microseconds).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Unix microseconds.
    pub modified: i64,
}

impl Attributes {
    /// Root's, with these permission bits.
    #[must_use]
    pub fn root(mode: u32, modified: i64) -> Self {
        Self { mode, uid: 0, gid: 0, modified }
    }
}

impl Storage {
    /// The inode at a path.
    #[must_use]
    pub fn find(&self, tree: TreeId, path: &str) -> Option<Ino> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(ROOT, |at, name| {
            match &self.inode(tree, at)?.body {
                Body::Folder(entries) => entries.get(name).copied(),
                _ => None,
            }
        })
    }

    /// The bytes of a file.
    #[must_use]
    pub fn read(&self, tree: TreeId, path: &str) -> Option<Vec<u8>> {
        match &self.inode(tree, self.find(tree, path)?)?.body {
            Body::File(content) => Some(content.read(0, content.len() as usize)),
            _ => None,
        }
    }

    /// The names in a folder, sorted.
    #[must_use]
    pub fn names(&self, tree: TreeId, path: &str) -> Vec<String> {
        match self.find(tree, path).and_then(|ino| self.inode(tree, ino)).map(|inode| &inode.body) {
            Some(Body::Folder(entries)) => entries.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Makes a folder and those above it; one that is there stays as it is. Its number.
    ///
    /// # Errors
    /// If a name on the way is no folder.
    pub fn put_folder(&mut self, tree: TreeId, path: &str, attributes: Attributes) -> Result<Ino, Errno> {
        let mut at = ROOT;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let inode = self.inode(tree, at).ok_or(Errno::NoEntry)?;
            let Body::Folder(entries) = &inode.body else { return Err(Errno::NotFolder) };
            at = match entries.get(name) {
                Some(ino) => *ino,
                None => self.put(tree, at, name, Body::Folder(BTreeMap::new()), attributes)?,
            };
        }
        Ok(at)
    }

    /// Writes a whole file, with the folders above it; what had the name is replaced. Its number.
    ///
    /// # Errors
    /// If a name on the way is no folder, or the tree is full.
    pub fn put_file(
        &mut self,
        tree: TreeId,
        path: &str,
        bytes: Vec<u8>,
        attributes: Attributes,
    ) -> Result<Ino, Errno> {
        let size = bytes.len() as u64;
        if !self.tree_mut(tree).ok_or(Errno::NoEntry)?.account(0, size) {
            return Err(Errno::NoSpace);
        }
        self.put_at(tree, path, Body::File(Content::new(bytes)), attributes)
    }

    /// Makes a symbolic link; what had the name is replaced, at once (as `..data` of a volume is swapped).
    ///
    /// # Errors
    /// If a name on the way is no folder.
    pub fn put_symlink(
        &mut self,
        tree: TreeId,
        path: &str,
        target: &str,
        attributes: Attributes,
    ) -> Result<Ino, Errno> {
        self.put_at(tree, path, Body::Symlink(target.to_owned()), attributes)
    }

    /// Removes a name, with all that is below it; false if there was none.
    pub fn remove(&mut self, tree: TreeId, path: &str) -> bool {
        let (parent, name) = parent_and_name(path);
        let Some(folder) = self.find(tree, parent.trim_start_matches('.')) else { return false };
        let Some(Inode { body: Body::Folder(entries), .. }) = self.inode_mut(tree, folder) else {
            return false;
        };
        match entries.remove(name) {
            Some(ino) => {
                self.unname(tree, ino);
                true
            }
            None => false,
        }
    }

    fn put_at(&mut self, tree: TreeId, path: &str, body: Body, attributes: Attributes) -> Result<Ino, Errno> {
        let (parent, name) = parent_and_name(path);
        let above = Attributes { mode: 0o755, ..attributes };
        let folder = self.put_folder(tree, parent.trim_start_matches('.'), above)?;
        self.put(tree, folder, name, body, attributes)
    }

    fn put(
        &mut self,
        tree: TreeId,
        folder: Ino,
        name: &str,
        body: Body,
        attributes: Attributes,
    ) -> Result<Ino, Errno> {
        let owner = (attributes.uid, attributes.gid);
        let inode = Inode::new(body, attributes.mode, owner, attributes.modified);
        let ino = self.tree_mut(tree).ok_or(Errno::NoEntry)?.add(inode);
        let Some(Inode { body: Body::Folder(entries), .. }) = self.inode_mut(tree, folder) else {
            return Err(Errno::NotFolder);
        };
        if let Some(old) = entries.insert(name.to_owned(), ino) {
            self.unname(tree, old);
        }
        Ok(ino)
    }

    /// One name of an inode is gone. An inode without names stays while it may be open; what is below a folder goes too.
    fn unname(&mut self, tree: TreeId, ino: Ino) {
        let below: Vec<Ino> = match self.inode(tree, ino).map(|inode| &inode.body) {
            Some(Body::Folder(entries)) => entries.values().copied().collect(),
            _ => Vec::new(),
        };
        below.into_iter().for_each(|ino| self.unname(tree, ino));
        if let Some(inode) = self.inode_mut(tree, ino) {
            inode.links = inode.links.saturating_sub(1);
        }
    }
}
