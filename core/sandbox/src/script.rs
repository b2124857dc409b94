//! Running a shell script in a world from its beginning to its end, with time passing as fast as it can.

use std::collections::BTreeMap;

use engine::Duration;
use shell::kernel::{CaptureId, OutputStream};
use shell::{ContextId, Pid, Signal, Stdio};

use crate::boot::HOME;
use crate::world::World;

/// How far a script may go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So long of the world's time.
    pub span: Duration,
    /// So many bytes of output.
    pub bytes: usize,
}

impl Limits {
    /// For somebody's script: a month, and as much output as it likes.
    pub const NONE: Self = Self { span: Duration::from_secs(30 * 24 * 3600), bytes: usize::MAX };
    /// For a command that an app asked for: it is waited for.
    pub const COMMAND: Self = Self { span: Duration::from_secs(600), bytes: 4 << 20 };
    /// For a look at the world: a lesson's check, a list of files.
    pub const LOOK: Self = Self { span: Duration::from_secs(20), bytes: 1 << 20 };
}

/// The status of a script that went too far, as `timeout` has it.
const TOO_FAR: i32 = 124;

/// What a script printed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// On standard output.
    pub stdout: Vec<u8>,
    /// On standard error.
    pub stderr: Vec<u8>,
    /// Its exit status.
    pub exit: i32,
}

/// A script that runs.
#[derive(Clone, Debug)]
pub struct Script {
    pid: Pid,
    capture: CaptureId,
}

impl World {
    /// Runs a script to its end, in the learner's home.
    pub fn run_script(&mut self, context: ContextId, text: &str) -> Output {
        self.run_script_within(context, text, Limits::COMMAND)
    }

    /// Runs a script until its end or its limits, in the learner's home.
    pub fn run_script_within(&mut self, context: ContextId, text: &str, limits: Limits) -> Output {
        let mut output = Output::default();
        output.exit = self.run_script_in(context, text, HOME, limits, &mut |complaint, bytes| {
            let all = if complaint { &mut output.stderr } else { &mut output.stdout };
            all.extend_from_slice(bytes);
        });
        output
    }

    /// Runs a script until its end or its limits in a folder; what it prints is given out as it comes (`true` for standard
    /// error). Answers its exit status.
    pub fn run_script_in(
        &mut self,
        context: ContextId,
        text: &str,
        folder: &str,
        limits: Limits,
        print: &mut dyn FnMut(bool, &[u8]),
    ) -> i32 {
        let script = self.start_script(context, text, folder);
        let deadline = self.now() + limits.span;
        let mut printed = 0;
        let exit = loop {
            printed += self.hand_out(&script, print);
            if let Some(exit) = self.machine.exit_status(script.pid) {
                break exit.status;
            }
            if printed > limits.bytes || !self.step_until(deadline) {
                self.machine.signal(script.pid, Signal::Kill);
                self.touched();
                let now = self.now();
                self.run_until(now);
                break TOO_FAR;
            }
        };
        self.hand_out(&script, print);
        self.machine.forget(script.pid);
        self.machine.kernel.remove_capture(script.capture);
        exit
    }

    /// Starts a script.
    pub fn start_script(&mut self, context: ContextId, text: &str, folder: &str) -> Script {
        let capture = self.machine.kernel.create_capture();
        let argv = ["bash", "-c", text].map(str::to_owned).to_vec();
        let stdio = [Stdio::Null, Stdio::Capture(capture), Stdio::Capture(capture)];
        let env = crate::boot::environment();
        let now = self.now();
        let spawned = self.machine.spawn(context, argv, env, folder, stdio, now);
        let pid = spawned.unwrap_or_else(|_| unreachable!("the learner's computer has a bash"));
        self.touched();
        Script { pid, capture }
    }

    /// Whether a script has ended.
    #[must_use]
    pub fn has_ended(&self, script: &Script) -> bool {
        self.machine.exit_status(script.pid).is_some()
    }

    /// Gives out what a script printed since the last time; answers how many bytes.
    fn hand_out(&mut self, script: &Script, print: &mut dyn FnMut(bool, &[u8])) -> usize {
        let chunks = self.machine.kernel.take_capture(script.capture);
        chunks.iter().for_each(|chunk| print(chunk.stream == OutputStream::Stderr, &chunk.bytes));
        chunks.iter().map(|chunk| chunk.bytes.len()).sum()
    }
}

/// The environment that a learner's shell begins with.
pub(crate) type Environment = BTreeMap<String, String>;

/// The commands of a script, each whole: lines are taken together until they can be read as one.
#[must_use]
pub fn commands(script: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut pending = String::new();
    for line in script.lines() {
        if !pending.is_empty() {
            pending.push('\n');
        }
        pending.push_str(line);
        if !shell::language::is_incomplete(&pending) {
            let command = std::mem::take(&mut pending);
            if !command.trim().is_empty() {
                commands.push(command);
            }
        }
    }
    if !pending.trim().is_empty() {
        commands.push(pending);
    }
    commands
}
