//! Lines that are typed by themselves, for the learner to see: letter by letter, each line once the prompt is back. A key finishes the line
//! at once, Ctrl-C ends it.

use std::collections::VecDeque;

use gloo::timers::callback::Interval;
use protocol::Command;

use super::Session;
use crate::app::state::{Lower, Pane, topic};
use crate::app::ui;

/// How prompts end: the shell's own, and the one for what is not complete yet.
const PROMPT_ENDS: [&[u8]; 2] = [b"$ ", b"\n> "];
const CTRL_C: &[u8] = b"\x03";
const CTRL_U: u8 = 0x15;
const ESCAPE: u8 = 0x1B;
const TICK_MS: u32 = 18;
/// No line takes more ticks.
const TICKS_MAX: usize = 36;

/// What is being typed.
#[derive(Default)]
pub(super) struct Typing {
    terminal: u32,
    lines: VecDeque<String>,
    /// What is left of the present line, its end first, and what ticks.
    line: Option<(Vec<char>, Interval)>,
    letters_a_tick: usize,
}

/// Whether a terminal now waits for a line.
pub(super) fn is_prompt(bytes: &[u8]) -> bool {
    PROMPT_ENDS.iter().any(|end| bytes.ends_with(end))
}

impl Session {
    /// Shows the terminal in front and types commands into it, each once the one before it is done.
    pub fn type_lines(&self, text: &str) {
        let terminal = self.read(|state| state.ui.terminal);
        self.change(topic::UI, |state| {
            state.ui.lower = Lower::Terminal;
            state.ui.pane = Pane::Terminal;
            state.ui.start = false;
        });
        let lines = text.trim().lines().map(str::to_owned).collect();
        *self.0.typing.borrow_mut() = Typing { terminal, lines, ..Typing::default() };
        // What was half typed goes first.
        self.send(Command::Type { terminal, bytes: vec![CTRL_U] });
        self.type_next_line(terminal);
    }

    /// The terminal shows a prompt: the next line is begun.
    pub(super) fn type_next_line(&self, terminal: u32) {
        let mut typing = self.0.typing.borrow_mut();
        if typing.terminal != terminal || typing.line.is_some() {
            return;
        }
        let Some(line) = typing.lines.pop_front() else { return };
        if ui::reduces_motion() {
            drop(typing);
            self.send(Command::Type { terminal, bytes: format!("{line}\r").into_bytes() });
            return;
        }
        let letters: Vec<char> = line.chars().rev().collect();
        typing.letters_a_tick = letters.len().div_ceil(TICKS_MAX).max(1);
        let session = self.clone();
        typing.line = Some((letters, Interval::new(TICK_MS, move || session.type_letters())));
    }

    fn type_letters(&self) {
        let mut typing = self.0.typing.borrow_mut();
        let (terminal, count) = (typing.terminal, typing.letters_a_tick);
        let Some((letters, _)) = &mut typing.line else { return };
        let from = letters.len().saturating_sub(count);
        let mut text: String = letters.drain(from..).rev().collect();
        if text.is_empty() {
            // Enter comes a tick after the last letter.
            typing.line = None;
            text.push('\r');
        }
        drop(typing);
        self.send(Command::Type { terminal, bytes: text.into_bytes() });
    }

    /// What the learner types. While a line is typed by itself a key only finishes it; between lines it ends the rest.
    pub fn type_keys(&self, terminal: u32, bytes: Vec<u8>) {
        // What begins with Escape may be the terminal's own answer to a question.
        let by_hand = bytes.first() != Some(&ESCAPE);
        if by_hand && bytes != CTRL_C && self.0.typing.borrow().terminal == terminal && self.finish_line() {
            return;
        }
        if by_hand {
            self.forget_typing();
        }
        self.send(Command::Type { terminal, bytes });
    }

    fn finish_line(&self) -> bool {
        let mut typing = self.0.typing.borrow_mut();
        let Some((letters, _)) = typing.line.take() else { return false };
        let terminal = typing.terminal;
        drop(typing);
        let rest: String = letters.into_iter().rev().chain(['\r']).collect();
        self.send(Command::Type { terminal, bytes: rest.into_bytes() });
        true
    }

    pub(super) fn forget_typing(&self) {
        *self.0.typing.borrow_mut() = Typing::default();
    }
}
