//! What a running program can do: its arguments, files, signals and children, the time, and the network.

use std::collections::BTreeMap;

use engine::{Duration, Instant, Random, Stream};

use crate::file_system::{Errno, Metadata};
use crate::host::Host;
use crate::kernel::{Kernel, Pid};
use crate::machine::Context;
use crate::program::{BrokenPipe, Fd, Read, STDERR, STDOUT, Signal};

/// The view of one process during one step.
pub struct Io<'a> {
    pub(crate) kernel: &'a mut Kernel,
    pub(crate) pid: Pid,
    pub(crate) now: Instant,
    pub(crate) random: &'a mut Random,
    /// The network. Not connected in a step of `Programs`, which have their world instead.
    pub host: &'a mut dyn Host,
    pub(crate) find: fn(&str, &Context) -> bool,
    pub(crate) spent: Duration,
}

/// A child to start. Files not named here are those of the parent.
#[derive(Clone, Debug, Default)]
pub struct Spawn {
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// The environment; the parent's own if absent.
    pub env: Option<BTreeMap<String, String>>,
    /// The working folder; the parent's if absent.
    pub cwd: Option<String>,
    /// Which of the parent's files become which of the child's: `(child, parent)`. Others than 0, 1, 2 are not inherited.
    pub files: Vec<(Fd, Fd)>,
    /// Whether it starts a process group of its own (a job of an interactive shell).
    pub new_group: bool,
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// To read what is there.
    Read,
    /// To write from the start of an emptied, perhaps new, file.
    Write,
    /// To write at the end of a perhaps new file.
    Append,
    /// To read and write a perhaps new file.
    ReadWrite,
    /// As `Write`, but the file must not exist yet.
    CreateNew,
}

/// Why a command was not started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpawnError {
    /// No such command.
    NotFound,
    /// It is there but is not executable, or is a folder.
    NotExecutable(Errno),
}

impl Io<'_> {
    /// The process.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The number that the process has in its own pid namespace.
    #[must_use]
    pub fn local_pid(&self) -> u32 {
        self.kernel.process(self.pid).local
    }

    /// The number of the parent in its pid namespace; 0 if the parent is outside.
    #[must_use]
    pub fn parent_pid(&self) -> u32 {
        let parent = self.kernel.process(self.pid).parent;
        parent.and_then(|parent| self.kernel.processes.get(&parent)).map_or(0, |parent| parent.local)
    }

    /// How it was called and with what.
    #[must_use]
    pub fn args(&self) -> &[String] {
        &self.kernel.process(self.pid).argv
    }

    /// Shows this in lists of processes instead of how it was called.
    pub fn set_title(&mut self, title: &str) {
        self.kernel.process_mut(self.pid).argv = vec![title.to_owned()];
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<&str> {
        self.kernel.process(self.pid).env.get(name).map(String::as_str)
    }

    /// The whole environment.
    #[must_use]
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.kernel.process(self.pid).env
    }

    /// The working folder.
    #[must_use]
    pub fn cwd(&self) -> &str {
        &self.kernel.process(self.pid).cwd
    }

    /// Changes the working folder.
    ///
    /// # Errors
    /// If it is not a folder that can be entered.
    pub fn change_folder(&mut self, path: &str) -> Result<(), Errno> {
        self.kernel.change_folder(self.pid, path)
    }

    /// Where the process runs: host name, user, home, network namespace.
    #[must_use]
    pub fn context(&self) -> &Context {
        self.kernel.context_of(self.pid)
    }

    /// The user and group that the process acts as.
    #[must_use]
    pub fn user(&self) -> (u32, u32) {
        let context = self.context();
        (context.uid, context.gid)
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The present as Unix time: seconds and microseconds.
    #[must_use]
    pub fn unix_time(&self) -> (i64, u32) {
        self.kernel.unix_time(self.now)
    }

    /// Random bits from the programs' stream.
    pub fn random(&mut self) -> u64 {
        self.random.next(Stream::Programs)
    }

    /// Accounts for modelled work: the next step comes that much later.
    pub fn spend(&mut self, time: Duration) {
        self.spent = self.spent + time;
    }

    /// States how much memory the process holds, for the limits of its context.
    pub fn set_memory(&mut self, bytes: u64) {
        self.kernel.set_memory(self.pid, bytes);
    }

    /// Reads at most `max` bytes.
    pub fn read(&mut self, fd: Fd, max: usize) -> Read {
        self.kernel.read(self.pid, fd, max, self.random)
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// If nobody reads any more; SIGPIPE is then on its way. A full or read-only file gives its error by `write_file` only.
    pub fn write(&mut self, fd: Fd, bytes: &[u8]) -> Result<(), BrokenPipe> {
        match self.kernel.write(self.pid, fd, bytes, self.now) {
            Err(Errno::BrokenPipe) => Err(BrokenPipe),
            _ => Ok(()),
        }
    }

    /// Writes all bytes and tells every error, such as a full disk.
    ///
    /// # Errors
    /// Those of the file.
    pub fn try_write(&mut self, fd: Fd, bytes: &[u8]) -> Result<(), Errno> {
        self.kernel.write(self.pid, fd, bytes, self.now)
    }

    /// Writes to standard output. A broken pipe ends the process by SIGPIPE.
    pub fn out(&mut self, text: &str) {
        let _ = self.write(STDOUT, text.as_bytes());
    }

    /// Writes to standard error.
    pub fn err(&mut self, text: &str) {
        let _ = self.write(STDERR, text.as_bytes());
    }

    /// Whether `fd` is open.
    #[must_use]
    pub fn is_open(&self, fd: Fd) -> bool {
        self.kernel.process(self.pid).fds.contains_key(&fd)
    }

    /// Whether `fd` is a terminal.
    #[must_use]
    pub fn is_terminal(&self, fd: Fd) -> bool {
        self.kernel.terminal_of(self.pid, fd).is_some()
    }

    /// Columns and rows of the terminal of the process; 80 by 24 without one.
    #[must_use]
    pub fn terminal_size(&self) -> (u16, u16) {
        self.kernel.terminal_size(self.pid)
    }

    /// Turns the line discipline of the terminal `fd` off (every byte is input, no echo, no signals) or on.
    pub fn set_raw(&mut self, fd: Fd, raw: bool) {
        self.kernel.set_raw(self.pid, fd, raw);
    }

    /// Opens a file; new ones get mode 0666 without the umask's bits.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(&mut self, path: &str, mode: Mode) -> Result<Fd, Errno> {
        self.kernel.open(self.pid, path, mode, self.now)
    }

    /// Closes a file.
    pub fn close(&mut self, fd: Fd) {
        self.kernel.close(self.pid, fd);
    }

    /// Makes a pipe: the end to read and the end to write.
    pub fn pipe(&mut self) -> (Fd, Fd) {
        self.kernel.pipe(self.pid)
    }

    /// The whole content of a file that does not block.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_file(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        self.kernel.read_file(self.pid, path)
    }

    /// Writes a whole file, emptied first or new.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let fd = self.open(path, Mode::Write)?;
        let written = self.try_write(fd, bytes);
        self.close(fd);
        written
    }

    /// What a path names, behind symbolic links.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn stat(&self, path: &str) -> Result<Metadata, Errno> {
        self.kernel.stat(self.pid, path, true)
    }

    /// What a path names, which may be a symbolic link.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn lstat(&self, path: &str) -> Result<Metadata, Errno> {
        self.kernel.stat(self.pid, path, false)
    }

    /// Names in a folder, sorted, without `.` and `..`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_folder(&self, path: &str) -> Result<Vec<String>, Errno> {
        self.kernel.read_folder(self.pid, path)
    }

    /// Makes a folder with these permission bits (the umask is not applied).
    ///
    /// # Errors
    /// Those of the file system.
    pub fn make_folder(&mut self, path: &str, mode: u32) -> Result<(), Errno> {
        self.kernel.make_folder(self.pid, path, mode, self.now)
    }

    /// Removes a name that is no folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn unlink(&mut self, path: &str) -> Result<(), Errno> {
        self.kernel.unlink(self.pid, path, self.now)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn remove_folder(&mut self, path: &str) -> Result<(), Errno> {
        self.kernel.remove_folder(self.pid, path, self.now)
    }

    /// Renames within one file system, replacing what was there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        self.kernel.rename(self.pid, from, to, self.now)
    }

    /// Gives a file one more name.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn link(&mut self, target: &str, path: &str) -> Result<(), Errno> {
        self.kernel.link(self.pid, target, path, self.now)
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn symlink(&mut self, target: &str, path: &str) -> Result<(), Errno> {
        self.kernel.symlink(self.pid, target, path, self.now)
    }

    /// Where a symbolic link points.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_link(&self, path: &str) -> Result<String, Errno> {
        self.kernel.read_link(self.pid, path)
    }

    /// The absolute path without symbolic links.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn canonical(&self, path: &str) -> Result<String, Errno> {
        self.kernel.canonical(self.pid, path)
    }

    /// Sets the permission bits.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn change_mode(&mut self, path: &str, mode: u32) -> Result<(), Errno> {
        self.kernel.change_mode(self.pid, path, mode)
    }

    /// Sets owner and group.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn change_owner(&mut self, path: &str, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        self.kernel.change_owner(self.pid, path, uid, gid)
    }

    /// Sets the time of the last change (Unix seconds).
    ///
    /// # Errors
    /// Those of the file system.
    pub fn set_modified(&mut self, path: &str, seconds: i64) -> Result<(), Errno> {
        self.kernel.set_modified(self.pid, path, seconds)
    }

    /// The permission bits that new files do not get.
    #[must_use]
    pub fn umask(&self) -> u32 {
        self.kernel.process(self.pid).umask
    }

    /// From now on these signals come by [`take_signal`](Self::take_signal) instead of doing what they do by default.
    pub fn handle_signals(&mut self, signals: &[Signal]) {
        self.kernel.process_mut(self.pid).handled.extend(signals.iter().copied());
    }

    /// From now on these signals do what they do by default.
    pub fn default_signals(&mut self, signals: &[Signal]) {
        let process = self.kernel.process_mut(self.pid);
        process.handled.retain(|signal| !signals.contains(signal));
    }

    /// From now on these signals do nothing, in this process and its children.
    pub fn ignore_signals(&mut self, signals: &[Signal]) {
        self.kernel.process_mut(self.pid).ignored.extend(signals.iter().copied());
    }

    /// The next signal that came and is handled.
    pub fn take_signal(&mut self) -> Option<Signal> {
        self.kernel.process_mut(self.pid).take_signal()
    }

    /// Starts a child.
    ///
    /// # Errors
    /// If there is no such command.
    pub fn spawn(&mut self, spawn: Spawn) -> Result<Pid, SpawnError> {
        let find = self.find;
        self.kernel.spawn_child(self.pid, spawn, self.now, find)
    }

    /// Sends a signal; false if there is no such process.
    pub fn kill(&mut self, pid: Pid, signal: Signal) -> bool {
        self.kernel.signal(pid, signal)
    }

    /// The process of a number of this pid namespace.
    #[must_use]
    pub fn find_process(&self, local: u32) -> Option<Pid> {
        self.kernel.find_local(self.pid, local)
    }

    /// The status of a child that has ended (128 + signal if one ended it); it is then forgotten.
    pub fn child_status(&mut self, child: Pid) -> Option<i32> {
        self.kernel.reap(self.pid, child)
    }

    /// Whether `name` can be run, and the file that it is, if it is one.
    ///
    /// # Errors
    /// If there is no such command.
    pub fn find_command(&self, name: &str) -> Result<String, SpawnError> {
        self.kernel.find_command(self.pid, name, self.find)
    }

    /// Asks the owner of the terminal to let the learner edit a file. The answer comes by [`editor_answer`](Self::editor_answer).
    pub fn request_editor(&mut self, path: &str, content: &[u8]) {
        self.kernel.request_editor(self.pid, path, content);
    }

    /// What the learner made of the file: `Some(None)` if nothing was saved, `None` while they still edit (wait for the world).
    pub fn editor_answer(&mut self) -> Option<Option<Vec<u8>>> {
        self.kernel.editor_answer(self.pid)
    }
}
