//! Signals that reach a shell, and traps.

use std::sync::Arc;

use super::{Frame, FrameKind, Shell, Trap, Waiting};
use crate::io::Io;
use crate::program::Signal;

impl Shell {
    /// A signal came that the shell handles.
    pub(super) fn signalled(&mut self, io: &mut Io<'_>, signal: Signal) {
        match self.traps.get(&Trap::Signal(signal)) {
            Some(command) if command.is_empty() => {}
            Some(_) => self.pending_traps.push(signal),
            None if signal == Signal::Int && self.options.interactive && !self.child => self.interrupted(io),
            None => {}
        }
    }

    /// Ctrl-C at an interactive shell: back to the prompt.
    fn interrupted(&mut self, io: &mut Io<'_>) {
        if let Some(Waiting::Foreground { .. }) = self.waiting {
            // The command got the signal too; when it ends the shell sees that.
            return;
        }
        self.abandon(io, 130);
        self.editor.cancel();
    }

    /// Starts the next trap that is due, unless the shell waits for a command.
    pub(super) fn run_pending_trap(&mut self, io: &mut Io<'_>) -> bool {
        if self.pending_traps.is_empty() {
            return false;
        }
        let signal = self.pending_traps.remove(0);
        match self.traps.get(&Trap::Signal(signal)).cloned() {
            Some(command) => self.run_trap(io, &command),
            None => false,
        }
    }

    pub(super) fn run_trap(&mut self, io: &mut Io<'_>, command: &str) -> bool {
        let Ok(code) = Self::compile(io, command) else { return false };
        let kind = FrameKind::Trap { status: self.status };
        self.push_frame(io, Frame::new(Arc::new(code), 0, kind, false))
    }
}
