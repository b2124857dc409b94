//! awk: patterns and actions on records, after POSIX and mawk.

mod arrays;
mod builtins;
mod code;
mod compile;
mod files;
mod format;
mod lex;
mod machine;
mod parse;
mod record;
mod syntax;
mod value;

use serde::{Deserialize, Serialize};

use super::options::Failure;
use crate::program::{Io, STDERR, STDOUT, Step};
use code::{Code, SPECIAL_ARRAYS};
use files::{Files, assignment};
use machine::{Machine, Pause};

/// How many instructions run before the others have their turn.
const BUDGET: u32 = 50_000;

/// awk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Awk {
    name: String,
    program: String,
    files: Vec<String>,
    assignments: Vec<(String, String)>,
    operands: Vec<String>,
    running: Option<Running>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Running {
    code: Code,
    machine: Machine,
    phase: Phase,
    status: i32,
}

/// What runs now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Phase {
    Begin,
    /// Between two records.
    Read,
    Main,
    End,
    Close,
}

impl Awk {
    pub fn parse(name: &str, args: &[String]) -> Result<Self, Failure> {
        let mut awk = Self {
            name: name.to_owned(),
            program: String::new(),
            files: Vec::new(),
            assignments: Vec::new(),
            operands: Vec::new(),
            running: None,
        };
        let mut args = args.iter().peekable();
        while let Some(argument) = args.next_if(|argument| argument.len() > 1 && argument.starts_with('-')) {
            if argument == "--" {
                break;
            }
            let letter = argument[1..].chars().next().unwrap_or('-');
            if !matches!(letter, 'F' | 'v' | 'f') {
                return Err(Failure::new(name, format_args!("not an option: {argument}"), 2));
            }
            let rest = &argument[2..];
            let value = if rest.is_empty() { args.next().cloned() } else { Some(rest.to_owned()) };
            let Some(value) = value else {
                return Err(Failure::new(name, format_args!("no argument supplied for -{letter}"), 2));
            };
            match letter {
                'F' => awk.assignments.push(("FS".to_owned(), value)),
                'f' => awk.files.push(value),
                _ => {
                    let (variable, value) = assignment(&value).ok_or_else(|| {
                        Failure::new(name, format_args!("improper assignment: -v {value}"), 2)
                    })?;
                    awk.assignments.push((variable.to_owned(), value.to_owned()));
                }
            }
        }
        if awk.files.is_empty() {
            let Some(program) = args.next() else {
                return Err(Failure {
                    text: "Usage: mawk [Options] [Program] [file ...]\n".to_owned(),
                    status: 2,
                });
            };
            awk.program.clone_from(program);
        }
        awk.operands = args.cloned().collect();
        Ok(awk)
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<Running, String> {
        for file in &self.files {
            let content = io.read_file(file).map_err(|error| format!("cannot open {file} ({error})"))?;
            self.program.push_str(&String::from_utf8_lossy(&content));
            self.program.push('\n');
        }
        let mut code =
            compile::compile(&self.program).map_err(|(line, message)| format!("line {line}: {message}"))?;
        let mut machine = Machine::new(&code, Files::new(self.operands.clone()));
        for (variable, value) in &self.assignments {
            machine.assign(&mut code, variable, value);
        }
        machine.fill(0, io.environment().clone().into_iter());
        let arguments = std::iter::once(self.name.clone()).chain(self.operands.iter().cloned());
        machine.fill(1, arguments.enumerate().map(|(index, argument)| (index.to_string(), argument)));
        debug_assert_eq!(SPECIAL_ARRAYS, ["ENVIRON", "ARGV"]);
        machine.assign(&mut code, "ARGC", &(self.operands.len() + 1).to_string());
        if let Some(begin) = code.begin {
            machine.start(begin);
        }
        let phase = if code.begin.is_some() { Phase::Begin } else { Phase::Read };
        Ok(Running { code, machine, phase, status: 0 })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if self.running.is_none() {
            match self.start(io) {
                Ok(running) => self.running = Some(running),
                Err(message) => return self.fail(io, &message),
            }
        }
        let Some(running) = &mut self.running else { return Step::Exit(2) };
        let step = running.step(io);
        // Commands that awk pipes into end before what it printed itself is written, unless a terminal shows it at once.
        if running.phase != Phase::Close || io.is_terminal(STDOUT) || matches!(step, Ok(Step::Exit(_))) {
            running.machine.files.flush(io);
        }
        let place = running.machine.place();
        step.unwrap_or_else(|message| {
            let fatal = message.starts_with("cannot open") && !message.starts_with("cannot open \"");
            let text = if fatal { message } else { format!("run time error: {message}\n{place}") };
            self.fail(io, &text)
        })
    }

    fn fail(&self, io: &mut Io<'_>, message: &str) -> Step {
        let _ = io.write(STDERR, format!("{}: {message}\n", self.name).as_bytes());
        Step::Exit(2)
    }
}

impl Running {
    fn step(&mut self, io: &mut Io<'_>) -> Result<Step, String> {
        let mut budget = BUDGET;
        loop {
            if self.phase == Phase::Read {
                match self.read(io) {
                    Ok(()) => continue,
                    Err(stop) => return stop,
                }
            }
            if self.phase == Phase::Close {
                return Ok(match self.machine.files.close_all(io) {
                    Ok(()) => Step::Exit(self.status),
                    Err(step) => step,
                });
            }
            match self.machine.run(io, &self.code, &mut budget)? {
                Pause::Wait(step) => return Ok(step),
                Pause::Turn => return Ok(Step::Continue),
                Pause::NextFile => {
                    self.machine.files.skip_file(io);
                    self.phase = Phase::Read;
                }
                Pause::Next => self.phase = Phase::Read,
                Pause::Exit(status) => {
                    self.status = status.unwrap_or(self.status);
                    self.end(self.phase == Phase::End);
                }
                Pause::Done => match self.phase {
                    Phase::Begin if self.code.main.is_none() && self.code.end.is_none() => {
                        self.phase = Phase::Close;
                    }
                    Phase::Begin | Phase::Main | Phase::Read => self.phase = Phase::Read,
                    Phase::End | Phase::Close => self.phase = Phase::Close,
                },
            }
        }
    }

    fn read(&mut self, io: &mut Io<'_>) -> Result<(), Result<Step, String>> {
        if self.machine.next_record(io, &mut self.code)? {
            if let Some(main) = self.code.main {
                self.machine.start(main);
                self.phase = Phase::Main;
            }
        } else {
            self.end(false);
        }
        Ok(())
    }

    fn end(&mut self, ended: bool) {
        self.phase = Phase::Close;
        if let Some(end) = self.code.end.filter(|_| !ended) {
            self.machine.start(end);
            self.phase = Phase::End;
        }
    }
}
