//! A bash-like shell, core utilities, a virtual file system and processes: one engine for the learner's terminal, for nodes and
//! for containers.
//!
//! Everything is plain data: a process is a state that is stepped, and sleeps between its steps until what it waits for happens,
//! so a snapshot may be taken at any moment, amid a loop of `curl` too.
//!
//! It does not know what Kubernetes is. Programs such as `kubectl` or nginx come from upper floors by [`Programs`], and so does the
//! network by [`Host`]. It has no clock: time is an argument of [`Machine::poll`].

pub mod file_system;
pub mod host;
pub mod interpreter;
pub mod io;
pub mod kernel;
pub mod language;
pub mod machine;
pub mod program;
pub mod terminal;
pub mod utilities;

pub use host::{Host, ListenerId, NetworkNamespace, SocketId};
pub use io::{Io, Mode, Spawn, SpawnError};
pub use kernel::{Exit, Pid, TerminalId};
pub use machine::{Build, Context, ContextId, ContextSpec, Machine, Stdio, Userland};
pub use program::{
    BrokenPipe, Completion, Fd, Line, Lines, Programs, Read, STDERR, STDIN, STDOUT, Signal, Step, Wait,
};
