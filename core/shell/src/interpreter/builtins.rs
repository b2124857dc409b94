//! Commands that the shell runs itself.

mod complete;
mod declare;
mod folders;
mod jobs;
pub(super) mod read;
mod settings;
pub(super) mod shell;

use super::{Shell, Waiting, ash};
use crate::io::Io;
use crate::utilities::{conditions, echo, printf};

/// How a builtin ends.
pub(super) enum Outcome {
    /// With this status.
    Status(i32),
    /// It has set the status, or changed what runs, itself.
    Done,
    /// It put code on top, which ends with its redirections.
    Pushed,
    /// Its redirections last.
    KeepRedirects,
    /// It has to wait.
    Wait(Waiting),
    /// The words are a program to run after all (`command ls`).
    Program(Vec<String>),
    /// The words are a program that takes the shell's place.
    Exec(Vec<String>),
}

pub(super) type Builtin = fn(&mut Shell, &mut Io<'_>, &[String]) -> Outcome;

/// The builtins, by name.
const TABLE: [(&str, Builtin); 50] = [
    (".", shell::source),
    (":", |_, _, _| Outcome::Status(0)),
    ("[", condition),
    ("alias", settings::alias),
    ("bg", jobs::foreground),
    ("break", shell::break_loop),
    ("builtin", shell::builtin),
    ("cd", folders::cd),
    ("command", shell::command),
    ("complete", complete::complete),
    ("continue", shell::continue_loop),
    ("declare", declare::declare),
    ("dirs", folders::dirs),
    ("disown", jobs::disown),
    ("echo", |shell, io, args| Outcome::Status(echo_words(shell, io, args))),
    ("eval", shell::eval),
    ("exec", shell::exec),
    ("exit", shell::exit),
    ("export", declare::export),
    ("false", |_, _, _| Outcome::Status(1)),
    ("fg", jobs::foreground),
    ("getopts", declare::getopts),
    ("hash", |_, _, _| Outcome::Status(0)),
    ("help", settings::help),
    ("history", settings::history),
    ("jobs", jobs::jobs),
    ("kill", jobs::kill),
    ("let", declare::let_expressions),
    ("local", declare::local),
    ("mapfile", read::mapfile),
    ("popd", folders::popd),
    ("printf", |shell, io, args| Outcome::Status(print(shell, io, args))),
    ("pushd", folders::pushd),
    ("pwd", folders::pwd),
    ("read", read::read),
    ("readarray", read::mapfile),
    ("readonly", declare::readonly),
    ("return", shell::return_from),
    ("set", settings::set),
    ("shift", declare::shift),
    ("shopt", settings::shopt),
    ("source", shell::source),
    ("test", condition),
    ("times", settings::times),
    ("trap", settings::trap),
    ("true", |_, _, _| Outcome::Status(0)),
    ("type", shell::type_of),
    ("typeset", declare::declare),
    ("umask", settings::umask),
    ("wait", jobs::wait),
];

/// Builtins that came later in the alphabet than the table's end.
const MORE: [(&str, Builtin); 4] = [
    ("logout", shell::exit),
    ("ulimit", settings::ulimit),
    ("unalias", settings::unalias),
    ("unset", declare::unset),
];

pub(super) fn find(io: &Io<'_>, name: &str) -> Option<Builtin> {
    if ash::is_ash(io) && !ash::has_builtin(name) {
        return None;
    }
    TABLE.iter().chain(&MORE).find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
}

/// The names of all builtins.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().chain(&MORE).map(|(name, _)| *name)
}

/// `test` and `[`, whose messages are the shell's.
fn condition(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    match conditions::evaluate(io, args) {
        Ok(holds) => Outcome::Status(i32::from(!holds)),
        Err(message) => {
            shell.complain(io, &message);
            Outcome::Status(2)
        }
    }
}

/// `echo`, whose messages are the shell's.
fn echo_words(shell: &Shell, io: &mut Io<'_>, args: &[String]) -> i32 {
    let prefix = shell.prefix(io);
    echo::print(io, args, &prefix)
}

/// `printf`, which as a builtin can also set a variable.
fn print(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> i32 {
    if args.get(1).map(String::as_str) == Some("-v")
        && let (Some(name), Some(_)) = (args.get(2), args.get(3))
    {
        let prefix = shell.prefix(io);
        let (bytes, status) = printf::format(io, &args[2..], &prefix);
        shell.variables.set(name, String::from_utf8_lossy(&bytes).into_owned());
        return status;
    }
    let prefix = shell.prefix(io);
    printf::print(io, args, &prefix)
}
