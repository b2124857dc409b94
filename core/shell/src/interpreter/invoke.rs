//! Running one simple command: a function, a builtin or a program.

use std::collections::BTreeMap;

use super::builtins::{self, Outcome};
use super::redirects::KEPT_FROM;
use super::{Flow, Frame, FrameKind, Saved, Shell, Variable, Waiting, ash};
use crate::file_system::Errno;
use crate::io::{Io, Spawn, SpawnError};
use crate::language::Instruction;
use crate::program::{Fd, Step};

impl Shell {
    pub(super) fn run_command(&mut self, io: &mut Io<'_>, condition: bool) -> Flow {
        let frame = self.frame();
        let words = frame.lists.pop().unwrap_or_default();
        let redirects = std::mem::take(&mut frame.redirects);
        let temporary = std::mem::take(&mut frame.temporary);
        let substituted = frame.substituted.take();
        self.trace(io, &words, &temporary);
        let saved = match self.apply_redirects(io, redirects) {
            Ok(saved) => saved,
            Err(message) => {
                self.complain(io, &message);
                self.status = 1;
                let special = words.first().is_some_and(|name| name == "exec");
                if special && !self.options.interactive {
                    self.exiting = Some(1);
                    self.abandon(io, 1);
                }
                return Flow::Next;
            }
        };
        let Some(name) = words.first().cloned() else {
            self.restore(io, saved);
            self.status = substituted.unwrap_or(0);
            return Flow::Next;
        };
        if self.functions.contains_key(&name) {
            self.call_function(io, &name, words, temporary, saved, condition);
            return Flow::Next;
        }
        if builtins::find(io, &name).is_some() {
            return self.run_builtin(io, &words, temporary, saved);
        }
        self.run_program(io, words, temporary, saved)
    }

    fn trace(&self, io: &mut Io<'_>, words: &[String], temporary: &[(String, Variable)]) {
        if !self.options.xtrace {
            return;
        }
        let quote = if ash::is_ash(io) { ash::trace_quote } else { super::escapes::quote };
        let assigned = temporary
            .iter()
            .filter_map(|(name, variable)| Some(format!("{name}={}", quote(variable.text()?))));
        let line: Vec<String> = assigned.chain(words.iter().map(|word| quote(word))).collect();
        if !line.is_empty() {
            let prefix = self.scalar("PS4").unwrap_or_else(|| "+ ".to_owned());
            io.err(&format!("{prefix}{}\n", line.join(" ")));
        }
    }

    fn call_function(
        &mut self,
        io: &mut Io<'_>,
        name: &str,
        words: Vec<String>,
        temporary: Vec<(String, Variable)>,
        saved: Vec<Saved>,
        condition: bool,
    ) {
        let Some(function) = self.functions.get(name) else { return };
        let (code, start) = (function.code.clone(), function.start);
        let positional = std::mem::replace(&mut self.positional, words.into_iter().skip(1).collect());
        let kind = FrameKind::Function { positional, name: name.to_owned() };
        let mut frame = Frame::new(code, start, kind, condition);
        frame.restore = saved;
        self.status = 0;
        if self.push_frame(io, frame) {
            self.variables.push_scope();
            for (name, variable) in temporary {
                self.variables.declare_local(&name, variable);
            }
        }
    }

    pub(super) fn run_builtin(
        &mut self,
        io: &mut Io<'_>,
        words: &[String],
        temporary: Vec<(String, Variable)>,
        saved: Vec<Saved>,
    ) -> Flow {
        let Some(builtin) = words.first().and_then(|name| builtins::find(io, name)) else {
            return Flow::Next;
        };
        let scoped = !temporary.is_empty();
        if scoped {
            self.variables.push_scope();
            for (name, variable) in temporary {
                self.variables.declare_local(&name, variable);
            }
        }
        self.complained = false;
        let outcome = builtin(self, io, words);
        // `return` and `exit` have dropped the scope with the frames.
        if scoped && self.variables.in_function() {
            self.variables.pop_scope();
        }
        match outcome {
            Outcome::Status(status) => {
                let name = words.first().map_or("", String::as_str);
                let wrong = self.complained && ash::is_ash(io);
                let status = if wrong { ash::status_of(name, status) } else { status };
                if wrong && ash::is_fatal(name, status) {
                    self.restore(io, saved);
                    self.abandon(io, 2);
                    return Flow::Next;
                }
                self.status = status;
                self.pipe_status = vec![status];
                self.restore(io, saved);
                Flow::Next
            }
            Outcome::KeepRedirects => {
                Self::forget_saved(io, saved);
                self.status = 0;
                Flow::Next
            }
            Outcome::Done => {
                self.restore(io, saved);
                Flow::Next
            }
            Outcome::Pushed => {
                self.frame().restore.extend(saved);
                Flow::Next
            }
            Outcome::Wait(mut waiting) => {
                match &mut waiting {
                    Waiting::Read(_, restore)
                    | Waiting::Source(_, restore)
                    | Waiting::Jobs { restore, .. } => {
                        *restore = saved;
                    }
                    _ => self.restore(io, saved),
                }
                self.waiting = Some(waiting);
                Flow::Blocked
            }
            Outcome::Program(words) => self.run_program(io, words, Vec::new(), saved),
            Outcome::Exec(words) => self.exec(io, words, saved),
        }
    }

    fn environment_with(&self, temporary: Vec<(String, Variable)>) -> BTreeMap<String, String> {
        let mut environment = self.variables.environment();
        environment.remove("_podarium_pid");
        environment.extend(
            temporary.into_iter().filter_map(|(name, variable)| Some((name, variable.text()?.to_owned()))),
        );
        environment
    }

    fn run_program(
        &mut self,
        io: &mut Io<'_>,
        words: Vec<String>,
        temporary: Vec<(String, Variable)>,
        saved: Vec<Saved>,
    ) -> Flow {
        let environment = self.environment_with(temporary);
        let name = words.first().cloned().unwrap_or_default();
        if self.is_last_command(io) {
            return match io.kernel.replace_program(io.pid, words, environment, io.find) {
                Ok(()) => {
                    Self::forget_saved(io, saved);
                    self.close_kept(io);
                    Flow::Over(Step::Continue)
                }
                Err(error) => {
                    self.not_started(io, &name, error);
                    self.restore(io, saved);
                    Flow::Next
                }
            };
        }
        let own: Vec<(Fd, Fd)> =
            io.kernel.process(io.pid).fds.keys().filter(|fd| **fd < KEPT_FROM).map(|fd| (*fd, *fd)).collect();
        let text = words.join(" ");
        let new_group = self.options.interactive && !self.child;
        let spawn = Spawn { argv: words, env: Some(environment), cwd: None, files: own, new_group };
        match io.spawn(spawn) {
            Ok(pid) => {
                // Standard files that the shell has closed stay closed.
                self.restore(io, saved);
                self.wait_for(io, vec![pid], &text);
                Flow::Blocked
            }
            Err(error) => {
                self.not_started(io, &name, error);
                self.restore(io, saved);
                Flow::Next
            }
        }
    }

    /// Whether nothing follows the command, so that its program can take the shell's place.
    fn is_last_command(&self, io: &Io<'_>) -> bool {
        let [frame] = self.frames.as_slice() else { return false };
        if !self.traps.is_empty() || !self.pending_traps.is_empty() || !frame.blocks.is_empty() {
            return false;
        }
        if !frame.substitution_files.is_empty() || self.exiting.is_some() {
            return false;
        }
        let rest = frame.code.instructions.iter().skip(frame.at);
        let mut rest = rest.skip_while(|next| matches!(next, Instruction::CheckErrexit));
        let ended = match rest.next() {
            Some(Instruction::EndChild) => self.child,
            Some(Instruction::End) | None => !self.child && self.is_command(),
            _ => false,
        };
        let _ = io;
        ended && !self.options.interactive && self.jobs.is_empty() || (ended && self.child)
    }

    fn close_kept(&self, io: &mut Io<'_>) {
        let kept: Vec<Fd> =
            io.kernel.process(io.pid).fds.keys().copied().filter(|fd| *fd >= KEPT_FROM).collect();
        kept.into_iter().for_each(|fd| io.close(fd));
    }

    fn exec(&mut self, io: &mut Io<'_>, words: Vec<String>, saved: Vec<Saved>) -> Flow {
        let environment = self.environment_with(Vec::new());
        let name = words.first().cloned().unwrap_or_default();
        match io.kernel.replace_program(io.pid, words, environment, io.find) {
            Ok(()) => {
                Self::forget_saved(io, saved);
                self.close_kept(io);
                Flow::Over(Step::Continue)
            }
            Err(error) => {
                let told = if ash::is_ash(io) { format!("exec: {name}") } else { name };
                self.not_started(io, &told, error);
                self.restore(io, saved);
                if self.options.interactive { Flow::Next } else { Self::over(self.status) }
            }
        }
    }

    fn not_started(&mut self, io: &mut Io<'_>, name: &str, error: SpawnError) {
        let busybox = ash::is_ash(io);
        let (text, status) = match error {
            SpawnError::NotFound if name.contains('/') && !busybox => (Errno::NoEntry.to_string(), 127),
            SpawnError::NotFound if busybox => ("not found".to_owned(), 127),
            SpawnError::NotFound => ("command not found".to_owned(), 127),
            SpawnError::NotExecutable(Errno::IsFolder) if busybox => ("Permission denied".to_owned(), 126),
            SpawnError::NotExecutable(Errno::NotFolder) => (Errno::NotFolder.to_string(), 126),
            SpawnError::NotExecutable(errno) => (errno.to_string(), 126),
        };
        self.complain(io, &format!("{name}: {text}"));
        self.status = status;
    }
}
