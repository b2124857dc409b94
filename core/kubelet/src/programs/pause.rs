//! `pause`: sleeps until it is told to end.

use serde::{Deserialize, Serialize};
use shell::{Io, Signal, Step, Wait};

/// The program that holds a pod's sandbox.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pause {
    started: bool,
}

impl Pause {
    pub(super) fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            io.handle_signals(&[Signal::Int, Signal::Term]);
        }
        if io.take_signal().is_some() {
            io.out("Shutting down, got signal: Terminated\n");
            return Step::Exit(0);
        }
        Step::Wait(Wait::default())
    }
}
