//! `kill`.

use super::options::is_busybox;
use crate::io::Io;
use crate::program::Signal;

/// Sends a signal to processes.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    if args.get(1).is_some_and(|arg| arg == "-l") {
        return list(io, &args[2..]);
    }
    let (signal, operands) = match parse(&args[1..]) {
        Ok(parsed) => parsed,
        Err(message) => {
            io.err(&format!("kill: {message}\n"));
            return 1;
        }
    };
    if operands.is_empty() {
        io.err("kill: you need to specify whom to kill\n");
        return 1;
    }
    let mut status = 0;
    for operand in operands {
        if let Err(message) = send(io, &operand, signal) {
            io.err(&format!("kill: {message}\n"));
            status = 1;
        }
    }
    status
}

/// The signal (none for 0, which only asks) and the operands.
///
/// # Errors
/// What is wrong with the signal.
pub fn parse(args: &[String]) -> Result<(Option<Signal>, Vec<String>), String> {
    let named = |name: &str| match name {
        "0" => Ok(None),
        _ => Signal::parse(name).map(Some).ok_or_else(|| format!("{name}: invalid signal specification")),
    };
    match args.first().map(String::as_str) {
        Some("-s" | "-n") => {
            let name = args.get(1).ok_or("-s: option requires an argument")?;
            Ok((named(name)?, args[2..].to_vec()))
        }
        Some("--") => Ok((Some(Signal::Term), args[1..].to_vec())),
        Some(flag) if flag.len() > 1 && flag.starts_with('-') => {
            let rest = &args[1..];
            let rest = if rest.first().is_some_and(|arg| arg == "--") { &rest[1..] } else { rest };
            Ok((named(&flag[1..])?, rest.to_vec()))
        }
        _ => Ok((Some(Signal::Term), args.to_vec())),
    }
}

/// Sends to the process, or with a minus to the group, of a number.
///
/// # Errors
/// What bash says after `kill: `.
pub fn send(io: &mut Io<'_>, operand: &str, signal: Option<Signal>) -> Result<(), String> {
    let number: i64 =
        operand.parse().map_err(|_| format!("{operand}: arguments must be process or job IDs"))?;
    let local = u32::try_from(number.unsigned_abs()).unwrap_or(u32::MAX);
    let own_group = number == 0;
    let target = if own_group { Some(io.pid()) } else { io.find_process(local) };
    let Some(pid) = target else { return Err(format!("({number}) - No such process")) };
    let Some(signal) = signal else { return Ok(()) };
    if number <= 0 {
        let group = io.kernel.process(pid).group;
        io.kernel.signal_group(group, signal);
    } else {
        io.kill(pid, signal);
    }
    Ok(())
}

/// Lists signals, or translates one.
pub fn list(io: &mut Io<'_>, args: &[String]) -> i32 {
    if let Some(text) = args.first() {
        let number = text.parse::<i32>().map(|number| if number > 128 { number - 128 } else { number });
        let found = match number {
            Ok(number) => Signal::parse(&number.to_string()).map(|signal| signal.name().to_owned()),
            Err(_) => Signal::parse(text).map(|signal| signal.number().to_string()),
        };
        return match found {
            Some(text) => {
                io.out(&format!("{text}\n"));
                0
            }
            None => {
                io.err(&format!("kill: {text}: invalid signal specification\n"));
                1
            }
        };
    }
    let prefix = if is_busybox(io) { "" } else { "SIG" };
    let text: Vec<String> =
        Signal::ALL.iter().map(|(signal, name)| format!("{:2}) {prefix}{name}", signal.number())).collect();
    io.out(&format!("{}\n", text.join("\n")));
    0
}
