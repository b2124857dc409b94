//! Mounts, and the way from a path to an inode through them.

use serde::{Deserialize, Serialize};

use super::{Body, Errno, Ino, Inode, ROOT, Storage, TreeId};

const SYMLINKS_MAX: u32 = 40;

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

#[derive(Clone)]
struct Step {
    name: String,
    tree: TreeId,
    ino: Ino,
    read_only: bool,
    mounted: bool,
}

/// An absolute path: `path` seen from `folder`.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", folder.trim_end_matches('/')) }
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
        let mut todo: Vec<String> = components(path);
        let root = self.root()?;
        let mut way: Vec<Step> = Vec::new();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            let at = way.last().unwrap_or(&root);
            if name == ".." {
                way.pop();
                continue;
            }
            if way.is_empty() && name == "proc" {
                todo.reverse();
                return Ok(proc_place(todo));
            }
            let folder = self.inode(at.tree, at.ino)?;
            let Body::Folder(entries) = &folder.body else { return Err(Errno::NotFolder) };
            if !self.allowed(folder, 1) {
                return Err(Errno::Permission);
            }
            let path_here = path_of(&way, &name);
            let step = match self.mounted_at(&path_here) {
                Some(mount) => Step {
                    name,
                    tree: mount.tree,
                    ino: mount.root,
                    read_only: mount.read_only,
                    mounted: true,
                },
                None => match entries.get(&name) {
                    Some(ino) => {
                        Step { name, tree: at.tree, ino: *ino, read_only: at.read_only, mounted: false }
                    }
                    None if todo.is_empty() => {
                        let target =
                            Target::Missing { tree: at.tree, folder: at.ino, read_only: at.read_only };
                        return Ok(Place { path: path_here, target });
                    }
                    None => return Err(Errno::NoEntry),
                },
            };
            if let Body::Symlink(target) = &self.inode(step.tree, step.ino)?.body
                && (follow || !todo.is_empty() || must_be_folder)
            {
                links += 1;
                if links > SYMLINKS_MAX {
                    return Err(Errno::Loop);
                }
                if target.starts_with('/') {
                    way.clear();
                }
                todo.extend(components(target));
                continue;
            }
            way.push(step);
        }
        self.arrive(way.last().unwrap_or(&root), &way, must_be_folder)
    }

    fn arrive(&self, at: &Step, way: &[Step], must_be_folder: bool) -> Result<Place, Errno> {
        let inode = self.inode(at.tree, at.ino)?;
        if must_be_folder && !matches!(inode.body, Body::Folder(_)) {
            return Err(Errno::NotFolder);
        }
        let path = match way.split_last() {
            None => "/".to_owned(),
            Some((last, before)) => path_of(before, &last.name),
        };
        let target =
            Target::Inode { tree: at.tree, ino: at.ino, read_only: at.read_only, mounted: at.mounted };
        Ok(Place { path, target })
    }

    fn root(&self) -> Result<Step, Errno> {
        let mount = self.mounted_at("/").ok_or(Errno::NoEntry)?;
        let Mount { tree, root, read_only, .. } = *mount;
        Ok(Step { name: String::new(), tree, ino: root, read_only, mounted: true })
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

fn components(path: &str) -> Vec<String> {
    path.split('/').rev().filter(|name| !name.is_empty() && *name != ".").map(str::to_owned).collect()
}

fn path_of(way: &[Step], name: &str) -> String {
    let mut path: String = way.iter().flat_map(|step| ["/", step.name.as_str()]).collect();
    path.push('/');
    path.push_str(name);
    path
}

fn proc_place(names: Vec<String>) -> Place {
    let mut way: Vec<String> = Vec::new();
    for name in names {
        if name == ".." {
            way.pop();
        } else {
            way.push(name);
        }
    }
    let path = way.iter().fold("/proc".to_owned(), |path, name| path + "/" + name);
    Place { path, target: Target::Proc(way) }
}
