//! What all programs share: processes, open files, pipes, terminals, and who waits for what. It runs no program itself.

mod captures;
mod commands;
mod files;
mod mounts;
mod paths;
mod pipes;
mod proc;
mod processes;
mod terminals;
mod waits;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::Instant;
use serde::{Deserialize, Serialize};

use crate::file_system::Storage;
use crate::host::{ListenerId, SocketId};
use crate::machine::{Context, ContextId};
use crate::program::{Fd, Wait};

pub use captures::{Capture, CaptureId, Chunk, Sink};
pub use files::{FileId, FileObject, OpenFile, OutputStream};
pub use pipes::{End as PipeEnd, Pipe, PipeId};
pub use processes::{Body as ProcessBody, Exit, Pid, Process};
pub use terminals::{Discipline, Terminal, TerminalId};

/// A file that the learner is to edit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EditorRequest {
    /// Its path, as the program was given it.
    pub path: String,
    /// Its content now.
    pub content: Vec<u8>,
    /// What became of it; absent while it is being edited.
    pub answer: Option<Option<Vec<u8>>>,
}

/// Processes and what they hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kernel {
    /// Unix seconds at the instant zero.
    pub epoch: i64,
    pub(crate) present: Instant,
    /// File trees.
    pub storage: Storage,
    pub(crate) contexts: BTreeMap<ContextId, Context>,
    pub(crate) next_context: u64,
    /// Boxed: they come and go by the thousand, and a map of large values moves them about.
    pub(crate) processes: BTreeMap<Pid, Box<Process>>,
    next_pid: u64,
    pub(crate) files: BTreeMap<FileId, OpenFile>,
    next_file: u64,
    pipes: BTreeMap<PipeId, Pipe>,
    next_pipe: u64,
    captures: BTreeMap<CaptureId, Capture>,
    next_capture: u64,
    terminals: BTreeMap<TerminalId, Terminal>,
    next_terminal: u64,
    editors: BTreeMap<Pid, EditorRequest>,
    pub(crate) completions: BTreeMap<Pid, CompletionRequest>,
    /// Processes of which the owner of the machine is the parent and that have ended.
    pub(crate) exits: BTreeMap<Pid, Exit>,
    pub(crate) fresh_exits: Vec<Pid>,
    /// Processes that have ended since the machine last looked, with the last wait that named what they held of the network.
    pub(crate) ended: Vec<(Pid, Option<Wait>)>,
    written: BTreeSet<Sink>,
    pub(crate) ready: VecDeque<Pid>,
    pub(crate) timers: BTreeSet<(Instant, Pid)>,
    world_waiters: BTreeSet<Pid>,
    #[serde(with = "engine::events::pairs")]
    socket_waiters: BTreeMap<SocketId, BTreeSet<Pid>>,
    #[serde(with = "engine::events::pairs")]
    listener_waiters: BTreeMap<ListenerId, BTreeSet<Pid>>,
}

/// A shell asks how a word may end; only the machine, which knows the upper floors' programs, can tell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CompletionRequest {
    pub words: Vec<String>,
    /// The variables that the shell exports.
    pub env: BTreeMap<String, String>,
    pub answer: Option<Vec<crate::program::Completion>>,
}

impl Kernel {
    pub(crate) fn process(&self, pid: Pid) -> &Process {
        &self.processes[&pid]
    }

    pub(crate) fn process_mut(&mut self, pid: Pid) -> &mut Process {
        self.processes.entry(pid).or_default()
    }

    pub(crate) fn context_of(&self, pid: Pid) -> &Context {
        &self.contexts[&self.processes[&pid].context]
    }

    pub(crate) fn unix_time(&self, now: Instant) -> (i64, u32) {
        (self.epoch + now.as_secs() as i64, (now.0 % 1_000_000) as u32)
    }

    pub(crate) fn unix_micros(&self, now: Instant) -> i64 {
        self.epoch * 1_000_000 + now.0 as i64
    }

    pub(crate) fn file_of(&self, pid: Pid, fd: Fd) -> Option<FileId> {
        self.processes.get(&pid)?.fds.get(&fd).copied()
    }

    pub(crate) fn request_editor(&mut self, pid: Pid, path: &str, content: &[u8]) {
        let request = EditorRequest { path: path.to_owned(), content: content.to_vec(), answer: None };
        self.editors.insert(pid, request);
    }

    pub(crate) fn editor_answer(&mut self, pid: Pid) -> Option<Option<Vec<u8>>> {
        let answer = self.editors.get_mut(&pid)?.answer.take()?;
        self.editors.remove(&pid);
        Some(answer)
    }

    /// Files that the learner is to edit now, by the process that asks.
    pub fn editor_requests(&self) -> impl Iterator<Item = (Pid, &EditorRequest)> {
        self.editors
            .iter()
            .filter(|(_, request)| request.answer.is_none())
            .map(|(pid, request)| (*pid, request))
    }

    /// Answers an editor request: the new content, or nothing if the learner did not save.
    pub fn answer_editor(&mut self, pid: Pid, content: Option<Vec<u8>>) {
        if let Some(request) = self.editors.get_mut(&pid) {
            request.answer = Some(content);
            self.wake(pid);
        }
    }
}
