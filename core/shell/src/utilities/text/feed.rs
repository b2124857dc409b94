//! The input of a utility: its files one after another, by lines or whole.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::file_system::Errno;
use crate::io::Mode;
use crate::program::{Fd, Io, Line, Lines, Read, STDIN, STDOUT, Step, Wait};
use crate::utilities::options::is_busybox;

/// How many lines are given before others have their turn.
const TURN: u32 = 10_000;

/// How a tool words that a file cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Wording {
    /// `wc: f: No such file or directory`
    Plain,
    /// `head: cannot open 'f' for reading: No such file or directory`
    CannotOpen,
    /// `sort: cannot read: f: No such file or directory`
    CannotRead,
    /// `sed: can't read f: No such file or directory`
    CantRead,
    /// `tac: failed to open 'f' for reading: No such file or directory`
    FailedToOpen,
    /// `rev: cannot open f: No such file or directory`
    CannotOpenPlain,
    /// `strings: 'f': No such file`
    Quoted,
}

/// Files that are still to be read, and the one that is being read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Feed {
    tool: String,
    wording: Wording,
    files: VecDeque<String>,
    current: Option<Fd>,
    /// The file that is being read, or was last.
    pub name: String,
    lines: Lines,
    served: u32,
    /// Whether a file could not be read.
    pub failed: bool,
    /// Whether messages about files are not printed (`-s`).
    pub silent: bool,
}

/// What a feed gives.
pub enum Fed {
    /// A file begins.
    Start,
    /// A line without its newline, and whether it had one.
    Line(Vec<u8>, bool),
    /// The file has ended.
    Finish,
    /// Nothing yet.
    Wait(Step),
    /// All files have ended.
    End,
}

impl Feed {
    /// The files of `tool`; standard input if there are none.
    pub fn new(tool: &str, files: Vec<String>, wording: Wording) -> Self {
        let files = if files.is_empty() { VecDeque::from(["-".to_owned()]) } else { files.into() };
        Self {
            tool: tool.to_owned(),
            wording,
            files,
            current: None,
            name: String::new(),
            lines: Lines::default(),
            served: 0,
            failed: false,
            silent: false,
        }
    }

    /// What an open file gives; it is closed at its end.
    pub fn of(fd: Fd) -> Self {
        let mut feed = Self::new("", Vec::new(), Wording::Plain);
        feed.files.clear();
        feed.current = Some(fd);
        feed
    }

    /// The next thing that happens.
    pub fn next(&mut self, io: &mut Io<'_>) -> Fed {
        loop {
            let Some(fd) = self.current else {
                match self.open_next(io) {
                    Some(true) => return Fed::Start,
                    Some(false) => continue,
                    None => return Fed::End,
                }
            };
            if self.served >= TURN {
                self.served = 0;
                return Fed::Wait(Step::Continue);
            }
            self.served += 1;
            match self.lines.next(io, fd) {
                Line::Line { text, terminated } => return Fed::Line(text, terminated),
                Line::Empty => {
                    self.served = 0;
                    return Fed::Wait(Step::Wait(Wait::readable(fd)));
                }
                Line::End => {
                    self.leave(io);
                    return Fed::Finish;
                }
            }
        }
    }

    /// As `next`, but gives at most `max` bytes, wherever lines end.
    pub fn next_bytes(&mut self, io: &mut Io<'_>, max: usize) -> Fed {
        let Some(fd) = self.current else { return self.next(io) };
        match io.read(fd, max) {
            Read::Data(bytes) => Fed::Line(bytes, false),
            Read::Empty => Fed::Wait(Step::Wait(Wait::readable(fd))),
            Read::End => {
                self.leave(io);
                Fed::Finish
            }
        }
    }

    /// Calls `take` with each line that is there; a step to return if there are no more for now, none at the end.
    pub fn each_line(&mut self, io: &mut Io<'_>, mut take: impl FnMut(&[u8], bool)) -> Option<Step> {
        loop {
            match self.next(io) {
                Fed::Line(line, terminated) => take(&line, terminated),
                Fed::Wait(step) => return Some(step),
                Fed::End => return None,
                Fed::Start | Fed::Finish => {}
            }
        }
    }

    /// The whole content of the next file that can be read, or what to wait for. None at the end.
    pub fn whole(&mut self, io: &mut Io<'_>) -> Result<Option<Vec<u8>>, Step> {
        loop {
            let Some(fd) = self.current else {
                match self.open_next(io) {
                    Some(_) => continue,
                    None => return Ok(None),
                }
            };
            let content = self.lines.rest(io, fd).ok_or(Step::Wait(Wait::readable(fd)))?;
            self.leave(io);
            return Ok(Some(content));
        }
    }

    /// Appends the lines of all files to `lines`; a step to return if more may come.
    pub fn collect(&mut self, io: &mut Io<'_>, lines: &mut Vec<Vec<u8>>) -> Option<Step> {
        self.each_line(io, |line, _| lines.push(line.to_vec()))
    }

    /// Stops reading the current file.
    pub fn skip(&mut self, io: &mut Io<'_>) {
        if self.current.is_some() {
            self.leave(io);
        }
    }

    /// The open file.
    pub fn fd(&self) -> Option<Fd> {
        self.current
    }

    fn leave(&mut self, io: &mut Io<'_>) {
        self.lines = Lines::default();
        if let Some(fd) = self.current.take().filter(|fd| *fd != STDIN) {
            io.close(fd);
        }
    }

    fn open_next(&mut self, io: &mut Io<'_>) -> Option<bool> {
        let name = self.files.pop_front()?;
        self.name.clone_from(&name);
        let opened = if name == "-" { Ok(STDIN) } else { open(io, &name) };
        match opened {
            Ok(fd) => self.current = Some(fd),
            Err(error) => {
                self.failed = true;
                if !self.silent {
                    let text = complaint(io, &self.tool, self.wording, &name, error);
                    io.err(&text);
                }
            }
        }
        Some(self.current.is_some())
    }
}

/// Opens a file to read; a folder is an error.
pub fn open(io: &mut Io<'_>, path: &str) -> Result<Fd, Errno> {
    if io.stat(path)?.is_folder() {
        return Err(Errno::IsFolder);
    }
    io.open(path, Mode::Read)
}

/// The message of a file that could not be read.
pub fn complaint(io: &Io<'_>, tool: &str, wording: Wording, file: &str, error: Errno) -> String {
    if is_busybox(io) {
        return format!("{tool}: {file}: {error}\n");
    }
    let folder = error == Errno::IsFolder;
    match wording {
        Wording::CannotOpen if folder => format!("{tool}: error reading '{file}': {error}\n"),
        Wording::CannotOpen => format!("{tool}: cannot open '{file}' for reading: {error}\n"),
        Wording::CannotRead if folder => format!("{tool}: read failed: {file}: {error}\n"),
        Wording::CannotRead => format!("{tool}: cannot read: {file}: {error}\n"),
        Wording::CantRead if folder => format!("{tool}: read error on {file}: {error}\n"),
        Wording::CantRead => format!("{tool}: can't read {file}: {error}\n"),
        Wording::FailedToOpen if folder => format!("{tool}: {file}: read error: {error}\n"),
        Wording::FailedToOpen => format!("{tool}: failed to open '{file}' for reading: {error}\n"),
        Wording::CannotOpenPlain => format!("{tool}: cannot open {file}: {error}\n"),
        Wording::Quoted if error == Errno::NoEntry => format!("{tool}: '{file}': No such file\n"),
        Wording::Plain | Wording::Quoted => format!("{tool}: {file}: {error}\n"),
    }
}

/// Writes to standard output and empties the buffer.
pub fn flush(io: &mut Io<'_>, out: &mut Vec<u8>) {
    if !out.is_empty() {
        let _ = io.write(STDOUT, out);
        out.clear();
    }
}

/// Appends a line.
pub fn put(out: &mut Vec<u8>, line: &[u8]) {
    out.extend_from_slice(line);
    out.push(b'\n');
}
