//! The built-in utilities: one enum of their states and one table of their names.

use serde::{Deserialize, Serialize};

use crate::io::Io;
use crate::program::Step;

/// A running utility.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Utility {}

impl Utility {
    /// Starts the utility `name`; `args[0]` is how it was called.
    #[must_use]
    pub fn start(_name: &str, _args: &[String]) -> Option<Self> {
        None
    }

    /// Runs until it ends or blocks.
    pub fn step(&mut self, _io: &mut Io<'_>) -> Step {
        match *self {}
    }
}
