//! The program: from a command line to the command that answers it, and on through its steps.

use apiserver::ApiServer;
use engine::Duration;
use serde::{Deserialize, Serialize};
use shell::{Fd, Host, Io, Lines, STDIN, Step, Wait};

use crate::command_table::{CommandSpec, CommandTable};
use crate::commands;
use crate::failure::{Failure, Result};
use crate::files;
use crate::flags::Flags;
use crate::help;
use crate::session::{Client, Flow, Outcome, Session};
use crate::tasks::Task;

/// What it takes to start the process, to connect and to ask for the server's kinds.
const START_UP: Duration = Duration::from_millis(40);

/// A running kubectl: plain data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    args: Vec<String>,
    phase: Phase,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Phase {
    Start,
    Begin,
    ReadInput(Fd, Lines),
    Running(Box<Client>, Box<Task>),
    Ended,
}

/// Starts kubectl; `args[0]` is how it was called.
#[must_use]
pub fn start(args: &[String]) -> State {
    State { args: args.to_vec(), phase: Phase::Start }
}

impl State {
    /// The command was ended by a signal: the server sees its client go away.
    pub fn abandon(&self, api: &mut ApiServer) {
        let Phase::Running(_, task) = &self.phase else { return };
        for id in task.connections() {
            if let Some(connection) = api.connection_mut(id) {
                connection.client_gone = true;
            }
        }
    }

    /// Runs until the command ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>, api: &mut ApiServer, host: &mut dyn Host) -> Step {
        let outcome = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Start => {
                io.spend(START_UP);
                self.phase = Phase::Begin;
                return Step::Continue;
            }
            Phase::Begin => match self.begin(io) {
                Ok(Some(fd)) => return self.read_input(fd, Lines::default(), io, api, host),
                Ok(None) => self.run(io, api, host, String::new()),
                Err(failure) => Err(failure),
            },
            Phase::ReadInput(fd, lines) => return self.read_input(fd, lines, io, api, host),
            Phase::Running(client, task) => {
                let mut session = Session { io, api, host, client: *client, stdin: String::new() };
                let outcome = task.step(&mut session);
                let client = session.client;
                return self.conclude(outcome, Some(client), io);
            }
            Phase::Ended => return Step::Exit(0),
        };
        match outcome {
            Ok((flow, client)) => self.conclude(Ok(flow), client, io),
            Err(failure) => self.conclude(Err(failure), None, io),
        }
    }

    /// The open file that the command reads first, if it does: standard input as a rule.
    fn begin(&self, _io: &mut Io<'_>) -> Result<Option<Fd>> {
        let table = CommandTable::load();
        let Ok((command, words)) = find(&table, &self.args[1.min(self.args.len())..]) else {
            return Ok(None);
        };
        let Ok(flags) = Flags::parse(&table, &command, &words) else { return Ok(None) };
        if flags.help {
            return Ok(None);
        }
        let named = ["filename", "env", "patch-file"]
            .iter()
            .filter(|name| flags.knows(name))
            .find_map(|name| flags.list(name).iter().find_map(|value| files::open_file(value)));
        let set_env = command.path == "set env" && flags.args.iter().any(|arg| arg == "-");
        Ok(named.or(set_env.then_some(STDIN)))
    }

    fn read_input(
        &mut self,
        fd: Fd,
        mut lines: Lines,
        io: &mut Io<'_>,
        api: &mut ApiServer,
        host: &mut dyn Host,
    ) -> Step {
        let Some(bytes) = lines.rest(io, fd) else {
            self.phase = Phase::ReadInput(fd, lines);
            return Step::Wait(Wait::readable(fd));
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match self.run(io, api, host, text) {
            Ok((flow, client)) => self.conclude(Ok(flow), client, io),
            Err(failure) => self.conclude(Err(failure), None, io),
        }
    }

    fn run(
        &self,
        io: &mut Io<'_>,
        api: &mut ApiServer,
        host: &mut dyn Host,
        stdin: String,
    ) -> Result<(Flow, Option<Client>)> {
        let table = CommandTable::load();
        let words = &self.args[1.min(self.args.len())..];
        if let Some((first, path)) = words.split_first()
            && first == "help"
        {
            match find(&table, path) {
                Ok((command, _)) => io.out(&help::of_command(&table, &command)),
                Err(_) => {
                    let (root, _) = find(&table, &[])?;
                    let topic: Vec<String> = path.iter().map(|word| format!("`{word}`")).collect();
                    io.err(&format!("Unknown help topic [{}]\n", topic.join(" ")));
                    io.err(&help::of_command(&table, &root));
                }
            }
            return Ok((Flow::Done, None));
        }
        let (command, words) = find(&table, words)?;
        let flags = Flags::parse(&table, &command, &words).map_err(|why| {
            let command = join("kubectl", command.path);
            Failure::Client(format!("{why}\nSee '{command} --help' for usage."))
        })?;
        if flags.help {
            io.out(&help::of_command(&table, &command));
            return Ok((Flow::Done, None));
        }
        for note in &flags.notes {
            let prefix = if note.starts_with("helpers.go") { log_prefix(io) } else { String::new() };
            io.err(&format!("{prefix}{note}\n"));
        }
        if let Some(local) = commands::local(command.path) {
            return local(io, &table, &flags).map(|flow| (flow, None));
        }
        let Some(run) = commands::find(command.path) else {
            if table.subcommands(command.path).next().is_some() {
                return parent(io, &table, &command, &flags);
            }
            let text = format!("\"kubectl {}\" is not part of this cluster yet", command.path);
            return Err(Failure::Client(text));
        };
        if let Some(check) = commands::check(command.path) {
            check(io, &flags)?;
        }
        let client = Client::new(io, &flags, command.path)?;
        let mut session = Session { io, api, host, client, stdin };
        let flow = run(&mut session, &flags)?;
        Ok((flow, Some(session.client)))
    }

    fn conclude(&mut self, outcome: Outcome, client: Option<Client>, io: &mut Io<'_>) -> Step {
        match outcome {
            Ok(Flow::Done) => Step::Exit(0),
            Ok(Flow::Exit(status)) => Step::Exit(status),
            Ok(Flow::Block(task, wait)) => match client {
                Some(client) => {
                    self.phase = Phase::Running(Box::new(client), task);
                    Step::Wait(wait)
                }
                None => Step::Exit(0),
            },
            Err(failure) => {
                if let Failure::Printed(text, _) = &failure {
                    io.out(text);
                }
                let (text, status) = failure.report();
                io.err(&text);
                Step::Exit(status)
            }
        }
    }
}

/// A command that only has others below it.
fn parent(
    io: &mut Io<'_>,
    table: &CommandTable,
    command: &CommandSpec,
    flags: &Flags,
) -> Result<(Flow, Option<Client>)> {
    if !flags.args.is_empty() {
        return Err(crate::failure::usage(
            command.path,
            format!("unknown command {:?}", flags.args.join(" ")),
        ));
    }
    let help = help::of_command(table, command);
    // A command that was meant to go on complains by its help.
    if command.path.is_empty() || command.path == "rollout" {
        io.out(&help);
    } else {
        io.err(&help);
    }
    Ok((Flow::Exit(i32::from(!command.path.is_empty())), None))
}

fn join(first: &str, rest: &str) -> String {
    if rest.is_empty() { first.to_owned() } else { format!("{first} {rest}") }
}

/// The command that the words name, and the words that are its own. Flags may stand before and among a command's words.
fn find(table: &CommandTable, words: &[String]) -> Result<(CommandSpec, Vec<String>)> {
    let root = CommandSpec { usage: vec!["kubectl [flags] [options]"], ..CommandSpec::default() };
    let mut command = &root;
    let mut rest: Vec<String> = words.to_vec();
    while let Some(index) = first_word(table, command, &rest) {
        match table.subcommand(command.path, &rest[index]) {
            Some(found) => {
                rest.remove(index);
                command = found;
            }
            None if command.path.is_empty() => return Err(help::unknown_command(table, &rest[index])),
            None => break,
        }
    }
    Ok((command.clone(), rest))
}

/// The index of the first word that is neither a flag nor a flag's value.
fn first_word(table: &CommandTable, command: &CommandSpec, words: &[String]) -> Option<usize> {
    let mut index = 0;
    while let Some(word) = words.get(index) {
        if word == "--" {
            return None;
        }
        if !word.starts_with('-') || word == "-" {
            return Some(index);
        }
        let flag = match word.strip_prefix("--") {
            Some(name) => table.flag(command, name),
            None if word.chars().count() == 2 => {
                word.chars().nth(1).and_then(|letter| table.short_flag(command, letter))
            }
            None => None,
        };
        index += if flag.is_some_and(|flag| flag.bare.is_none()) { 2 } else { 1 };
    }
    None
}

/// What the lines of the client's log begin with.
fn log_prefix(io: &Io<'_>) -> String {
    let (seconds, nanos) = io.unix_time();
    let time = jiff::Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).unwrap_or_default();
    format!("W{} {:7} ", time.strftime("%m%d %H:%M:%S.%6f"), io.local_pid())
}
