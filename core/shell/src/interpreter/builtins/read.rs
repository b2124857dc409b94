//! `read` and `mapfile`.

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use super::super::variables::Value;
use super::super::{Shell, Waiting, ash};
use super::Outcome;
use crate::io::Io;
use crate::program::{Fd, Read, STDIN, Wait};

/// A `read` or `mapfile` that goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reading {
    names: Vec<String>,
    fd: Fd,
    raw: bool,
    array: bool,
    /// Every line to the array.
    lines: bool,
    trim: bool,
    delimiter: u8,
    max: Option<usize>,
    until: Option<Instant>,
    bytes: Vec<u8>,
    /// Which bytes a backslash protects.
    protected: Vec<bool>,
    escaped: bool,
    separators: String,
}

pub fn read(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let separators = shell.scalar("IFS").unwrap_or_else(|| " \t\n".to_owned());
    let mut reading = Reading { delimiter: b'\n', fd: STDIN, separators, ..Reading::default() };
    let mut rest = args[1..].iter().peekable();
    while let Some(arg) = rest.next_if(|arg| arg.len() > 1 && arg.starts_with('-')) {
        if arg == "--" {
            break;
        }
        let flags = arg[1..].char_indices();
        for (at, flag) in flags {
            let with_value = "dntpuNai".contains(flag);
            let value = if with_value {
                let inline = &arg[1 + at + flag.len_utf8()..];
                if inline.is_empty() { rest.next().cloned().unwrap_or_default() } else { inline.to_owned() }
            } else {
                String::new()
            };
            match flag {
                'r' => reading.raw = true,
                's' | 'e' => {}
                'd' => reading.delimiter = value.bytes().next().unwrap_or(0),
                'n' | 'N' => reading.max = value.parse().ok(),
                't' => {
                    let seconds = value.parse::<f64>().unwrap_or(0.0);
                    reading.until = Some(io.now() + Duration::from_secs_f64(seconds));
                }
                'p' => {
                    if io.is_terminal(STDIN) {
                        io.err(&value);
                    }
                }
                'u' => reading.fd = value.parse().unwrap_or(STDIN),
                'a' => {
                    reading.array = true;
                    reading.names.push(value);
                }
                'i' => {}
                _ => {
                    shell.complain(io, &format!("read: -{flag}: invalid option"));
                    if ash::is_ash(io) {
                        return Outcome::Status(2);
                    }
                    io.err("read: usage: read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]\n");
                    return Outcome::Status(2);
                }
            }
            if with_value {
                break;
            }
        }
    }
    reading.names.extend(rest.cloned());
    Outcome::Wait(Waiting::Read(Box::new(reading), Vec::new()))
}

pub fn mapfile(_: &mut Shell, _: &mut Io<'_>, args: &[String]) -> Outcome {
    let trim = args[1..].iter().any(|arg| arg == "-t");
    let name = args[1..].iter().find(|arg| !arg.starts_with('-')).cloned();
    let names = vec![name.unwrap_or_else(|| "MAPFILE".to_owned())];
    let reading = Reading { names, fd: STDIN, raw: true, lines: true, trim, ..Reading::default() };
    Outcome::Wait(Waiting::Read(Box::new(reading), Vec::new()))
}

impl Shell {
    /// Reads on: the status once it is done, else what to wait for.
    pub(in crate::interpreter) fn go_on_reading(
        &mut self,
        io: &mut Io<'_>,
        mut reading: Box<Reading>,
    ) -> Result<i32, (Box<Reading>, Wait)> {
        loop {
            if reading.max.is_some_and(|max| reading.bytes.len() >= max) {
                return Ok(self.finish_reading(&reading, 0));
            }
            // A byte at a time, since what follows the line belongs to others.
            match io.read(reading.fd, if reading.lines { 1 << 16 } else { 1 }) {
                Read::Data(bytes) if reading.lines => reading.bytes.extend(bytes),
                Read::Data(bytes) => {
                    let byte = bytes[0];
                    if reading.escaped {
                        reading.escaped = false;
                        if byte != b'\n' {
                            reading.bytes.push(byte);
                            reading.protected.push(true);
                        }
                    } else if byte == b'\\' && !reading.raw {
                        reading.escaped = true;
                    } else if byte == reading.delimiter {
                        return Ok(self.finish_reading(&reading, 0));
                    } else {
                        reading.bytes.push(byte);
                        reading.protected.push(false);
                    }
                }
                Read::Empty if reading.until.is_some_and(|until| until <= io.now()) => {
                    return Ok(self.finish_reading(&reading, 142));
                }
                Read::Empty => {
                    let wait = Wait { until: reading.until, ..Wait::readable(reading.fd) };
                    return Err((reading, wait));
                }
                Read::End => {
                    let status = i32::from(!reading.lines);
                    return Ok(self.finish_reading(&reading, status));
                }
            }
        }
    }

    fn finish_reading(&mut self, reading: &Reading, status: i32) -> i32 {
        let text = String::from_utf8_lossy(&reading.bytes).into_owned();
        if reading.lines {
            let lines = text.split_inclusive('\n').map(|line| {
                if reading.trim { line.trim_end_matches('\n').to_owned() } else { line.to_owned() }
            });
            let elements = (0..).zip(lines).collect();
            self.variables.entry(&reading.names[0]).value = Value::Array(elements);
            return status;
        }
        if reading.names.is_empty() {
            self.variables.set("REPLY", text);
            return status;
        }
        let limit = if reading.array { usize::MAX } else { reading.names.len() };
        let fields = split_line(reading, &reading.separators, limit);
        if reading.array {
            self.variables.entry(&reading.names[0]).value = Value::Array((0..).zip(fields).collect());
            return status;
        }
        let mut fields = fields.into_iter();
        for name in &reading.names {
            self.variables.set(name, fields.next().unwrap_or_default());
        }
        status
    }
}

/// At most `limit` fields; the last has the rest of the line.
fn split_line(reading: &Reading, separators: &str, limit: usize) -> Vec<String> {
    let bytes = &reading.bytes;
    let separates = |at: usize| {
        !reading.protected.get(at).copied().unwrap_or(false) && separators.as_bytes().contains(&bytes[at])
    };
    let is_space = |at: usize| separates(at) && bytes[at].is_ascii_whitespace();
    let mut fields = Vec::new();
    let mut at = 0;
    let mut end = bytes.len();
    while at < end && is_space(at) {
        at += 1;
    }
    while end > at && is_space(end - 1) {
        end -= 1;
    }
    while at < end {
        let start = at;
        if fields.len() + 1 == limit {
            // A single separator at the end of the last field does not count.
            let rest = start..end;
            let only = end > start && separates(end - 1) && !rest.take(end - start - 1).any(&separates);
            let stop = if only { end - 1 } else { end };
            fields.push(String::from_utf8_lossy(&bytes[start..stop]).into_owned());
            break;
        }
        while at < end && !separates(at) {
            at += 1;
        }
        fields.push(String::from_utf8_lossy(&bytes[start..at]).into_owned());
        while at < end && is_space(at) {
            at += 1;
        }
        if at < end && separates(at) && !is_space(at) {
            at += 1;
            while at < end && is_space(at) {
                at += 1;
            }
        }
    }
    fields
}
