//! sed: the stream editor.

mod parse;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::feed::{Fed, Feed, Wording, flush};
use super::options::{Argument, Failure, Spec};
use super::regex;
use crate::io::Mode;
use crate::program::{Fd, Io, STDERR, STDOUT, Step};
use parse::{Action, Address, Command, Range, Substitution};

const SPEC: Spec = Spec {
    tool: "sed",
    short: "nErue:f:i::sz",
    long: &[
        ("quiet", 'n', Argument::No),
        ("silent", 'n', Argument::No),
        ("regexp-extended", 'E', Argument::No),
        ("expression", 'e', Argument::Required),
        ("file", 'f', Argument::Required),
        ("in-place", 'i', Argument::Optional),
        ("separate", 's', Argument::No),
        ("unbuffered", 'u', Argument::No),
        ("posix", 'u', Argument::No),
        ("null-data", 'z', Argument::No),
    ],
    status: 1,
};
/// How many commands run before the others have their turn.
const BUDGET: u32 = 20_000;

/// sed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sed {
    scripts: Vec<Script>,
    extended: bool,
    quiet: bool,
    separate: bool,
    in_place: Option<String>,
    commands: Vec<Command>,
    looks_ahead: bool,
    ready: bool,
    feed: Feed,
    ahead: VecDeque<Ahead>,
    ended: bool,
    cycle: Cycle,
    number: u64,
    hold: String,
    writers: BTreeMap<String, Fd>,
    /// What goes to standard output, or to the file that is edited in place.
    out: Vec<u8>,
    unterminated: bool,
    /// Set by `q`, with its status.
    quitting: Option<i32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Script {
    Text(String),
    File(String),
}

/// What was read but not yet worked on.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Ahead {
    Line(String, bool),
    FileEnd(String),
}

/// One run of the script.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Cycle {
    /// The next command; none between cycles.
    at: Option<usize>,
    space: String,
    terminated: bool,
    substituted: bool,
    appended: Vec<Appended>,
    /// `D` starts the next cycle without reading.
    keep: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Appended {
    Text(String),
    File(String),
}

/// What a command leads to.
enum Next {
    At(usize),
    /// The cycle ends; whether the pattern space is printed.
    Cycle(bool),
    Quit(bool, i32),
    Wait(Step),
}

impl Sed {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let mut parsed = SPEC.parse(args)?;
        let (mut scripts, mut extended, mut quiet, mut separate, mut in_place) =
            (Vec::new(), false, false, false, None);
        for (letter, value) in parsed.options {
            match letter {
                'n' => quiet = true,
                'E' | 'r' => extended = true,
                'e' => scripts.push(Script::Text(value)),
                'f' => scripts.push(Script::File(value)),
                's' => separate = true,
                'i' => in_place = Some(value),
                'z' => return Err(Failure::new("sed", "option -z is not supported here", 1)),
                _ => {}
            }
        }
        if scripts.is_empty() {
            if parsed.operands.is_empty() {
                let text = "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n";
                return Err(Failure { text: text.to_owned(), status: 1 });
            }
            scripts.push(Script::Text(parsed.operands.remove(0)));
        }
        let mut sed = Self {
            scripts,
            extended,
            quiet,
            separate: separate || in_place.is_some(),
            in_place,
            commands: Vec::new(),
            looks_ahead: false,
            ready: false,
            feed: Feed::new("sed", parsed.operands, Wording::CantRead),
            ahead: VecDeque::new(),
            ended: false,
            cycle: Cycle::default(),
            number: 0,
            hold: String::new(),
            writers: BTreeMap::new(),
            out: Vec::new(),
            unterminated: false,
            quitting: None,
        };
        if sed.scripts.iter().all(|script| matches!(script, Script::Text(_))) {
            sed.compile(&[])?;
        }
        Ok(sed)
    }

    /// Reads the script; `files` are the contents of its `-f` parts.
    fn compile(&mut self, files: &[String]) -> Result<(), Failure> {
        let mut files = files.iter();
        let mut parts = Vec::new();
        for script in &self.scripts {
            parts.push(match script {
                Script::Text(text) => text.clone(),
                Script::File(_) => files.next().cloned().unwrap_or_default(),
            });
        }
        let text = parts.join("\n");
        let quiet =
            text.lines().next() == Some("#n") && matches!(self.scripts[0], Script::Text(_) | Script::File(_));
        self.quiet |= quiet;
        self.commands = parse::parse(&text, self.extended).map_err(|(mut at, message)| {
            if at == usize::MAX {
                return Failure::new("sed", message, 4);
            }
            let mut expression = 0;
            while expression + 1 < parts.len() && at > parts[expression].chars().count() {
                at -= parts[expression].chars().count() + 1;
                expression += 1;
            }
            match &self.scripts[expression] {
                Script::Text(_) => Failure::new(
                    "sed",
                    format_args!("-e expression #{}, char {at}: {message}", expression + 1),
                    1,
                ),
                Script::File(file) => {
                    let line =
                        parts[expression].chars().take(at).filter(|letter| *letter == '\n').count() + 1;
                    Failure::new("sed", format_args!("file {file} line {line}: {message}"), 1)
                }
            }
        })?;
        let is_last = |address: &Option<Address>| matches!(address, Some(Address::Last));
        self.looks_ahead = self.commands.iter().any(|command| is_last(&command.from) || is_last(&command.to));
        self.ready = true;
        Ok(())
    }

    fn load(&mut self, io: &mut Io<'_>) -> Result<(), Step> {
        let mut contents = Vec::new();
        for script in &self.scripts {
            if let Script::File(file) = script {
                match io.read_file(file) {
                    Ok(content) => contents.push(String::from_utf8_lossy(&content).into_owned()),
                    Err(error) => {
                        io.err(&format!("sed: couldn't open file {file}: {error}\n"));
                        return Err(Step::Exit(1));
                    }
                }
            }
        }
        self.compile(&contents).map_err(|failure| failure.step(io))
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.ready
            && let Err(step) = self.load(io)
        {
            return step;
        }
        let mut budget = BUDGET;
        let step = loop {
            if budget == 0 {
                break Step::Continue;
            }
            budget -= 1;
            if let Some(status) = self.quitting {
                break self.quit(io, status);
            }
            let Some(at) = self.cycle.at else {
                match self.begin_cycle(io) {
                    Ok(()) => continue,
                    Err(step) => break step,
                }
            };
            let next = if at < self.commands.len() { self.run(io, at) } else { Next::Cycle(true) };
            match next {
                Next::At(at) => self.cycle.at = Some(at),
                Next::Cycle(print) => self.end_cycle(io, print),
                Next::Wait(step) => break step,
                Next::Quit(print, status) => {
                    self.end_cycle(io, print);
                    self.quitting = Some(status);
                }
            }
        };
        if self.in_place.is_none() {
            flush(io, &mut self.out);
        }
        step
    }

    /// What a file that is edited in place still had is kept.
    fn quit(&mut self, io: &mut Io<'_>, status: i32) -> Step {
        if self.in_place.is_some() {
            loop {
                match self.fetch(io) {
                    Err(Step::Exit(_)) => break,
                    Err(step) => return step,
                    Ok(()) => {}
                }
                match self.ahead.pop_front() {
                    Some(Ahead::Line(line, terminated)) => self.emit(&line, terminated),
                    Some(Ahead::FileEnd(name)) => {
                        self.save(io, &name);
                        break;
                    }
                    None => break,
                }
            }
        }
        Step::Exit(status)
    }

    fn save(&mut self, io: &mut Io<'_>, name: &str) {
        let Some(suffix) = self.in_place.clone() else { return };
        if !suffix.is_empty()
            && let Ok(before) = io.read_file(name)
        {
            let backup =
                if suffix.contains('*') { suffix.replace('*', name) } else { format!("{name}{suffix}") };
            let _ = io.write_file(&backup, &before);
        }
        let content = std::mem::take(&mut self.out);
        self.unterminated = false;
        if let Err(error) = io.write_file(name, &content) {
            io.err(&format!("sed: couldn't open file {name}: {error}\n"));
        }
    }

    /// Makes sure that something is read ahead, unless the input has ended.
    fn fetch(&mut self, io: &mut Io<'_>) -> Result<(), Step> {
        while self.ahead.is_empty() && !self.ended {
            self.read_one(io)?;
        }
        if self.ahead.is_empty() { Err(Step::Exit(0)) } else { Ok(()) }
    }

    fn read_one(&mut self, io: &mut Io<'_>) -> Result<(), Step> {
        match self.feed.next(io) {
            Fed::Line(line, terminated) => {
                self.ahead.push_back(Ahead::Line(String::from_utf8_lossy(&line).into_owned(), terminated));
            }
            Fed::Finish if self.separate => self.ahead.push_back(Ahead::FileEnd(self.feed.name.clone())),
            Fed::Wait(step) => return Err(step),
            Fed::End => self.ended = true,
            Fed::Start | Fed::Finish => {}
        }
        Ok(())
    }

    /// Whether no line follows. Something is read ahead, or the input has ended, if the script asks for this.
    fn is_last(&self) -> bool {
        match self.ahead.front() {
            Some(Ahead::Line(..)) => false,
            Some(Ahead::FileEnd(_)) => true,
            None => self.ended,
        }
    }

    fn begin_cycle(&mut self, io: &mut Io<'_>) -> Result<(), Step> {
        if self.cycle.keep {
            self.cycle.keep = false;
            self.cycle.at = Some(0);
            return Ok(());
        }
        let line = loop {
            self.fetch(io).map_err(|step| match step {
                Step::Exit(_) => Step::Exit(if self.feed.failed { 2 } else { 0 }),
                step => step,
            })?;
            if let Some(Ahead::FileEnd(name)) = self.ahead.front() {
                let name = name.clone();
                self.ahead.pop_front();
                self.save(io, &name);
                if self.in_place.is_some() {
                    self.number = 0;
                }
                continue;
            }
            if self.looks_ahead && self.ahead.len() < 2 && !self.ended {
                self.read_one(io)?;
                continue;
            }
            break self.ahead.pop_front();
        };
        if let Some(Ahead::Line(line, terminated)) = line {
            self.number += 1;
            self.cycle = Cycle { at: Some(0), space: line, terminated, ..Cycle::default() };
        }
        Ok(())
    }

    fn end_cycle(&mut self, io: &mut Io<'_>, print: bool) {
        if print && !self.quiet {
            let space = std::mem::take(&mut self.cycle.space);
            self.emit(&space, self.cycle.terminated);
            if self.cycle.keep {
                self.cycle.space = space;
            }
        }
        self.append(io);
        self.cycle.at = None;
    }

    fn append(&mut self, io: &mut Io<'_>) {
        for appended in std::mem::take(&mut self.cycle.appended) {
            match appended {
                Appended::Text(text) => self.emit_raw(text.as_bytes()),
                Appended::File(file) => {
                    if let Ok(content) = io.read_file(&file) {
                        self.emit_raw(&content);
                    }
                }
            }
        }
    }

    fn emit(&mut self, text: &str, terminated: bool) {
        self.emit_raw(text.as_bytes());
        if terminated { self.out.push(b'\n') } else { self.unterminated = true }
    }

    fn emit_raw(&mut self, bytes: &[u8]) {
        if std::mem::take(&mut self.unterminated) {
            self.out.push(b'\n');
        }
        self.out.extend_from_slice(bytes);
    }

    fn write_to(&mut self, io: &mut Io<'_>, file: &str, text: &str) {
        let line = format!("{text}\n");
        match file {
            "/dev/stdout" if self.in_place.is_none() => self.emit_raw(line.as_bytes()),
            "/dev/stdout" => drop(io.write(STDOUT, line.as_bytes())),
            "/dev/stderr" => drop(io.write(STDERR, line.as_bytes())),
            _ => {
                if !self.writers.contains_key(file) {
                    match io.open(file, Mode::Write) {
                        Ok(fd) => drop(self.writers.insert(file.to_owned(), fd)),
                        Err(error) => io.err(&format!("sed: couldn't open file {file}: {error}\n")),
                    }
                }
                if let Some(fd) = self.writers.get(file) {
                    let _ = io.write(*fd, line.as_bytes());
                }
            }
        }
    }

    fn matches(&self, address: &Address) -> bool {
        match address {
            Address::Line(line) => self.number == *line,
            Address::Step { first, step: 0 } => self.number == *first,
            Address::Step { first, step } => {
                self.number >= *first && (self.number - first).is_multiple_of(*step)
            }
            Address::Last => self.is_last(),
            Address::Match(pattern) => pattern.is_match(&self.cycle.space),
            Address::Plus(_) | Address::Multiple(_) => false,
        }
    }

    fn selected(&mut self, at: usize) -> bool {
        let command = &self.commands[at];
        let Some(from) = &command.from else { return !command.negated };
        let Some(to) = &command.to else { return self.matches(from) != command.negated };
        let number = self.number;
        let until_match = || if self.matches(to) { Range::Closed } else { Range::Open };
        let until = |end: u64| if number < end { Range::Until(end) } else { Range::Closed };
        let starts = || match to {
            Address::Line(line) => until(*line),
            Address::Plus(count) => until(number + count),
            Address::Multiple(0) => Range::Closed,
            Address::Multiple(factor) => until(number.next_multiple_of(*factor)),
            Address::Last if self.is_last() => Range::Closed,
            _ => Range::Open,
        };
        let zero = matches!(from, Address::Line(0)) && number == 1;
        let (inside, range) = match command.range {
            Range::Until(end) if number <= end => (true, until(end)),
            // A range by line numbers whose end was skipped selects only a line that matches its start.
            Range::Until(_) => (self.matches(from), Range::Closed),
            Range::Open => (true, until_match()),
            Range::Closed if zero => (true, until_match()),
            Range::Closed if self.matches(from) => (true, starts()),
            Range::Closed => (false, Range::Closed),
        };
        let negated = command.negated;
        self.commands[at].range = range;
        inside != negated
    }

    fn run(&mut self, io: &mut Io<'_>, at: usize) -> Next {
        // `n` and `N` wait at their command, with its range already decided.
        if let Action::Simple('n' | 'N') = self.commands[at].action
            && let Err(step) = self.fetch_for_next(io)
        {
            return Next::Wait(step);
        }
        if !self.selected(at) {
            return Next::At(match self.commands[at].action {
                Action::Block(end) => end,
                _ => at + 1,
            });
        }
        match self.commands[at].action.clone() {
            Action::Block(_) | Action::Nothing => {}
            Action::Branch(to) => return Next::At(to),
            Action::Test { to, substituted } => {
                if std::mem::take(&mut self.cycle.substituted) == substituted {
                    return Next::At(to);
                }
            }
            Action::Substitute(substitution) => self.substitute(io, &substitution),
            Action::Translate(pairs) => {
                let translate =
                    |letter| pairs.iter().find(|(from, _)| *from == letter).map_or(letter, |(_, to)| *to);
                self.cycle.space = self.cycle.space.chars().map(translate).collect();
            }
            Action::Text('a', text) => self.cycle.appended.push(Appended::Text(text)),
            Action::Text('i', text) => self.emit_raw(text.as_bytes()),
            Action::Text(_, text) => {
                let command = &self.commands[at];
                if command.to.is_none() || command.negated || command.range == Range::Closed {
                    self.emit_raw(text.as_bytes());
                }
                return Next::Cycle(false);
            }
            Action::Quit { print, status } => return Next::Quit(print, status),
            Action::Read(file) => self.cycle.appended.push(Appended::File(file)),
            Action::Write(file) => {
                let space = self.cycle.space.clone();
                self.write_to(io, &file, &space);
            }
            Action::Simple(letter) => return self.simple(io, letter, at),
        }
        Next::At(at + 1)
    }

    /// Reads ahead for `n` and `N`, and one more if the script asks for the last line.
    fn fetch_for_next(&mut self, io: &mut Io<'_>) -> Result<(), Step> {
        let wanted = if self.looks_ahead { 2 } else { 1 };
        while self.ahead.len() < wanted && !self.ended {
            self.read_one(io)?;
        }
        Ok(())
    }

    fn substitute(&mut self, io: &mut Io<'_>, substitution: &Substitution) {
        let Substitution { pattern, replacement, every, number, print, file } = substitution;
        let (space, count) = regex::replace(pattern, &self.cycle.space, replacement, *number, *every);
        if count == 0 {
            return;
        }
        self.cycle.space = space;
        self.cycle.substituted = true;
        if *print {
            let space = self.cycle.space.clone();
            self.emit(&space, true);
        }
        if let Some(file) = file {
            let space = self.cycle.space.clone();
            self.write_to(io, file, &space);
        }
    }

    fn simple(&mut self, io: &mut Io<'_>, letter: char, at: usize) -> Next {
        match letter {
            'p' => {
                let space = self.cycle.space.clone();
                self.emit(&space, true);
            }
            'P' => {
                let first = self.cycle.space.split('\n').next().unwrap_or_default().to_owned();
                self.emit(&first, true);
            }
            'd' => return Next::Cycle(false),
            'D' => {
                if let Some((_, rest)) = self.cycle.space.split_once('\n') {
                    self.cycle.space = rest.to_owned();
                    self.cycle.keep = true;
                }
                return Next::Cycle(false);
            }
            'n' | 'N' => return self.next_line(io, letter, at),
            'g' => self.cycle.space = self.hold.clone(),
            'G' => self.cycle.space = format!("{}\n{}", self.cycle.space, self.hold),
            'h' => self.hold = self.cycle.space.clone(),
            'H' => self.hold = format!("{}\n{}", self.hold, self.cycle.space),
            'x' => std::mem::swap(&mut self.hold, &mut self.cycle.space),
            '=' => self.emit_raw(format!("{}\n", self.number).as_bytes()),
            'F' => self.emit_raw(format!("{}\n", self.feed.name).as_bytes()),
            'z' => self.cycle.space.clear(),
            'l' => {
                let text = visible(&self.cycle.space);
                self.emit(&text, true);
            }
            _ => {}
        }
        Next::At(at + 1)
    }

    fn next_line(&mut self, io: &mut Io<'_>, letter: char, at: usize) -> Next {
        if !matches!(self.ahead.front(), Some(Ahead::Line(..))) {
            // Without a next line the pattern space is printed and the script ends; a file edited in place ends likewise.
            return if self.separate && !self.ahead.is_empty() {
                Next::Cycle(true)
            } else {
                Next::Quit(true, 0)
            };
        }
        if letter == 'n' && !self.quiet {
            let space = self.cycle.space.clone();
            self.emit(&space, self.cycle.terminated);
        }
        self.append(io);
        if let Some(Ahead::Line(line, terminated)) = self.ahead.pop_front() {
            self.number += 1;
            self.cycle.terminated = terminated;
            if letter == 'n' {
                self.cycle.space = line;
            } else {
                self.cycle.space.push('\n');
                self.cycle.space.push_str(&line);
            }
        }
        Next::At(at + 1)
    }
}

/// The pattern space as `l` shows it: escaped, folded at 70 columns.
fn visible(space: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for byte in space.bytes() {
        let shown = match byte {
            b'\\' => "\\\\".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\t' => "\\t".to_owned(),
            b'\r' => "\\r".to_owned(),
            7 => "\\a".to_owned(),
            8 => "\\b".to_owned(),
            11 => "\\v".to_owned(),
            12 => "\\f".to_owned(),
            32..=126 => char::from(byte).to_string(),
            _ => format!("\\{byte:03o}"),
        };
        if column + shown.len() > 69 {
            text.push_str("\\\n");
            column = 0;
        }
        column += shown.len();
        text.push_str(&shown);
    }
    text.push('$');
    text
}
