//! From the name of a command to a new process.

use std::collections::BTreeMap;

use engine::Instant;

use super::Kernel;
use super::processes::{Body, Pid, Process};
use crate::file_system::{self, Errno, Target};
use crate::io::{Spawn, SpawnError};
use crate::machine::Context;
use crate::program::{COMMAND_COST, Fd, Signal, Wait};

/// The search path of a process that has none.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PROCESSES_MAX: usize = 4096;

/// What a name of a command is.
pub(crate) struct Command {
    pub path: String,
    /// The program to run and the words that come before the arguments (of a script's first line).
    pub program: String,
    pub prefix: Vec<String>,
}

impl Kernel {
    pub(crate) fn find_command(
        &self,
        pid: Pid,
        name: &str,
        find: fn(&str, &Context) -> bool,
    ) -> Result<String, SpawnError> {
        self.look_up(pid, name, &self.process(pid).env, find).map(|command| command.path)
    }

    pub(crate) fn look_up(
        &self,
        pid: Pid,
        name: &str,
        env: &BTreeMap<String, String>,
        find: fn(&str, &Context) -> bool,
    ) -> Result<Command, SpawnError> {
        if name.contains('/') {
            return self.executable(pid, name).map_err(|errno| match errno {
                Errno::NoEntry => SpawnError::NotFound,
                errno => SpawnError::NotExecutable(errno),
            });
        }
        let mut refused = SpawnError::NotFound;
        let path = env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
        for folder in path.split(':') {
            let folder = if folder.is_empty() { "." } else { folder };
            match self.executable(pid, &format!("{}/{name}", folder.trim_end_matches('/'))) {
                Ok(command) => return Ok(command),
                Err(Errno::Permission) => refused = SpawnError::NotExecutable(Errno::Permission),
                Err(_) => {}
            }
        }
        if !name.is_empty() && find(name, self.context_of(pid)) {
            let path = format!("/usr/local/bin/{name}");
            return Ok(Command { path, program: name.to_owned(), prefix: Vec::new() });
        }
        Err(refused)
    }

    fn executable(&self, pid: Pid, path: &str) -> Result<Command, Errno> {
        let place = self.walk(pid, path, true)?;
        let Target::Inode { tree, ino, .. } = place.target else { return Err(Errno::NoEntry) };
        let inode = self.storage.inode(tree, ino).ok_or(Errno::NoEntry)?;
        if !self.view(pid).allowed(inode, 1) {
            return Err(Errno::Permission);
        }
        match &inode.body {
            file_system::Body::Folder(_) => Err(Errno::IsFolder),
            file_system::Body::Program(name) => {
                Ok(Command { path: path.to_owned(), program: name.clone(), prefix: Vec::new() })
            }
            file_system::Body::File(content) => {
                let head = content.read(0, 256);
                let head = String::from_utf8_lossy(&head);
                let words: Vec<String> = match head.strip_prefix("#!") {
                    Some(line) => {
                        let line = line.lines().next().unwrap_or_default().trim();
                        line.splitn(2, ' ').map(|word| word.trim().to_owned()).collect()
                    }
                    None => vec!["/bin/sh".to_owned()],
                };
                let interpreter = words.first().map_or("", String::as_str);
                let inner = self.executable(pid, interpreter)?;
                let mut prefix = words;
                prefix.push(path.to_owned());
                Ok(Command { path: path.to_owned(), program: inner.program, prefix })
            }
            _ => Err(Errno::Permission),
        }
    }

    /// What the kernel says of a file that looks like a command and is none: without a first line that names what runs it, or with
    /// one that names nothing. Shells run such files themselves; a container runtime does not.
    pub(crate) fn exec_error(&self, pid: Pid, name: &str, env: &BTreeMap<String, String>) -> Option<String> {
        let path = match name.contains('/') {
            true => name.to_owned(),
            false => self.look_up(pid, name, env, |_, _| false).ok()?.path,
        };
        let Target::Inode { tree, ino, .. } = self.walk(pid, &path, true).ok()?.target else { return None };
        let inode = self.storage.inode(tree, ino).filter(|inode| self.view(pid).allowed(inode, 1))?;
        let file_system::Body::File(content) = &inode.body else { return None };
        let why = match content.read(0, 2).as_slice() {
            b"#!" => self.executable(pid, &path).err().map(|_| "no such file or directory")?,
            _ => "exec format error",
        };
        Some(format!("exec {path}: {why}\n"))
    }

    pub(crate) fn spawn_child(
        &mut self,
        parent: Pid,
        spawn: Spawn,
        now: Instant,
        find: fn(&str, &Context) -> bool,
    ) -> Result<Pid, SpawnError> {
        let env = spawn.env.unwrap_or_else(|| self.process(parent).env.clone());
        let name = spawn.argv.first().cloned().unwrap_or_default();
        let command = self.look_up(parent, &name, &env, find)?;
        let files = [0, 1, 2].map(|fd| {
            let source = spawn.files.iter().find(|(child, _)| *child == fd).map_or(fd, |(_, parent)| *parent);
            (fd, source)
        });
        let more = spawn.files.iter().filter(|(child, _)| *child > 2).copied();
        let files: Vec<(Fd, Fd)> = files.into_iter().chain(more).collect();
        let child = self.fork(parent, &files, spawn.new_group, now)?;
        let process = self.process_mut(child);
        process.env = env;
        process.handled.clear();
        process.executable = command.path;
        process.argv = with_prefix(command.prefix, spawn.argv);
        process.body = Body::Start(command.program);
        if let Some(cwd) = spawn.cwd {
            let _ = self.change_folder(child, &cwd);
        }
        self.sleep(child, Wait::until(now + COMMAND_COST), now);
        Ok(child)
    }

    /// A child with the parent's surroundings and these files, and no program yet.
    pub(crate) fn fork(
        &mut self,
        parent: Pid,
        files: &[(Fd, Fd)],
        new_group: bool,
        now: Instant,
    ) -> Result<Pid, SpawnError> {
        let from = self.process(parent);
        if self.neighbours(parent).len() >= PROCESSES_MAX {
            return Err(SpawnError::NotExecutable(Errno::Busy));
        }
        let child = Process {
            context: from.context,
            parent: Some(parent),
            group: if new_group { Pid::default() } else { from.group },
            argv: from.argv.clone(),
            executable: from.executable.clone(),
            env: from.env.clone(),
            cwd: from.cwd.clone(),
            umask: from.umask,
            ignored: from.ignored.iter().copied().filter(|signal| *signal != Signal::Pipe).collect(),
            started: now,
            ..Process::default()
        };
        let files: Vec<_> =
            files.iter().filter_map(|(fd, source)| Some((*fd, *from.fds.get(source)?))).collect();
        let child = self.add_process(child);
        for (fd, file) in files {
            self.attach(child, fd, file);
        }
        Ok(child)
    }

    /// Becomes another program, as `exec` does.
    pub(crate) fn replace_program(
        &mut self,
        pid: Pid,
        argv: Vec<String>,
        env: BTreeMap<String, String>,
        find: fn(&str, &Context) -> bool,
    ) -> Result<(), SpawnError> {
        let name = argv.first().cloned().unwrap_or_default();
        let command = self.look_up(pid, &name, &env, find)?;
        self.start_program(pid, command, argv, env);
        Ok(())
    }

    /// The process goes on as a command that was looked up.
    pub(crate) fn start_program(
        &mut self,
        pid: Pid,
        command: Command,
        argv: Vec<String>,
        env: BTreeMap<String, String>,
    ) {
        let process = self.process_mut(pid);
        process.executable = command.path;
        process.argv = with_prefix(command.prefix, argv);
        process.env = env;
        process.handled.clear();
        process.body = Body::Start(command.program);
    }
}

fn with_prefix(prefix: Vec<String>, argv: Vec<String>) -> Vec<String> {
    if prefix.is_empty() { argv } else { prefix.into_iter().chain(argv.into_iter().skip(1)).collect() }
}
