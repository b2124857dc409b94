//! Terminals: bytes typed and shown, and the line discipline between.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::Kernel;
use super::captures::Sink;
use super::files::FileObject;
use super::processes::Pid;
use crate::file_system::Device;
use crate::program::{Fd, Read, Signal};

/// A terminal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TerminalId(pub u64);

/// What happens between the keys and the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Discipline {
    /// Lines are edited and echoed, Ctrl-C is a signal.
    #[default]
    Cooked,
    /// The program edits lines itself; output still gets its carriage returns.
    Edit,
    /// Bytes pass as they are, both ways.
    Raw,
}

/// A terminal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Terminal {
    size: (u16, u16),
    discipline: Discipline,
    /// What the program can read now.
    input: VecDeque<u8>,
    /// The line that is being typed in cooked mode.
    line: Vec<u8>,
    ends: u32,
    output: Vec<u8>,
    pub(crate) foreground: Option<Pid>,
    waiters: BTreeSet<Pid>,
    hung_up: bool,
}

const INTERRUPT: u8 = 3;
const END_OF_FILE: u8 = 4;
const BACKSPACE: u8 = 8;
const KILL_LINE: u8 = 21;
const KILL_WORD: u8 = 23;
const QUIT: u8 = 28;
const DELETE: u8 = 127;

impl Kernel {
    /// A new terminal of so many columns and rows.
    pub fn create_terminal(&mut self, columns: u16, rows: u16) -> TerminalId {
        self.next_terminal += 1;
        let id = TerminalId(self.next_terminal);
        self.terminals.insert(id, Terminal { size: (columns, rows), ..Terminal::default() });
        id
    }

    /// Changes the size of a terminal.
    pub fn resize_terminal(&mut self, id: TerminalId, columns: u16, rows: u16) {
        let Some(terminal) = self.terminals.get_mut(&id) else { return };
        terminal.size = (columns, rows);
        if let Some(group) = terminal.foreground {
            self.signal_group(group, Signal::Winch);
        }
    }

    /// Hangs up and forgets a terminal.
    pub fn remove_terminal(&mut self, id: TerminalId) {
        if let Some(terminal) = self.terminals.remove(&id) {
            if let Some(group) = terminal.foreground {
                self.signal_group(group, Signal::Hup);
            }
            for pid in terminal.waiters {
                self.wake(pid);
            }
        }
    }

    /// Takes what is to be shown.
    pub fn take_terminal_output(&mut self, id: TerminalId) -> Vec<u8> {
        self.written.remove(&Sink::Terminal(id));
        self.terminals.get_mut(&id).map(|terminal| std::mem::take(&mut terminal.output)).unwrap_or_default()
    }

    /// Whether a shell waits for a command line at a terminal.
    #[must_use]
    pub fn is_at_prompt(&self, id: TerminalId) -> bool {
        self.terminals
            .get(&id)
            .is_some_and(|terminal| terminal.discipline == Discipline::Edit && terminal.input.is_empty())
    }

    /// Types bytes.
    pub fn type_into(&mut self, id: TerminalId, bytes: &[u8]) {
        for byte in bytes {
            self.type_byte(id, *byte);
        }
        if let Some(terminal) = self.terminals.get(&id)
            && !terminal.output.is_empty()
        {
            self.note_written(Sink::Terminal(id));
        }
    }

    fn type_byte(&mut self, id: TerminalId, byte: u8) {
        let Some(terminal) = self.terminals.get_mut(&id) else { return };
        if terminal.discipline != Discipline::Cooked {
            terminal.input.push_back(byte);
            self.wake_terminal(id);
            return;
        }
        match byte {
            INTERRUPT | QUIT => {
                terminal.output.extend(if byte == INTERRUPT { b"^C" } else { b"^\\" });
                terminal.line.clear();
                let signal = if byte == INTERRUPT { Signal::Int } else { Signal::Quit };
                if let Some(group) = terminal.foreground {
                    self.signal_group(group, signal);
                }
            }
            END_OF_FILE => {
                let line = std::mem::take(&mut terminal.line);
                if line.is_empty() {
                    terminal.ends += 1;
                }
                terminal.input.extend(line);
                self.wake_terminal(id);
            }
            BACKSPACE | DELETE => terminal.erase_character(),
            KILL_LINE => {
                while !terminal.line.is_empty() {
                    terminal.erase_character();
                }
            }
            KILL_WORD => {
                while terminal.line.last() == Some(&b' ') {
                    terminal.erase_character();
                }
                while terminal.line.last().is_some_and(|byte| *byte != b' ') {
                    terminal.erase_character();
                }
            }
            b'\r' | b'\n' => {
                terminal.output.extend(b"\r\n");
                let line = std::mem::take(&mut terminal.line);
                terminal.input.extend(line);
                terminal.input.push_back(b'\n');
                self.wake_terminal(id);
            }
            0x1b => {
                terminal.output.extend(b"^[");
                terminal.line.push(byte);
            }
            _ => {
                terminal.output.push(byte);
                terminal.line.push(byte);
            }
        }
    }

    fn wake_terminal(&mut self, id: TerminalId) {
        let waiters = self.terminals.get(&id).map(|terminal| terminal.waiters.clone()).unwrap_or_default();
        for pid in waiters {
            self.wake(pid);
        }
    }

    pub(super) fn watch_terminal(&mut self, id: TerminalId, pid: Pid, watch: bool) {
        let Some(terminal) = self.terminals.get_mut(&id) else { return };
        if watch {
            terminal.waiters.insert(pid);
        } else {
            terminal.waiters.remove(&pid);
        }
    }

    pub(super) fn terminal_readable(&self, id: TerminalId) -> bool {
        let Some(terminal) = self.terminals.get(&id) else { return true };
        terminal.ends > 0 || terminal.hung_up || !terminal.input.is_empty()
    }

    pub(super) fn read_terminal(&mut self, id: TerminalId, max: usize) -> Read {
        let Some(terminal) = self.terminals.get_mut(&id) else { return Read::End };
        let mut count = max.min(terminal.input.len());
        if terminal.discipline == Discipline::Cooked {
            // One line at a time, so that what follows is left for the next program.
            let line = terminal.input.iter().position(|byte| *byte == b'\n').map_or(count, |at| at + 1);
            count = count.min(line);
        }
        if count > 0 {
            return Read::Data(terminal.input.drain(..count).collect());
        }
        if terminal.ends > 0 {
            terminal.ends -= 1;
            return Read::End;
        }
        Read::Empty
    }

    pub(super) fn read_own_terminal(&mut self, pid: Pid, max: usize) -> Read {
        self.own_terminal(pid).map_or(Read::End, |terminal| self.read_terminal(terminal, max))
    }

    pub(super) fn write_terminal(&mut self, id: TerminalId, bytes: &[u8]) {
        let Some(terminal) = self.terminals.get_mut(&id) else { return };
        if terminal.discipline == Discipline::Raw {
            terminal.output.extend_from_slice(bytes);
        } else {
            for byte in bytes {
                if *byte == b'\n' && terminal.output.last() != Some(&b'\r') {
                    terminal.output.push(b'\r');
                }
                terminal.output.push(*byte);
            }
        }
        self.note_written(Sink::Terminal(id));
    }

    pub(crate) fn terminal_of(&self, pid: Pid, fd: Fd) -> Option<TerminalId> {
        match self.files.get(&self.file_of(pid, fd)?)?.object {
            FileObject::Terminal(terminal) => Some(terminal),
            FileObject::Device(Device::Tty) => self.own_terminal(pid),
            _ => None,
        }
    }

    /// The terminal that any of the three standard files is.
    #[must_use]
    pub fn own_terminal(&self, pid: Pid) -> Option<TerminalId> {
        (0..3).find_map(|fd| match self.files.get(&self.file_of(pid, fd)?)?.object {
            FileObject::Terminal(terminal) => Some(terminal),
            _ => None,
        })
    }

    pub(crate) fn terminal_size(&self, pid: Pid) -> (u16, u16) {
        self.own_terminal(pid)
            .and_then(|id| self.terminals.get(&id))
            .map_or((80, 24), |terminal| terminal.size)
    }

    pub(crate) fn set_raw(&mut self, pid: Pid, fd: Fd, raw: bool) {
        if let Some(id) = self.terminal_of(pid, fd) {
            self.set_discipline(id, if raw { Discipline::Raw } else { Discipline::Cooked });
        }
    }

    pub(crate) fn set_discipline(&mut self, id: TerminalId, discipline: Discipline) {
        let Some(terminal) = self.terminals.get_mut(&id) else { return };
        terminal.discipline = discipline;
        if discipline != Discipline::Cooked && !terminal.line.is_empty() {
            // What was typed ahead belongs to the next reader.
            let line = std::mem::take(&mut terminal.line);
            terminal.input.extend(line);
        }
    }

    pub(crate) fn set_foreground(&mut self, id: TerminalId, group: Pid) {
        if let Some(terminal) = self.terminals.get_mut(&id) {
            terminal.foreground = Some(group);
        }
    }
}

impl Terminal {
    fn erase_character(&mut self) {
        while self.line.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {}
        self.output.extend(b"\x08 \x08");
    }
}
