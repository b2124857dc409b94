//! Pipes between programs, or between a program and the owner of the machine (an attached byte queue).

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::Kernel;
use super::captures::Sink;
use super::processes::Pid;

/// A pipe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PipeId(pub u64);

/// How many bytes a pipe holds before its writers have to pause.
pub const PIPE_CAPACITY: usize = 1 << 16;

/// Bytes on the way from writers to readers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pipe {
    bytes: VecDeque<u8>,
    readers: u32,
    writers: u32,
    /// Whether the owner of the machine holds the end to read.
    owner_reads: bool,
    pub(super) read_waiters: BTreeSet<Pid>,
    stuffed: BTreeSet<Pid>,
}

impl Pipe {
    fn take(&mut self, max: usize) -> Vec<u8> {
        let count = max.min(self.bytes.len());
        self.bytes.drain(..count).collect()
    }

    pub(super) fn readable(&self) -> bool {
        !self.bytes.is_empty() || self.writers == 0
    }

    pub(super) fn ended(&self) -> bool {
        self.bytes.is_empty() && self.writers == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.readers > 0 && self.bytes.len() >= PIPE_CAPACITY
    }
}

/// Which end of a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum End {
    /// The end to read.
    Read,
    /// The end to write.
    Write,
}

impl Kernel {
    /// A pipe of which the owner of the machine holds the end to write: attached standard input.
    pub fn create_input_queue(&mut self) -> PipeId {
        let id = self.create_pipe();
        self.hold_pipe(id, End::Write);
        id
    }

    /// A pipe of which the owner of the machine holds the end to read: attached output.
    pub fn create_output_queue(&mut self) -> PipeId {
        let id = self.create_pipe();
        self.hold_pipe(id, End::Read);
        if let Some(pipe) = self.pipes.get_mut(&id) {
            pipe.owner_reads = true;
        }
        id
    }

    /// Puts bytes into an input queue.
    pub fn push_queue(&mut self, id: PipeId, bytes: &[u8]) {
        self.write_pipe(id, bytes);
    }

    /// Ends an input queue: readers see the end.
    pub fn close_input_queue(&mut self, id: PipeId) {
        self.release_pipe(id, End::Write);
    }

    /// Ends an output queue: writers get a broken pipe.
    pub fn close_output_queue(&mut self, id: PipeId) {
        self.release_pipe(id, End::Read);
    }

    /// Takes what was written to an output queue.
    pub fn take_queue(&mut self, id: PipeId) -> Vec<u8> {
        self.written.remove(&Sink::Pipe(id));
        self.read_pipe(id, usize::MAX)
    }

    /// Whether an output queue is empty and nobody will write to it any more.
    #[must_use]
    pub fn queue_ended(&self, id: PipeId) -> bool {
        self.pipes.get(&id).is_none_or(Pipe::ended)
    }

    pub(super) fn create_pipe(&mut self) -> PipeId {
        self.next_pipe += 1;
        let id = PipeId(self.next_pipe);
        self.pipes.insert(id, Pipe::default());
        id
    }

    pub(super) fn pipe_ref(&self, id: PipeId) -> Option<&Pipe> {
        self.pipes.get(&id)
    }

    pub(super) fn pipe_mut(&mut self, id: PipeId) -> Option<&mut Pipe> {
        self.pipes.get_mut(&id)
    }

    pub(super) fn hold_pipe(&mut self, id: PipeId, end: End) {
        if let Some(pipe) = self.pipes.get_mut(&id) {
            match end {
                End::Read => pipe.readers += 1,
                End::Write => pipe.writers += 1,
            }
        }
    }

    pub(super) fn release_pipe(&mut self, id: PipeId, end: End) {
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        let mut woken = BTreeSet::new();
        match end {
            End::Read => {
                pipe.readers = pipe.readers.saturating_sub(1);
                if pipe.readers == 0 {
                    woken = std::mem::take(&mut pipe.stuffed);
                }
            }
            End::Write => {
                pipe.writers = pipe.writers.saturating_sub(1);
                if pipe.writers == 0 {
                    woken = pipe.read_waiters.clone();
                }
            }
        }
        let owner_sees_end = pipe.owner_reads && pipe.writers == 0;
        if pipe.readers == 0 && pipe.writers == 0 {
            self.pipes.remove(&id);
        }
        if owner_sees_end {
            self.note_written(Sink::Pipe(id));
        }
        for pid in woken {
            self.wake(pid);
        }
    }

    /// False if nobody reads.
    pub(super) fn write_pipe(&mut self, id: PipeId, bytes: &[u8]) -> bool {
        let Some(pipe) = self.pipes.get_mut(&id) else { return false };
        if pipe.readers == 0 && pipe.writers > 0 && !self.pipe_waits_for_reader(id) {
            return false;
        }
        let Some(pipe) = self.pipes.get_mut(&id) else { return false };
        pipe.bytes.extend(bytes);
        let woken = pipe.read_waiters.clone();
        if pipe.owner_reads {
            self.note_written(Sink::Pipe(id));
        }
        for pid in woken {
            self.wake(pid);
        }
        true
    }

    // An input queue may be filled before its process is spawned.
    fn pipe_waits_for_reader(&self, id: PipeId) -> bool {
        !self.files.values().any(|file| file.holds_pipe(id))
    }

    pub(super) fn read_pipe(&mut self, id: PipeId, max: usize) -> Vec<u8> {
        let Some(pipe) = self.pipes.get_mut(&id) else { return Vec::new() };
        let bytes = pipe.take(max);
        let woken = if pipe.bytes.len() < PIPE_CAPACITY {
            std::mem::take(&mut pipe.stuffed)
        } else {
            BTreeSet::new()
        };
        for pid in woken {
            self.wake(pid);
        }
        bytes
    }

    /// Lets a writer sleep until the pipe has room.
    pub(super) fn pause_writer(&mut self, id: PipeId, pid: Pid) {
        if let Some(pipe) = self.pipes.get_mut(&id) {
            pipe.stuffed.insert(pid);
        }
    }
}
