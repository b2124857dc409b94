//! What a context has mounted: how `/proc/mounts` and `df` show it, and changes from within.

use std::fmt::Write;

use super::Kernel;
use super::processes::Pid;
use crate::file_system::{Errno, Mount, Tree};

impl Kernel {
    /// The device and the kind of file system that stand for a mount.
    pub(crate) fn device_of(&self, mount: &Mount) -> (&'static str, &'static str) {
        let memory = self.storage.tree(mount.tree).is_some_and(Tree::is_memory);
        match mount.path.as_str() {
            "/" => ("overlay", "overlay"),
            "/dev" => ("tmpfs", "tmpfs"),
            _ if memory => ("tmpfs", "tmpfs"),
            _ => ("/dev/sda1", "ext4"),
        }
    }

    /// `/proc/mounts`.
    pub(super) fn mount_table(&self, pid: Pid) -> String {
        let mut text = String::new();
        for (index, mount) in self.context_of(pid).mounts.iter().enumerate() {
            let (device, kind) = self.device_of(mount);
            let access = if mount.read_only { "ro" } else { "rw" };
            let more = if mount.path == "/dev" { "nosuid,size=65536k,mode=755" } else { "relatime" };
            let _ = writeln!(text, "{device} {} {kind} {access},{more} 0 0", mount.path);
            if index == 0 {
                text.push_str("proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n");
            }
        }
        text
    }

    /// Puts an empty memory file system at a path of the process's context.
    pub(crate) fn mount_memory(&mut self, pid: Pid, path: &str) {
        let tree = self.storage.add_tree(None, Some(self.context_of(pid).memory_total / 2));
        self.storage.tree_mut(tree).into_iter().for_each(Tree::set_memory);
        let id = self.process(pid).context;
        if let Some(context) = self.contexts.get_mut(&id) {
            context.mounts.push(Mount::new(path, tree));
            context.own_trees.push(tree);
        }
    }

    /// Takes away the last mount at a path of the process's context.
    pub(crate) fn unmount(&mut self, pid: Pid, path: &str) -> Result<(), Errno> {
        let id = self.process(pid).context;
        let Some(context) = self.contexts.get_mut(&id) else { return Err(Errno::Invalid) };
        let at = context.mounts.iter().rposition(|mount| mount.path == path).ok_or(Errno::Invalid)?;
        if at == 0 {
            return Err(Errno::Busy);
        }
        context.mounts.remove(at);
        Ok(())
    }
}
