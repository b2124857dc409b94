//! Utilities that run commands: `env`, `timeout`, `xargs`, `watch`.

use std::collections::BTreeMap;

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use super::dates;
use super::options::{Spec, is_busybox, name_of, time_span};
use crate::io::{Io, Mode, Spawn, SpawnError};
use crate::kernel::Pid;
use crate::program::{Lines, Read, STDIN, Signal, Step, Wait};

fn not_started(io: &mut Io<'_>, name: &str, command: &str, error: SpawnError, doing: &str) -> i32 {
    let (text, status) = match error {
        SpawnError::NotFound => ("No such file or directory".to_owned(), 127),
        SpawnError::NotExecutable(errno) => (errno.to_string(), 126),
    };
    if is_busybox(io) {
        io.err(&format!("{name}: can't execute '{command}': {text}\n"));
    } else {
        io.err(&format!("{name}: {doing}‘{command}’: {text}\n"));
    }
    status
}

const ENV: Spec = Spec {
    long: &[("ignore-environment", 'i'), ("unset", 'u'), ("chdir", 'C')],
    command: true,
    status: 125,
    ..Spec::new("iu:C:0", "[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]")
};

/// `env`: prints the environment, or becomes the command.
pub fn env(io: &mut Io<'_>) -> Step {
    let args = io.args().to_vec();
    let parsed = match ENV.parse(io, &args) {
        Ok(parsed) => parsed,
        Err(status) => return Step::Exit(status),
    };
    let mut operands = parsed.operands.clone();
    let clean = parsed.has('i') || operands.first().is_some_and(|arg| arg == "-");
    if operands.first().is_some_and(|arg| arg == "-") {
        operands.remove(0);
    }
    let mut environment: BTreeMap<String, String> =
        if clean { BTreeMap::new() } else { io.environment().clone() };
    for (_, name) in parsed.options.iter().filter(|(letter, _)| *letter == 'u') {
        environment.remove(name);
    }
    while let Some((name, value)) = operands.first().and_then(|arg| arg.split_once('=')) {
        environment.insert(name.to_owned(), value.to_owned());
        operands.remove(0);
    }
    if operands.is_empty() {
        let end = if parsed.has('0') { '\0' } else { '\n' };
        let text: String = environment.iter().map(|(name, value)| format!("{name}={value}{end}")).collect();
        io.out(&text);
        return Step::Exit(0);
    }
    if let Some(Err(errno)) = parsed.value('C').map(|folder| io.change_folder(folder)) {
        io.err(&format!(
            "env: cannot change directory to '{}': {errno}\n",
            parsed.value('C').unwrap_or_default()
        ));
        return Step::Exit(125);
    }
    become_command(io, &args, operands, environment)
}

/// `nohup`, `nice` and `stdbuf`, which only run the command here.
pub fn plain(io: &mut Io<'_>) -> Step {
    let args = io.args().to_vec();
    let operands: Vec<String> = args.iter().skip(1).skip_while(|arg| arg.starts_with('-')).cloned().collect();
    if name_of(&args) == "nohup" {
        io.ignore_signals(&[Signal::Hup]);
    }
    let environment = io.environment().clone();
    become_command(io, &args, operands, environment)
}

fn become_command(
    io: &mut Io<'_>,
    args: &[String],
    words: Vec<String>,
    environment: BTreeMap<String, String>,
) -> Step {
    let command = words.first().cloned().unwrap_or_default();
    match io.kernel.replace_program(io.pid, words, environment, io.find) {
        Ok(()) => Step::Continue,
        Err(error) => Step::Exit(not_started(io, &name_of(args), &command, error, "")),
    }
}

const TIMEOUT: Spec = Spec {
    long: &[("signal", 's'), ("kill-after", 'k'), ("preserve-status", 'p'), ("foreground", 'f')],
    command: true,
    status: 125,
    ..Spec::new("s:k:pfv", "[OPTION] DURATION COMMAND [ARG]...")
};

/// A running `timeout`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeout {
    child: Option<Pid>,
    until: Option<Instant>,
    signal: Option<Signal>,
    kill_after: Option<Duration>,
    keeps_status: bool,
    expired: bool,
    told: Option<Signal>,
}

impl Timeout {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let Some(child) = self.child else {
            return match self.start(io) {
                Ok(wait) => Step::Wait(wait),
                Err(status) => Step::Exit(status),
            };
        };
        while let Some(signal) = io.take_signal() {
            self.told = Some(signal);
            io.kill(child, signal);
        }
        if let Some(status) = io.child_status(child) {
            return Step::Exit(match (self.expired, self.keeps_status, status) {
                (true, false, 137) if self.kill_after.is_some() || self.signal == Some(Signal::Kill) => 137,
                (true, false, _) => 124,
                (_, _, status) => status,
            });
        }
        if self.until.is_some_and(|until| until <= io.now()) {
            let signal = if self.expired { Signal::Kill } else { self.signal.unwrap_or(Signal::Term) };
            self.expired = true;
            io.kill(child, signal);
            self.until = self.kill_after.filter(|_| signal != Signal::Kill).map(|after| io.now() + after);
        }
        Step::Wait(Wait { until: self.until, ..Wait::child() })
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<Wait, i32> {
        let mut args = io.args().to_vec();
        if is_busybox(io) && args.get(1).is_some_and(|arg| arg == "-t") {
            args.remove(1);
        }
        let parsed = TIMEOUT.parse(io, &args)?;
        let [duration, command @ ..] = parsed.operands.as_slice() else {
            return Err(TIMEOUT.misused(io, &args, "missing operand"));
        };
        let Some(seconds) = time_span(duration) else {
            return Err(TIMEOUT.misused(io, &args, &format!("invalid time interval ‘{duration}’")));
        };
        if command.is_empty() {
            return Err(TIMEOUT.misused(io, &args, "missing operand"));
        }
        if let Some(name) = parsed.value('s') {
            let Some(signal) = Signal::parse(name) else {
                return Err(TIMEOUT.misused(io, &args, &format!("‘{name}’: invalid signal")));
            };
            self.signal = Some(signal);
        }
        self.kill_after = parsed.value('k').and_then(time_span).map(Duration::from_secs_f64);
        self.keeps_status = parsed.has('p');
        self.until = (seconds > 0.0).then(|| io.now() + Duration::from_secs_f64(seconds));
        match io.spawn(Spawn::from(command.to_vec())) {
            Ok(child) => self.child = Some(child),
            Err(error) => {
                return Err(not_started(io, &name_of(&args), &command[0], error, "failed to run command "));
            }
        }
        io.handle_signals(&[Signal::Term, Signal::Int, Signal::Hup, Signal::Quit]);
        Ok(Wait { until: self.until, ..Wait::child() })
    }
}

const XARGS: Spec = Spec {
    long: &[
        ("null", '0'),
        ("max-args", 'n'),
        ("replace", 'I'),
        ("no-run-if-empty", 'r'),
        ("verbose", 't'),
        ("max-lines", 'L'),
        ("max-procs", 'P'),
        ("delimiter", 'd'),
    ],
    command: true,
    ..Spec::new("0n:I:rtL:P:d:", "[OPTION]... COMMAND [INITIAL-ARGS]...")
};

/// A running `xargs`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Xargs {
    input: Lines,
    started: bool,
    command: Vec<String>,
    /// The command lines that are still to run, the next one last.
    queue: Vec<Vec<String>>,
    /// Whether it shows them.
    tells: bool,
    child: Option<Pid>,
    status: i32,
}

impl Xargs {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            let Some(bytes) = self.input.rest(io, STDIN) else { return Step::Wait(Wait::readable(STDIN)) };
            self.started = true;
            if let Err(status) = self.plan(io, &String::from_utf8_lossy(&bytes)) {
                return Step::Exit(status);
            }
        }
        loop {
            if let Some(child) = self.child {
                match io.child_status(child) {
                    None => return Step::Wait(Wait::child()),
                    Some(0) => {}
                    Some(255) => {
                        io.err(&format!("xargs: {}: exited with status 255; aborting\n", self.command[0]));
                        return Step::Exit(124);
                    }
                    Some(status) if status > 128 => return Step::Exit(125),
                    Some(_) => self.status = 123,
                }
                self.child = None;
            }
            let Some(words) = self.queue.pop() else { return Step::Exit(self.status) };
            let command = words.first().cloned().unwrap_or_default();
            if self.tells {
                io.err(&format!("{}\n", words.join(" ")));
            }
            let null = io.open("/dev/null", Mode::Read).ok();
            let files = null.into_iter().map(|fd| (STDIN, fd)).collect();
            match io.spawn(Spawn { argv: words, files, ..Spawn::default() }) {
                Ok(child) => self.child = Some(child),
                Err(error) => {
                    let (text, status) = match error {
                        SpawnError::NotFound => ("No such file or directory".to_owned(), 127),
                        SpawnError::NotExecutable(errno) => (errno.to_string(), 126),
                    };
                    io.err(&format!("xargs: {command}: {text}\n"));
                    return Step::Exit(status);
                }
            }
            null.into_iter().for_each(|fd| io.close(fd));
        }
    }

    fn plan(&mut self, io: &mut Io<'_>, text: &str) -> Result<(), i32> {
        let args = io.args().to_vec();
        let parsed = XARGS.parse(io, &args)?;
        self.tells = parsed.has('t');
        self.command =
            if parsed.operands.is_empty() { vec!["echo".to_owned()] } else { parsed.operands.clone() };
        let lines = || text.lines().map(|line| line.trim_start().to_owned()).filter(|line| !line.is_empty());
        if let Some(mark) = parsed.value('I') {
            self.queue = lines()
                .map(|line| self.command.iter().map(|word| word.replace(mark, &line)).collect())
                .collect();
            self.queue.reverse();
            return Ok(());
        }
        let words: Vec<String> = if parsed.has('0') {
            text.split('\0').filter(|word| !word.is_empty()).map(str::to_owned).collect()
        } else if let Some(delimiter) = parsed.value('d') {
            let delimiter = if delimiter == "\\n" { "\n" } else { delimiter };
            text.trim_end_matches(delimiter).split(delimiter).map(str::to_owned).collect()
        } else if parsed.has('L') {
            lines().collect()
        } else {
            split_words(text)
        };
        if words.is_empty() {
            if !parsed.has('r') {
                self.queue.push(self.command.clone());
            }
            return Ok(());
        }
        let size = parsed
            .value('n')
            .or(parsed.value('L'))
            .and_then(|count| count.parse().ok())
            .unwrap_or(5_000usize)
            .max(1);
        self.queue = words.chunks(size).map(|chunk| [self.command.as_slice(), chunk].concat()).collect();
        self.queue.reverse();
        Ok(())
    }
}

/// Words separated by white space; quotes and backslashes protect.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

const WATCH: Spec = Spec {
    long: &[
        ("interval", 'n'),
        ("differences", 'd'),
        ("no-title", 't'),
        ("exec", 'x'),
        ("errexit", 'e'),
        ("chgexit", 'g'),
        ("color", 'c'),
    ],
    command: true,
    ..Spec::new("n:dtxegc", "[options] command")
};

/// A running `watch`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Watch {
    started: bool,
    interval: f64,
    command: Vec<String>,
    titled: bool,
    stops_on_change: bool,
    child: Option<(Pid, u32)>,
    output: Vec<u8>,
    ended: bool,
    last: Option<Vec<u8>>,
    next: Option<Instant>,
}

impl Watch {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            if let Err(status) = self.start(io) {
                return Step::Exit(status);
            }
        }
        loop {
            let Some((child, fd)) = self.child else {
                match self.next.filter(|next| *next > io.now()) {
                    Some(next) => return Step::Wait(Wait::until(next)),
                    None => {
                        if let Err(status) = self.run(io) {
                            return Step::Exit(status);
                        }
                        continue;
                    }
                }
            };
            while !self.ended {
                match io.read(fd, 1 << 16) {
                    Read::Data(bytes) => self.output.extend(bytes),
                    Read::Empty => return Step::Wait(Wait::readable(fd)),
                    Read::End => self.ended = true,
                }
            }
            if io.child_status(child).is_none() {
                return Step::Wait(Wait::child());
            }
            io.close(fd);
            self.child = None;
            if self.show(io) {
                return Step::Exit(0);
            }
            self.next = Some(io.now() + Duration::from_secs_f64(self.interval));
        }
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        let args = io.args().to_vec();
        let parsed = WATCH.parse(io, &args)?;
        if parsed.operands.is_empty() {
            io.err(&format!("\nUsage:\n {} {}\n", name_of(&args), WATCH.usage));
            return Err(1);
        }
        self.interval = parsed.value('n').and_then(|text| text.parse().ok()).unwrap_or(2.0f64).max(0.1);
        self.titled = !parsed.has('t');
        self.stops_on_change = parsed.has('g');
        self.command = if parsed.has('x') {
            parsed.operands
        } else {
            vec!["sh".to_owned(), "-c".to_owned(), parsed.operands.join(" ")]
        };
        Ok(())
    }

    fn run(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        let (read, write) = io.pipe();
        self.output.clear();
        self.ended = false;
        let files = vec![(1, write), (2, write)];
        let spawned = io.spawn(Spawn { argv: self.command.clone(), files, ..Spawn::default() });
        io.close(write);
        match spawned {
            Ok(child) => self.child = Some((child, read)),
            Err(_) => return Err(1),
        }
        Ok(())
    }

    /// Shows the output; true if it is the last time.
    fn show(&mut self, io: &mut Io<'_>) -> bool {
        let (columns, rows) = io.terminal_size();
        let mut text = "\x1b[H\x1b[2J".to_owned();
        if self.titled {
            let command = if self.command.get(1).is_some_and(|arg| arg == "-c") {
                self.command[2..].join(" ")
            } else {
                self.command.join(" ")
            };
            let left = format!("Every {:.1}s: {command}", self.interval);
            let date = dates::format_time("%a %b %e %H:%M:%S %Y", io.unix_time().0, 0);
            let right = format!("{}: {date}", io.context().hostname);
            let fill =
                usize::from(columns).saturating_sub(left.chars().count() + right.chars().count()).max(1);
            text.push_str(&format!("{left}{}{right}\n\n", " ".repeat(fill)));
        }
        let room = usize::from(rows).saturating_sub(if self.titled { 2 } else { 0 });
        let output = String::from_utf8_lossy(&self.output);
        let lines: Vec<&str> = output.lines().take(room).collect();
        text.push_str(&lines.join("\n"));
        text.push('\n');
        io.out(&text);
        let changed = self.last.as_ref().is_some_and(|last| *last != self.output);
        self.last = Some(self.output.clone());
        changed && self.stops_on_change
    }
}
