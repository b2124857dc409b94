//! `podarium`: the simulator for people with a terminal of their own, for authors and for CI.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bench;
mod editor;
mod lessons;
mod nodes;
mod sh;
mod terminal;

use std::process::ExitCode;

/// A subcommand: its name, what it takes, what it does.
struct Command {
    name: &'static str,
    usage: &'static str,
    help: &'static str,
    run: fn(lexopt::Parser) -> Result<u8, String>,
}

impl Command {
    /// How it is called.
    fn line(&self) -> String {
        format!("podarium {} {}", self.name, self.usage).trim_end().to_owned()
    }
}

const COMMANDS: &[Command] = &[
    Command {
        name: "sh",
        usage: "[--nodes WORKERS | --nodes-from FILE] [--seed SEED] [--echo] [-c COMMANDS | SCRIPT | -]",
        help: "a shell in a fresh cluster",
        run: sh::run,
    },
    Command { name: "lessons", usage: "[ID...]", help: "prove lessons", run: lessons::run },
    Command { name: "fidelity", usage: "", help: "print what is simplified, as Markdown", run: fidelity },
    Command { name: "bench", usage: "[NAME] [--json]", help: "measure the simulator", run: bench::run },
];

/// What is said of each field, if it had been written when this program was built.
static DESCRIPTIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/descriptions.txt"));

fn main() -> ExitCode {
    model::schema::describe_from(|| (!DESCRIPTIONS.is_empty()).then_some(DESCRIPTIONS.into()));
    let mut parser = lexopt::Parser::from_env();
    let name = match parser.next() {
        Ok(Some(lexopt::Arg::Value(name))) => name.to_string_lossy().into_owned(),
        Ok(Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h'))) | Ok(None) => {
            println!("{}", usage());
            return ExitCode::SUCCESS;
        }
        _ => String::new(),
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("podarium: no command {name:?}\n\n{}", usage());
        return ExitCode::from(2);
    };
    if std::env::args().nth(2).is_some_and(|first| first == "--help" || first == "-h") {
        println!("{}\n    {}", command.line(), command.help);
        return ExitCode::SUCCESS;
    }
    match (command.run)(parser) {
        Ok(status) => ExitCode::from(status),
        Err(why) => {
            eprintln!("podarium {}: {why}\nusage: {}", command.name, command.line());
            ExitCode::from(2)
        }
    }
}

fn fidelity(_: lexopt::Parser) -> Result<u8, String> {
    print!("{}", sandbox::fidelity::to_markdown());
    Ok(0)
}

fn usage() -> String {
    let lines: Vec<_> =
        COMMANDS.iter().map(|command| format!("  {}\n      {}", command.line(), command.help)).collect();
    format!("A Kubernetes cluster under glass.\n\n{}", lines.join("\n"))
}
