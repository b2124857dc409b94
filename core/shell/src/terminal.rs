//! The line editor of an interactive shell: keys in, ANSI sequences out.

mod keys;
mod width;

use serde::{Deserialize, Serialize};

use crate::io::Io;
use crate::program::{Completion, Read, STDERR, STDIN};
use keys::{Key, next_key};
use width::width_of;

/// What the editor says after the keys so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// More keys are needed.
    Wait,
    /// A line was entered.
    Line(String),
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-C.
    Interrupted,
    /// Tab: the text before the cursor is to be completed.
    Complete(String),
}

/// A line that is being typed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LineEditor {
    active: bool,
    prompt: String,
    line: Vec<char>,
    cursor: usize,
    /// Which line of the history is shown; its length when none is.
    history_at: usize,
    /// What was typed before going into the history.
    draft: Vec<char>,
    killed: Vec<char>,
    keys: Vec<u8>,
    /// On which row below the prompt's first the cursor is.
    row: usize,
    search: Option<String>,
    tabs: u32,
}

impl LineEditor {
    /// Whether a line is being typed.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Shows the prompt.
    pub fn begin(&mut self, io: &mut Io<'_>, prompt: &str) {
        self.active = true;
        prompt.clone_into(&mut self.prompt);
        self.line.clear();
        self.cursor = 0;
        self.history_at = usize::MAX;
        self.row = 0;
        self.search = None;
        self.draw(io);
    }

    /// Drops the line.
    pub fn cancel(&mut self) {
        self.active = false;
    }

    /// Takes the keys that came.
    pub fn step(&mut self, io: &mut Io<'_>, history: &[String]) -> Edit {
        loop {
            if let Some((key, length)) = next_key(&self.keys) {
                self.keys.drain(..length);
                if let Some(edit) = self.key(io, key, history) {
                    return edit;
                }
                continue;
            }
            match io.read(STDIN, 4096) {
                Read::Data(bytes) => self.keys.extend(bytes),
                Read::Empty => return Edit::Wait,
                Read::End => {
                    self.active = false;
                    return Edit::End;
                }
            }
        }
    }

    fn key(&mut self, io: &mut Io<'_>, key: Key, history: &[String]) -> Option<Edit> {
        if self.search.is_some() && !matches!(key, Key::Interrupt) && self.search_key(io, &key, history) {
            return None;
        }
        if key != Key::Tab {
            self.tabs = 0;
        }
        match key {
            Key::Enter => return Some(self.enter(io)),
            Key::Interrupt => {
                write(io, "^C\r\n");
                self.search = None;
                self.active = false;
                return Some(Edit::Interrupted);
            }
            Key::EndOrDelete if self.line.is_empty() => {
                self.active = false;
                return Some(Edit::End);
            }
            Key::Tab => {
                self.tabs += 1;
                return Some(Edit::Complete(self.line[..self.cursor].iter().collect()));
            }
            Key::Search => self.search = Some(String::new()),
            Key::Clear => {
                write(io, "\x1b[H\x1b[2J");
                self.row = 0;
            }
            Key::Up => self.go_in_history(history, -1),
            Key::Down => self.go_in_history(history, 1),
            other => self.edit(other),
        }
        self.draw(io);
        None
    }

    fn enter(&mut self, io: &mut Io<'_>) -> Edit {
        self.cursor = self.line.len();
        self.draw(io);
        write(io, "\r\n");
        self.active = false;
        Edit::Line(self.line.iter().collect())
    }

    fn edit(&mut self, key: Key) {
        match key {
            Key::Character(c) => {
                self.line.insert(self.cursor, c);
                self.cursor += 1;
            }
            Key::Left => self.cursor = self.cursor.saturating_sub(1),
            Key::Right => self.cursor = (self.cursor + 1).min(self.line.len()),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.line.len(),
            Key::WordLeft => self.cursor = self.word_start(),
            Key::WordRight => self.cursor = self.word_end(),
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.line.remove(self.cursor);
            }
            Key::Delete | Key::EndOrDelete if self.cursor < self.line.len() => {
                self.line.remove(self.cursor);
            }
            Key::KillToStart => {
                self.killed = self.line.drain(..self.cursor).collect();
                self.cursor = 0;
            }
            Key::KillToEnd => self.killed = self.line.drain(self.cursor..).collect(),
            Key::KillWord => {
                let start = self.blank_word_start();
                self.killed = self.line.drain(start..self.cursor).collect();
                self.cursor = start;
            }
            Key::Yank => {
                let killed = self.killed.clone();
                let count = killed.len();
                self.line.splice(self.cursor..self.cursor, killed);
                self.cursor += count;
            }
            Key::Swap if self.cursor > 0 && self.line.len() > 1 => {
                let at = self.cursor.min(self.line.len() - 1);
                self.line.swap(at - 1, at);
                self.cursor = at + 1;
            }
            _ => {}
        }
    }

    fn word_start(&self) -> usize {
        let mut at = self.cursor;
        while at > 0 && !self.line[at - 1].is_alphanumeric() {
            at -= 1;
        }
        while at > 0 && self.line[at - 1].is_alphanumeric() {
            at -= 1;
        }
        at
    }

    fn blank_word_start(&self) -> usize {
        let mut at = self.cursor;
        while at > 0 && self.line[at - 1] == ' ' {
            at -= 1;
        }
        while at > 0 && self.line[at - 1] != ' ' {
            at -= 1;
        }
        at
    }

    fn word_end(&self) -> usize {
        let mut at = self.cursor;
        while at < self.line.len() && !self.line[at].is_alphanumeric() {
            at += 1;
        }
        while at < self.line.len() && self.line[at].is_alphanumeric() {
            at += 1;
        }
        at
    }

    fn go_in_history(&mut self, history: &[String], step: i32) {
        let at = self.history_at.min(history.len());
        if at == history.len() {
            self.draft.clone_from(&self.line);
        }
        let next = if step < 0 { at.saturating_sub(1) } else { (at + 1).min(history.len()) };
        self.line = match history.get(next) {
            Some(line) => line.chars().collect(),
            None => self.draft.clone(),
        };
        self.history_at = next;
        self.cursor = self.line.len();
    }

    /// A key during Ctrl-R; true if that was all.
    fn search_key(&mut self, io: &mut Io<'_>, key: &Key, history: &[String]) -> bool {
        let mut text = self.search.clone().unwrap_or_default();
        let mut from = history.len();
        match key {
            Key::Character(c) => text.push(*c),
            Key::Backspace => {
                text.pop();
            }
            Key::Search => from = self.history_at.min(history.len()),
            _ => {
                self.search = None;
                self.draw(io);
                return false;
            }
        }
        if let Some(found) = history[..from].iter().rposition(|line| line.contains(&text)) {
            self.history_at = found;
            self.line = history[found].chars().collect();
            self.cursor = self.line.len();
        }
        self.search = Some(text);
        self.draw(io);
        true
    }

    /// Uses what a completion gave: the common start of all words, or their list at the second Tab.
    pub fn completed(&mut self, io: &mut Io<'_>, candidates: &[Completion], word: &str) {
        let common = common_start(candidates);
        let [only] = candidates else {
            if common.len() > word.len() {
                self.replace_word(word, &common);
            } else if self.tabs >= 2 {
                self.list(io, candidates);
            } else {
                write(io, "\x07");
            }
            self.draw(io);
            return;
        };
        let end = if only.space { " " } else { "" };
        self.replace_word(word, &format!("{}{end}", only.word));
        self.draw(io);
    }

    /// The Tab is handled once more when the answer has come.
    pub fn ask_again(&mut self) {
        self.tabs = self.tabs.saturating_sub(1);
        self.keys.insert(0, b'\t');
    }

    fn replace_word(&mut self, word: &str, with: &str) {
        let start = self.cursor.saturating_sub(word.chars().count());
        self.line.splice(start..self.cursor, with.chars());
        self.cursor = start + with.chars().count();
    }

    fn list(&mut self, io: &mut Io<'_>, candidates: &[Completion]) {
        let names: Vec<&str> = candidates
            .iter()
            .map(|candidate| {
                let word = candidate.word.trim_end_matches('/');
                let name = word.rsplit('/').next().unwrap_or(word);
                &candidate.word[candidate.word.len() - (candidate.word.len() - word.len()) - name.len()..]
            })
            .collect();
        let columns = usize::from(io.terminal_size().0).max(1);
        let wide = names.iter().map(|name| text_width(name)).max().unwrap_or(0) + 2;
        let across = (columns / wide).max(1);
        let down = names.len().div_ceil(across);
        let mut text = "\r\n".to_owned();
        for row in 0..down {
            let cells: Vec<&str> = names.iter().skip(row).step_by(down).copied().collect();
            for (index, cell) in cells.iter().enumerate() {
                text.push_str(cell);
                if index + 1 < cells.len() {
                    text.push_str(&" ".repeat(wide - text_width(cell)));
                }
            }
            text.push_str("\r\n");
        }
        write(io, &text);
        self.row = 0;
    }

    /// Draws prompt and line anew and puts the cursor where it belongs.
    fn draw(&mut self, io: &mut Io<'_>) {
        let columns = usize::from(io.terminal_size().0).max(1);
        let mut text = String::new();
        if self.row > 0 {
            text.push_str(&format!("\x1b[{}A", self.row));
        }
        text.push_str("\r\x1b[J");
        let prompt = match &self.search {
            Some(search) => format!("(reverse-i-search)`{search}': "),
            None => self.prompt.clone(),
        };
        text.push_str(&prompt.replace('\n', "\r\n"));
        let line: String = self.line.iter().collect();
        text.push_str(&line.replace('\n', "\r\n"));
        let whole: Vec<char> = visible(&prompt).chars().chain(self.line.iter().copied()).collect();
        let before = visible(&prompt).chars().count() + self.cursor;
        let (end_row, end_column) = place(&whole, columns);
        let (row, column) = place(&whole[..before.min(whole.len())], columns);
        if end_column == 0 && end_row > 0 && whole.last() != Some(&'\n') {
            // The terminal waits at the edge until one more character comes.
            text.push_str(" \r");
        }
        if end_row > row {
            text.push_str(&format!("\x1b[{}A", end_row - row));
        }
        if (row, column) != (end_row, end_column) {
            text.push('\r');
            if column > 0 {
                text.push_str(&format!("\x1b[{column}C"));
            }
        }
        self.row = row;
        write(io, &text);
    }
}

fn write(io: &mut Io<'_>, text: &str) {
    let _ = io.write(STDERR, text.as_bytes());
}

fn text_width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// A prompt without its escape sequences.
fn visible(prompt: &str) -> String {
    let mut text = String::new();
    let mut chars = prompt.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' if chars.peek() == Some(&'[') => {
                chars.next();
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
            '\x1b' if chars.peek() == Some(&']') => {
                chars.by_ref().find(|c| *c == '\x07');
            }
            '\x01' | '\x02' => {}
            c => text.push(c),
        }
    }
    text
}

/// On which row and column a terminal is after these characters.
fn place(text: &[char], columns: usize) -> (usize, usize) {
    let (mut row, mut column) = (0, 0);
    for c in text {
        if *c == '\n' {
            row += 1;
            column = 0;
            continue;
        }
        let width = width_of(*c);
        if column + width > columns {
            row += 1;
            column = 0;
        }
        column += width;
    }
    if column >= columns { (row + 1, 0) } else { (row, column) }
}

fn common_start(candidates: &[Completion]) -> String {
    let Some(first) = candidates.first() else { return String::new() };
    let mut common: Vec<char> = first.word.chars().collect();
    for candidate in candidates {
        let same = common.iter().zip(candidate.word.chars()).take_while(|(a, b)| **a == *b).count();
        common.truncate(same);
    }
    common.into_iter().collect()
}
