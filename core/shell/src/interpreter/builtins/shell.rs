//! Builtins about what runs: `eval`, `exec`, `exit`, `return`, `break`, `source`, `command`, `type`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::{Frame, FrameKind, Saved, Shell, Waiting, ash};
use super::{Outcome, find};
use crate::io::{Io, Mode};
use crate::program::{Fd, Read, Wait};

fn number(shell: &mut Shell, io: &mut Io<'_>, args: &[String], standard: i32) -> Result<i32, Outcome> {
    match args.get(1) {
        None => Ok(standard),
        Some(text) => text.parse().map_err(|_| {
            shell.complain(io, &format!("{}: {text}: numeric argument required", args[0]));
            Outcome::Status(2)
        }),
    }
}

pub fn exit(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let status = match number(shell, io, args, shell.exiting.unwrap_or(shell.status)) {
        Ok(status) => status & 0xFF,
        Err(_) => 2,
    };
    if shell.options.interactive && !shell.child && !ash::is_ash(io) {
        io.err("exit\n");
    }
    while !shell.frames.is_empty() {
        shell.pop_frame(io);
    }
    shell.variables.drop_scopes();
    shell.status = status;
    shell.exiting = Some(status);
    Outcome::Done
}

pub fn return_from(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let status = match number(shell, io, args, shell.status) {
        Ok(status) => status & 0xFF,
        Err(outcome) => return outcome,
    };
    shell.status = status;
    if !shell.return_from(io) {
        if ash::is_ash(io) {
            // Outside of functions ash ends.
            return exit(shell, io, args);
        }
        shell.complain(io, "return: can only `return' from a function or sourced script");
        return Outcome::Status(2);
    }
    Outcome::Done
}

pub fn break_loop(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    leave(shell, io, args, false)
}

pub fn continue_loop(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    leave(shell, io, args, true)
}

fn leave(shell: &mut Shell, io: &mut Io<'_>, args: &[String], next_turn: bool) -> Outcome {
    if !shell.in_loop() {
        if ash::is_ash(io) {
            return Outcome::Status(0);
        }
        shell.complain(io, &format!("{}: only meaningful in a `for', `while', or `until' loop", args[0]));
        return Outcome::Status(0);
    }
    match number(shell, io, args, 1) {
        Ok(count) if count > 0 => {
            shell.status = 0;
            shell.leave_loops(io, count as usize, next_turn);
            Outcome::Done
        }
        Ok(count) => {
            shell.complain(io, &format!("{}: {count}: loop count out of range", args[0]));
            Outcome::Status(1)
        }
        Err(outcome) => outcome,
    }
}

pub fn eval(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let text = args[1..].join(" ");
    if text.trim().is_empty() {
        return Outcome::Status(0);
    }
    push(shell, io, &text, FrameKind::Eval, None)
}

fn push(shell: &mut Shell, io: &mut Io<'_>, text: &str, kind: FrameKind, sourced: Option<&str>) -> Outcome {
    match Shell::compile(io, &shell.with_aliases(text)) {
        Ok(code) => {
            shell.status = 0;
            let pushed = shell.push_frame(io, Frame::new(Arc::new(code), 0, kind, false));
            if pushed { Outcome::Pushed } else { Outcome::Done }
        }
        Err(error) => {
            shell.syntax_error(io, &error, text, sourced);
            Outcome::Status(2)
        }
    }
}

pub fn source(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let Some(path) = args.get(1) else {
        shell.complain(io, &format!("{}: filename argument required", args[0]));
        return Outcome::Status(2);
    };
    match io.open(path, Mode::Read) {
        Ok(fd) => {
            let positional = (args.len() > 2).then(|| args[2..].to_vec());
            let sourcing = Sourcing { path: path.clone(), fd, bytes: Vec::new(), positional };
            Outcome::Wait(Waiting::Source(sourcing, Vec::new()))
        }
        Err(errno) if ash::is_ash(io) => {
            shell.complain(io, &format!("{}: can't open '{path}': {errno}", args[0]));
            Outcome::Status(1)
        }
        Err(errno) => {
            shell.complain(io, &format!("{path}: {errno}"));
            Outcome::Status(1)
        }
    }
}

/// A `source` that reads: from a pipe, what it reads may take its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sourcing {
    path: String,
    fd: Fd,
    bytes: Vec<u8>,
    positional: Option<Vec<String>>,
}

impl Shell {
    /// Reads on, and runs what was read once that is all; else what to wait for.
    pub(in crate::interpreter) fn go_on_sourcing(
        &mut self,
        io: &mut Io<'_>,
        mut sourcing: Sourcing,
        restore: Vec<Saved>,
    ) -> Option<Wait> {
        loop {
            match io.read(sourcing.fd, 1 << 16) {
                Read::Data(bytes) => sourcing.bytes.extend(bytes),
                Read::Empty => {
                    let wait = Wait::readable(sourcing.fd);
                    self.waiting = Some(Waiting::Source(sourcing, restore));
                    return Some(wait);
                }
                Read::End => break,
            }
        }
        io.close(sourcing.fd);
        let positional = sourcing.positional.map(|mine| std::mem::replace(&mut self.positional, mine));
        let kind = FrameKind::Source { path: sourcing.path.clone(), positional };
        match push(self, io, &String::from_utf8_lossy(&sourcing.bytes), kind, Some(&sourcing.path)) {
            Outcome::Pushed => self.frame().restore.extend(restore),
            Outcome::Status(status) => {
                self.restore(io, restore);
                self.status = status;
            }
            _ => self.restore(io, restore),
        }
        None
    }
}

pub fn exec(_: &mut Shell, _: &mut Io<'_>, args: &[String]) -> Outcome {
    let words: Vec<String> = args[1..].iter().skip_while(|arg| *arg == "--").cloned().collect();
    if words.is_empty() { Outcome::KeepRedirects } else { Outcome::Exec(words) }
}

pub fn builtin(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    match args.get(1).and_then(|name| find(io, name)) {
        Some(builtin) => builtin(shell, io, &args[1..]),
        None => {
            let name = args.get(1).cloned().unwrap_or_default();
            if name.is_empty() {
                return Outcome::Status(0);
            }
            shell.complain(io, &format!("builtin: {name}: not a shell builtin"));
            Outcome::Status(1)
        }
    }
}

pub fn command(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    match args.get(1).map(String::as_str) {
        None => Outcome::Status(0),
        // Ash looks at the first name only.
        Some("-v") if ash::is_ash(io) => {
            describe(shell, io, args.get(2..3).unwrap_or_default(), false, "command")
        }
        Some("-v") => describe(shell, io, &args[2..], false, "command"),
        Some("-V") => describe(shell, io, &args[2..], true, "command"),
        Some(name) => {
            let words = if name == "--" || name == "-p" { &args[2..] } else { &args[1..] };
            match words.first().and_then(|name| find(io, name)) {
                Some(builtin) => builtin(shell, io, words),
                None => Outcome::Program(words.to_vec()),
            }
        }
    }
}

pub fn type_of(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    match args.get(1).map(String::as_str) {
        Some("-t") => {
            let mut status = 0;
            for name in &args[2..] {
                match kind_of(shell, io, name) {
                    Some((kind, _)) => io.out(&format!("{kind}\n")),
                    None => status = 1,
                }
            }
            Outcome::Status(status)
        }
        Some("-p" | "-P") => {
            let mut status = 0;
            for name in &args[2..] {
                match io.find_command(name) {
                    Ok(path) => io.out(&format!("{path}\n")),
                    Err(_) => status = 1,
                }
            }
            Outcome::Status(status)
        }
        _ => describe(shell, io, &args[1..], true, "type"),
    }
}

const KEYWORDS: [&str; 20] = [
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if",
    "in", "select", "then", "time", "until", "while",
];

/// What a name is, with its text or path.
fn kind_of(shell: &Shell, io: &Io<'_>, name: &str) -> Option<(&'static str, String)> {
    if let Some(text) = shell.aliases.get(name) {
        return Some(("alias", text.clone()));
    }
    if KEYWORDS.contains(&name) || name == "{" || name == "}" {
        return Some(("keyword", String::new()));
    }
    if let Some(function) = shell.functions.get(name) {
        return Some(("function", function.text.clone()));
    }
    if find(io, name).is_some() {
        return Some(("builtin", String::new()));
    }
    io.find_command(name).ok().map(|path| ("file", path))
}

fn describe(shell: &mut Shell, io: &mut Io<'_>, names: &[String], long: bool, who: &str) -> Outcome {
    let mut status = 0;
    for name in names {
        let text = match kind_of(shell, io, name) {
            Some(("alias", text)) if long => format!("{name} is aliased to `{text}'\n"),
            Some(("alias", text)) => format!("alias {name}='{text}'\n"),
            Some(("keyword", _)) if long => format!("{name} is a shell keyword\n"),
            Some(("function", text)) if long => format!("{name} is a function\n{text}\n"),
            Some(("builtin", _)) if long => format!("{name} is a shell builtin\n"),
            Some(("file", path)) if long => format!("{name} is {path}\n"),
            Some(("file", path)) => format!("{path}\n"),
            Some(_) => format!("{name}\n"),
            None if ash::is_ash(io) => {
                status = 127;
                if long {
                    io.out(&format!("{name}: not found\n"));
                }
                continue;
            }
            None => {
                status = 1;
                if long {
                    shell.complain(io, &format!("{who}: {name}: not found"));
                }
                continue;
            }
        };
        io.out(&text);
    }
    Outcome::Status(status)
}
