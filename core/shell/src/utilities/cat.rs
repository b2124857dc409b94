//! `cat`.

use serde::{Deserialize, Serialize};

use super::options::{Spec, name_of};
use crate::io::{Io, Mode};
use crate::program::{Fd, Read, STDIN, STDOUT, Step, Wait};

const SPEC: Spec = Spec {
    long: &[
        ("number", 'n'),
        ("number-nonblank", 'b'),
        ("show-ends", 'E'),
        ("show-all", 'A'),
        ("show-tabs", 'T'),
    ],
    ..Spec::new("AbeEnstTuv", "[OPTION]... [FILE]...")
};

/// A running `cat`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cat {
    started: bool,
    files: Vec<String>,
    current: Option<Fd>,
    status: i32,
    number: bool,
    number_filled: bool,
    ends: bool,
    tabs: bool,
    line: u64,
    in_line: bool,
}

impl Cat {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            let args = io.args().to_vec();
            match SPEC.parse(io, &args) {
                Err(status) => return Step::Exit(status),
                Ok(parsed) => {
                    self.number = parsed.has('n');
                    self.number_filled = parsed.has('b');
                    self.ends = parsed.has('E') || parsed.has('A') || parsed.has('e');
                    self.tabs = parsed.has('T') || parsed.has('A') || parsed.has('t');
                    self.files = parsed.operands.into_iter().rev().collect();
                    if self.files.is_empty() {
                        self.files.push("-".to_owned());
                    }
                }
            }
        }
        self.copy(io)
    }

    fn copy(&mut self, io: &mut Io<'_>) -> Step {
        let name = name_of(io.args());
        loop {
            let Some(fd) = self.current else {
                let Some(path) = self.files.pop() else { return Step::Exit(self.status) };
                self.open(io, &name, &path);
                continue;
            };
            match io.read(fd, 1 << 16) {
                Read::Data(bytes) => {
                    let bytes = self.marked(bytes);
                    if let Err(errno) = io.try_write(STDOUT, &bytes) {
                        if errno != crate::file_system::Errno::BrokenPipe {
                            io.err(&format!("{name}: write error: {errno}\n"));
                        }
                        return Step::Exit(1);
                    }
                    if bytes.len() >= 1 << 15 {
                        return Step::Continue;
                    }
                }
                Read::Empty => return Step::Wait(Wait::readable(fd)),
                Read::End => {
                    if fd != STDIN {
                        io.close(fd);
                    }
                    self.current = None;
                }
            }
        }
    }

    fn open(&mut self, io: &mut Io<'_>, name: &str, path: &str) {
        if path == "-" {
            self.current = Some(STDIN);
            return;
        }
        if io.stat(path).is_ok_and(|metadata| metadata.is_folder()) {
            let text =
                if super::options::is_busybox(io) { "read error: Is a directory" } else { "Is a directory" };
            io.err(&format!("{name}: {path}: {text}\n"));
            self.status = 1;
            return;
        }
        match io.open(path, Mode::Read) {
            Ok(fd) => self.current = Some(fd),
            Err(errno) => {
                let place = if super::options::is_busybox(io) {
                    format!("can't open '{path}'")
                } else {
                    path.to_owned()
                };
                io.err(&format!("{name}: {place}: {errno}\n"));
                self.status = 1;
            }
        }
    }

    fn marked(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if !(self.number || self.number_filled || self.ends || self.tabs) {
            return bytes;
        }
        let mut marked = Vec::new();
        for byte in bytes {
            if !self.in_line {
                self.in_line = true;
                if self.number && !self.number_filled || (self.number_filled && byte != b'\n') {
                    self.line += 1;
                    marked.extend(format!("{:6}\t", self.line).bytes());
                }
            }
            match byte {
                b'\n' => {
                    if self.ends {
                        marked.push(b'$');
                    }
                    marked.push(b'\n');
                    self.in_line = false;
                }
                b'\t' if self.tabs => marked.extend(b"^I"),
                _ => marked.push(byte),
            }
        }
        marked
    }
}
