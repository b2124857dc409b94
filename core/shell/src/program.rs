//! What a program is: a state that is stepped. Between two steps it sleeps until something that it named happens.

use std::fmt::Debug;

use engine::{Duration, Instant};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::host::{Host, ListenerId, SocketId};
pub use crate::io::{Io, Spawn};
use crate::machine::Context;

/// A number of an open file in a process.
pub type Fd = u32;
/// Standard input.
pub const STDIN: Fd = 0;
/// Standard output.
pub const STDOUT: Fd = 1;
/// Standard error.
pub const STDERR: Fd = 2;

/// What a step ends with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The process ends with this status.
    Exit(i32),
    /// The process sleeps until one of these holds.
    Wait(Wait),
    /// There is more to do: step again, after the others had their turn.
    Continue,
}

/// What a process sleeps for: it wakes when any of these holds, and at each signal.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Wait {
    /// This moment has come.
    pub until: Option<Instant>,
    /// One of these files has data or has ended.
    pub readable: Vec<Fd>,
    /// A child has ended.
    pub child: bool,
    /// Something happened to one of these sockets.
    pub sockets: Vec<SocketId>,
    /// A connection waits to be accepted.
    pub listeners: Vec<ListenerId>,
    /// Something changed in the world outside (`Machine::notify_world`).
    pub world: bool,
}

impl Wait {
    /// Until `moment`.
    #[must_use]
    pub fn until(moment: Instant) -> Self {
        Self { until: Some(moment), ..Self::default() }
    }

    /// Until `fd` can be read.
    #[must_use]
    pub fn readable(fd: Fd) -> Self {
        Self { readable: vec![fd], ..Self::default() }
    }

    /// Until a child ends.
    #[must_use]
    pub fn child() -> Self {
        Self { child: true, ..Self::default() }
    }

    /// Until something happens to `socket`.
    #[must_use]
    pub fn socket(socket: SocketId) -> Self {
        Self { sockets: vec![socket], ..Self::default() }
    }

    /// Until the world changes.
    #[must_use]
    pub fn world() -> Self {
        Self { world: true, ..Self::default() }
    }
}

/// What a read gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// Some bytes, at least one.
    Data(Vec<u8>),
    /// Nothing yet: wait with `Wait::readable`.
    Empty,
    /// Nothing more will come. Also what a file that is not open for reading gives.
    End,
}

/// Nobody reads what was written. The process also gets SIGPIPE, which ends it unless it handles that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrokenPipe;

/// Lines of a file that may come in pieces. Part of the state of whoever reads by lines.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lines {
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
}

/// What [`Lines::next`] gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// A line without its newline; `terminated` says whether it had one.
    Line {
        /// The bytes.
        text: Vec<u8>,
        /// Whether a newline followed.
        terminated: bool,
    },
    /// No whole line yet: wait with `Wait::readable`.
    Empty,
    /// No more lines.
    End,
}

impl Lines {
    const CHUNK: usize = 1 << 16;

    /// The next line of `fd`.
    pub fn next(&mut self, io: &mut Io<'_>, fd: Fd) -> Line {
        // What was searched already need not be searched again when more has come.
        let mut searched = 0;
        loop {
            let unsearched = &self.buffer[self.start + searched..];
            if let Some(length) = unsearched.iter().position(|byte| *byte == b'\n') {
                let length = searched + length;
                let text = self.buffer[self.start..self.start + length].to_vec();
                self.start += length + 1;
                return Line::Line { text, terminated: true };
            }
            self.buffer.drain(..self.start);
            self.start = 0;
            searched = self.buffer.len();
            if self.ended {
                return if self.buffer.is_empty() {
                    Line::End
                } else {
                    Line::Line { text: std::mem::take(&mut self.buffer), terminated: false }
                };
            }
            match io.read(fd, Self::CHUNK) {
                Read::Data(bytes) => {
                    self.buffer.extend_from_slice(&bytes);
                    io.set_memory(self.buffer.len() as u64);
                }
                Read::Empty => return Line::Empty,
                Read::End => self.ended = true,
            }
        }
    }

    /// The whole rest of `fd`, once it has ended.
    pub fn rest(&mut self, io: &mut Io<'_>, fd: Fd) -> Option<Vec<u8>> {
        while !self.ended {
            match io.read(fd, Self::CHUNK) {
                Read::Data(bytes) => {
                    self.buffer.extend_from_slice(&bytes);
                    io.set_memory(self.buffer.len() as u64);
                }
                Read::Empty => return None,
                Read::End => self.ended = true,
            }
        }
        let start = std::mem::take(&mut self.start);
        Some(std::mem::take(&mut self.buffer).split_off(start))
    }
}

/// A signal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are POSIX's")]
pub enum Signal {
    Hup = 1,
    Int = 2,
    Quit = 3,
    Abrt = 6,
    Kill = 9,
    Usr1 = 10,
    Segv = 11,
    Usr2 = 12,
    Pipe = 13,
    Alrm = 14,
    Term = 15,
    Chld = 17,
    Cont = 18,
    Stop = 19,
    Tstp = 20,
    Winch = 28,
}

impl Signal {
    /// Every signal with its name, without `SIG`.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::Hup, "HUP"),
        (Self::Int, "INT"),
        (Self::Quit, "QUIT"),
        (Self::Abrt, "ABRT"),
        (Self::Kill, "KILL"),
        (Self::Usr1, "USR1"),
        (Self::Segv, "SEGV"),
        (Self::Usr2, "USR2"),
        (Self::Pipe, "PIPE"),
        (Self::Alrm, "ALRM"),
        (Self::Term, "TERM"),
        (Self::Chld, "CHLD"),
        (Self::Cont, "CONT"),
        (Self::Stop, "STOP"),
        (Self::Tstp, "TSTP"),
        (Self::Winch, "WINCH"),
    ];

    /// Its number on Linux.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// Its name without `SIG`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(signal, _)| *signal == self).map_or("", |(_, name)| name)
    }

    /// From `TERM`, `SIGTERM`, `term` or `15`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL
            .iter()
            .find(|(signal, known)| *known == name || signal.number().to_string() == name)
            .map(|(signal, _)| *signal)
    }
}

/// A possible end of the word under the cursor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Completion {
    /// The whole word.
    pub word: String,
    /// Whether a space follows it; not after `--flag=` or a folder.
    pub space: bool,
}

/// The programs that upper floors bring: kubectl, nginx, ... All state is plain data, so that a snapshot holds it.
pub trait Programs {
    /// The state of a running program.
    type State: Clone + Debug + Serialize + DeserializeOwned;
    /// What programs act on; built-in utilities use it as their network.
    type World: Host;

    /// Whether `context` has a program of this name although no file of its file system is it.
    fn find(name: &str, context: &Context) -> bool;

    /// Starts a program; `args[0]` is how it was called.
    fn start(name: &str, args: &[String]) -> Option<Self::State>;

    /// Runs until the program ends or blocks. `io.host` is not connected here: use `world`.
    fn step(state: &mut Self::State, io: &mut Io<'_>, world: &mut Self::World) -> Step;

    /// A program ended, by itself or by a signal: gives back what it held of the world besides its sockets.
    fn end(_state: Self::State, _world: &mut Self::World) {}

    /// The ends of the last of `words` (perhaps empty); the first is the command. `io` is the shell's, with the variables that it
    /// exports.
    fn complete(words: &[String], io: &mut Io<'_>, world: &mut Self::World) -> Vec<Completion>;
}

/// How long it takes to start an external command.
pub const COMMAND_COST: Duration = Duration::from_millis(1);
/// How long one turn of a shell loop takes.
pub const LOOP_COST: Duration = Duration::from_micros(10);
