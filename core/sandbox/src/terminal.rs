//! One terminal of a world, for those who have no app around it.

use engine::Duration;
use shell::kernel::TerminalId;
use shell::{ContextId, Pid, Stdio};

use crate::boot::{HOME, environment};
use crate::world::World;

/// A terminal with a shell.
#[derive(Clone, Debug)]
pub struct TerminalSession {
    terminal: TerminalId,
    shell: Option<Pid>,
}

/// A file that a command wants to have edited.
#[derive(Clone, Debug)]
pub struct EditorRequest {
    process: Pid,
    /// Its path, as the command names it.
    pub path: String,
    /// What is in it.
    pub content: Vec<u8>,
}

impl TerminalSession {
    /// Opens one.
    pub fn open(world: &mut World, context: ContextId, columns: u16, rows: u16) -> Self {
        let terminal = world.machine.kernel.create_terminal(columns, rows);
        let shell = world.start_shell(context, terminal);
        let session = Self { terminal, shell };
        session.settle(world);
        session
    }

    /// Types keys.
    pub fn type_keys(&mut self, world: &mut World, bytes: &[u8]) {
        world.machine.kernel.type_into(self.terminal, bytes);
        self.settle(world);
    }

    /// What is to be shown.
    pub fn take_output(&mut self, world: &mut World) -> Vec<u8> {
        world.machine.kernel.take_terminal_output(self.terminal)
    }

    /// Whether the shell waits for a command.
    #[must_use]
    pub fn is_at_prompt(&self, world: &World) -> bool {
        world.machine.kernel.is_at_prompt(self.terminal)
    }

    /// The shell's exit status, once it has ended.
    #[must_use]
    pub fn exit_status(&self, world: &World) -> Option<i32> {
        self.shell.map_or(Some(1), |shell| world.machine.exit_status(shell).map(|exit| exit.status))
    }

    /// Lets some of the world's time pass.
    pub fn pass(&mut self, world: &mut World, seconds: f64) {
        let until = world.now() + Duration::from_secs_f64(seconds);
        world.run_until(until);
    }

    /// Lets the next thing happen; answers how many of the world's seconds that took.
    pub fn step(&mut self, world: &mut World) -> f64 {
        let before = world.now();
        let until = before + Duration::from_secs(60);
        if !world.step_until(until) {
            world.run_until(until);
        }
        world.now().since(before).as_micros() as f64 / 1e6
    }

    /// The file that a command (`vi`, `kubectl edit`) wants to have edited before it goes on.
    #[must_use]
    pub fn editor_request(&self, world: &World) -> Option<EditorRequest> {
        let (process, request) = world.machine.kernel.editor_requests().next()?;
        Some(EditorRequest { process, path: request.path.clone(), content: request.content.clone() })
    }

    /// Gives the command the edited content, or nothing if it was not saved.
    pub fn answer_editor(&mut self, world: &mut World, request: &EditorRequest, content: Option<Vec<u8>>) {
        world.machine.kernel.answer_editor(request.process, content);
        self.settle(world);
    }

    fn settle(&self, world: &mut World) {
        world.touched();
        let now = world.now();
        world.run_until(now);
    }
}

impl World {
    /// Starts the learner's shell at a terminal.
    pub(crate) fn start_shell(&mut self, context: ContextId, terminal: TerminalId) -> Option<Pid> {
        let argv = vec!["bash".to_owned(), "-i".to_owned()];
        let now = self.now();
        let spawned =
            self.machine.spawn(context, argv, environment(), HOME, [Stdio::Terminal(terminal); 3], now);
        debug_assert!(spawned.is_ok(), "the learner's computer has a bash");
        spawned.ok()
    }
}
