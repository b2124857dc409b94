//! The shell as a process: a stack machine over compiled code whose whole state is plain data.

pub(crate) mod arithmetic;
mod ash;
pub(crate) mod builtins;
mod children;
pub(crate) mod escapes;
mod expand;
mod fields;
mod input;
mod invoke;
mod parameters;
pub(crate) mod pattern;
mod recall;
mod redirects;
mod run;
mod traps;
mod typing;
mod variables;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use crate::io::Io;
use crate::kernel::Pid;
use crate::language::{self, Address, Code, RedirectKind};
use crate::program::{Fd, LOOP_COST, Signal, Step, Wait};
use crate::terminal::LineEditor;

pub use children::Job;
pub(crate) use fields::Segment;
pub use input::Input;
use input::Next;
pub use variables::{Value, Variable, Variables};

/// How many instructions a shell runs before others have their turn.
const INSTRUCTIONS_MAX: u32 = 2_000;
/// How much modelled time a shell runs ahead before it lets the clock follow.
const DEBT_MAX: Duration = Duration::from_millis(1);
/// How deep functions and sourced files may nest.
const FRAMES_MAX: usize = 1_000;

/// A running shell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shell {
    /// How it was called; the part of messages before the colon.
    name: String,
    started: bool,
    args: Vec<String>,
    frames: Vec<Frame>,
    pub(crate) variables: Variables,
    functions: BTreeMap<String, Function>,
    aliases: BTreeMap<String, String>,
    /// What `complete` was told, by command.
    completions: BTreeMap<String, String>,
    options: Options,
    positional: Vec<String>,
    status: i32,
    pipe_status: Vec<i32>,
    line: u32,
    last_background: Option<u32>,
    jobs: Vec<Job>,
    traps: BTreeMap<Trap, String>,
    pending_traps: Vec<Signal>,
    input: Input,
    /// Whether it runs a file.
    script: bool,
    /// Whether it has said what was wrong since a builtin began.
    complained: bool,
    waiting: Option<Waiting>,
    editor: LineEditor,
    history: Arc<Vec<String>>,
    /// Whether it is the child of a shell, made for a part of its code.
    child: bool,
    /// The status with which it ends, once it is ending.
    exiting: Option<i32>,
    getopts: (usize, usize),
    seconds: Instant,
    stopwatch: Instant,
    folders: Vec<String>,
}

/// What `set` and the command line switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the shell")]
pub struct Options {
    pub(crate) errexit: bool,
    pub(crate) nounset: bool,
    pub(crate) xtrace: bool,
    pub(crate) verbose: bool,
    pub(crate) pipefail: bool,
    pub(crate) noglob: bool,
    pub(crate) noclobber: bool,
    pub(crate) allexport: bool,
    pub(crate) noexec: bool,
    pub(crate) interactive: bool,
    pub(crate) nullglob: bool,
}

/// A function: a part of a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Function {
    code: Arc<Code>,
    start: Address,
    text: String,
}

/// What a trap waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Trap {
    /// The end of the shell.
    Exit,
    /// A failed command.
    Err,
    /// A signal.
    Signal(Signal),
}

/// A code being run, with the stacks of its words.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Frame {
    code: Arc<Code>,
    at: Address,
    kind: FrameKind,
    /// Whether its failures are asked for by whoever called it.
    condition: bool,
    words: Vec<Vec<Segment>>,
    values: Vec<String>,
    lists: Vec<Vec<String>>,
    redirects: Vec<(Option<Fd>, RedirectKind, String)>,
    temporary: Vec<(String, Variable)>,
    blocks: Vec<Block>,
    restore: Vec<Saved>,
    /// The status of the last command substitution of the command that is being made.
    substituted: Option<i32>,
    /// Pipes of process substitutions, closed after the command.
    substitution_files: Vec<Fd>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum FrameKind {
    Top,
    Eval,
    Function {
        positional: Vec<String>,
        name: String,
    },
    Source {
        path: String,
        positional: Option<Vec<String>>,
    },
    /// A trap keeps the status of what it interrupted.
    Trap {
        status: i32,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Block {
    Loop {
        end: Address,
        next: Address,
        items: std::collections::VecDeque<String>,
        status: i32,
        values: usize,
    },
    Redirects(Vec<Saved>),
}

/// A file number that a redirection took, and where what it was is kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Saved {
    fd: Fd,
    kept: Option<Fd>,
}

/// What a shell waits for amid a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Waiting {
    /// The end of all processes of a command.
    Foreground { pids: Vec<Pid>, statuses: Vec<Option<i32>>, text: String },
    /// The output of a command substitution.
    Substitution { child: Pid, fd: Fd, output: Vec<u8>, ended: bool, quoted: bool },
    /// A line for `read`.
    Read(Box<builtins::read::Reading>, Vec<Saved>),
    /// The end of what `source` reads.
    Source(builtins::shell::Sourcing, Vec<Saved>),
    /// The end of background jobs for `wait`.
    Jobs { pids: Vec<Pid>, any: bool, status: i32, restore: Vec<Saved> },
}

/// How an instruction ends.
enum Flow {
    Next,
    /// The shell has to wait: `waiting` says what for.
    Blocked,
    /// The process ended or became another program.
    Over(Step),
}

impl Frame {
    fn new(code: Arc<Code>, at: Address, kind: FrameKind, condition: bool) -> Self {
        Self {
            code,
            at,
            kind,
            condition,
            words: Vec::new(),
            values: Vec::new(),
            lists: Vec::new(),
            redirects: Vec::new(),
            temporary: Vec::new(),
            blocks: Vec::new(),
            restore: Vec::new(),
            substituted: None,
            substitution_files: Vec::new(),
        }
    }
}

impl Shell {
    /// A shell with this command line.
    #[must_use]
    pub fn new(args: &[String]) -> Self {
        Self {
            name: args.first().cloned().unwrap_or_else(|| "sh".to_owned()),
            started: false,
            args: args.to_vec(),
            frames: Vec::new(),
            variables: Variables::default(),
            functions: BTreeMap::new(),
            aliases: BTreeMap::new(),
            completions: BTreeMap::new(),
            options: Options::default(),
            positional: Vec::new(),
            status: 0,
            pipe_status: Vec::new(),
            line: 0,
            last_background: None,
            jobs: Vec::new(),
            traps: BTreeMap::new(),
            pending_traps: Vec::new(),
            input: Input::Ended,
            script: false,
            complained: false,
            waiting: None,
            editor: LineEditor::default(),
            history: Arc::default(),
            child: false,
            exiting: None,
            getopts: (1, 0),
            seconds: Instant::ZERO,
            stopwatch: Instant::ZERO,
            folders: Vec::new(),
        }
    }

    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            self.seconds = io.now();
            if let Err(status) = self.start(io) {
                return Step::Exit(status);
            }
        }
        let mut debt = Duration::ZERO;
        for _ in 0..INSTRUCTIONS_MAX {
            while let Some(signal) = io.take_signal() {
                self.signalled(io, signal);
            }
            if self.waiting.is_some() {
                if let Some(wait) = self.resume(io) {
                    return Step::Wait(wait);
                }
                continue;
            }
            if self.run_pending_trap(io) {
                continue;
            }
            let turned = match self.frames.last() {
                None => match self.next_input(io) {
                    Next::Run => false,
                    Next::Wait(wait) => return Step::Wait(wait),
                    Next::Exit(status) => return Step::Exit(status),
                },
                Some(_) => match self.execute(io) {
                    Flow::Next | Flow::Blocked => self.turned(),
                    Flow::Over(step) => return step,
                },
            };
            if turned {
                debt = debt + LOOP_COST;
                if debt >= DEBT_MAX {
                    break;
                }
            }
        }
        io.spend(debt.max(LOOP_COST));
        Step::Continue
    }

    /// Whether the instruction just run was a turn of a loop.
    fn turned(&self) -> bool {
        self.frames.last().is_some_and(|frame| {
            frame
                .at
                .checked_sub(1)
                .and_then(|at| frame.code.instructions.get(at))
                .is_some_and(|instruction| matches!(instruction, language::Instruction::Turn))
        })
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::new(Arc::new(Code::default()), 0, FrameKind::Top, false));
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// Puts a code on top of what runs.
    fn push_frame(&mut self, io: &mut Io<'_>, frame: Frame) -> bool {
        if self.frames.len() >= FRAMES_MAX {
            let name = match &frame.kind {
                FrameKind::Function { name, .. } => name.clone(),
                _ => self.name.clone(),
            };
            self.complain(io, &format!("{name}: maximum function nesting level exceeded ({FRAMES_MAX})"));
            self.abandon(io, 1);
            return false;
        }
        self.frames.push(frame);
        true
    }

    /// Ends the code on top and undoes what it changed for its time.
    fn pop_frame(&mut self, io: &mut Io<'_>) {
        let Some(mut frame) = self.frames.pop() else { return };
        for block in std::mem::take(&mut frame.blocks).into_iter().rev() {
            if let Block::Redirects(saved) = block {
                self.restore(io, saved);
            }
        }
        match frame.kind {
            FrameKind::Function { positional, .. } => {
                self.positional = positional;
                self.variables.pop_scope();
            }
            FrameKind::Source { positional: Some(positional), .. } => self.positional = positional,
            FrameKind::Trap { status } => self.status = status,
            _ => {}
        }
        self.restore(io, frame.restore);
    }

    /// Drops everything that runs and goes back to the prompt, or ends a shell that has none.
    fn abandon(&mut self, io: &mut Io<'_>, status: i32) {
        while !self.frames.is_empty() {
            self.pop_frame(io);
        }
        self.variables.drop_scopes();
        self.status = status;
        self.waiting = None;
        if !self.options.interactive || self.child {
            self.exiting = Some(status);
        }
    }

    /// Says what is wrong, as bash or ash does.
    fn complain(&mut self, io: &mut Io<'_>, message: &str) {
        self.complained = true;
        let text = self.message(io, message);
        io.err(&text);
    }

    fn message(&self, io: &Io<'_>, message: &str) -> String {
        if ash::is_ash(io) {
            return self.ash_message(message);
        }
        format!("{}{message}\n", self.prefix(io))
    }

    /// What the shell's messages begin with.
    fn prefix(&self, io: &Io<'_>) -> String {
        let name = &self.name;
        // A subshell of bash's prompt speaks as the prompt does.
        if self.options.interactive && (!self.child || !ash::is_ash(io)) {
            format!("{}: ", name.trim_start_matches('-').rsplit('/').next().unwrap_or(name))
        } else if ash::is_ash(io) {
            format!("{name}: ")
        } else {
            format!("{name}: line {}: ", self.line.max(1))
        }
    }

    /// The code of a text in the shell's language.
    fn compile(io: &Io<'_>, text: &str) -> Result<Code, language::SyntaxError> {
        let dialect = if ash::is_ash(io) { language::Dialect::Ash } else { language::Dialect::Bash };
        language::compile(text, dialect)
    }

    fn wait_for_children() -> Wait {
        Wait::child()
    }
}
