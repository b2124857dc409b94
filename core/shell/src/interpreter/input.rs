//! Where a shell's commands come from, and how it starts and ends.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Frame, FrameKind, Shell, Trap, ash, recall};
use crate::io::Io;
use crate::kernel::Discipline;
use crate::language::{self, SyntaxError};
use crate::program::{Read, STDIN, Signal, Wait};
use crate::terminal::Edit;

/// Where commands come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// A text that is given as a whole.
    Text {
        /// The text; empty once it runs.
        text: String,
        /// Whether it is that of `-c`, not a script.
        command: bool,
    },
    /// Lines of standard input.
    Stdin {
        /// What does not make a whole command yet.
        partial: String,
    },
    /// Lines typed at a terminal.
    Terminal {
        /// What does not make a whole command yet.
        partial: String,
    },
    /// The commands before a syntax error run; then it is told.
    Broken {
        /// The message.
        message: String,
    },
    /// Nothing more comes.
    Ended,
}

/// What the shell does next.
pub(super) enum Next {
    Run,
    Wait(Wait),
    Exit(i32),
}

impl Shell {
    /// Reads the command line and the environment; an error is the status with which the shell ends.
    pub(super) fn start(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        for (name, value) in io.environment().clone() {
            self.variables.export(&name, value);
        }
        let cwd = io.cwd().to_owned();
        self.variables.export("PWD", cwd);
        self.variables.set("IFS", " \t\n");
        self.variables.set("OPTIND", "1");
        let level = self.scalar("SHLVL").and_then(|level| level.parse::<u32>().ok()).unwrap_or(0);
        self.variables.export("SHLVL", (level + 1).to_string());
        let hostname = io.context().hostname.clone();
        if self.scalar("HOSTNAME").is_none() {
            self.variables.set("HOSTNAME", hostname);
        }
        if io.context().userland == crate::machine::Userland::Gnu {
            self.variables.set("BASH", "/bin/bash");
            self.variables.set("BASH_VERSION", "5.2.15(1)-release");
        }
        self.read_arguments(io)?;
        if self.options.interactive {
            self.start_interactive(io);
        }
        Ok(())
    }

    fn read_arguments(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        let args = self.args.clone();
        let mut rest = args.into_iter().skip(1).peekable();
        let (mut command, mut from_stdin) = (false, false);
        while let Some(arg) = rest.next_if(|arg| arg.starts_with(['-', '+']) && arg.len() > 1) {
            if arg == "--" {
                break;
            }
            if arg == "--version" {
                io.out("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n");
                return Err(0);
            }
            if matches!(arg.as_str(), "--login" | "--norc" | "--noprofile" | "--posix") {
                continue;
            }
            let on = arg.starts_with('-');
            for flag in arg[1..].chars() {
                match flag {
                    'c' => command = true,
                    's' => from_stdin = true,
                    'i' => self.options.interactive = true,
                    'l' => {}
                    'o' => {
                        let name = rest.next().unwrap_or_default();
                        if !self.set_option(&name, on) {
                            io.err(&format!("{}: {name}: invalid option name\n", self.name));
                            return Err(2);
                        }
                    }
                    flag => {
                        if !self.set_flag(flag, on) {
                            let sign = if on { '-' } else { '+' };
                            io.err(&format!("{}: {sign}{flag}: invalid option\n", self.name));
                            return Err(2);
                        }
                    }
                }
            }
        }
        if command {
            let Some(text) = rest.next() else {
                io.err(&format!("{}: -c: option requires an argument\n", self.name));
                return Err(2);
            };
            self.input = Input::Text { text, command: true };
            if let Some(name) = rest.next() {
                self.name = name;
            }
        } else if let Some(path) = (!from_stdin).then(|| rest.next()).flatten() {
            self.open_script(io, path)?;
        } else if io.is_terminal(STDIN) {
            self.options.interactive = true;
            self.input = Input::Terminal { partial: String::new() };
        } else {
            self.input = Input::Stdin { partial: String::new() };
        }
        self.positional = rest.collect();
        Ok(())
    }

    fn open_script(&mut self, io: &mut Io<'_>, path: String) -> Result<(), i32> {
        match io.read_file(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.input = Input::Text { text, command: false };
                self.script = true;
                self.name = path;
                Ok(())
            }
            Err(crate::file_system::Errno::NoEntry) => {
                if ash::is_ash(io) {
                    io.err(&format!("{}: can't open '{path}': No such file or directory\n", self.name));
                    return Err(2);
                }
                io.err(&format!("{}: {path}: No such file or directory\n", self.name));
                Err(127)
            }
            Err(errno) => {
                io.err(&format!("{}: {path}: {errno}\n", self.name));
                Err(126)
            }
        }
    }

    fn start_interactive(&mut self, io: &mut Io<'_>) {
        io.handle_signals(&[Signal::Int]);
        io.ignore_signals(&[Signal::Term, Signal::Quit, Signal::Tstp]);
        let group = io.pid();
        io.kernel.process_mut(group).group = group;
        if let Some(terminal) = io.kernel.own_terminal(io.pid) {
            io.kernel.set_foreground(terminal, group);
        }
        if self.scalar("PS1").is_none() {
            let busybox = ash::is_ash(io);
            self.variables.set("PS1", if busybox { "\\w \\$ " } else { "\\u@\\h:\\w\\$ " });
        }
        let home = io.context().home.clone();
        if let Ok(bytes) = io.read_file(&format!("{home}/.bashrc"))
            && let Ok(code) = Self::compile(io, &String::from_utf8_lossy(&bytes))
        {
            let frame = Frame::new(
                Arc::new(code),
                0,
                FrameKind::Source { path: String::new(), positional: None },
                false,
            );
            self.push_frame(io, frame);
        }
    }

    /// Nothing runs: takes the next commands.
    pub(super) fn next_input(&mut self, io: &mut Io<'_>) -> Next {
        if self.exiting.is_some() {
            return self.finish(io);
        }
        match std::mem::replace(&mut self.input, Input::Ended) {
            Input::Ended => self.finish(io),
            Input::Broken { message } => {
                io.err(&message);
                self.exiting = Some(2);
                self.finish(io)
            }
            Input::Text { text, command } => {
                // An empty text of the same kind says that it was the last.
                if text.is_empty() {
                    return self.finish(io);
                }
                self.input = Input::Text { text: String::new(), command };
                self.run_text(io, &text);
                Next::Run
            }
            Input::Stdin { partial } => self.next_stdin_line(io, partial),
            Input::Terminal { partial } => self.next_typed_line(io, partial),
        }
    }

    fn run_text(&mut self, io: &mut Io<'_>, text: &str) {
        self.line = 1;
        match Self::compile(io, text) {
            Ok(code) => self.frames.push(Frame::new(Arc::new(code), 0, FrameKind::Top, false)),
            Err(error) => {
                if self.run_to_open_document(io, text) {
                    return;
                }
                let message = self.syntax_message(io, &error, text, None);
                // As bash reads line by line, whole commands before the error still run.
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                let whole =
                    (1..lines.len()).rev().find_map(|count| Self::compile(io, &lines[..count].concat()).ok());
                if let Some(code) = whole {
                    self.frames.push(Frame::new(Arc::new(code), 0, FrameKind::Top, false));
                }
                self.input = Input::Broken { message };
                self.status = 2;
            }
        }
    }

    /// Where a text ends amid here-documents, they end with it; true if the text runs that way.
    fn run_to_open_document(&mut self, io: &mut Io<'_>, text: &str) -> bool {
        let mut closed = text.to_owned();
        while let Some((tag, line)) = language::open_here_document(&closed) {
            // A tag that is no line of its own would never end it.
            if tag.is_empty() || tag.contains('\n') || closed.ends_with(&format!("\n{tag}\n")) {
                return false;
            }
            if ash::is_ash(io) {
                closed = format!("{}\n{tag}\n", closed.trim_end_matches('\n'));
                continue;
            }
            io.err(&format!(
                "{}: line {}: warning: here-document at line {line} delimited by end-of-file (wanted `{tag}')\n",
                self.name,
                text.lines().count()
            ));
            closed = format!("{}\n{tag}\n", closed.trim_end_matches('\n'));
        }
        let Ok(code) = Self::compile(io, &closed) else { return false };
        self.frames.push(Frame::new(Arc::new(code), 0, FrameKind::Top, false));
        true
    }

    /// Says what is wrong in a text: of the shell's own input, or of a file that it was told to `source`.
    pub(super) fn syntax_error(
        &mut self,
        io: &mut Io<'_>,
        error: &SyntaxError,
        text: &str,
        sourced: Option<&str>,
    ) {
        self.status = 2;
        let message = self.syntax_message(io, error, text, sourced);
        io.err(&message);
    }

    fn syntax_message(
        &mut self,
        io: &Io<'_>,
        error: &SyntaxError,
        text: &str,
        sourced: Option<&str>,
    ) -> String {
        let lines = text.lines().count() as u32;
        let (line, message) = match error {
            SyntaxError::Incomplete(message) if message.starts_with("unexpected EOF") => {
                (lines.max(1), message.clone())
            }
            SyntaxError::Incomplete(message) => (lines + 1, message.clone()),
            SyntaxError::Wrong(line, message) => (*line, message.clone()),
        };
        let command = self.is_command();
        self.line = line;
        if ash::is_ash(io) {
            let message = ash::syntax_message(&message, text);
            return match sourced {
                Some(path) => format!("{}: {path}: line {line}: {message}\n", self.name),
                None => self.ash_message(&message),
            };
        }
        let at_prompt = self.options.interactive && !self.child;
        let place = match sourced {
            None if at_prompt => return self.message(io, &message),
            None if command => format!("{}: -c: line {line}", self.name),
            None => format!("{}: line {line}", self.name),
            Some(path) if at_prompt => format!("{}: {path}: line {line}", self.name),
            Some(path) => format!("{path}: line {line}"),
        };
        let mut text_of = format!("{place}: {message}\n");
        if message.contains("near unexpected token") {
            let source = text.lines().nth(line as usize - 1).unwrap_or_default();
            text_of.push_str(&format!("{place}: `{source}'\n"));
        }
        text_of
    }

    fn next_stdin_line(&mut self, io: &mut Io<'_>, mut partial: String) -> Next {
        let mut bytes = partial.into_bytes();
        loop {
            match io.read(STDIN, 1) {
                Read::Data(more) => {
                    bytes.extend_from_slice(&more);
                    if more.ends_with(b"\n") {
                        break;
                    }
                }
                Read::Empty => {
                    self.input = Input::Stdin { partial: String::from_utf8_lossy(&bytes).into_owned() };
                    return Next::Wait(Wait::readable(STDIN));
                }
                Read::End => {
                    if bytes.is_empty() {
                        return self.finish(io);
                    }
                    self.input = Input::Ended;
                    let mut text = String::from_utf8_lossy(&bytes).into_owned();
                    if continues(&text) {
                        // The line that the last backslash joins never came.
                        text.truncate(text.trim_end_matches('\n').len() - 1);
                    }
                    self.run_text(io, &text);
                    return Next::Run;
                }
            }
        }
        partial = String::from_utf8_lossy(&bytes).into_owned();
        if continues(&partial) {
            self.input = Input::Stdin { partial };
            return Next::Run;
        }
        let text = self.with_aliases(&partial);
        match Self::compile(io, &text) {
            Ok(code) => {
                self.input = Input::Stdin { partial: String::new() };
                self.frames.push(Frame::new(Arc::new(code), 0, FrameKind::Top, false));
            }
            Err(SyntaxError::Incomplete(_)) => self.input = Input::Stdin { partial },
            Err(error) => {
                self.input = Input::Ended;
                self.syntax_error(io, &error, &text, None);
            }
        }
        Next::Run
    }

    fn next_typed_line(&mut self, io: &mut Io<'_>, partial: String) -> Next {
        if !self.editor.is_active() {
            self.report_jobs(io);
            let prompt = if partial.is_empty() { "PS1" } else { "PS2" };
            let prompt = self.scalar(prompt).unwrap_or_else(|| "> ".to_owned());
            let prompt = self.prompt(io, &prompt);
            self.discipline(io, Discipline::Edit);
            self.editor.begin(io, &prompt);
        }
        match self.editor.step(io, &self.history) {
            Edit::Wait => {
                self.input = Input::Terminal { partial };
                Next::Wait(Wait::readable(STDIN))
            }
            Edit::Complete(line) => {
                self.input = Input::Terminal { partial };
                if self.complete(io, &line) { Next::Run } else { Next::Wait(Wait::default()) }
            }
            Edit::Interrupted => {
                self.status = 130;
                self.input = Input::Terminal { partial: String::new() };
                Next::Run
            }
            Edit::End => {
                if partial.is_empty() {
                    let busybox = ash::is_ash(io);
                    io.err(if busybox { "\n" } else { "exit\n" });
                    return self.finish(io);
                }
                self.input = Input::Terminal { partial: String::new() };
                self.syntax_error(
                    io,
                    &SyntaxError::Incomplete("syntax error: unexpected end of file".to_owned()),
                    "",
                    None,
                );
                Next::Run
            }
            Edit::Line(line) => {
                self.recall(io, &partial, &line);
                Next::Run
            }
        }
    }

    /// A typed line after bash's history expansion, which shows what it made.
    fn recall(&mut self, io: &mut Io<'_>, partial: &str, line: &str) {
        self.discipline(io, Discipline::Cooked);
        if ash::is_ash(io) {
            return self.typed(io, format!("{partial}{line}\n"));
        }
        match recall::expand(partial, line, &self.history) {
            Ok(None) => self.typed(io, format!("{partial}{line}\n")),
            Ok(Some(line)) => {
                io.err(&format!("{line}\n"));
                self.typed(io, format!("{partial}{line}\n"));
            }
            Err(message) => {
                self.input = Input::Terminal { partial: String::new() };
                io.err(&self.message(io, &message));
            }
        }
    }

    fn typed(&mut self, io: &mut Io<'_>, text: String) {
        self.input = Input::Terminal { partial: String::new() };
        if text.trim().is_empty() {
            return;
        }
        if continues(&text) {
            self.input = Input::Terminal { partial: text };
            return;
        }
        match Self::compile(io, &self.with_aliases(&text)) {
            Ok(code) => {
                self.remember(&text);
                self.line = 0;
                self.frames.push(Frame::new(Arc::new(code), 0, FrameKind::Top, false));
            }
            Err(SyntaxError::Incomplete(_)) => self.input = Input::Terminal { partial: text },
            Err(error) => {
                self.remember(&text);
                self.syntax_error(io, &error, &text, None);
            }
        }
    }

    fn remember(&mut self, text: &str) {
        let line = text.trim_end_matches('\n');
        if !line.starts_with(' ') && self.history.last().is_none_or(|last| last != line) {
            Arc::make_mut(&mut self.history).push(line.to_owned());
        }
    }

    fn discipline(&self, io: &mut Io<'_>, discipline: Discipline) {
        if let Some(terminal) = io.kernel.terminal_of(io.pid, STDIN) {
            io.kernel.set_discipline(terminal, discipline);
        }
    }

    /// The shell ends: its EXIT trap first.
    fn finish(&mut self, io: &mut Io<'_>) -> Next {
        let status = self.exiting.unwrap_or(self.status);
        self.exiting = Some(status);
        self.input = Input::Ended;
        match self.traps.remove(&Trap::Exit) {
            Some(command) if !command.is_empty() => {
                self.status = status;
                if self.run_trap(io, &command) { Next::Run } else { Next::Exit(status) }
            }
            _ => Next::Exit(status),
        }
    }
}

/// Whether a backslash joins the next line.
fn continues(text: &str) -> bool {
    let line = text.trim_end_matches('\n');
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}
