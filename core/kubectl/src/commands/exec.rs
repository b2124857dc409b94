//! `kubectl exec`: a process in a container, with this terminal as its own.

use apiserver::connection::Ending;
use apiserver::{ConnectionId, ExecOptions, StreamKind};
use k8s_openapi::api::core::v1::Pod;
use serde::{Deserialize, Serialize};
use shell::{Read, STDERR, STDIN, STDOUT, Wait};

use crate::failure::{Failure, Result, client, usage};
use crate::flags::Flags;
use crate::pods::{self, Purpose};
use crate::resources;
use crate::session::{Flow, Outcome, Session, refuse};
use crate::tasks::Task;

/// So much input is sent at once.
const CHUNK: usize = 4096;

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    let no_pod = flags.args.is_empty() || flags.before_dashes == Some(0);
    if no_pod && !resources::names_files(flags) {
        return Err(client("pod, type/name or --filename must be specified"));
    }
    let command = command(flags);
    if command.is_empty() {
        return Err(client("you must specify at least one command for the container"));
    }
    Ok(())
}

fn command(flags: &Flags) -> &[String] {
    match flags.before_dashes {
        Some(before) => &flags.args[before..],
        None => flags.args.get(1..).unwrap_or_default(),
    }
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["filename"])?;
    if flags.before_dashes.is_none() {
        return Err(usage(
            "exec",
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
        ));
    }
    if flags.before_dashes.is_some_and(|before| before > 1) {
        return Err(client("exec takes one pod or type/name before --"));
    }
    let pod = pods::one_of(session, &flags.args[0], false)?;
    let phase = pod.status::<Pod>().phase.clone().unwrap_or_default();
    if phase == "Succeeded" || phase == "Failed" {
        return Err(client(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = pods::container_of(session, &pod, flags.text("container"), Purpose::Exec)?;
    let mut tty = flags.on("tty");
    let stdin = flags.on("stdin");
    if tty && stdin && !session.io.is_terminal(STDIN) {
        session.error_line("Unable to use a TTY - input is not a terminal or the right kind of file");
        tty = false;
    }
    let options = ExecOptions { container, command: command(flags).to_vec(), stdin, tty };
    let caller = session.client.caller.clone();
    let id = session.api.open_exec(&caller, pod.namespace(), pod.name(), options)?;
    Running::new(session, id, stdin, tty).step(session)
}

/// A process in a container, connected to this one's files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    id: ConnectionId,
    stdin: bool,
    raw: bool,
}

impl Running {
    /// Connects this process's files to a connection.
    pub fn new(session: &mut Session<'_, '_>, id: ConnectionId, stdin: bool, tty: bool) -> Self {
        let raw = tty && stdin && session.io.is_terminal(STDIN);
        if raw {
            session.io.set_raw(STDIN, true);
        }
        Self { id, stdin, raw }
    }

    /// The connection.
    pub fn connection(&self) -> ConnectionId {
        self.id
    }

    /// Carries bytes both ways.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        let outcome = self.carry(session);
        match outcome {
            Ok(None) => {
                let wait = Wait { readable: self.readable(), ..Wait::world() };
                Ok(Flow::Block(Box::new(Task::Exec(self)), wait))
            }
            Ok(Some(flow)) => {
                self.leave(session);
                Ok(flow)
            }
            Err(failure) => {
                self.leave(session);
                Err(failure)
            }
        }
    }

    pub(super) fn leave(&self, session: &mut Session<'_, '_>) {
        if self.raw {
            session.io.set_raw(STDIN, false);
        }
        session.api.close_connection(self.id);
    }

    /// The files whose input it waits for.
    pub(super) fn readable(&self) -> Vec<shell::Fd> {
        if self.stdin { vec![STDIN] } else { Vec::new() }
    }

    /// What came of the process once it has ended.
    pub(super) fn carry(&mut self, session: &mut Session<'_, '_>) -> Result<Option<Flow>> {
        while self.stdin {
            let read = session.io.read(STDIN, CHUNK);
            match read {
                Read::Empty => break,
                Read::End => self.stdin = false,
                Read::Data(_) => {}
            }
            let Some(connection) = session.api.connection_mut(self.id) else { break };
            match read {
                Read::Data(bytes) => connection.to_server.extend_from_slice(&bytes),
                _ => connection.input_closed = true,
            }
        }
        let Some(connection) = session.api.connection(self.id) else { return Ok(Some(Flow::Done)) };
        if connection.to_client.is_empty() && connection.ending.is_none() {
            return Ok(None);
        }
        let Some(connection) = session.api.connection_mut(self.id) else { return Ok(Some(Flow::Done)) };
        let chunks: Vec<(StreamKind, Vec<u8>)> = connection.to_client.drain(..).collect();
        let ending = connection.ending.clone();
        for (stream, bytes) in chunks {
            let fd = if stream == StreamKind::Out { STDOUT } else { STDERR };
            let _ = session.io.write(fd, &bytes);
        }
        match ending {
            None => Ok(None),
            Some(Ending::Exit(0)) => Ok(Some(Flow::Done)),
            Some(Ending::Exit(status)) => {
                session.error_line(&format!("command terminated with exit code {status}"));
                Ok(Some(Flow::Exit(status)))
            }
            Some(Ending::Error(status)) => Err(Failure::Client(status.message)),
        }
    }
}
