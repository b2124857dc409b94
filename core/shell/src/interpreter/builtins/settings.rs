//! Builtins about the shell itself: `set`, `shopt`, `trap`, `alias`, `history`, `umask`, `help`.

use super::super::{Options, Shell, Trap, ash};
use super::{Outcome, declare};
use crate::io::Io;
use crate::program::Signal;

/// Finds the switch of an option.
type Switch = fn(&mut Options) -> &mut bool;

/// The options of `set -o` that this shell has.
const OPTIONS: [(&str, char, Switch); 9] = [
    ("allexport", 'a', |options| &mut options.allexport),
    ("errexit", 'e', |options| &mut options.errexit),
    ("noclobber", 'C', |options| &mut options.noclobber),
    ("noexec", 'n', |options| &mut options.noexec),
    ("noglob", 'f', |options| &mut options.noglob),
    ("nounset", 'u', |options| &mut options.nounset),
    ("pipefail", ' ', |options| &mut options.pipefail),
    ("verbose", 'v', |options| &mut options.verbose),
    ("xtrace", 'x', |options| &mut options.xtrace),
];
/// Options that are accepted and change nothing here.
const WITHOUT_EFFECT: [&str; 7] = ["posix", "monitor", "braceexpand", "hashall", "emacs", "vi", "histexpand"];

impl Shell {
    pub(crate) fn set_option(&mut self, name: &str, on: bool) -> bool {
        match OPTIONS.iter().find(|(known, ..)| *known == name) {
            Some((_, _, field)) => {
                *field(&mut self.options) = on;
                true
            }
            None => WITHOUT_EFFECT.contains(&name),
        }
    }

    pub(crate) fn set_flag(&mut self, flag: char, on: bool) -> bool {
        match OPTIONS.iter().find(|(_, known, _)| *known == flag) {
            Some((_, _, field)) => {
                *field(&mut self.options) = on;
                true
            }
            None => matches!(flag, 'm' | 'b' | 'h' | 'B' | 'H' | 'E' | 'T'),
        }
    }

    pub(crate) fn option_by_name(&self, name: &str) -> Option<bool> {
        let mut options = self.options;
        OPTIONS.iter().find(|(known, ..)| *known == name).map(|(_, _, field)| *field(&mut options))
    }
}

pub fn set(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    if args.len() == 1 {
        declare::print_all(shell, io);
        return Outcome::Status(0);
    }
    let mut rest = args[1..].iter().peekable();
    while let Some(arg) = rest.peek() {
        if *arg == "--" || *arg == "-" {
            rest.next();
            shell.positional = rest.cloned().collect();
            return Outcome::Status(0);
        }
        if !(arg.len() > 1 && arg.starts_with(['-', '+'])) {
            shell.positional = rest.cloned().collect();
            return Outcome::Status(0);
        }
        let on = arg.starts_with('-');
        let flags: Vec<char> = arg.chars().skip(1).collect();
        rest.next();
        for flag in flags {
            if flag == 'o' {
                match rest.next() {
                    None => print_options(shell, io),
                    Some(name) => {
                        if !shell.set_option(name, on) {
                            shell.complain(io, &format!("set: {name}: invalid option name"));
                            return Outcome::Status(if ash::is_ash(io) { 1 } else { 2 });
                        }
                    }
                }
            } else if !shell.set_flag(flag, on) {
                let sign = if on { '-' } else { '+' };
                shell.complain(io, &format!("set: {sign}{flag}: invalid option"));
                return Outcome::Status(2);
            }
        }
    }
    Outcome::Status(0)
}

fn print_options(shell: &mut Shell, io: &mut Io<'_>) {
    for (name, _, field) in OPTIONS {
        let state = if *field(&mut shell.options) { "on" } else { "off" };
        io.out(&format!("{name:<15}\t{state}\n"));
    }
}

pub fn shopt(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let on = match args.get(1).map(String::as_str) {
        Some("-s") => true,
        Some("-u") => false,
        _ => return Outcome::Status(0),
    };
    for name in &args[2..] {
        match name.as_str() {
            "nullglob" => shell.options.nullglob = on,
            "extglob" | "globstar" | "dotglob" | "expand_aliases" | "checkwinsize" | "histappend"
            | "lastpipe" | "inherit_errexit" => {}
            _ => {
                shell.complain(io, &format!("shopt: {name}: invalid shell option name"));
                return Outcome::Status(1);
            }
        }
    }
    Outcome::Status(0)
}

fn trap_of(name: &str) -> Option<Trap> {
    match name {
        "EXIT" | "0" => Some(Trap::Exit),
        "ERR" => Some(Trap::Err),
        _ => Signal::parse(name).map(Trap::Signal),
    }
}

fn trap_name(trap: Trap) -> String {
    match trap {
        Trap::Exit => "EXIT".to_owned(),
        Trap::Err => "ERR".to_owned(),
        Trap::Signal(signal) => format!("SIG{}", signal.name()),
    }
}

pub fn trap(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let operands: Vec<&String> = args[1..].iter().filter(|arg| *arg != "--").collect();
    let Some(first) = operands.first().filter(|first| **first != "-p") else {
        let text: String = shell
            .traps
            .iter()
            .map(|(trap, command)| {
                format!("trap -- '{}' {}\n", command.replace('\'', "'\\''"), trap_name(*trap))
            })
            .collect();
        io.out(&text);
        return Outcome::Status(0);
    };
    if *first == "-l" {
        return Outcome::Status(crate::utilities::kill::list(io, &[]));
    }
    // A single name resets its trap, as `-` does.
    let (command, names) =
        if operands.len() == 1 { ("-", operands.as_slice()) } else { (first.as_str(), &operands[1..]) };
    let mut status = 0;
    for name in names {
        let Some(trap) = trap_of(name) else {
            shell.complain(io, &format!("trap: {name}: invalid signal specification"));
            status = 1;
            continue;
        };
        set_trap(shell, io, trap, command);
    }
    Outcome::Status(status)
}

fn set_trap(shell: &mut Shell, io: &mut Io<'_>, trap: Trap, command: &str) {
    if command == "-" {
        shell.traps.remove(&trap);
    } else {
        shell.traps.insert(trap, command.to_owned());
    }
    let Trap::Signal(signal) = trap else { return };
    let process = io.kernel.process_mut(io.pid);
    process.ignored.remove(&signal);
    match command {
        "-" => {
            if !(signal == Signal::Int && shell.options.interactive) {
                process.handled.remove(&signal);
            }
        }
        "" => {
            process.handled.remove(&signal);
            process.ignored.insert(signal);
        }
        _ => {
            process.handled.insert(signal);
        }
    }
}

pub fn alias(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    if args.len() == 1 {
        let text: String =
            shell.aliases.iter().map(|(name, text)| format!("alias {name}='{text}'\n")).collect();
        io.out(&text);
        return Outcome::Status(0);
    }
    let mut status = 0;
    for arg in &args[1..] {
        match arg.split_once('=') {
            Some((name, text)) => {
                shell.aliases.insert(name.to_owned(), text.to_owned());
            }
            None => match shell.aliases.get(arg) {
                Some(text) => io.out(&format!("alias {arg}='{text}'\n")),
                None => {
                    not_an_alias(shell, io, "alias", arg);
                    status = 1;
                }
            },
        }
    }
    Outcome::Status(status)
}

pub fn unalias(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    if args.get(1).is_some_and(|arg| arg == "-a") {
        shell.aliases.clear();
        return Outcome::Status(0);
    }
    let mut status = 0;
    for name in &args[1..] {
        if shell.aliases.remove(name).is_none() {
            not_an_alias(shell, io, "unalias", name);
            status = 1;
        }
    }
    Outcome::Status(status)
}

pub fn history(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    if args.get(1).is_some_and(|arg| arg == "-c") {
        shell.history = std::sync::Arc::default();
        return Outcome::Status(0);
    }
    let count = args.get(1).and_then(|text| text.parse::<usize>().ok()).unwrap_or(usize::MAX);
    let skip = shell.history.len().saturating_sub(count);
    let text: String = shell
        .history
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(index, line)| format!("{:5}  {line}\n", index + 1))
        .collect();
    io.out(&text);
    Outcome::Status(0)
}

pub fn umask(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    match args.get(1) {
        None => {
            let mask = io.umask();
            io.out(&format!("{mask:04o}\n"));
            Outcome::Status(0)
        }
        Some(text) => match u32::from_str_radix(text, 8) {
            Ok(mask) => {
                io.kernel.process_mut(io.pid).umask = mask & 0o777;
                Outcome::Status(0)
            }
            Err(_) => {
                shell.complain(io, &format!("umask: {text}: octal number out of range"));
                Outcome::Status(1)
            }
        },
    }
}

pub fn ulimit(_: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    match args.get(1).map(String::as_str) {
        Some("-n") if args.len() == 2 => io.out("1048576\n"),
        _ if args.len() <= 2 => io.out("unlimited\n"),
        _ => {}
    }
    Outcome::Status(0)
}

fn not_an_alias(shell: &mut Shell, io: &mut Io<'_>, who: &str, name: &str) {
    if ash::is_ash(io) {
        io.err(&format!("{who}: {name} not found\n"));
    } else {
        shell.complain(io, &format!("{who}: {name}: not found"));
    }
}

/// `times`: none of the work that is modelled is accounted for.
pub fn times(_: &mut Shell, io: &mut Io<'_>, _: &[String]) -> Outcome {
    let none = if ash::is_ash(io) { "0m0.000000s 0m0.000000s" } else { "0m0.000s 0m0.000s" };
    io.out(&format!("{none}\n{none}\n"));
    Outcome::Status(0)
}

pub fn help(_: &mut Shell, io: &mut Io<'_>, _: &[String]) -> Outcome {
    if ash::is_ash(io) {
        let mut names: Vec<&str> = super::names().filter(|name| ash::has_builtin(name)).collect();
        names.sort_unstable();
        io.out(&format!("Built-in commands:\n------------------\n\t{}\n", names.join(" ")));
        return Outcome::Status(0);
    }
    let names: Vec<&str> = super::names().collect();
    io.out(&format!("These shell commands are defined internally:\n{}\n", names.join(" ")));
    Outcome::Status(0)
}
