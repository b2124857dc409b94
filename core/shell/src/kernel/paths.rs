//! What processes do with paths.

use std::collections::BTreeMap;

use engine::Instant;

use super::Kernel;
use super::processes::Pid;
use crate::file_system::{
    Body, Errno, FileKind, Ino, Inode, Metadata, Place, Target, Tree, TreeId, View, join, parent_and_name,
};
use crate::machine::CAP_CHOWN;

/// What each name of a folder takes in memory: the size that tmpfs shows of it.
const MEMORY_ENTRY: u64 = 20;

/// A folder in which a name is to be made or removed: its tree, its number, and whether its mount refuses changes.
type Folder = (TreeId, Ino, bool);

impl Kernel {
    pub(crate) fn view(&self, pid: Pid) -> View<'_> {
        let context = self.context_of(pid);
        View { storage: &self.storage, mounts: &context.mounts, uid: context.uid, groups: &context.groups }
    }

    pub(crate) fn walk(&self, pid: Pid, path: &str, follow: bool) -> Result<Place, Errno> {
        if path.is_empty() {
            return Err(Errno::NoEntry);
        }
        let place = self.view(pid).walk(&join(&self.process(pid).cwd, path), follow)?;
        match &place.target {
            Target::Proc(names) => match self.proc_link(pid, names, follow) {
                Some((process, path)) => self.walk(process, &path, follow),
                None => Ok(place),
            },
            _ => Ok(place),
        }
    }

    fn walk_to_inode(&self, pid: Pid, path: &str, follow: bool) -> Result<(TreeId, Ino, bool), Errno> {
        match self.walk(pid, path, follow)?.target {
            Target::Inode { tree, ino, read_only, .. } => Ok((tree, ino, read_only)),
            Target::Missing { .. } => Err(Errno::NoEntry),
            Target::Proc(_) => Err(Errno::NotPermitted),
        }
    }

    pub(crate) fn change_folder(&mut self, pid: Pid, path: &str) -> Result<(), Errno> {
        let place = self.walk(pid, path, true)?;
        match place.target {
            Target::Missing { .. } => return Err(Errno::NoEntry),
            Target::Inode { tree, ino, .. } => {
                let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
                if inode.kind() != FileKind::Folder {
                    return Err(Errno::NotFolder);
                }
                if !self.view(pid).allowed(inode, 1) {
                    return Err(Errno::Permission);
                }
            }
            Target::Proc(_) => {}
        }
        self.process_mut(pid).cwd = place.path;
        Ok(())
    }

    pub(crate) fn stat(&self, pid: Pid, path: &str, follow: bool) -> Result<Metadata, Errno> {
        match self.walk(pid, path, follow)?.target {
            Target::Missing { .. } => Err(Errno::NoEntry),
            Target::Proc(names) => self.stat_proc(pid, &names),
            Target::Inode { tree, ino, .. } => {
                let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
                let mut metadata = metadata(inode, tree, ino);
                if let Body::Folder(entries) = &inode.body {
                    // Its name, its own `.`, and the `..` of each folder in it.
                    let is_folder = |ino| {
                        self.storage.inode(tree, ino).is_some_and(|inode| inode.kind() == FileKind::Folder)
                    };
                    metadata.links = 2 + entries.values().filter(|ino| is_folder(**ino)).count() as u32;
                    if self.storage.tree(tree).is_some_and(Tree::is_memory) {
                        metadata.size = MEMORY_ENTRY * (entries.len() as u64 + 2);
                    }
                }
                Ok(metadata)
            }
        }
    }

    pub(crate) fn read_folder(&self, pid: Pid, path: &str) -> Result<Vec<String>, Errno> {
        let place = self.walk(pid, path, true)?;
        let (tree, ino) = match place.target {
            Target::Missing { .. } => return Err(Errno::NoEntry),
            Target::Proc(names) => return self.list_proc(pid, &names),
            Target::Inode { tree, ino, .. } => (tree, ino),
        };
        let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
        let Body::Folder(entries) = &inode.body else { return Err(Errno::NotFolder) };
        if !self.view(pid).allowed(inode, 4) {
            return Err(Errno::Permission);
        }
        let mut names: Vec<String> = entries.keys().cloned().collect();
        names.extend(self.view(pid).mounted_in(&place.path).map(str::to_owned));
        if place.path == "/" {
            names.push("proc".to_owned());
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    pub(crate) fn canonical(&self, pid: Pid, path: &str) -> Result<String, Errno> {
        self.walk(pid, path, true).map(|place| place.path)
    }

    pub(crate) fn read_link(&self, pid: Pid, path: &str) -> Result<String, Errno> {
        match self.walk(pid, path, false)?.target {
            Target::Inode { tree, ino, .. } => match self.storage.inode(tree, ino).map(|inode| &inode.body) {
                Some(Body::Symlink(target)) => Ok(target.clone()),
                _ => Err(Errno::Invalid),
            },
            Target::Missing { .. } => Err(Errno::NoEntry),
            Target::Proc(names) => self.read_proc_link(pid, &names),
        }
    }

    /// Puts a new inode into a folder.
    pub(super) fn create(
        &mut self,
        pid: Pid,
        (tree, folder, read_only): Folder,
        name: &str,
        body: Body,
        mode: u32,
        now: Instant,
    ) -> Result<Ino, Errno> {
        self.check_folder(pid, (tree, folder, read_only))?;
        let context = self.context_of(pid);
        let mut gid = context.gid;
        let mut mode = mode;
        let parent = self.storage.inode(tree, folder).ok_or(Errno::NoEntry)?;
        if parent.mode & 0o2000 != 0 {
            // A set-group-id folder hands its group down (what fsGroup volumes rely on).
            gid = parent.gid;
            mode |= if matches!(body, Body::Folder(_)) { 0o2000 } else { 0 };
        }
        let inode = Inode::new(body, mode, (self.context_of(pid).uid, gid), self.unix_micros(now));
        let ino = self.storage.tree_mut(tree).ok_or(Errno::NoEntry)?.add(inode);
        self.put_name(tree, folder, name, ino, now);
        Ok(ino)
    }

    fn check_folder(&self, pid: Pid, (tree, folder, read_only): Folder) -> Result<(), Errno> {
        let inode = self.storage.inode(tree, folder).ok_or(Errno::NoEntry)?;
        if inode.kind() != FileKind::Folder {
            return Err(Errno::NotFolder);
        }
        if read_only {
            return Err(Errno::ReadOnly);
        }
        if self.view(pid).allowed(inode, 3) { Ok(()) } else { Err(Errno::Permission) }
    }

    fn put_name(&mut self, tree: TreeId, folder: Ino, name: &str, ino: Ino, now: Instant) {
        let modified = self.unix_micros(now);
        if let Some(inode) = self.storage.inode_mut(tree, folder) {
            inode.modified = modified;
            if let Body::Folder(entries) = &mut inode.body {
                entries.insert(name.to_owned(), ino);
            }
        }
    }

    fn take_name(&mut self, tree: TreeId, folder: Ino, name: &str, now: Instant) -> Option<Ino> {
        let modified = self.unix_micros(now);
        let inode = self.storage.inode_mut(tree, folder)?;
        inode.modified = modified;
        match &mut inode.body {
            Body::Folder(entries) => entries.remove(name),
            _ => None,
        }
    }

    /// The folder in which the last name of a path is, and that name.
    fn folder_of(&self, pid: Pid, path: &str) -> Result<(Folder, String), Errno> {
        let (parent, name) = parent_and_name(path);
        let (tree, folder, read_only) = self.walk_to_inode(pid, parent, true)?;
        Ok(((tree, folder, read_only), name.to_owned()))
    }

    fn create_at(&mut self, pid: Pid, path: &str, body: Body, mode: u32, now: Instant) -> Result<(), Errno> {
        match self.walk(pid, path.trim_end_matches('/'), false)?.target {
            Target::Missing { tree, folder, read_only } => {
                let name = parent_and_name(path).1.to_owned();
                self.create(pid, (tree, folder, read_only), &name, body, mode, now).map(|_| ())
            }
            Target::Inode { .. } => Err(Errno::Exists),
            Target::Proc(_) => Err(Errno::NotPermitted),
        }
    }

    pub(crate) fn make_folder(&mut self, pid: Pid, path: &str, mode: u32, now: Instant) -> Result<(), Errno> {
        if path.trim_end_matches('/').is_empty() {
            return Err(if path.is_empty() { Errno::NoEntry } else { Errno::Exists });
        }
        self.create_at(pid, path, Body::Folder(BTreeMap::new()), mode, now)
    }

    pub(crate) fn symlink(&mut self, pid: Pid, target: &str, path: &str, now: Instant) -> Result<(), Errno> {
        self.create_at(pid, path, Body::Symlink(target.to_owned()), 0o777, now)
    }

    pub(crate) fn link(&mut self, pid: Pid, target: &str, path: &str, now: Instant) -> Result<(), Errno> {
        let (tree, ino, _) = self.walk_to_inode(pid, target, false)?;
        if self.storage.inode(tree, ino).is_some_and(|inode| inode.kind() == FileKind::Folder) {
            return Err(Errno::NotPermitted);
        }
        let Target::Missing { tree: to, folder, read_only } = self.walk(pid, path, false)?.target else {
            return Err(Errno::Exists);
        };
        if to != tree {
            return Err(Errno::CrossDevice);
        }
        self.check_folder(pid, (to, folder, read_only))?;
        self.put_name(tree, folder, parent_and_name(path).1, ino, now);
        if let Some(inode) = self.storage.inode_mut(tree, ino) {
            inode.links += 1;
        }
        Ok(())
    }

    pub(crate) fn unlink(&mut self, pid: Pid, path: &str, now: Instant) -> Result<(), Errno> {
        let (tree, ino) = self.removable(pid, path)?;
        if self.storage.inode(tree, ino).is_some_and(|inode| inode.kind() == FileKind::Folder) {
            return Err(Errno::IsFolder);
        }
        self.remove_name(pid, path, now)
    }

    pub(crate) fn remove_folder(&mut self, pid: Pid, path: &str, now: Instant) -> Result<(), Errno> {
        let (tree, ino) = self.removable(pid, path)?;
        match self.storage.inode(tree, ino).map(|inode| &inode.body) {
            Some(Body::Folder(entries)) if entries.is_empty() => self.remove_name(pid, path, now),
            Some(Body::Folder(_)) => Err(Errno::NotEmpty),
            _ => Err(Errno::NotFolder),
        }
    }

    fn removable(&self, pid: Pid, path: &str) -> Result<(TreeId, Ino), Errno> {
        match self.walk(pid, path.trim_end_matches('/'), false)?.target {
            Target::Inode { mounted: true, .. } => Err(Errno::Busy),
            Target::Inode { tree, ino, .. } => Ok((tree, ino)),
            Target::Missing { .. } => Err(Errno::NoEntry),
            Target::Proc(_) => Err(Errno::NotPermitted),
        }
    }

    fn remove_name(&mut self, pid: Pid, path: &str, now: Instant) -> Result<(), Errno> {
        let ((tree, folder, read_only), name) = self.folder_of(pid, path)?;
        self.check_folder(pid, (tree, folder, read_only))?;
        self.check_sticky(pid, tree, folder, &name)?;
        if let Some(ino) = self.take_name(tree, folder, &name, now) {
            self.unname(tree, ino);
        }
        Ok(())
    }

    /// In a sticky folder (`/tmp`) only the owner of a file, or of the folder, may remove it.
    fn check_sticky(&self, pid: Pid, tree: TreeId, folder: Ino, name: &str) -> Result<(), Errno> {
        let uid = self.context_of(pid).uid;
        let parent = self.storage.inode(tree, folder).ok_or(Errno::NoEntry)?;
        let Body::Folder(entries) = &parent.body else { return Err(Errno::NotFolder) };
        let owner = entries.get(name).and_then(|ino| self.storage.inode(tree, *ino)).map(|inode| inode.uid);
        let free = parent.mode & 0o1000 == 0 || uid == 0 || parent.uid == uid || owner == Some(uid);
        if free { Ok(()) } else { Err(Errno::NotPermitted) }
    }

    fn unname(&mut self, tree: TreeId, ino: Ino) {
        if let Some(inode) = self.storage.inode_mut(tree, ino) {
            inode.links = inode.links.saturating_sub(1);
        }
        self.drop_if_nameless(tree, ino);
    }

    pub(crate) fn rename(&mut self, pid: Pid, from: &str, to: &str, now: Instant) -> Result<(), Errno> {
        let (tree, ino) = self.removable(pid, from)?;
        let ((_, from_folder, from_read_only), from_name) = self.folder_of(pid, from)?;
        let ((to_tree, to_folder, to_read_only), to_name) = self.folder_of(pid, to)?;
        if to_tree != tree {
            return Err(Errno::CrossDevice);
        }
        self.check_folder(pid, (tree, from_folder, from_read_only))?;
        self.check_folder(pid, (tree, to_folder, to_read_only))?;
        self.check_sticky(pid, tree, from_folder, &from_name)?;
        let from_path = self.walk(pid, from.trim_end_matches('/'), false)?.path;
        let to_place = self.walk(pid, to.trim_end_matches('/'), false)?;
        if to_place.path.starts_with(&(from_path + "/")) {
            return Err(Errno::Invalid);
        }
        if let Target::Inode { ino: old, .. } = to_place.target {
            if old == ino {
                return Ok(());
            }
            let is_folder = |ino| self.storage.inode(tree, ino).is_some_and(|i| i.kind() == FileKind::Folder);
            match (is_folder(ino), is_folder(old)) {
                (true, false) => return Err(Errno::NotFolder),
                (false, true) => return Err(Errno::IsFolder),
                (true, true) => self.remove_folder(pid, to, now)?,
                (false, false) => self.remove_name(pid, to, now)?,
            }
        }
        self.take_name(tree, from_folder, &from_name, now);
        self.put_name(tree, to_folder, &to_name, ino, now);
        Ok(())
    }

    fn change_inode(
        &mut self,
        pid: Pid,
        path: &str,
        change: impl FnOnce(&mut Inode) -> bool,
    ) -> Result<(), Errno> {
        let (tree, ino, read_only) = self.walk_to_inode(pid, path, true)?;
        if read_only {
            return Err(Errno::ReadOnly);
        }
        let uid = self.context_of(pid).uid;
        let owner = self.storage.inode(tree, ino).map(|inode| inode.uid);
        if uid != 0 && owner != Some(uid) {
            return Err(Errno::NotPermitted);
        }
        let inode = self.storage.inode_mut(tree, ino).ok_or(Errno::NoEntry)?;
        if change(inode) { Ok(()) } else { Err(Errno::NotPermitted) }
    }

    pub(crate) fn change_mode(&mut self, pid: Pid, path: &str, mode: u32) -> Result<(), Errno> {
        self.change_inode(pid, path, |inode| {
            inode.mode = mode;
            true
        })
    }

    pub(crate) fn change_owner(
        &mut self,
        pid: Pid,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
    ) -> Result<(), Errno> {
        let any = self.context_of(pid).can(CAP_CHOWN);
        self.change_inode(pid, path, |inode| {
            let keeps_owner = uid.is_none_or(|uid| uid == inode.uid);
            if !any && !keeps_owner {
                return false;
            }
            inode.uid = uid.unwrap_or(inode.uid);
            inode.gid = gid.unwrap_or(inode.gid);
            true
        })
    }

    pub(crate) fn set_modified(&mut self, pid: Pid, path: &str, seconds: i64) -> Result<(), Errno> {
        let (tree, ino, read_only) = self.walk_to_inode(pid, path, true)?;
        if read_only {
            return Err(Errno::ReadOnly);
        }
        let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
        if !self.view(pid).allowed(inode, 2) {
            return Err(Errno::Permission);
        }
        if let Some(inode) = self.storage.inode_mut(tree, ino) {
            inode.modified = seconds * 1_000_000;
        }
        Ok(())
    }
}

fn metadata(inode: &Inode, tree: TreeId, ino: Ino) -> Metadata {
    Metadata {
        kind: inode.kind(),
        mode: inode.mode,
        uid: inode.uid,
        gid: inode.gid,
        size: inode.size(),
        modified: inode.modified,
        links: inode.links,
        ino,
        tree,
    }
}
