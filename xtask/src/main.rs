//! `cargo xtask`: sets up what is missing, builds, serves, tests and measures Podarium.
//!
//! Knows the tools around the code: cargo, npm, apt, browsers. Does not know the simulator: it only starts its programs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod assets;
mod bench;
mod generate_schema;
mod process;
mod report;
mod serve;
mod setup;
mod site;
mod size;
mod test;

use std::process::ExitCode;

/// What a step says when it fails: one line that tells what to do.
type Result<T = ()> = std::result::Result<T, String>;

struct Command {
    name: &'static str,
    usage: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "run",
        usage: "[--release] [--port N] [--no-open]",
        help: "set up, build and serve the app on http://127.0.0.1:8080",
        run: serve::run,
    },
    Command {
        name: "test",
        usage: "[PART...]",
        help: "set up and run every test: fmt, clippy, native, lessons, wasm, browser",
        run: test::run,
    },
    Command { name: "ci", usage: "", help: "what CI runs: every test", run: test::ci },
    Command {
        name: "setup",
        usage: "",
        help: "install what run and test need, and no more",
        run: setup::run,
    },
    Command {
        name: "build",
        usage: "[--release]",
        help: "build the app into dist/ (--release: small; else quick)",
        run: site::run,
    },
    Command {
        name: "assets",
        usage: "",
        help: "bundle styles, fonts and JavaScript into target/web/assets",
        run: assets::run,
    },
    Command {
        name: "descriptions",
        usage: "",
        help: "write what is said of each field, for explain and the editor",
        run: assets::descriptions::run,
    },
    Command {
        name: "bench",
        usage: "[--wasm] [ARG...]",
        help: "measure the simulator: podarium bench, or the same in Chromium",
        run: bench::run,
    },
    Command {
        name: "pictures",
        usage: "[NAME=QUERY...]",
        help: "pictures of the app in both themes and languages, into target/pictures",
        run: test::pictures,
    },
    Command { name: "size", usage: "", help: "weigh what a browser loads", run: size::run },
    Command {
        name: "truth",
        usage: "[WORD...] [--diff] [--record]",
        help: "compare with what a real cluster answered",
        run: bench::truth,
    },
    Command { name: "generate", usage: "", help: "write generated files anew", run: bench::generate },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        print_help();
        return if matches!(name.as_str(), "" | "help" | "-h" | "--help") {
            ExitCode::SUCCESS
        } else {
            eprintln!("\nerror: no command {name:?}");
            ExitCode::FAILURE
        };
    };
    match (command.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) if message.is_empty() => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("cargo xtask COMMAND\n");
    for command in COMMANDS {
        let left = format!("{} {}", command.name, command.usage);
        println!("  {left:<42}{}", command.help);
    }
}

/// The error for a command that was given what it does not take.
fn unexpected(argument: &str) -> String {
    format!("unexpected argument {argument:?}: see `cargo xtask help`")
}
