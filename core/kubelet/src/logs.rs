//! Logs: the lines that a container's run wrote, each with its time.

use std::collections::VecDeque;

use engine::Instant;
use serde::{Deserialize, Serialize};
use shell::kernel::{Chunk, OutputStream};

/// How many bytes of a run's log are kept: what is older is rotated away. A real kubelet does that at 10 MiB; here all logs stand in
/// memory.
const BYTES_MAX: usize = 1 << 20;

/// A line with its newline; the last one of a run may lack it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When it was written.
    pub at: Instant,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The log of one run of a container.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Log {
    lines: VecDeque<Line>,
    /// How many lines were dropped at the front.
    dropped: u64,
    bytes: usize,
    /// The beginnings of lines on standard output and standard error.
    partial: [Vec<u8>; 2],
}

impl Log {
    /// Adds what was written.
    pub fn append(&mut self, chunks: Vec<Chunk>) {
        for chunk in chunks {
            let stream = usize::from(chunk.stream == OutputStream::Stderr);
            for piece in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
                self.partial[stream].extend_from_slice(piece);
                if piece.ends_with(b"\n") {
                    let bytes = std::mem::take(&mut self.partial[stream]);
                    self.push(chunk.at, bytes);
                }
            }
        }
    }

    /// The run is over: what has no newline is a line too.
    pub fn finish(&mut self, now: Instant) {
        for stream in 0..2 {
            let bytes = std::mem::take(&mut self.partial[stream]);
            if !bytes.is_empty() {
                self.push(now, bytes);
            }
        }
    }

    fn push(&mut self, at: Instant, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.lines.push_back(Line { at, bytes });
        while self.bytes > BYTES_MAX {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes -= oldest.bytes.len();
            self.dropped += 1;
        }
    }

    /// What was written to standard output since its last newline.
    #[must_use]
    pub fn unfinished_line(&self) -> &[u8] {
        &self.partial[0]
    }

    /// The number that the next line will have.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.dropped + self.lines.len() as u64
    }

    /// The lines from a number on.
    pub fn from(&self, number: u64) -> impl Iterator<Item = &Line> {
        let skip = usize::try_from(number.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        self.lines.iter().skip(skip)
    }

    /// The number of the first line that is kept.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.dropped
    }
}
