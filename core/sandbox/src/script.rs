//! Running a shell script in a world from its beginning to its end, with time passing as fast as it can.

use std::collections::BTreeMap;

use engine::{Duration, Instant};
use shell::kernel::{CaptureId, OutputStream};
use shell::{ContextId, Pid, Stdio};

use crate::boot::HOME;
use crate::world::World;

/// A script may take so long of the world's time.
const VIRTUAL_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

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
    deadline: Instant,
}

impl World {
    /// Runs a script to its end, in the learner's home.
    pub fn run_script(&mut self, context: ContextId, text: &str) -> Output {
        self.run_script_in(context, text, HOME, &mut |_, _| {})
    }

    /// Runs a script to its end in a folder; what it prints is also given out as it comes (`true` for standard error).
    pub fn run_script_in(
        &mut self,
        context: ContextId,
        text: &str,
        folder: &str,
        print: &mut dyn FnMut(bool, &[u8]),
    ) -> Output {
        let script = self.start_script(context, text, folder);
        let mut output = Output::default();
        loop {
            self.collect(&script, &mut output, print);
            if let Some(exit) = self.machine.exit_status(script.pid) {
                output.exit = exit.status;
                break;
            }
            if !self.step_until(script.deadline) {
                output.exit = 124;
                break;
            }
        }
        self.collect(&script, &mut output, print);
        self.machine.forget(script.pid);
        output
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
        Script { pid, capture, deadline: now + VIRTUAL_MAX }
    }

    /// Whether a script has ended.
    #[must_use]
    pub fn has_ended(&self, script: &Script) -> bool {
        self.machine.exit_status(script.pid).is_some()
    }

    fn collect(&mut self, script: &Script, output: &mut Output, print: &mut dyn FnMut(bool, &[u8])) {
        for chunk in self.machine.kernel.take_capture(script.capture) {
            let complaint = chunk.stream == OutputStream::Stderr;
            print(complaint, &chunk.bytes);
            let all = if complaint { &mut output.stderr } else { &mut output.stdout };
            all.extend_from_slice(&chunk.bytes);
        }
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
