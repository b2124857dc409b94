//! The learner's terminals: each has a shell of its own on the learner's computer.

use std::collections::BTreeMap;

use engine::Duration;
use protocol::{FileView, Update};
use shell::Pid;
use shell::kernel::TerminalId;

use super::{Sandbox, Tab, Typed};

/// A command that answers within so much of the world's time answers at once, whether time is held or not.
const ANSWER_MAX: Duration = Duration::from_millis(200);
const LABEL_MAX: usize = 120;

const CTRL_C: &[u8] = b"\x03";
const CTRL_C_ECHO: &[u8] = b"^C";

/// What brackets a paste.
const PASTE: [&str; 2] = ["\u{1b}[200~", "\u{1b}[201~"];

impl Sandbox {
    pub(super) fn open_terminal(&mut self, terminal: u32, columns: u16, rows: u16) {
        self.sizes.insert(terminal, (columns, rows));
        if let Some(tab) = self.terminals.get(&terminal).copied() {
            self.world.machine.kernel.resize_terminal(tab.terminal, columns, rows);
            // An app that starts anew sees the prompt again; a program that runs is left alone.
            if self.world.machine.kernel.is_at_prompt(tab.terminal) {
                self.world.machine.kernel.type_into(tab.terminal, b"\x0c");
            }
        } else {
            let id = self.world.machine.kernel.create_terminal(columns, rows);
            self.start_shell(terminal, id);
        }
        self.settle();
    }

    fn start_shell(&mut self, number: u32, terminal: TerminalId) {
        if let Some(shell) = self.world.start_shell(self.learner, terminal) {
            self.terminals.insert(number, Tab { terminal, shell });
        }
    }

    pub(super) fn close_terminal(&mut self, terminal: u32) {
        self.typed.remove(&terminal);
        self.sizes.remove(&terminal);
        if let Some(tab) = self.terminals.remove(&terminal) {
            self.world.machine.kernel.remove_terminal(tab.terminal);
            self.settle();
        }
    }

    pub(super) fn resize_terminal(&mut self, terminal: u32, columns: u16, rows: u16) {
        if let Some(tab) = self.terminals.get(&terminal) {
            self.sizes.insert(terminal, (columns, rows));
            self.world.machine.kernel.resize_terminal(tab.terminal, columns, rows);
            self.settle();
        }
    }

    /// Types keys; before a line that a shell is about to run, the world is remembered.
    pub(super) fn type_keys(&mut self, terminal: u32, bytes: &[u8]) {
        let Some(Tab { terminal: id, .. }) = self.terminals.get(&terminal).copied() else { return };
        for line in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let entered = line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
            self.note_typed(terminal, line);
            if entered && self.world.machine.kernel.is_at_prompt(id) {
                let typed = std::mem::take(self.typed.entry(terminal).or_default());
                match typed.text.trim() {
                    "" if !typed.recalled => {}
                    "" => self.checkpoint("\u{2191}"),
                    label => self.checkpoint(label),
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
        let text = PASTE
            .iter()
            .fold(String::from_utf8_lossy(bytes).into_owned(), |text, mark| text.replace(mark, ""));
        if text.starts_with('\u{1b}') {
            typed.recalled = true;
            return;
        }
        for letter in text.chars() {
            match letter {
                '\u{7F}' | '\u{8}' => {
                    typed.text.pop();
                }
                '\u{3}' | '\u{15}' => *typed = Typed::default(),
                // Ctrl-P, Ctrl-R, Ctrl-Y and Tab bring text of their own.
                '\u{10}' | '\u{12}' | '\u{19}' | '\t' => typed.recalled = true,
                letter if letter.is_control() => {}
                letter if typed.text.chars().count() < LABEL_MAX => typed.text.push(letter),
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
        self.restart_ended_shells();
        for (terminal, tab) in &self.terminals {
            let bytes = self.world.machine.kernel.take_terminal_output(tab.terminal);
            if !bytes.is_empty() {
                updates.push(Update::Terminal { terminal: *terminal, bytes });
            }
        }
    }

    /// `exit` ends a shell, not the tab: another begins.
    fn restart_ended_shells(&mut self) {
        let ended = |tab: &Tab| self.world.machine.exit_status(tab.shell).is_some();
        let ended: Vec<(u32, Tab)> =
            self.terminals.iter().filter(|(_, tab)| ended(tab)).map(|(n, tab)| (*n, *tab)).collect();
        for (number, tab) in &ended {
            self.world.machine.forget(tab.shell);
            self.start_shell(*number, tab.terminal);
        }
        if !ended.is_empty() {
            self.settle();
        }
    }

    /// Gives the terminals of a saved world the numbers 1 and so on: an app that starts has the first one open.
    pub(super) fn number_terminals(&mut self) {
        let tabs = std::mem::take(&mut self.terminals);
        self.terminals = (1..).zip(tabs.into_values()).collect();
        self.sizes.clear();
    }

    /// The sizes of all terminals, by the app's numbers.
    pub(super) fn terminal_sizes(&self) -> Vec<(u32, u16, u16)> {
        self.sizes.iter().map(|(terminal, (columns, rows))| (*terminal, *columns, *rows)).collect()
    }

    /// Puts the tabs on the screen together with the terminals of a world that was gone back to: tabs opened since then get a
    /// terminal in it, and terminals whose tab was closed since then go.
    pub(super) fn take_terminals_back(&mut self, then: BTreeMap<u32, Tab>) {
        self.typed.clear();
        self.editors.clear();
        self.terminals = then;
        let closed: Vec<u32> =
            self.terminals.keys().filter(|number| !self.sizes.contains_key(number)).copied().collect();
        for number in closed {
            self.close_terminal(number);
        }
        for (number, columns, rows) in self.terminal_sizes() {
            match self.terminals.get(&number) {
                Some(tab) => self.world.machine.kernel.resize_terminal(tab.terminal, columns, rows),
                None => self.open_terminal(number, columns, rows),
            }
        }
    }

    /// Says in every terminal what was undone, and shows a new prompt.
    pub(super) fn show_undone(&mut self, label: &str, updates: &mut Vec<Update>) {
        let notice = format!("\r\n\x1b[2m\u{21B6} {label}\x1b[0m");
        let open: Vec<(u32, TerminalId)> =
            self.terminals.iter().map(|(number, tab)| (*number, tab.terminal)).collect();
        for (_, id) in &open {
            let kernel = &mut self.world.machine.kernel;
            kernel.take_terminal_output(*id);
            // Ctrl-C gives a new prompt. Where a program runs, it goes on.
            if kernel.is_at_prompt(*id) {
                kernel.type_into(*id, CTRL_C);
            }
        }
        self.settle();
        for (terminal, id) in open {
            let shown = self.world.machine.kernel.take_terminal_output(id);
            let prompt = shown.strip_prefix(CTRL_C_ECHO).unwrap_or(b"\r\n");
            updates.push(Update::Terminal { terminal, bytes: [notice.as_bytes(), prompt].concat() });
        }
    }

    /// Editors that a command newly asked for.
    pub(super) fn collect_editors(&mut self, updates: &mut Vec<Update>) {
        let kernel = &self.world.machine.kernel;
        let number_of = |pid| {
            let id = kernel.own_terminal(pid);
            let found = self.terminals.iter().find(|(_, tab)| Some(tab.terminal) == id);
            found.or_else(|| self.terminals.first_key_value()).map_or(0, |(number, _)| *number)
        };
        let asked: Vec<(Pid, u32, FileView)> = kernel
            .editor_requests()
            .map(|(pid, request)| {
                let text = String::from_utf8_lossy(&request.content).into_owned();
                (pid, number_of(pid), FileView { path: request.path.clone(), text })
            })
            .collect();
        self.editors.retain(|pid, _| asked.iter().any(|(other, ..)| other == pid));
        for (pid, terminal, file) in asked {
            if self.editors.insert(pid, terminal).is_none() {
                updates.push(Update::EditFile { terminal, file });
            }
        }
    }

    /// Gives the command that waits in a terminal what its editor was closed with.
    pub(super) fn close_editor(&mut self, terminal: u32, text: Option<String>) {
        let waiting = self.editors.iter().find(|(_, number)| **number == terminal).map(|(pid, _)| *pid);
        if let Some(pid) = waiting {
            self.editors.remove(&pid);
            self.world.machine.kernel.answer_editor(pid, text.map(String::into_bytes));
            self.settle();
        }
    }
}
