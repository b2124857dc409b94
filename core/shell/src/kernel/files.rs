//! Open files: reading, writing, opening and closing them.

use std::sync::Arc;

use engine::{Instant, Random, Stream};
use serde::{Deserialize, Serialize};

use super::Kernel;
use super::captures::CaptureId;
use super::pipes::{End, PipeId};
use super::processes::Pid;
use super::terminals::TerminalId;
use crate::file_system::{Body, Device, Errno, Inode, Target, TreeId};
use crate::io::Mode;
use crate::program::{Fd, Read, Signal};

/// An open file, shared by all numbers that were duplicated from one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FileId(pub u64);

/// An open file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenFile {
    /// What it is.
    pub object: FileObject,
    offset: u64,
    holders: u32,
}

/// Which of its two outputs a program wrote to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What an open file is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FileObject {
    /// A file of a tree.
    Inode {
        /// The tree.
        tree: TreeId,
        /// The inode.
        ino: u64,
        /// Whether it may be read.
        read: bool,
        /// Whether it may be written.
        write: bool,
        /// Whether each write goes to the end.
        append: bool,
    },
    /// Bytes made when it was opened (`/proc`).
    Bytes(Arc<Vec<u8>>),
    /// A device.
    Device(Device),
    /// An end of a pipe.
    Pipe(PipeId, End),
    /// A capture buffer.
    Capture(CaptureId, OutputStream),
    /// A terminal.
    Terminal(TerminalId),
}

impl OpenFile {
    pub(super) fn holds_pipe(&self, id: PipeId) -> bool {
        matches!(self.object, FileObject::Pipe(pipe, _) if pipe == id)
    }
}

impl Kernel {
    pub(crate) fn add_file(&mut self, object: FileObject) -> FileId {
        if let FileObject::Pipe(id, end) = object {
            self.hold_pipe(id, end);
        }
        self.next_file += 1;
        let id = FileId(self.next_file);
        self.files.insert(id, OpenFile { object, offset: 0, holders: 0 });
        id
    }

    /// Gives a process the file under the number `fd`, closing what had that number.
    pub(crate) fn attach(&mut self, pid: Pid, fd: Fd, file: FileId) {
        if let Some(open) = self.files.get_mut(&file) {
            open.holders += 1;
        }
        if let Some(old) = self.process_mut(pid).fds.insert(fd, file) {
            self.drop_file(old);
        }
    }

    /// The lowest number from `from` on that is free.
    pub(crate) fn free_fd(&self, pid: Pid, from: Fd) -> Fd {
        let fds = &self.process(pid).fds;
        (from..).find(|fd| !fds.contains_key(fd)).unwrap_or(from)
    }

    pub(crate) fn close(&mut self, pid: Pid, fd: Fd) {
        if let Some(file) = self.processes.get_mut(&pid).and_then(|process| process.fds.remove(&fd)) {
            self.drop_file(file);
        }
    }

    pub(crate) fn drop_file(&mut self, id: FileId) {
        let Some(file) = self.files.get_mut(&id) else { return };
        file.holders = file.holders.saturating_sub(1);
        if file.holders > 0 {
            return;
        }
        let Some(file) = self.files.remove(&id) else { return };
        match file.object {
            FileObject::Pipe(pipe, end) => self.release_pipe(pipe, end),
            FileObject::Inode { tree, ino, .. } => self.drop_if_nameless(tree, ino),
            _ => {}
        }
    }

    /// Drops an inode without a name that no open file is.
    pub(super) fn drop_if_nameless(&mut self, tree: TreeId, ino: u64) {
        let nameless = self.storage.inode(tree, ino).is_some_and(|inode| inode.links == 0);
        let is_it = |file: &OpenFile| matches!(file.object, FileObject::Inode { tree: t, ino: i, .. } if t == tree && i == ino);
        if nameless
            && !self.files.values().any(is_it)
            && let Some(tree) = self.storage.tree_mut(tree)
        {
            tree.drop_inode(ino);
        }
    }

    pub(crate) fn pipe(&mut self, pid: Pid) -> (Fd, Fd) {
        let id = self.create_pipe();
        let read = self.add_file(FileObject::Pipe(id, End::Read));
        let read_fd = self.free_fd(pid, 3);
        self.attach(pid, read_fd, read);
        let write = self.add_file(FileObject::Pipe(id, End::Write));
        let write_fd = self.free_fd(pid, 3);
        self.attach(pid, write_fd, write);
        (read_fd, write_fd)
    }

    pub(crate) fn read(&mut self, pid: Pid, fd: Fd, max: usize, random: &mut Random) -> Read {
        if self.process(pid).out_of_memory {
            // It is about to be killed and must not read on.
            return Read::Empty;
        }
        let Some(id) = self.file_of(pid, fd) else { return Read::End };
        let Some(file) = self.files.get(&id) else { return Read::End };
        let offset = file.offset;
        let bytes = match file.object.clone() {
            FileObject::Inode { tree, ino, read: true, .. } => match self.storage.inode(tree, ino) {
                Some(Inode { body: Body::File(content), .. }) => content.read(offset, max),
                _ => Vec::new(),
            },
            FileObject::Bytes(bytes) => {
                let start = (offset as usize).min(bytes.len());
                bytes[start..bytes.len().min(start.saturating_add(max))].to_vec()
            }
            FileObject::Device(Device::Zero | Device::Full) => vec![0; max.min(1 << 20)],
            FileObject::Device(Device::Random) => {
                (0..max.min(1 << 16)).map(|_| random.next(Stream::Programs) as u8).collect()
            }
            FileObject::Device(Device::Tty) => return self.read_own_terminal(pid, max),
            FileObject::Pipe(pipe, End::Read) => {
                if self.pipe_ref(pipe).is_some_and(|pipe| !pipe.readable()) {
                    return Read::Empty;
                }
                self.read_pipe(pipe, max)
            }
            FileObject::Terminal(terminal) => return self.read_terminal(terminal, max),
            _ => Vec::new(),
        };
        if let Some(file) = self.files.get_mut(&id) {
            file.offset += bytes.len() as u64;
        }
        if bytes.is_empty() { Read::End } else { Read::Data(bytes) }
    }

    /// Whether a read would not give `Empty`.
    pub(crate) fn is_readable(&self, pid: Pid, fd: Fd) -> bool {
        let Some(file) = self.file_of(pid, fd).and_then(|id| self.files.get(&id)) else { return true };
        match &file.object {
            FileObject::Pipe(pipe, End::Read) => self.pipe_ref(*pipe).is_none_or(super::Pipe::readable),
            FileObject::Terminal(terminal) => self.terminal_readable(*terminal),
            FileObject::Device(Device::Tty) => {
                self.own_terminal(pid).is_none_or(|terminal| self.terminal_readable(terminal))
            }
            _ => true,
        }
    }

    pub(crate) fn write(&mut self, pid: Pid, fd: Fd, bytes: &[u8], now: Instant) -> Result<(), Errno> {
        let id = self.file_of(pid, fd).ok_or(Errno::BadFile)?;
        let file = self.files.get(&id).ok_or(Errno::BadFile)?;
        let offset = file.offset;
        match file.object.clone() {
            FileObject::Inode { tree, ino, write: true, append, .. } => {
                let end = self.write_inode(tree, ino, (!append).then_some(offset), bytes, now)?;
                if let Some(file) = self.files.get_mut(&id) {
                    file.offset = end;
                }
                Ok(())
            }
            FileObject::Device(Device::Full) => Err(Errno::NoSpace),
            FileObject::Device(Device::Tty) => {
                if let Some(terminal) = self.own_terminal(pid) {
                    self.write_terminal(terminal, bytes);
                }
                Ok(())
            }
            FileObject::Device(_) => Ok(()),
            FileObject::Pipe(pipe, End::Write) => {
                if !self.write_pipe(pipe, bytes) {
                    self.signal(pid, Signal::Pipe);
                    return Err(Errno::BrokenPipe);
                }
                if self.pipe_ref(pipe).is_some_and(super::Pipe::is_full) {
                    self.process_mut(pid).stuffed = Some(pipe);
                }
                Ok(())
            }
            FileObject::Capture(capture, stream) => {
                self.capture(capture, stream, bytes, now);
                Ok(())
            }
            FileObject::Terminal(terminal) => {
                self.write_terminal(terminal, bytes);
                Ok(())
            }
            _ => Err(Errno::BadFile),
        }
    }

    /// Writes at `offset`, or at the end; where the write ended.
    pub(super) fn write_inode(
        &mut self,
        tree: TreeId,
        ino: u64,
        offset: Option<u64>,
        bytes: &[u8],
        now: Instant,
    ) -> Result<u64, Errno> {
        let modified = self.unix_micros(now);
        let inode = self.storage.inode_mut(tree, ino).ok_or(Errno::NoEntry)?;
        let before = inode.size();
        let offset = offset.unwrap_or(before);
        let end = offset + bytes.len() as u64;
        let fits = self.storage.tree_mut(tree).is_some_and(|tree| tree.account(before, before.max(end)));
        if !fits {
            return Err(Errno::NoSpace);
        }
        let inode = self.storage.inode_mut(tree, ino).ok_or(Errno::NoEntry)?;
        inode.modified = modified;
        if let Body::Program(_) = inode.body {
            inode.body = Body::File(crate::file_system::Content::default());
        }
        if let Body::File(content) = &mut inode.body {
            content.write(offset, bytes);
        }
        Ok(end)
    }

    pub(crate) fn open(&mut self, pid: Pid, path: &str, mode: Mode, now: Instant) -> Result<Fd, Errno> {
        let file = self.open_file(pid, path, mode, now)?;
        let fd = self.free_fd(pid, 3);
        self.attach(pid, fd, file);
        Ok(fd)
    }

    fn open_file(&mut self, pid: Pid, path: &str, mode: Mode, now: Instant) -> Result<FileId, Errno> {
        let place = self.walk(pid, path, true)?;
        let (tree, ino) = match place.target {
            Target::Proc(names) => return self.open_proc(pid, &names, mode),
            Target::Missing { tree, folder, read_only } => {
                if mode == Mode::Read {
                    return Err(Errno::NoEntry);
                }
                let name = crate::file_system::parent_and_name(&place.path).1.to_owned();
                let umask = self.process(pid).umask;
                let body = Body::File(crate::file_system::Content::default());
                (tree, self.create(pid, (tree, folder, read_only), &name, body, 0o666 & !umask, now)?)
            }
            Target::Inode { tree, ino, read_only, .. } => {
                self.check_open(pid, tree, ino, read_only, mode)?;
                (tree, ino)
            }
        };
        if let Some(Inode { body: Body::Device(device), .. }) = self.storage.inode(tree, ino) {
            return Ok(self.add_file(FileObject::Device(*device)));
        }
        if mode == Mode::Write {
            self.truncate(tree, ino, now);
        }
        let read = matches!(mode, Mode::Read | Mode::ReadWrite);
        let append = mode == Mode::Append;
        Ok(self.add_file(FileObject::Inode { tree, ino, read, write: mode != Mode::Read, append }))
    }

    fn check_open(&self, pid: Pid, tree: TreeId, ino: u64, read_only: bool, mode: Mode) -> Result<(), Errno> {
        let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
        let is_device = matches!(inode.body, Body::Device(_));
        if mode == Mode::CreateNew {
            return Err(Errno::Exists);
        }
        if mode != Mode::Read && matches!(inode.body, Body::Folder(_)) {
            return Err(Errno::IsFolder);
        }
        let access = match mode {
            Mode::Read => 4,
            Mode::ReadWrite => 6,
            _ => 2,
        };
        if !self.view(pid).allowed(inode, access) {
            return Err(Errno::Permission);
        }
        if mode != Mode::Read && read_only && !is_device {
            return Err(Errno::ReadOnly);
        }
        Ok(())
    }

    fn truncate(&mut self, tree: TreeId, ino: u64, now: Instant) {
        let modified = self.unix_micros(now);
        let Some(inode) = self.storage.inode_mut(tree, ino) else { return };
        let before = inode.size();
        inode.body = Body::File(crate::file_system::Content::default());
        inode.modified = modified;
        if let Some(tree) = self.storage.tree_mut(tree) {
            tree.account(before, 0);
        }
    }

    pub(crate) fn read_file(&mut self, pid: Pid, path: &str) -> Result<Vec<u8>, Errno> {
        let place = self.walk(pid, path, true)?;
        match place.target {
            Target::Missing { .. } => Err(Errno::NoEntry),
            Target::Proc(names) => match self.open_proc(pid, &names, Mode::Read) {
                Ok(file) => {
                    let bytes = match self.files.get(&file).map(|file| &file.object) {
                        Some(FileObject::Bytes(bytes)) => Ok(bytes.as_ref().clone()),
                        _ => Err(Errno::Invalid),
                    };
                    if bytes.is_ok() {
                        self.files.remove(&file);
                    }
                    bytes
                }
                Err(errno) => Err(errno),
            },
            Target::Inode { tree, ino, .. } => {
                let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
                if !self.view(pid).allowed(inode, 4) {
                    return Err(Errno::Permission);
                }
                match &inode.body {
                    Body::File(content) => Ok(content.read(0, content.len() as usize)),
                    Body::Folder(_) => Err(Errno::IsFolder),
                    Body::Program(name) => Ok(format!("\u{7f}ELF program {name}\n").into_bytes()),
                    Body::Device(_) | Body::Symlink(_) => Ok(Vec::new()),
                }
            }
        }
    }
}
