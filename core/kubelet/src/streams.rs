//! What clients reach through the API server: logs, and processes beside a container's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use apiserver::connection::{Ending, Purpose};
use apiserver::{ApiServer, ConnectionId, ExecOptions, LogOptions, StreamKind};
use engine::{Duration, Instant};
use model::Status;
use serde::{Deserialize, Serialize};
use shell::kernel::{CaptureId, Chunk, OutputStream, PipeId};
use shell::{Machine, Pid, Programs, Signal, Stdio, TerminalId};

use crate::logs::{Line, Log};
use crate::runtime;
use crate::worker::container::{Container, State};
use crate::worker::{Owners, Worker};

/// All open streams.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Streams {
    seen: u64,
    open: BTreeMap<ConnectionId, Stream>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Stream {
    /// A log that is followed: the next line to send, of which run.
    Log {
        options: LogOptions,
        next: u64,
        container_id: String,
        left: Option<u64>,
    },
    Exec {
        pid: Pid,
        output: Output,
        input: Option<PipeId>,
    },
    /// It has ended; the client may not have read that yet.
    Done,
}

/// Where the output of a process goes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Output {
    Capture(CaptureId),
    Terminal(TerminalId),
}

impl Streams {
    /// Whether any client is connected.
    pub(crate) fn is_idle(&self, api: &ApiServer) -> bool {
        self.open.is_empty() && self.seen == api.connection_changes()
    }

    /// Moves what there is to move on all connections.
    pub(crate) fn advance<P: Programs>(
        &mut self,
        api: &mut ApiServer,
        machine: &mut Machine<P>,
        workers: &mut BTreeMap<Arc<str>, Worker>,
        owners: &mut Owners,
        now: Instant,
    ) {
        if self.is_idle(api) {
            return;
        }
        let ids = api.connection_ids();
        for id in &ids {
            if !self.open.contains_key(id) {
                let stream = begin(api, machine, workers, owners, *id, now);
                self.open.insert(*id, stream);
            }
            if let Some(stream) = self.open.get_mut(id) {
                advance(api, machine, workers, owners, *id, stream);
            }
        }
        let gone: Vec<ConnectionId> = self.open.keys().filter(|id| !ids.contains(id)).copied().collect();
        for id in gone {
            if let Some(stream) = self.open.remove(&id) {
                give_up(machine, owners, &stream);
            }
        }
        self.seen = api.connection_changes();
    }
}

fn begin<P: Programs>(
    api: &mut ApiServer,
    machine: &mut Machine<P>,
    workers: &mut BTreeMap<Arc<str>, Worker>,
    owners: &mut Owners,
    id: ConnectionId,
    now: Instant,
) -> Stream {
    let Some(connection) = api.connection(id) else { return Stream::Done };
    let (uid, pod, purpose) = (connection.uid.clone(), connection.pod.clone(), connection.purpose.clone());
    let worker = workers.get_mut(uid.as_str());
    let begun = match purpose {
        Purpose::Log(options) => begin_log(api, machine, worker, id, &pod, options, now),
        Purpose::Exec(options) => begin_exec(machine, worker, owners, &uid, options, now),
    };
    begun.unwrap_or_else(|status| {
        end(api, id, Ending::Error(status));
        Stream::Done
    })
}

fn begin_log<P: Programs>(
    api: &mut ApiServer,
    machine: &mut Machine<P>,
    worker: Option<&mut Worker>,
    id: ConnectionId,
    pod: &str,
    options: LogOptions,
    now: Instant,
) -> Result<Stream, Status> {
    let name = options.container.clone();
    let waiting = |why: &str| {
        Status::bad_request(format!("container \"{name}\" in pod \"{pod}\" is waiting to start: {why}"))
    };
    let Some(worker) = worker else { return Err(waiting("ContainerCreating")) };
    let held_back = worker.is_starting();
    let shown = shown_waiting(api, worker, &name);
    let Some(container) = worker.containers.iter_mut().find(|container| container.name == name) else {
        return Err(Status::bad_request(format!("container {name} is not valid for pod {pod}")));
    };
    collect(machine, container);
    let log = if options.previous {
        let missing = format!("previous terminated container \"{name}\" in pod \"{pod}\" not found");
        container.previous_log.as_ref().ok_or_else(|| Status::bad_request(missing))?
    } else {
        match (&container.state, &container.reason) {
            (State::Waiting, _) if container.last.is_none() => return Err(waiting(&shown)),
            (State::Running(_), _)
                if held_back && container.restarts == 0 && shown == "ContainerCreating" =>
            {
                return Err(waiting(&shown));
            }
            _ => &container.log,
        }
    };
    let mut next = log.start();
    if let Some(seconds) = options.since_seconds {
        let since = now - Duration::from_secs(seconds.unsigned_abs());
        next += log.from(next).take_while(|line| line.at < since).count() as u64;
    }
    if let Some(lines) = options.tail_lines {
        next = next.max(log.end().saturating_sub(lines));
    }
    let mut left = options.limit_bytes;
    send_lines(api, id, log, &options, &mut next, &mut left);
    let live = container.is_running() && !options.previous;
    if !options.follow || !live || left == Some(0) {
        end(api, id, Ending::Exit(0));
        return Ok(Stream::Done);
    }
    Ok(Stream::Log { options, next, container_id: container.container_id.clone(), left })
}

/// What the pod's status says that the container waits for.
fn shown_waiting(api: &ApiServer, worker: &Worker, name: &str) -> String {
    use k8s_openapi::api::core::v1::Pod;
    let pod = api.store().get_key(model::Kind::Pod, &worker.key);
    let status = pod.map(|pod| pod.status::<Pod>());
    let all = status.into_iter().flat_map(|status| {
        status.container_statuses.iter().flatten().chain(status.init_container_statuses.iter().flatten())
    });
    let reason = all
        .filter(|container| container.name == name)
        .find_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone());
    match reason.as_deref() {
        Some("ErrImagePull") => "image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => "trying and failing to pull image".to_owned(),
        Some(reason) => reason.to_owned(),
        None => String::new(),
    }
}

fn begin_exec<P: Programs>(
    machine: &mut Machine<P>,
    worker: Option<&mut Worker>,
    owners: &mut Owners,
    uid: &str,
    options: ExecOptions,
    now: Instant,
) -> Result<Stream, Status> {
    let missing = || {
        let text = format!("unable to upgrade connection: container not found (\"{}\")", options.container);
        Status::internal(text)
    };
    let container =
        worker.and_then(|worker| worker.containers.iter().find(|one| one.name == options.container));
    let container = container.ok_or_else(missing)?;
    let run = container.run().ok_or_else(missing)?;
    let kernel = &mut machine.kernel;
    let (stdio, output, input) = if options.tty {
        let terminal = kernel.create_terminal(80, 24);
        ([Stdio::Terminal(terminal); 3], Output::Terminal(terminal), None)
    } else {
        let capture = kernel.create_capture();
        let input = options.stdin.then(|| kernel.create_input_queue());
        let stdin = input.map_or(Stdio::Null, Stdio::Queue);
        ([stdin, Stdio::Capture(capture), Stdio::Capture(capture)], Output::Capture(capture), input)
    };
    match runtime::exec_with(machine, run, options.command, stdio, now) {
        Ok(pid) => {
            owners.processes.insert(pid, uid.into());
            Ok(Stream::Exec { pid, output, input })
        }
        Err(error) => {
            forget_output(machine, output);
            let text = format!(
                "error executing command in container: failed to exec in container: failed to start exec \"{}\": {error}",
                container.container_id
            );
            Err(Status::internal(text))
        }
    }
}

fn advance<P: Programs>(
    api: &mut ApiServer,
    machine: &mut Machine<P>,
    workers: &mut BTreeMap<Arc<str>, Worker>,
    owners: &mut Owners,
    id: ConnectionId,
    stream: &mut Stream,
) {
    let Some(connection) = api.connection(id) else { return };
    if connection.client_gone {
        give_up(machine, owners, stream);
        *stream = Stream::Done;
        api.close_connection(id);
        return;
    }
    let uid = connection.uid.clone();
    match stream {
        Stream::Done => {}
        Stream::Log { options, next, container_id, left } => {
            let worker = workers.get_mut(uid.as_str());
            let container = worker.and_then(|worker| {
                worker.containers.iter_mut().find(|container| container.name == options.container)
            });
            let Some(container) = container else {
                end(api, id, Ending::Exit(0));
                *stream = Stream::Done;
                return;
            };
            collect(machine, container);
            let same = container.container_id == *container_id;
            let log = if same { Some(&container.log) } else { container.previous_log.as_ref() };
            if let Some(log) = log {
                send_lines(api, id, log, options, next, left);
            }
            if !same || !container.is_running() || *left == Some(0) {
                end(api, id, Ending::Exit(0));
                *stream = Stream::Done;
            }
        }
        Stream::Exec { pid, output, input } => {
            pass_input(api, machine, id, *output, input);
            pass_output(api, machine, id, *output);
            if let Some(exit) = machine.exit_status(*pid) {
                machine.forget(*pid);
                owners.processes.remove(pid);
                pass_output(api, machine, id, *output);
                forget_output(machine, *output);
                end(api, id, Ending::Exit(exit.status));
                *stream = Stream::Done;
            }
        }
    }
}

fn pass_input<P: Programs>(
    api: &mut ApiServer,
    machine: &mut Machine<P>,
    id: ConnectionId,
    output: Output,
    input: &mut Option<PipeId>,
) {
    let Some(connection) = api.connection(id) else { return };
    let (closed, waiting) = (connection.input_closed, !connection.to_server.is_empty());
    if waiting && let Some(connection) = api.connection_mut(id) {
        let bytes = std::mem::take(&mut connection.to_server);
        match (output, *input) {
            (Output::Terminal(terminal), _) => machine.kernel.type_into(terminal, &bytes),
            (Output::Capture(_), Some(pipe)) => machine.kernel.push_queue(pipe, &bytes),
            (Output::Capture(_), None) => {}
        }
    }
    if closed && let Some(pipe) = input.take() {
        machine.kernel.close_input_queue(pipe);
    }
}

fn pass_output<P: Programs>(api: &mut ApiServer, machine: &mut Machine<P>, id: ConnectionId, output: Output) {
    let chunks: Vec<(StreamKind, Vec<u8>)> = match output {
        Output::Terminal(terminal) => {
            let bytes = machine.kernel.take_terminal_output(terminal);
            if bytes.is_empty() { Vec::new() } else { vec![(StreamKind::Out, bytes)] }
        }
        Output::Capture(capture) => machine.kernel.take_capture(capture).into_iter().map(streamed).collect(),
    };
    if !chunks.is_empty()
        && let Some(connection) = api.connection_mut(id)
    {
        connection.to_client.extend(chunks);
    }
}

fn streamed(chunk: Chunk) -> (StreamKind, Vec<u8>) {
    let kind = if chunk.stream == OutputStream::Stderr { StreamKind::Err } else { StreamKind::Out };
    (kind, chunk.bytes)
}

/// Puts what a running container wrote into its log.
fn collect<P: Programs>(machine: &mut Machine<P>, container: &mut Container) {
    if let Some(capture) = container.run().map(|run| run.capture) {
        container.log.append(machine.kernel.take_capture(capture));
    }
}

fn send_lines(
    api: &mut ApiServer,
    id: ConnectionId,
    log: &Log,
    options: &LogOptions,
    next: &mut u64,
    left: &mut Option<u64>,
) {
    let mut bytes = Vec::new();
    for line in log.from(*next) {
        bytes.extend(written(api, line, options.timestamps));
    }
    *next = log.end();
    if let Some(left) = left {
        bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
        *left -= bytes.len() as u64;
    }
    if !bytes.is_empty()
        && let Some(connection) = api.connection_mut(id)
    {
        connection.to_client.push_back((StreamKind::Out, bytes));
    }
}

fn written(api: &ApiServer, line: &Line, timestamps: bool) -> Vec<u8> {
    if !timestamps {
        return line.bytes.clone();
    }
    let time = api.timestamp_at(line.at).strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string();
    let mut bytes = format!("{time} ").into_bytes();
    bytes.extend_from_slice(&line.bytes);
    bytes
}

fn end(api: &mut ApiServer, id: ConnectionId, ending: Ending) {
    if let Some(connection) = api.connection_mut(id) {
        connection.ending = Some(ending);
    }
}

/// The client went away: its process is hung up on.
fn give_up<P: Programs>(machine: &mut Machine<P>, owners: &mut Owners, stream: &Stream) {
    if let Stream::Exec { pid, output, input } = stream {
        if let Some(pipe) = input {
            machine.kernel.close_input_queue(*pipe);
        }
        machine.signal(*pid, Signal::Hup);
        machine.forget(*pid);
        owners.processes.remove(pid);
        forget_output(machine, *output);
    }
}

fn forget_output<P: Programs>(machine: &mut Machine<P>, output: Output) {
    match output {
        Output::Capture(capture) => machine.kernel.remove_capture(capture),
        Output::Terminal(terminal) => machine.kernel.remove_terminal(terminal),
    }
}
