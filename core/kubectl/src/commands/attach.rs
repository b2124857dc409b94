//! `kubectl attach`: what the main process of a container writes and reads.

use std::sync::Arc;

use apiserver::{ExecOptions, LogOptions};
use k8s_openapi::api::core::v1::Pod;
use model::{Object, Status};

use super::exec::Running;
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::pods::{self, Purpose};
use crate::session::{Outcome, Session, refuse};

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["filename"])?;
    let [name] = flags.args.as_slice() else {
        return Err(client("at least 1 argument is required for attach"));
    };
    let pod = pods::one_of(session, name, false)?;
    let phase = pod.status::<Pod>().phase.clone().unwrap_or_default();
    if phase == "Succeeded" || phase == "Failed" {
        return Err(client(format!(
            "cannot attach a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = pods::container_of(session, &pod, flags.text("container"), Purpose::Attach)?;
    if !flags.on("quiet") {
        session.error_line("If you don't see a command prompt, try pressing enter.");
    }
    open(session, &pod, container, flags.on("stdin"), flags.on("tty"))?.step(session)
}

/// Connects to the main process of a container: as `exec` with no command, or, where no input is to be sent, to its log from now on.
///
/// # Errors
/// What the server says.
pub fn open(
    session: &mut Session<'_, '_>,
    pod: &Arc<Object>,
    container: String,
    stdin: bool,
    tty: bool,
) -> Result<Running> {
    let caller = session.client.caller.clone();
    let (namespace, name) = (pod.namespace(), pod.name());
    if pod.spec::<Pod>().node_name.as_deref().unwrap_or_default().is_empty() {
        return Err(Status::bad_request(format!("pod {name} does not have a host assigned")).into());
    }
    let id = if stdin {
        let options = ExecOptions { container, command: Vec::new(), stdin, tty };
        session.api.open_exec(&caller, namespace, name, options)?
    } else {
        let options = LogOptions { container, follow: true, tail_lines: Some(0), ..LogOptions::default() };
        session.api.open_logs(&caller, namespace, name, options)?
    };
    Ok(Running::new(session, id, stdin, tty))
}
