//! `complete`: how the words of a command complete. What it is told is kept and shown; Tab itself completes files, variables, commands and
//! the words of programs that can say theirs (kubectl, aliases of it too), with no function's help.

use super::Outcome;
use crate::interpreter::Shell;
use crate::io::Io;

const USAGE: &str = "complete: usage: complete [-abcdefgjksuv] [-pr] [-DEI] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix] [name ...]\n";
const WITH_VALUE: &str = "oAGWFCXPS";
const SWITCHES: &str = "abcdefgjksuvprDEI";

pub fn complete(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let mut told = Vec::new();
    let (mut shows, mut removes) = (false, false);
    let mut rest = args[1..].iter();
    let mut names = Vec::new();
    while let Some(arg) = rest.next() {
        let Some(flag) = arg.strip_prefix('-').and_then(|flags| flags.chars().next()) else {
            names.push(arg.clone());
            continue;
        };
        match flag {
            'p' => shows = true,
            'r' => removes = true,
            flag if WITH_VALUE.contains(flag) => {
                let value = if arg.len() > 2 { Some(arg[2..].to_owned()) } else { rest.next().cloned() };
                let Some(value) = value else {
                    shell.complain(io, &format!("complete: -{flag}: option requires an argument"));
                    io.err(USAGE);
                    return Outcome::Status(2);
                };
                let quoted = if value.contains(' ') { format!("'{value}'") } else { value };
                told.push(format!("-{flag} {quoted}"));
            }
            flag if SWITCHES.contains(flag) => told.push(arg.clone()),
            _ => {
                shell.complain(io, &format!("complete: {arg}: invalid option"));
                io.err(USAGE);
                return Outcome::Status(2);
            }
        }
    }
    if shows || (args.len() == 1) {
        return show(shell, io, &names);
    }
    if removes {
        return remove(shell, io, &names);
    }
    let told = told.join(" ");
    shell.completions.extend(names.into_iter().map(|name| (name, told.clone())));
    Outcome::Status(0)
}

fn show(shell: &mut Shell, io: &mut Io<'_>, names: &[String]) -> Outcome {
    let line = |name: &str, told: &str| match told {
        "" => format!("complete {name}\n"),
        told => format!("complete {told} {name}\n"),
    };
    if names.is_empty() {
        let all: String = shell.completions.iter().map(|(name, told)| line(name, told)).collect();
        io.out(&all);
    }
    each(shell, io, names, |shell, name| shell.completions.get(name).map(|told| line(name, told)))
}

fn remove(shell: &mut Shell, io: &mut Io<'_>, names: &[String]) -> Outcome {
    if names.is_empty() {
        shell.completions.clear();
    }
    each(shell, io, names, |shell, name| shell.completions.remove(name).map(|_| String::new()))
}

/// Does something for each name, and complains of those that are not there.
fn each(
    shell: &mut Shell,
    io: &mut Io<'_>,
    names: &[String],
    act: impl Fn(&mut Shell, &str) -> Option<String>,
) -> Outcome {
    let mut status = 0;
    for name in names {
        if let Some(text) = act(shell, name) {
            io.out(&text);
        } else {
            shell.complain(io, &format!("complete: {name}: no completion specification"));
            status = 1;
        }
    }
    Outcome::Status(status)
}
