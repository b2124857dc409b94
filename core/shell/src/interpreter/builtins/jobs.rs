//! Builtins about processes: `jobs`, `wait`, `kill`, `fg`.

use super::super::{Job, Shell, Waiting, ash};
use super::Outcome;
use crate::io::Io;
use crate::kernel::Pid;
use crate::program::Signal;
use crate::utilities::kill as signals;

/// The job that `%1`, `%%`, `%+`, `%-` or `%text` names.
fn find_job<'a>(jobs: &'a [Job], text: &str) -> Option<&'a Job> {
    let name = text.strip_prefix('%')?;
    match name {
        "" | "%" | "+" => jobs.last(),
        "-" => jobs.iter().rev().nth(1),
        _ => match name.parse::<u32>() {
            Ok(number) => jobs.iter().find(|job| job.number == number),
            Err(_) => jobs.iter().rev().find(|job| job.text.starts_with(name)),
        },
    }
}

pub fn jobs(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    shell.update_jobs(io);
    let pids_only = args.iter().any(|arg| arg == "-p");
    let last = shell.jobs.last().map(|job| job.number);
    let text: String = shell
        .jobs
        .iter()
        .map(|job| if pids_only { format!("{}\n", job.local) } else { job.line(last == Some(job.number)) })
        .collect();
    io.out(&text);
    shell.jobs.retain(|job| job.status.is_none());
    Outcome::Status(0)
}

pub fn disown(shell: &mut Shell, _: &mut Io<'_>, _: &[String]) -> Outcome {
    shell.jobs.clear();
    Outcome::Status(0)
}

pub fn wait(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let any = args.get(1).is_some_and(|arg| arg == "-n");
    let operands: Vec<&String> = args[1..].iter().filter(|arg| !arg.starts_with('-')).collect();
    let mut pids: Vec<Pid> = Vec::new();
    if operands.is_empty() {
        pids.extend(shell.jobs.iter().map(|job| job.pid));
    }
    let mut status = 0;
    for operand in operands {
        let job = match operand.parse::<u32>() {
            Ok(local) => shell.jobs.iter().find(|job| job.local == local),
            Err(_) => find_job(&shell.jobs, operand),
        };
        match job {
            Some(job) => pids.push(job.pid),
            None => {
                let message = if operand.starts_with('%') {
                    format!("wait: {operand}: no such job")
                } else {
                    format!("wait: pid {operand} is not a child of this shell")
                };
                shell.complain(io, &message);
                status = 127;
            }
        }
    }
    let named = args.len() > 1 && !any;
    if pids.is_empty() {
        return Outcome::Status(if any { 127 } else { status });
    }
    // Without operands the status is 0 whatever the jobs gave.
    if !named && !any {
        pids.push(Pid::default());
    }
    Outcome::Wait(Waiting::Jobs { pids, any, status, restore: Vec::new() })
}

pub fn foreground(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    let who = &args[0];
    let wanted = args.get(1).map_or("%+", String::as_str);
    let Some(job) = find_job(&shell.jobs, wanted) else {
        let name = args.get(1).map_or("current", String::as_str);
        shell.complain(io, &format!("{who}: {name}: no such job"));
        return Outcome::Status(1);
    };
    if who == "bg" {
        shell.complain(io, "bg: job already in background");
        return Outcome::Status(0);
    }
    let (pid, text, number) = (job.pid, job.text.clone(), job.number);
    io.out(&format!("{text}\n"));
    shell.jobs.retain(|job| job.number != number);
    shell.wait_for(io, vec![pid], &text);
    match shell.waiting.take() {
        Some(waiting) => Outcome::Wait(waiting),
        None => Outcome::Done,
    }
}

pub fn kill(shell: &mut Shell, io: &mut Io<'_>, args: &[String]) -> Outcome {
    if args.get(1).is_some_and(|arg| arg == "-l") {
        return Outcome::Status(signals::list(io, &args[2..]));
    }
    let (signal, operands) = match signals::parse(&args[1..]) {
        Ok(parsed) => parsed,
        Err(message) => {
            shell.complain(io, &format!("kill: {message}"));
            return Outcome::Status(1);
        }
    };
    if operands.is_empty() {
        if ash::is_ash(io) {
            shell.complain(io, "you need to specify whom to kill");
            return Outcome::Status(1);
        }
        io.err(
            "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n",
        );
        return Outcome::Status(2);
    }
    let mut status = 0;
    for operand in operands {
        if operand.starts_with('%') {
            match find_job(&shell.jobs, &operand) {
                Some(job) => send_to_job(io, job.pid, signal),
                None => {
                    shell.complain(io, &format!("kill: {operand}: no such job"));
                    status = 1;
                }
            }
        } else if let Err(message) = signals::send(io, &operand, signal) {
            shell.complain(io, &format!("kill: {message}"));
            status = 1;
        }
    }
    Outcome::Status(status)
}

fn send_to_job(io: &mut Io<'_>, pid: Pid, signal: Option<Signal>) {
    let Some(signal) = signal else { return };
    if !io.kernel.signal_group(pid, signal) {
        io.kill(pid, signal);
    }
}
