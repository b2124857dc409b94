//! Input and output of awk: the operands, files and commands that it reads, and those that it writes.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::record::Patterns;
use super::syntax::Redirection;
use crate::io::Mode;
use crate::kernel::Pid;
use crate::program::{Fd, Io, STDERR, STDIN, STDOUT, Spawn, Step, Wait};
use crate::utilities::text::feed::{Fed, Feed, Wording};

/// Files and commands that are open.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Files {
    operands: VecDeque<String>,
    input: Option<Reader>,
    any_input: bool,
    readers: BTreeMap<String, Reader>,
    writers: BTreeMap<String, Writer>,
    /// Output that is not written yet.
    pub out: Vec<u8>,
    /// A child whose end is awaited.
    waiting: Option<Pid>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reader {
    feed: Feed,
    /// What was read of a record that has not ended.
    pending: String,
    ended: bool,
    child: Option<Pid>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Writer {
    fd: Fd,
    child: Option<Pid>,
}

/// What reading gives.
pub enum Got {
    Record(String),
    /// A file begins.
    File(String),
    /// An operand `name=value` was passed.
    Assign(String, String),
    Wait(Step),
    /// There is no such file.
    Failed(String),
    End,
}

impl Reader {
    fn new(feed: Feed, child: Option<Pid>) -> Self {
        Self { feed, pending: String::new(), ended: false, child }
    }

    fn next(&mut self, io: &mut Io<'_>, separator: &str, patterns: &mut Patterns) -> Got {
        loop {
            if let Some(record) = self.cut(separator, patterns) {
                return Got::Record(record);
            }
            if self.ended {
                let rest = std::mem::take(&mut self.pending);
                let rest = if separator.is_empty() { rest.trim_end_matches('\n').to_owned() } else { rest };
                return if rest.is_empty() { Got::End } else { Got::Record(rest) };
            }
            match self.feed.next(io) {
                Fed::Line(line, terminated) => {
                    let line = String::from_utf8_lossy(&line);
                    if separator == "\n" && self.pending.is_empty() {
                        return Got::Record(line.into_owned());
                    }
                    self.pending.push_str(&line);
                    if terminated {
                        self.pending.push('\n');
                    }
                }
                Fed::Wait(step) => return Got::Wait(step),
                Fed::End => self.ended = true,
                Fed::Start | Fed::Finish => {}
            }
            if self.feed.failed {
                return Got::Failed(self.feed.name.clone());
            }
        }
    }

    /// Takes a whole record off what is pending.
    fn cut(&mut self, separator: &str, patterns: &mut Patterns) -> Option<String> {
        if separator.is_empty() {
            let start = self.pending.len() - self.pending.trim_start_matches('\n').len();
            self.pending.drain(..start);
        }
        if self.pending.is_empty() {
            return None;
        }
        let (from, to) = if separator.is_empty() {
            let from = self.pending.find("\n\n")?;
            (from, from + 2)
        } else if separator.chars().count() == 1 {
            let from = self.pending.find(separator)?;
            (from, from + separator.len())
        } else {
            patterns.get(separator).ok()?.find_at(&self.pending, 0).filter(|(from, to)| to > from)?
        };
        let rest = self.pending.split_off(to);
        let mut record = std::mem::replace(&mut self.pending, rest);
        record.truncate(from);
        Some(record)
    }
}

impl Files {
    pub fn new(operands: Vec<String>) -> Self {
        Self { operands: operands.into(), ..Self::default() }
    }

    /// The next record of the operands.
    pub fn next_record(&mut self, io: &mut Io<'_>, separator: &str, patterns: &mut Patterns) -> Got {
        if let Some(reader) = &mut self.input {
            match reader.next(io, separator, patterns) {
                Got::End => self.input = None,
                got => return got,
            }
        }
        while let Some(operand) = self.operands.pop_front() {
            if operand.is_empty() {
                continue;
            }
            if let Some((name, value)) = assignment(&operand) {
                return Got::Assign(name.to_owned(), value.to_owned());
            }
            return self.start_input(operand);
        }
        if self.any_input { Got::End } else { self.start_input("-".to_owned()) }
    }

    fn start_input(&mut self, file: String) -> Got {
        self.any_input = true;
        let mut feed = Feed::new("awk", vec![file.clone()], Wording::Plain);
        feed.silent = true;
        self.input = Some(Reader::new(feed, None));
        Got::File(if file == "-" { String::new() } else { file })
    }

    /// `nextfile`
    pub fn skip_file(&mut self, io: &mut Io<'_>) {
        if let Some(mut reader) = self.input.take() {
            reader.feed.skip(io);
        }
    }

    /// The next record of a file or a command.
    pub fn read(
        &mut self,
        io: &mut Io<'_>,
        name: &str,
        is_command: bool,
        separator: &str,
        patterns: &mut Patterns,
    ) -> Got {
        if !self.readers.contains_key(name) {
            let reader = if is_command {
                self.flush(io);
                let (read, write) = io.pipe();
                let child = io.spawn(shell(name, vec![(STDOUT, write)])).ok();
                io.close(write);
                Reader::new(Feed::of(read), child)
            } else {
                let mut feed = Feed::new("awk", vec![name.to_owned()], Wording::Plain);
                feed.silent = true;
                Reader::new(feed, None)
            };
            self.readers.insert(name.to_owned(), reader);
        }
        let Some(reader) = self.readers.get_mut(name) else { return Got::End };
        let got = reader.next(io, separator, patterns);
        if let Got::Failed(_) = got {
            self.readers.remove(name);
        }
        got
    }

    /// Prints to a file or a command.
    pub fn write(
        &mut self,
        io: &mut Io<'_>,
        to: Option<(Redirection, &str)>,
        bytes: &[u8],
    ) -> Result<(), String> {
        let Some((kind, name)) = to else {
            self.out.extend_from_slice(bytes);
            return Ok(());
        };
        match (kind, name) {
            (Redirection::Write | Redirection::Append, "/dev/stdout" | "-") => {
                self.out.extend_from_slice(bytes);
                return Ok(());
            }
            (Redirection::Write | Redirection::Append, "/dev/stderr") => {
                let _ = io.write(STDERR, bytes);
                return Ok(());
            }
            _ => {}
        }
        if !self.writers.contains_key(name) {
            let writer = match kind {
                Redirection::Pipe => {
                    self.flush(io);
                    let (read, fd) = io.pipe();
                    let child = io.spawn(shell(name, vec![(STDIN, read)])).ok();
                    io.close(read);
                    Writer { fd, child }
                }
                Redirection::Write | Redirection::Append => {
                    let mode = if kind == Redirection::Write { Mode::Write } else { Mode::Append };
                    let fd = io
                        .open(name, mode)
                        .map_err(|error| format!("cannot open \"{name}\" for output ({error})"))?;
                    Writer { fd, child: None }
                }
            };
            self.writers.insert(name.to_owned(), writer);
        }
        if let Some(writer) = self.writers.get(name) {
            let _ = io.write(writer.fd, bytes);
        }
        Ok(())
    }

    /// Writes what was printed.
    pub fn flush(&mut self, io: &mut Io<'_>) {
        if !self.out.is_empty() {
            let _ = io.write(STDOUT, &self.out);
            self.out.clear();
        }
    }

    /// Runs a command; its status once it has ended.
    pub fn system(&mut self, io: &mut Io<'_>, command: &str) -> Result<i32, Step> {
        if self.waiting.is_none() {
            self.flush(io);
            let Ok(child) = io.spawn(shell(command, Vec::new())) else { return Ok(127) };
            self.waiting = Some(child);
        }
        self.awaited(io).map(|status| status.unwrap_or(0))
    }

    /// Closes a file or a command; its status once it has ended, -1 if there is none of this name.
    pub fn close(&mut self, io: &mut Io<'_>, name: &str) -> Result<i32, Step> {
        if self.waiting.is_none() {
            let child = if let Some(writer) = self.writers.remove(name) {
                io.close(writer.fd);
                writer.child
            } else if let Some(mut reader) = self.readers.remove(name) {
                reader.feed.skip(io);
                reader.child
            } else {
                return Ok(-1);
            };
            self.waiting = child;
        }
        self.awaited(io).map(|status| status.unwrap_or(0))
    }

    /// Closes everything; what to wait for while commands still run.
    pub fn close_all(&mut self, io: &mut Io<'_>) -> Result<(), Step> {
        self.awaited(io)?;
        while let Some(name) = self.writers.keys().next().cloned() {
            self.close(io, &name)?;
        }
        Ok(())
    }

    fn awaited(&mut self, io: &mut Io<'_>) -> Result<Option<i32>, Step> {
        let Some(child) = self.waiting else { return Ok(None) };
        let status = io.child_status(child).ok_or_else(|| Step::Wait(Wait::child()))?;
        self.waiting = None;
        Ok(Some(status))
    }
}

fn shell(command: &str, files: Vec<(Fd, Fd)>) -> Spawn {
    let argv = ["sh", "-c", command].map(str::to_owned).to_vec();
    Spawn { argv, files, ..Spawn::default() }
}

/// Whether an operand assigns a variable.
pub fn assignment(operand: &str) -> Option<(&str, &str)> {
    let (name, value) = operand.split_once('=')?;
    let mut letters = name.chars();
    let first = letters.next()?;
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    ((first.is_ascii_alphabetic() || first == '_') && letters.all(word)).then_some((name, value))
}
