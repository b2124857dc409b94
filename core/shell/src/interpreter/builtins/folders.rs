//! Builtins about the working folder.

use super::super::{Shell, ash};
use super::Outcome;
use crate::file_system::join;
use crate::io::Io;

pub fn cd(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let operands: Vec<&String> =
        args[1..].iter().filter(|arg| !matches!(arg.as_str(), "-L" | "-P" | "--")).collect();
    if operands.len() > 1 && !ash::is_ash(io) {
        shell.complain(io, "cd: too many arguments");
        return Outcome::Status(1);
    }
    let target = match operands.first().map(|arg| arg.as_str()) {
        None => match shell.scalar("HOME") {
            Some(home) => home,
            None if ash::is_ash(io) => return Outcome::Status(0),
            None => {
                shell.complain(io, "cd: HOME not set");
                return Outcome::Status(1);
            }
        },
        Some("-") => match shell.scalar("OLDPWD") {
            Some(old) => old,
            None => {
                shell.complain(io, "cd: OLDPWD not set");
                return Outcome::Status(1);
            }
        },
        Some(path) => path.to_owned(),
    };
    if !go(shell, io, &target, "cd") {
        return Outcome::Status(1);
    }
    if operands.first().is_some_and(|arg| *arg == "-") {
        let here = shell.scalar("PWD").unwrap_or_default();
        io.out(&format!("{here}\n"));
    }
    Outcome::Status(0)
}

/// Changes the folder, keeping the path as it was written (with its symbolic links).
fn go(shell: &mut Shell, io: &mut Io<'_>, target: &str, who: &str) -> bool {
    let from = shell.scalar("PWD").unwrap_or_else(|| io.cwd().to_owned());
    let path = logical(&join(&from, target));
    if let Err(errno) = io.change_folder(&path) {
        if ash::is_ash(io) {
            shell.complain(io, &format!("{who}: can't cd to {target}: {errno}"));
        } else {
            shell.complain(io, &format!("{who}: {target}: {errno}"));
        }
        return false;
    }
    shell.variables.export("OLDPWD", from);
    shell.variables.export("PWD", path);
    true
}

/// A path without `.` and `..`.
fn logical(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

pub fn pwd(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let path = match shell.scalar("PWD") {
        Some(path) if args.get(1).map(String::as_str) != Some("-P") => path,
        _ => io.cwd().to_owned(),
    };
    io.out(&format!("{path}\n"));
    Outcome::Status(0)
}

pub fn pushd(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let here = shell.scalar("PWD").unwrap_or_default();
    let Some(target) = args.get(1) else {
        shell.complain(io, "pushd: no other directory");
        return Outcome::Status(1);
    };
    if !go(shell, io, target, "pushd") {
        return Outcome::Status(1);
    }
    shell.folders.insert(0, here);
    dirs(shell, io, &[])
}

pub fn popd(shell: &mut Shell, io: &mut Io<'_>, _: &[String]) -> Outcome {
    if shell.folders.is_empty() {
        shell.complain(io, "popd: directory stack empty");
        return Outcome::Status(1);
    }
    let target = shell.folders.remove(0);
    if !go(shell, io, &target, "popd") {
        return Outcome::Status(1);
    }
    dirs(shell, io, &[])
}

pub fn dirs(shell: &mut Shell, io: &mut Io<'_>, _: &[String]) -> Outcome {
    let home = shell.scalar("HOME").unwrap_or_default();
    let here = shell.scalar("PWD").unwrap_or_default();
    let names: Vec<String> = std::iter::once(&here)
        .chain(&shell.folders)
        .map(|path| match path.strip_prefix(&home) {
            Some(rest) if !home.is_empty() && (rest.is_empty() || rest.starts_with('/')) => {
                format!("~{rest}")
            }
            _ => path.clone(),
        })
        .collect();
    io.out(&format!("{}\n", names.join(" ")));
    Outcome::Status(0)
}
