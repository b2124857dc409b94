//! What clients reach through the API server: logs, processes beside a container's own, ports.

mod forward;

use std::collections::BTreeMap;
use std::sync::Arc;

use apiserver::connection::{Ending, Purpose};
use apiserver::{ApiServer, ConnectionId, ExecOptions, LogOptions, StreamKind};
use engine::{Duration, Instant};
use model::Status;
use network::Network;
use serde::{Deserialize, Serialize};
use shell::kernel::{Chunk, OutputStream, PipeId};
use shell::{Machine, Pid, Programs, Signal};

use crate::logs::{Line, Log};
use crate::runtime;
use crate::worker::container::{Container, Output, State};
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
    /// A client of a container's own process.
    Attach {
        container: String,
        container_id: String,
        stdin: bool,
    },
    /// A connection to a port of the pod.
    PortForward(forward::Forward),
    /// It has ended; the client may not have read that yet.
    Done,
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
        network: &mut Network,
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
                let stream = begin(api, network, machine, workers, owners, *id, now);
                self.open.insert(*id, stream);
            }
            if let Some(stream) = self.open.get_mut(id) {
                advance(api, network, machine, workers, owners, *id, stream, now);
            }
        }
        let gone: Vec<ConnectionId> = self.open.keys().filter(|id| !ids.contains(id)).copied().collect();
        for id in gone {
            if let Some(stream) = self.open.remove(&id) {
                give_up(network, machine, workers, owners, id, &stream);
            }
        }
        self.seen = api.connection_changes();
    }
}

fn begin<P: Programs>(
    api: &mut ApiServer,
    network: &mut Network,
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
        Purpose::Exec(options) if options.command.is_empty() => {
            begin_attach(machine, worker, id, options, now)
        }
        Purpose::Exec(options) => begin_exec(machine, worker, owners, &uid, options, now),
        Purpose::PortForward(port) => {
            forward::Forward::begin(api, network, worker.as_deref(), port).map(Stream::PortForward)
        }
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
    container.collect(machine, now);
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

fn not_found(container: &str) -> Status {
    Status::internal(format!("unable to upgrade connection: container not found (\"{container}\")"))
}

fn running<'a>(worker: Option<&'a mut Worker>, name: &str) -> Result<&'a mut Container, Status> {
    let container = worker.and_then(|worker| worker.containers.iter_mut().find(|one| one.name == name));
    container.filter(|container| container.is_running()).ok_or_else(|| not_found(name))
}

fn begin_attach<P: Programs>(
    machine: &mut Machine<P>,
    worker: Option<&mut Worker>,
    id: ConnectionId,
    options: ExecOptions,
    now: Instant,
) -> Result<Stream, Status> {
    let container = running(worker, &options.container)?;
    container.collect(machine, now);
    let mut waiting = Vec::new();
    if options.tty {
        // A client tells its terminal's size, and a shell that hears of that shows its prompt again.
        let prompt = container.log.unfinished_line().to_vec();
        waiting.push(Chunk { at: now, stream: OutputStream::Stdout, bytes: prompt });
    }
    container.attached.insert(id, waiting);
    Ok(Stream::Attach {
        container: options.container,
        container_id: container.container_id.clone(),
        stdin: options.stdin,
    })
}

fn begin_exec<P: Programs>(
    machine: &mut Machine<P>,
    worker: Option<&mut Worker>,
    owners: &mut Owners,
    uid: &str,
    options: ExecOptions,
    now: Instant,
) -> Result<Stream, Status> {
    let container = running(worker, &options.container)?;
    let run = container.run().ok_or_else(|| not_found(&options.container))?;
    let (output, input, stdio) = runtime::open_output(machine, options.tty, options.stdin);
    match runtime::exec_with(machine, run, options.command, stdio, now) {
        Ok(pid) => {
            owners.processes.insert(pid, uid.into());
            Ok(Stream::Exec { pid, output, input })
        }
        Err(error) => {
            output.forget(machine);
            let text = format!(
                "error executing command in container: failed to exec in container: failed to start exec \"{}\": {error}",
                container.container_id
            );
            Err(Status::internal(text))
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "what a stream may end at is the whole node")]
fn advance<P: Programs>(
    api: &mut ApiServer,
    network: &mut Network,
    machine: &mut Machine<P>,
    workers: &mut BTreeMap<Arc<str>, Worker>,
    owners: &mut Owners,
    id: ConnectionId,
    stream: &mut Stream,
    now: Instant,
) {
    let Some(connection) = api.connection(id) else { return };
    if connection.client_gone {
        give_up(network, machine, workers, owners, id, stream);
        *stream = Stream::Done;
        api.close_connection(id);
        return;
    }
    let uid = connection.uid.clone();
    match stream {
        Stream::Done => {}
        Stream::PortForward(forward) => {
            if let Some(ending) = forward.advance(api, network, id) {
                end(api, id, ending);
                *stream = Stream::Done;
            }
        }
        Stream::Log { options, next, container_id, left } => {
            let Some(container) = find(workers, &uid, &options.container) else {
                end(api, id, Ending::Exit(0));
                *stream = Stream::Done;
                return;
            };
            container.collect(machine, now);
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
            pass_input(api, machine, id, *output, input, true);
            pass_output(api, id, output.take(machine, now));
            if let Some(exit) = machine.exit_status(*pid) {
                machine.forget(*pid);
                owners.processes.remove(pid);
                pass_output(api, id, output.take(machine, now));
                output.forget(machine);
                end(api, id, Ending::Exit(exit.status));
                *stream = Stream::Done;
            }
        }
        Stream::Attach { container, container_id, stdin } => {
            let found = find(workers, &uid, container);
            let Some(container) = found else {
                end(api, id, Ending::Exit(0));
                *stream = Stream::Done;
                return;
            };
            let same = container.container_id == *container_id;
            if let State::Running(run) = &mut container.state
                && same
                && *stdin
            {
                pass_input(api, machine, id, run.output, &mut run.input, run.input_once);
            }
            container.collect(machine, now);
            pass_output(api, id, container.attached.get_mut(&id).map(std::mem::take).unwrap_or_default());
            if !same || !container.is_running() {
                container.attached.remove(&id);
                end(api, id, Ending::Exit(0));
                *stream = Stream::Done;
            }
        }
    }
}

fn find<'a>(
    workers: &'a mut BTreeMap<Arc<str>, Worker>,
    uid: &str,
    container: &str,
) -> Option<&'a mut Container> {
    workers.get_mut(uid)?.containers.iter_mut().find(|one| one.name == container)
}

/// Gives a process what its client sent; if it `ends` with the client, its end too.
fn pass_input<P: Programs>(
    api: &mut ApiServer,
    machine: &mut Machine<P>,
    id: ConnectionId,
    output: Output,
    input: &mut Option<PipeId>,
    ends: bool,
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
    if closed
        && ends
        && let Some(pipe) = input.take()
    {
        machine.kernel.close_input_queue(pipe);
    }
}

fn pass_output(api: &mut ApiServer, id: ConnectionId, chunks: Vec<Chunk>) {
    if !chunks.is_empty()
        && let Some(connection) = api.connection_mut(id)
    {
        connection.to_client.extend(chunks.into_iter().map(streamed));
    }
}

fn streamed(chunk: Chunk) -> (StreamKind, Vec<u8>) {
    let kind = if chunk.stream == OutputStream::Stderr { StreamKind::Err } else { StreamKind::Out };
    (kind, chunk.bytes)
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

/// The client went away: its process is hung up on; a container's own process only sees the end of its input, if it is to.
fn give_up<P: Programs>(
    network: &mut Network,
    machine: &mut Machine<P>,
    workers: &mut BTreeMap<Arc<str>, Worker>,
    owners: &mut Owners,
    id: ConnectionId,
    stream: &Stream,
) {
    match stream {
        Stream::Exec { pid, output, input } => {
            if let Some(pipe) = input {
                machine.kernel.close_input_queue(*pipe);
            }
            machine.signal(*pid, Signal::Hup);
            machine.forget(*pid);
            owners.processes.remove(pid);
            output.forget(machine);
        }
        Stream::Attach { container, stdin, .. } => {
            let containers = workers.values_mut().flat_map(|worker| &mut worker.containers);
            let attached = |one: &&mut Container| one.name == *container && one.attached.contains_key(&id);
            let Some(container) = containers.into_iter().find(attached) else { return };
            container.attached.remove(&id);
            if let State::Running(run) = &mut container.state
                && *stdin
                && run.input_once
                && let Some(pipe) = run.input.take()
            {
                machine.kernel.close_input_queue(pipe);
            }
        }
        Stream::PortForward(forward) => forward.close(network),
        Stream::Log { .. } | Stream::Done => {}
    }
}
