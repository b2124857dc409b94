//! The learner's terminals: each has a shell of its own on the learner's computer.

use engine::Duration;
use protocol::{FileView, Update};
use shell::Stdio;
use shell::kernel::TerminalId;

use super::Sandbox;
use crate::boot::{HOME, environment};

/// A command that answers within so much of the world's time answers at once, whether time is held or not.
const ANSWER_MAX: Duration = Duration::from_millis(200);
const LABEL_MAX: usize = 120;

impl Sandbox {
    pub(super) fn open_terminal(&mut self, terminal: u32, columns: u16, rows: u16) {
        self.sizes.insert(terminal, (columns, rows));
        if let Some(id) = self.terminals.get(&terminal).copied() {
            self.world.machine.kernel.resize_terminal(id, columns, rows);
            // An app that starts anew sees the prompt again.
            self.world.machine.kernel.type_into(id, b"\x0c");
            self.settle();
            return;
        }
        let id = self.world.machine.kernel.create_terminal(columns, rows);
        self.terminals.insert(terminal, id);
        let now = self.world.now();
        let stdio = [Stdio::Terminal(id); 3];
        let argv = vec!["bash".to_owned(), "-i".to_owned()];
        let spawned = self.world.machine.spawn(self.learner, argv, environment(), HOME, stdio, now);
        debug_assert!(spawned.is_ok(), "the learner's computer has a bash");
        self.settle();
    }

    pub(super) fn close_terminal(&mut self, terminal: u32) {
        self.typed.remove(&terminal);
        self.sizes.remove(&terminal);
        if let Some(id) = self.terminals.remove(&terminal) {
            self.world.machine.kernel.remove_terminal(id);
            self.settle();
        }
    }

    pub(super) fn resize_terminal(&mut self, terminal: u32, columns: u16, rows: u16) {
        if let Some(id) = self.terminals.get(&terminal) {
            self.sizes.insert(terminal, (columns, rows));
            self.world.machine.kernel.resize_terminal(*id, columns, rows);
            self.settle();
        }
    }

    /// Types keys; before a line that a shell is about to run, the world is remembered.
    pub(super) fn type_keys(&mut self, terminal: u32, bytes: &[u8]) {
        let Some(id) = self.terminals.get(&terminal).copied() else { return };
        for line in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let entered = line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
            self.note_typed(terminal, line);
            if entered && self.world.machine.kernel.is_at_prompt(id) {
                let label = std::mem::take(self.typed.entry(terminal).or_default());
                if !label.trim().is_empty() {
                    self.checkpoint(label.trim());
                }
            }
            self.world.machine.kernel.type_into(id, line);
            self.settle();
            if entered {
                self.answer_at_once(id);
            }
        }
    }

    /// Keeps what is typed as the label of the next checkpoint: what can be printed, less what is rubbed out.
    fn note_typed(&mut self, terminal: u32, bytes: &[u8]) {
        let typed = self.typed.entry(terminal).or_default();
        if bytes.first() == Some(&0x1B) {
            return;
        }
        for letter in String::from_utf8_lossy(bytes).chars() {
            match letter {
                '\u{7F}' | '\u{8}' => {
                    typed.pop();
                }
                '\u{3}' | '\u{15}' => typed.clear(),
                letter if letter.is_control() => {}
                letter if typed.chars().count() < LABEL_MAX => typed.push(letter),
                _ => {}
            }
        }
    }

    /// Lets happen what happens at this instant.
    pub(super) fn settle(&mut self) {
        self.world.touched();
        let now = self.world.now();
        self.world.run_until(now);
    }

    /// Commands answer at once, even while time is held: the world moves on by the little that they need.
    fn answer_at_once(&mut self, id: TerminalId) {
        let until = self.world.now() + ANSWER_MAX;
        while !self.world.machine.kernel.is_at_prompt(id) && self.world.step_until(until) {}
    }

    pub(super) fn collect_terminals(&mut self, updates: &mut Vec<Update>) {
        for (terminal, id) in &self.terminals {
            let bytes = self.world.machine.kernel.take_terminal_output(*id);
            if !bytes.is_empty() {
                updates.push(Update::Terminal { terminal: *terminal, bytes });
            }
        }
    }

    /// The sizes of all terminals, by the app's numbers.
    pub(super) fn terminal_sizes(&self) -> Vec<(u32, u16, u16)> {
        self.sizes.iter().map(|(terminal, (columns, rows))| (*terminal, *columns, *rows)).collect()
    }

    /// Opens terminals in a new world; what they showed is cleared away.
    pub(super) fn reopen_terminals(&mut self, sizes: &[(u32, u16, u16)], updates: &mut Vec<Update>) {
        for (terminal, columns, rows) in sizes {
            updates.push(Update::Terminal { terminal: *terminal, bytes: b"\x1b[2J\x1b[3J\x1b[H".to_vec() });
            self.open_terminal(*terminal, *columns, *rows);
        }
    }

    /// Says in every terminal what was undone, and shows a new prompt.
    pub(super) fn show_undone(&mut self, label: &str, updates: &mut Vec<Update>) {
        let notice = format!("\r\n\x1b[2m\u{21B6} {label}\x1b[0m");
        let open: Vec<(u32, TerminalId)> =
            self.terminals.iter().map(|(terminal, id)| (*terminal, *id)).collect();
        for (terminal, id) in open {
            self.world.machine.kernel.take_terminal_output(id);
            updates.push(Update::Terminal { terminal, bytes: notice.clone().into_bytes() });
            self.world.machine.kernel.type_into(id, b"\x03");
        }
        self.settle();
    }

    /// Editors that a command newly asked for.
    pub(super) fn collect_editors(&mut self, updates: &mut Vec<Update>) {
        let terminal = self.terminals.keys().next().copied().unwrap_or(0);
        let asked: Vec<_> = self
            .world
            .machine
            .kernel
            .editor_requests()
            .map(|(pid, request)| {
                (pid, request.path.clone(), String::from_utf8_lossy(&request.content).into_owned())
            })
            .collect();
        self.editors.retain(|pid| asked.iter().any(|(other, ..)| other == pid));
        for (pid, path, text) in asked {
            if self.editors.insert(pid) {
                updates.push(Update::EditFile { terminal, file: FileView { path, text } });
            }
        }
    }

    /// Gives the waiting command what the editor was closed with.
    pub(super) fn close_editor(&mut self, text: Option<String>) {
        if let Some(pid) = self.editors.pop_first() {
            self.world.machine.kernel.answer_editor(pid, text.map(String::into_bytes));
            self.settle();
        }
    }
}
