//! Builtins about variables: `export`, `local`, `declare`, `readonly`, `unset`, `shift`, `let`, `getopts`.

use std::collections::BTreeMap;

use super::super::variables::{Value, Variable};
use super::super::{Shell, escapes};
use super::Outcome;
use crate::io::Io;

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Splits `name=value` and `name+=value`.
fn split(arg: &str) -> (&str, Option<(&str, bool)>) {
    match arg.split_once('=') {
        None => (arg, None),
        Some((name, value)) => match name.strip_suffix('+') {
            Some(name) => (name, Some((value, true))),
            None => (name, Some((value, false))),
        },
    }
}

fn invalid(shell: &mut Shell, io: &mut Io<'_>, who: &str, arg: &str) {
    shell.complain(io, &format!("{who}: `{arg}': not a valid identifier"));
}

pub fn export(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let remove = args.get(1).is_some_and(|arg| arg == "-n");
    let operands: Vec<&String> =
        args[1..].iter().filter(|arg| !matches!(arg.as_str(), "-n" | "-p" | "--")).collect();
    if operands.is_empty() {
        return list(shell, io, "declare -x", |variable| variable.exported);
    }
    let mut status = 0;
    for arg in operands {
        let (name, value) = split(arg);
        if !is_name(name) {
            invalid(shell, io, "export", arg);
            status = 1;
            continue;
        }
        if let Some((value, append)) = value
            && let Err(message) = shell.assign(name, value, append)
        {
            shell.complain(io, &message);
            status = 1;
        }
        shell.variables.entry(name).exported = !remove;
    }
    Outcome::Status(status)
}

fn list(shell: &Shell, io: &mut Io<'_>, prefix: &str, wanted: impl Fn(&Variable) -> bool) -> Outcome {
    for name in shell.variables.names() {
        let Some(variable) = shell.variables.get(&name).filter(|variable| wanted(variable)) else { continue };
        if name.starts_with("_podarium") {
            continue;
        }
        io.out(&format!("{prefix} {}\n", shown(&name, variable)));
    }
    Outcome::Status(0)
}

fn double_quoted(text: &str) -> String {
    let inner: String =
        text.chars().flat_map(|c| if "\"\\$`".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
    format!("\"{inner}\"")
}

fn shown(name: &str, variable: &Variable) -> String {
    match &variable.value {
        Value::Unset => name.to_owned(),
        Value::Scalar(text) => format!("{name}={}", double_quoted(text)),
        Value::Array(elements) => {
            let parts: Vec<String> =
                elements.iter().map(|(key, value)| format!("[{key}]={}", double_quoted(value))).collect();
            format!("{name}=({})", parts.join(" "))
        }
        Value::Map(elements) => {
            let parts: String =
                elements.iter().map(|(key, value)| format!("[{key}]={} ", double_quoted(value))).collect();
            format!("{name}=({parts})")
        }
    }
}

pub fn readonly(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let operands: Vec<&String> = args[1..].iter().filter(|arg| !arg.starts_with('-')).collect();
    if operands.is_empty() {
        return list(shell, io, "declare -r", |variable| variable.read_only);
    }
    for arg in operands {
        let (name, value) = split(arg);
        if let Some((value, append)) = value
            && let Err(message) = shell.assign(name, value, append)
        {
            shell.complain(io, &message);
            return Outcome::Status(1);
        }
        shell.variables.entry(name).read_only = true;
    }
    Outcome::Status(0)
}

pub fn local(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    if !shell.variables.in_function() {
        shell.complain(io, "local: can only be used in a function");
        return Outcome::Status(1);
    }
    set_attributes(shell, io, args, true)
}

pub fn declare(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let prints = args.iter().skip(1).any(|arg| arg.starts_with('-') && arg.contains('p'));
    let functions =
        args.iter().skip(1).any(|arg| arg.starts_with('-') && (arg.contains('f') || arg.contains('F')));
    let names: Vec<&String> = args[1..].iter().filter(|arg| !arg.starts_with('-')).collect();
    if functions {
        return show_functions(shell, io, &names);
    }
    if prints && !names.is_empty() {
        return show_variables(shell, io, &names);
    }
    if names.is_empty() {
        return list(shell, io, "declare --", |_| true);
    }
    let global = args.iter().skip(1).any(|arg| arg.starts_with('-') && arg.contains('g'));
    let local = shell.variables.in_function() && !global;
    set_attributes(shell, io, args, local)
}

fn show_functions(shell: &Shell, io: &mut Io<'_>, names: &[&String]) -> Outcome {
    let mut status = 0;
    let all: Vec<String> = shell.functions.keys().cloned().collect();
    let names: Vec<String> =
        if names.is_empty() { all } else { names.iter().map(|name| (*name).clone()).collect() };
    for name in names {
        match shell.functions.get(&name) {
            Some(function) => io.out(&format!("{}\n", function.text)),
            None => status = 1,
        }
    }
    Outcome::Status(status)
}

fn show_variables(shell: &mut Shell, io: &mut Io<'_>, names: &[&String]) -> Outcome {
    let mut status = 0;
    for name in names {
        let Some(variable) = shell.variables.get(name) else {
            shell.complain(io, &format!("declare: {name}: not found"));
            status = 1;
            continue;
        };
        let flags: String = [
            (matches!(variable.value, Value::Array(_)), 'a'),
            (matches!(variable.value, Value::Map(_)), 'A'),
            (variable.integer, 'i'),
            (variable.read_only, 'r'),
            (variable.exported, 'x'),
        ]
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, flag)| *flag)
        .collect();
        let flags = if flags.is_empty() { "-".to_owned() } else { flags };
        let text = format!("declare -{flags} {}\n", shown(name, variable));
        io.out(&text);
    }
    Outcome::Status(status)
}

fn set_attributes(shell: &mut Shell, io: &mut Io<'_>, args: &[String], local: bool) -> Outcome {
    let flags: String = args[1..].iter().filter(|arg| arg.starts_with('-')).map(|arg| &arg[1..]).collect();
    let mut status = 0;
    for arg in args[1..].iter().filter(|arg| !arg.starts_with(['-', '+'])) {
        let (name, value) = split(arg);
        if !is_name(name) {
            invalid(shell, io, &args[0], arg);
            status = 1;
            continue;
        }
        if local && !shell.variables.is_local(name) {
            shell.variables.declare_local(name, Variable::unset());
        }
        let variable = shell.variables.entry(name);
        if flags.contains('A') && !matches!(variable.value, Value::Map(_)) {
            variable.value = Value::Map(BTreeMap::new());
        }
        if flags.contains('a') && !matches!(variable.value, Value::Array(_)) {
            variable.value = Value::Array(BTreeMap::new());
        }
        variable.integer |= flags.contains('i');
        if let Some((value, append)) = value
            && let Err(message) = shell.assign(name, value, append)
        {
            shell.complain(io, &message);
            status = 1;
        }
        let variable = shell.variables.entry(name);
        variable.exported |= flags.contains('x');
        variable.read_only |= flags.contains('r');
    }
    Outcome::Status(status)
}

pub fn unset(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let functions = args.get(1).is_some_and(|arg| arg == "-f");
    let mut status = 0;
    for name in args[1..].iter().filter(|arg| !matches!(arg.as_str(), "-f" | "-v" | "--")) {
        if let Some((array, index)) = name.split_once('[') {
            let index = index.trim_end_matches(']');
            let number = shell.arithmetic(index).unwrap_or(0);
            match &mut shell.variables.entry(array).value {
                Value::Array(elements) => {
                    elements.remove(&number);
                }
                Value::Map(elements) => {
                    elements.remove(index);
                }
                _ => {}
            }
            continue;
        }
        if !functions && !is_name(name) && !shell.functions.contains_key(name) {
            invalid(shell, io, "unset", name);
            status = 1;
            continue;
        }
        if functions || (shell.variables.get(name).is_none() && shell.functions.contains_key(name)) {
            shell.functions.remove(name);
        } else if !shell.variables.unset(name) {
            shell.complain(io, &format!("unset: {name}: cannot unset: readonly variable"));
            status = 1;
        }
    }
    Outcome::Status(status)
}

pub fn shift(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let count = match args.get(1).map(|text| text.parse::<usize>()) {
        None => 1,
        Some(Ok(count)) => count,
        Some(Err(_)) => {
            shell.complain(io, &format!("shift: {}: numeric argument required", args[1]));
            return Outcome::Status(1);
        }
    };
    if count > shell.positional.len() {
        return Outcome::Status(1);
    }
    shell.positional.drain(..count);
    Outcome::Status(0)
}

pub fn let_expressions(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let mut last = 0;
    for expression in &args[1..] {
        match shell.arithmetic(expression) {
            Ok(value) => last = value,
            Err(message) => {
                shell.complain(io, &format!("let: {message}"));
                return Outcome::Status(1);
            }
        }
    }
    Outcome::Status(i32::from(last == 0))
}

pub fn getopts(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let (Some(options), Some(name)) = (args.get(1), args.get(2)) else {
        shell.complain(io, "getopts: usage: getopts optstring name [arg ...]");
        return Outcome::Status(2);
    };
    let words = if args.len() > 3 { args[3..].to_vec() } else { shell.positional.clone() };
    let (mut index, mut offset) = shell.getopts;
    let word = words.get(index - 1).cloned().unwrap_or_default();
    if offset == 0 {
        let is_option = word.len() > 1 && word.starts_with('-');
        if !is_option || word == "--" {
            if word == "--" {
                index += 1;
            }
            shell.variables.set("OPTIND", index.to_string());
            shell.getopts = (index, 0);
            shell.variables.set(name, "?");
            return Outcome::Status(1);
        }
        offset = 1;
    }
    let flag = word.chars().nth(offset).unwrap_or('?');
    offset += 1;
    let ended = offset >= word.chars().count();
    let quiet = options.starts_with(':');
    let known = flag != ':' && options.contains(flag);
    let takes = known && options.split(flag).nth(1).is_some_and(|rest| rest.starts_with(':'));
    let mut result = flag.to_string();
    let mut argument = None;
    if !known {
        result = "?".to_owned();
        if quiet {
            argument = Some(flag.to_string());
        } else {
            io.err(&format!("{}: illegal option -- {flag}\n", shell.name));
        }
    } else if takes {
        if ended {
            argument = words.get(index).cloned();
            if argument.is_some() {
                index += 1;
            } else if quiet {
                result = ":".to_owned();
                argument = Some(flag.to_string());
            } else {
                result = "?".to_owned();
                io.err(&format!("{}: option requires an argument -- {flag}\n", shell.name));
            }
        } else {
            argument = Some(word.chars().skip(offset).collect());
        }
    }
    if ended || (takes && known) {
        index += 1;
        offset = 0;
    }
    shell.variables.set(name, result);
    match argument {
        Some(argument) => {
            shell.variables.set("OPTARG", argument);
        }
        None => {
            shell.variables.unset("OPTARG");
        }
    }
    shell.variables.set("OPTIND", index.to_string());
    shell.getopts = (index, offset);
    Outcome::Status(0)
}

/// All variables as `set` prints them.
pub fn print_all(shell: &Shell, io: &mut Io<'_>) {
    for name in shell.variables.names() {
        let Some(variable) = shell.variables.get(&name) else { continue };
        if name.starts_with("_podarium") {
            continue;
        }
        match &variable.value {
            Value::Scalar(text) => io.out(&format!("{name}={}\n", escapes::quote(text))),
            Value::Unset => {}
            _ => io.out(&format!("{}\n", shown(&name, variable))),
        }
    }
}
