//! What programs wrote for the owner of the machine to collect.

use engine::Instant;
use serde::{Deserialize, Serialize};

use super::Kernel;
use super::files::OutputStream;
use super::pipes::PipeId;
use super::terminals::TerminalId;

/// A capture buffer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct CaptureId(pub u64);

/// Written bytes that nobody has taken yet.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Capture {
    chunks: Vec<Chunk>,
}

/// One write.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// When.
    pub at: Instant,
    /// Standard output or standard error.
    pub stream: OutputStream,
    /// What.
    pub bytes: Vec<u8>,
}

/// Where something was written that the owner of the machine may collect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Sink {
    /// A capture buffer.
    Capture(CaptureId),
    /// A pipe that the owner reads.
    Pipe(PipeId),
    /// A terminal.
    Terminal(TerminalId),
}

impl Kernel {
    /// A new capture buffer.
    pub fn create_capture(&mut self) -> CaptureId {
        self.next_capture += 1;
        let id = CaptureId(self.next_capture);
        self.captures.insert(id, Capture::default());
        id
    }

    /// Takes what was written to a capture buffer since the last time.
    pub fn take_capture(&mut self, id: CaptureId) -> Vec<Chunk> {
        self.written.remove(&Sink::Capture(id));
        self.captures.get_mut(&id).map(|capture| std::mem::take(&mut capture.chunks)).unwrap_or_default()
    }

    /// Forgets a capture buffer; what is still written to it is lost.
    pub fn remove_capture(&mut self, id: CaptureId) {
        self.captures.remove(&id);
        self.written.remove(&Sink::Capture(id));
    }

    /// Where something was written since the last time that this was asked.
    pub fn take_written(&mut self) -> Vec<Sink> {
        std::mem::take(&mut self.written).into_iter().collect()
    }

    pub(super) fn note_written(&mut self, sink: Sink) {
        self.written.insert(sink);
    }

    pub(super) fn capture(&mut self, id: CaptureId, stream: OutputStream, bytes: &[u8], at: Instant) {
        let Some(capture) = self.captures.get_mut(&id) else { return };
        match capture.chunks.last_mut() {
            Some(last) if last.at == at && last.stream == stream => last.bytes.extend_from_slice(bytes),
            _ => capture.chunks.push(Chunk { at, stream, bytes: bytes.to_vec() }),
        }
        self.note_written(Sink::Capture(id));
    }
}
