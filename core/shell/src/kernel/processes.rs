//! Processes: how they start, take signals and end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::Instant;
use serde::{Deserialize, Serialize};

use super::Kernel;
use super::files::FileId;
use super::pipes::PipeId;
use crate::machine::ContextId;
use crate::program::{Fd, Signal, Wait};
use crate::utilities::Utility;

/// What the processes of a context without a limit of its own may hold: the simulator itself has to hold it.
const MEMORY_MAX: u64 = 256 << 20;

/// A process of the machine; inside its context it has another number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Pid(pub u64);

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exit {
    /// The status: 128 + signal if a signal ended it.
    pub status: i32,
    /// The signal that ended it.
    pub signal: Option<Signal>,
    /// Whether it was killed because its context used more memory than it may.
    pub out_of_memory: bool,
    /// When.
    pub at: Instant,
}

/// What a process runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub enum Body {
    /// A program of this name that has not started yet.
    Start(String),
    /// A built-in utility.
    Utility(Box<Utility>),
    /// A program of an upper floor; the machine keeps its state.
    Program,
    /// Nothing: it is running right now, or has ended.
    #[default]
    Nothing,
}

/// A process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Process {
    pub(crate) context: ContextId,
    /// Its number in its pid namespace.
    pub(crate) local: u32,
    pub(crate) parent: Option<Pid>,
    pub(crate) group: Pid,
    pub(crate) argv: Vec<String>,
    pub(crate) executable: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: String,
    pub(crate) umask: u32,
    pub(crate) fds: BTreeMap<Fd, FileId>,
    pub(crate) handled: BTreeSet<Signal>,
    pub(crate) ignored: BTreeSet<Signal>,
    pub(crate) pending: VecDeque<Signal>,
    pub(crate) started: Instant,
    pub(crate) memory: u64,
    pub(crate) wait: Option<Wait>,
    /// The last wait that named sockets or listeners: they are the process's own.
    pub(crate) network_wait: Option<Wait>,
    pub(crate) stuffed: Option<PipeId>,
    pub(crate) exit: Option<Exit>,
    pub(crate) children: BTreeSet<Pid>,
    /// Whether a child has ended since the process last slept for that.
    pub(crate) child_ended: bool,
    pub(crate) body: Body,
    pub(crate) out_of_memory: bool,
}

impl Process {
    /// The base name of what it runs.
    pub(crate) fn name(&self) -> &str {
        let first = self.argv.first().map_or("", String::as_str);
        // A daemon may show a title instead of its arguments: `nginx: master process nginx`.
        let first = first.split_once(": ").map_or(first, |(name, _)| name);
        first.rsplit('/').next().unwrap_or(first)
    }

    pub(crate) fn take_signal(&mut self) -> Option<Signal> {
        let at = self.pending.iter().position(|signal| self.handled.contains(signal))?;
        self.pending.remove(at)
    }

    /// Drops ignored signals and returns the first that ends the process.
    pub(crate) fn deadly_signal(&mut self) -> Option<Signal> {
        if self.pending.is_empty() {
            return None;
        }
        let first = self.local == 1;
        let (handled, ignored) = (&self.handled, &self.ignored);
        // As on Linux, pid 1 of a namespace ignores what it has no handler for, except a kill from outside.
        self.pending.retain(|signal| {
            *signal == Signal::Kill
                || handled.contains(signal)
                || !(first || ignored.contains(signal) || ignored_by_default(*signal))
        });
        self.pending.iter().copied().find(|signal| *signal == Signal::Kill || !self.handled.contains(signal))
    }
}

const fn ignored_by_default(signal: Signal) -> bool {
    matches!(signal, Signal::Chld | Signal::Cont | Signal::Winch | Signal::Stop | Signal::Tstp)
}

impl Kernel {
    /// Adds a process that inherits nothing.
    pub(crate) fn add_process(&mut self, process: Process) -> Pid {
        self.next_pid += 1;
        let pid = Pid(self.next_pid);
        let mut process = process;
        if let Some(context) = self.contexts.get_mut(&process.context) {
            context.first.get_or_insert(pid);
            let namespace = context.pid_namespace;
            if let Some(namespace) = self.contexts.get_mut(&namespace) {
                namespace.last_local += 1;
                process.local = namespace.last_local;
                namespace.pids.insert(process.local, pid);
            }
        }
        if process.group == Pid::default() {
            process.group = pid;
        }
        if let Some(parent) = process.parent.and_then(|parent| self.processes.get_mut(&parent)) {
            parent.children.insert(pid);
        }
        self.processes.insert(pid, Box::new(process));
        pid
    }

    pub(crate) fn find_local(&self, pid: Pid, local: u32) -> Option<Pid> {
        self.neighbours(pid).get(&local).copied()
    }

    /// The living processes of a process's pid namespace by their numbers.
    pub(crate) fn neighbours(&self, pid: Pid) -> &BTreeMap<u32, Pid> {
        &self.contexts[&self.context_of(pid).pid_namespace].pids
    }

    /// The living processes of a context.
    fn members(&self, context: ContextId) -> Vec<Pid> {
        let namespace = self.contexts.get(&context).and_then(|one| self.contexts.get(&one.pid_namespace));
        let pids = namespace.into_iter().flat_map(|namespace| namespace.pids.values().copied());
        pids.filter(|pid| self.processes.get(pid).is_some_and(|process| process.context == context)).collect()
    }

    /// Sends a signal; false if there is no such process.
    pub fn signal(&mut self, pid: Pid, signal: Signal) -> bool {
        let Some(process) = self.processes.get_mut(&pid) else { return false };
        if process.exit.is_some() {
            return true;
        }
        process.pending.push_back(signal);
        self.wake(pid);
        true
    }

    /// Sends a signal to each process of a group.
    pub fn signal_group(&mut self, group: Pid, signal: Signal) -> bool {
        let members: Vec<Pid> = self
            .processes
            .iter()
            .filter(|(_, process)| process.group == group && process.exit.is_none())
            .map(|(pid, _)| *pid)
            .collect();
        members.iter().for_each(|pid| {
            self.signal(*pid, signal);
        });
        !members.is_empty()
    }

    /// Ends a process: closes its files, tells its parent, gives its children away.
    pub(crate) fn end_process(&mut self, pid: Pid, status: i32, signal: Option<Signal>, now: Instant) {
        self.cancel_wait(pid);
        self.editors_forget(pid);
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if process.exit.is_some() {
            return;
        }
        let exit = Exit { status, signal, out_of_memory: process.out_of_memory, at: now };
        process.exit = Some(exit);
        let network_wait = process.network_wait.take();
        self.ended.push((pid, network_wait));
        process.body = Body::Nothing;
        process.memory = 0;
        let (context, local, parent) = (process.context, process.local, process.parent);
        let files = std::mem::take(&mut process.fds);
        let children = std::mem::take(&mut process.children);
        for file in files.into_values() {
            self.drop_file(file);
        }
        for child in children {
            self.orphan(child);
        }
        match parent {
            Some(parent) if self.processes.get(&parent).is_some_and(|parent| parent.exit.is_none()) => {
                let waits = self.process(parent).wait.as_ref().is_some_and(|wait| wait.child);
                self.process_mut(parent).child_ended = !waits;
                if waits {
                    self.wake(parent);
                }
            }
            Some(_) => self.forget_process(pid),
            None => {
                self.exits.insert(pid, exit);
                self.fresh_exits.push(pid);
                self.forget_process(pid);
            }
        }
        let first = self.contexts.get(&context).is_some_and(|context| context.first == Some(pid));
        if local == 1 || first {
            self.end_with_first(context, local == 1, now);
        }
    }

    /// With pid 1 its whole pid namespace ends, with the first process of a context that context.
    fn end_with_first(&mut self, context: ContextId, all: bool, now: Instant) {
        let rest = if all {
            self.contexts.get(&context).map(|one| one.pids.values().copied().collect()).unwrap_or_default()
        } else {
            self.members(context)
        };
        for pid in rest {
            self.end_process(pid, 128 + Signal::Kill.number(), Some(Signal::Kill), now);
        }
    }

    fn orphan(&mut self, child: Pid) {
        let Some(process) = self.processes.get_mut(&child) else { return };
        // Nobody will ask how it ended.
        process.parent = Some(Pid::default());
        if process.exit.is_some() {
            self.forget_process(child);
        }
    }

    fn forget_process(&mut self, pid: Pid) {
        if let Some(process) = self.processes.remove(&pid) {
            let namespace = self.contexts.get(&process.context).map(|context| context.pid_namespace);
            if let Some(namespace) = namespace.and_then(|namespace| self.contexts.get_mut(&namespace)) {
                namespace.pids.remove(&process.local);
            }
            if let Some(parent) = process.parent.and_then(|parent| self.processes.get_mut(&parent)) {
                parent.children.remove(&pid);
            }
        }
        self.completions.remove(&pid);
    }

    pub(crate) fn reap(&mut self, parent: Pid, child: Pid) -> Option<i32> {
        let process = self.processes.get(&child)?;
        if process.parent != Some(parent) {
            return None;
        }
        let exit = process.exit?;
        self.forget_process(child);
        Some(exit.status)
    }

    /// Takes back a process that never ran.
    pub(crate) fn discard(&mut self, pid: Pid) {
        let context = self.process(pid).context;
        self.forget_process(pid);
        let Some(context) = self.contexts.get_mut(&context) else { return };
        if context.first == Some(pid) {
            context.first = None;
        }
        let namespace = context.pid_namespace;
        if let Some(namespace) = self.contexts.get_mut(&namespace) {
            namespace.last_local -= 1;
        }
    }

    /// Forgets a context's processes without a trace, as when a container is removed.
    pub(crate) fn drop_processes(&mut self, context: ContextId, now: Instant) {
        for pid in self.members(context) {
            self.end_process(pid, 128 + Signal::Kill.number(), Some(Signal::Kill), now);
            self.forget_process(pid);
        }
    }

    /// How many bytes of memory the processes of a context hold.
    #[must_use]
    pub fn memory(&self, context: ContextId) -> u64 {
        self.members(context)
            .iter()
            .filter_map(|pid| self.processes.get(pid))
            .map(|process| process.memory)
            .sum()
    }

    pub(crate) fn memory_of(&self, pid: Pid) -> u64 {
        self.memory(self.process(pid).context)
    }

    /// Notes the memory of a process and ends it if its context has too much.
    pub(crate) fn set_memory(&mut self, pid: Pid, bytes: u64) {
        self.process_mut(pid).memory = bytes;
        let used = self.memory_of(pid);
        if used > self.context_of(pid).memory_limit.unwrap_or(MEMORY_MAX) {
            self.process_mut(pid).out_of_memory = true;
            self.signal(pid, Signal::Kill);
        }
    }

    fn editors_forget(&mut self, pid: Pid) {
        self.editors.remove(&pid);
    }
}
