//! Mounts, and the way from a path to an inode through them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Body, Errno, Files, Ino, Inode, ROOT, Storage, TreeId};

const SYMLINKS_MAX: u32 = 40;
/// Few paths have more names.
const NAMES_EXPECTED: usize = 8;

/// A tree, or a part of one, put at a path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mount {
    /// Where: an absolute path without symbolic links, `/` for the root.
    pub path: String,
    /// The tree.
    pub tree: TreeId,
    /// Which folder or file of it.
    pub root: Ino,
    /// Whether it refuses changes.
    pub read_only: bool,
}

impl Mount {
    /// A whole tree at a path.
    #[must_use]
    pub fn new(path: &str, tree: TreeId) -> Self {
        Self { path: path.to_owned(), tree, root: ROOT, read_only: false }
    }
}

/// What a process sees of the storage: mounts (the first is the root; later ones hide earlier ones) and as whom.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Layers and trees.
    pub storage: &'a Storage,
    /// The mounts.
    pub mounts: &'a [Mount],
    /// The user.
    pub uid: u32,
    /// The groups, the first one is that of new files.
    pub groups: &'a [u32],
}

/// Where a path leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The absolute path without symbolic links.
    pub path: String,
    /// What is there.
    pub target: Target,
}

/// What is at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// An inode.
    Inode {
        /// Its tree.
        tree: TreeId,
        /// Its number.
        ino: Ino,
        /// Whether the mount refuses changes.
        read_only: bool,
        /// Whether it is the root of a mount, which can't be removed.
        mounted: bool,
    },
    /// Nothing, but the folder in which it would be.
    Missing {
        /// The folder's tree.
        tree: TreeId,
        /// The folder.
        folder: Ino,
        /// Whether the mount refuses changes.
        read_only: bool,
    },
    /// A name under `/proc`.
    Proc(Vec<String>),
}

/// One folder or file on the way of a path.
#[derive(Clone, Copy)]
struct Step<'a> {
    tree: TreeId,
    ino: Ino,
    inode: &'a Inode,
    /// The tree's inodes, so that it is looked up once for all of its steps.
    files: Files<'a>,
    read_only: bool,
    mounted: bool,
    /// How long the path is up to here.
    length: usize,
}

/// An absolute path: `path` seen from `folder`.
#[must_use]
pub fn join<'a>(folder: &str, path: &'a str) -> Cow<'a, str> {
    if path.starts_with('/') {
        path.into()
    } else {
        format!("{}/{path}", folder.trim_end_matches('/')).into()
    }
}

/// The folder and the last name of a path; trailing slashes don't count.
#[must_use]
pub fn parent_and_name(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/')
        .map_or((".", path), |(folder, name)| (if folder.is_empty() { "/" } else { folder }, name))
}

impl<'a> View<'a> {
    /// Follows an absolute path; a symbolic link at its end is followed only if `follow`.
    ///
    /// # Errors
    /// If a folder on the way is missing, is no folder or can't be entered.
    pub fn walk(&self, path: &str, follow: bool) -> Result<Place, Errno> {
        if path.is_empty() {
            return Err(Errno::NoEntry);
        }
        let must_be_folder = path.ends_with('/') || path.ends_with("/.");
        let mut todo: Vec<&str> = Vec::with_capacity(NAMES_EXPECTED);
        todo.extend(components(path));
        let root = self.root()?;
        let mut way: Vec<Step<'a>> = Vec::with_capacity(todo.len());
        let mut here = String::with_capacity(path.len());
        let length = |way: &[Step<'a>]| way.last().map_or(0, |step| step.length);
        let mut links = 0;
        while let Some(name) = todo.pop() {
            if name == ".." {
                way.pop();
                here.truncate(length(&way));
                continue;
            }
            if way.is_empty() && name == "proc" {
                todo.reverse();
                return Ok(proc_place(&todo));
            }
            let at = way.last().copied().unwrap_or(root);
            let Body::Folder(entries) = &at.inode.body else { return Err(Errno::NotFolder) };
            if !self.allowed(at.inode, 1) {
                return Err(Errno::Permission);
            }
            here.push('/');
            here.push_str(name);
            let step = match (self.mounted_at(&here), entries.get(name)) {
                (Some(mount), _) => self.enter(mount, here.len())?,
                (None, Some(ino)) => {
                    let inode = at.files.inode(*ino).ok_or(Errno::NoEntry)?;
                    Step { ino: *ino, inode, mounted: false, length: here.len(), ..at }
                }
                (None, None) if todo.is_empty() => {
                    let target = Target::Missing { tree: at.tree, folder: at.ino, read_only: at.read_only };
                    return Ok(Place { path: here, target });
                }
                (None, None) => return Err(Errno::NoEntry),
            };
            if let Body::Symlink(target) = &step.inode.body
                && (follow || !todo.is_empty() || must_be_folder)
            {
                links += 1;
                if links > SYMLINKS_MAX {
                    return Err(Errno::Loop);
                }
                if target.starts_with('/') {
                    way.clear();
                }
                here.truncate(length(&way));
                todo.extend(components(target));
                continue;
            }
            way.push(step);
        }
        let at = way.last().unwrap_or(&root);
        if must_be_folder && !matches!(at.inode.body, Body::Folder(_)) {
            return Err(Errno::NotFolder);
        }
        let target =
            Target::Inode { tree: at.tree, ino: at.ino, read_only: at.read_only, mounted: at.mounted };
        Ok(Place { path: if way.is_empty() { "/".to_owned() } else { here }, target })
    }

    fn root(&self) -> Result<Step<'a>, Errno> {
        self.enter(self.mounted_at("/").ok_or(Errno::NoEntry)?, 0)
    }

    fn enter(&self, mount: &Mount, length: usize) -> Result<Step<'a>, Errno> {
        let Mount { tree, root: ino, read_only, .. } = *mount;
        let files = self.storage.files(tree).ok_or(Errno::NoEntry)?;
        let inode = files.inode(ino).ok_or(Errno::NoEntry)?;
        Ok(Step { tree, ino, inode, files, read_only, mounted: true, length })
    }

    fn mounted_at(&self, path: &str) -> Option<&'a Mount> {
        self.mounts.iter().rev().find(|mount| mount.path == path)
    }

    /// The names of mounts directly in a folder.
    pub fn mounted_in(&self, folder: &str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder == "/" { "/".to_owned() } else { format!("{folder}/") };
        self.mounts
            .iter()
            .filter_map(move |mount| mount.path.strip_prefix(&prefix))
            .filter(|name| !name.is_empty() && !name.contains('/'))
    }

    /// An inode.
    ///
    /// # Errors
    /// If there is none.
    pub fn inode(&self, tree: TreeId, ino: Ino) -> Result<&'a Inode, Errno> {
        self.storage.inode(tree, ino).ok_or(Errno::NoEntry)
    }

    /// Whether the user may do all of `access` (4 read, 2 write, 1 enter or run).
    #[must_use]
    pub fn allowed(&self, inode: &Inode, access: u32) -> bool {
        if self.uid == 0 {
            return access & 1 == 0 || matches!(inode.body, Body::Folder(_)) || inode.mode & 0o111 != 0;
        }
        let shift = if inode.uid == self.uid {
            6
        } else if self.groups.contains(&inode.gid) {
            3
        } else {
            0
        };
        (inode.mode >> shift) & access == access
    }
}

/// The names of a path, the last one first.
fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').rev().filter(|name| !name.is_empty() && *name != ".")
}

fn proc_place(names: &[&str]) -> Place {
    let mut way: Vec<String> = Vec::new();
    for name in names {
        if *name == ".." {
            way.pop();
        } else {
            way.push((*name).to_owned());
        }
    }
    let path = way.iter().fold("/proc".to_owned(), |path, name| path + "/" + name);
    Place { path, target: Target::Proc(way) }
}
