//! Probes: whether a container has started, lives and is ready.

use std::net::Ipv4Addr;
use std::sync::Arc;

use apiserver::EventType::Warning;
use engine::{Duration, Instant, Wake, component};
use k8s_openapi::api::core::v1::{Container as Spec, HTTPGetAction, Probe as ProbeSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::Object;
use network::http::{self, Parsed};
use network::{Received, SocketId, SocketState};
use serde::{Deserialize, Serialize};
use shell::kernel::CaptureId;
use shell::{Pid, Programs, Signal};

use super::container::State;
use super::start::spec_of;
use super::{Surroundings, Worker};
use crate::{latency, runtime};

/// How much of a probe's output goes into an event.
const OUTPUT_MAX: usize = 10 << 10;

/// The probes of a container's run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Probes {
    probes: Vec<Probe>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Probe {
    kind: ProbeKind,
    next: Instant,
    period: Duration,
    timeout: Duration,
    successes: u32,
    failures: u32,
    success_threshold: u32,
    failure_threshold: u32,
    attempt: Option<Attempt>,
}

/// A probe that is under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Attempt {
    deadline: Instant,
    action: Action,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Action {
    Command { pid: Pid, capture: CaptureId },
    Http(Box<Request>),
    Tcp { socket: SocketId, address: String },
    Grpc { service: String },
    Failed(String),
}

/// How an attempt ended.
enum Outcome {
    Running,
    Success,
    Failure(String),
}

impl ProbeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    fn of(self, spec: &Spec) -> Option<&ProbeSpec> {
        match self {
            Self::Startup => spec.startup_probe.as_ref(),
            Self::Liveness => spec.liveness_probe.as_ref(),
            Self::Readiness => spec.readiness_probe.as_ref(),
        }
    }
}

impl Probes {
    /// A run of the container begins.
    pub(super) fn begin(&mut self, spec: &Spec, now: Instant) {
        let number = |value: Option<i32>, default: u32| {
            value.and_then(|value| value.try_into().ok()).unwrap_or(default)
        };
        let seconds = |value, default| Duration::from_secs(u64::from(number(value, default)));
        self.probes = [ProbeKind::Startup, ProbeKind::Liveness, ProbeKind::Readiness]
            .into_iter()
            .filter_map(|kind| {
                let probe = kind.of(spec)?;
                Some(Probe {
                    kind,
                    next: now + latency::FIRST_PROBE + seconds(probe.initial_delay_seconds, 0),
                    period: seconds(probe.period_seconds, 10),
                    timeout: seconds(probe.timeout_seconds, 1),
                    successes: 0,
                    failures: 0,
                    success_threshold: number(probe.success_threshold, 1),
                    failure_threshold: number(probe.failure_threshold, 3),
                    attempt: None,
                })
            })
            .collect();
    }

    /// The run is over.
    pub(super) fn stop<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) {
        for probe in self.probes.drain(..) {
            if let Some(attempt) = probe.attempt {
                attempt.action.give_up(s);
            }
        }
    }

    pub(super) fn next_wake(&self) -> Wake {
        let of = |probe: &Probe| probe.attempt.as_ref().map_or(probe.next, |attempt| attempt.deadline);
        self.probes.iter().fold(None, |wake, probe| component::earlier(wake, Some(of(probe))))
    }
}

impl Worker {
    /// Runs the probes that are due and takes the results of those that have ended. Whether what the pod's status says has changed.
    pub(super) fn probe<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Arc<Object>) -> bool {
        let mut changed = false;
        for index in 0..self.containers.len() {
            if self.containers[index].probes.probes.is_empty() || !self.containers[index].is_running() {
                continue;
            }
            for at in 0..self.containers[index].probes.probes.len() {
                changed |= self.advance_probe(s, pod, index, at);
            }
        }
        changed
    }

    fn advance_probe<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        at: usize,
    ) -> bool {
        let container = &mut self.containers[index];
        let Some(probe) = container.probes.probes.get_mut(at) else { return false };
        if let Some(mut attempt) = probe.attempt.take() {
            match attempt.advance(s, probe.timeout) {
                Outcome::Running => probe.attempt = Some(attempt),
                Outcome::Success => return self.probe_succeeded(index, at, s.now),
                Outcome::Failure(output) => return self.probe_failed(s, pod, index, at, &output),
            }
            return false;
        }
        if probe.next > s.now {
            return false;
        }
        let missed = s.now.since(probe.next).as_micros() / probe.period.as_micros().max(1);
        probe.next += probe.period * (missed + 1);
        let dormant = match probe.kind {
            ProbeKind::Startup => container.started || container.killing.is_some(),
            ProbeKind::Liveness => !container.started || container.killing.is_some(),
            ProbeKind::Readiness => !container.started,
        };
        let (kind, deadline) = (probe.kind, s.now + probe.timeout);
        if dormant {
            if kind == ProbeKind::Startup {
                container.probes.probes.remove(at);
            }
            return false;
        }
        let Some(spec) = spec_of(pod, container) else { return false };
        let Some(probe_spec) = kind.of(spec) else { return false };
        let action = Action::begin(s, &container.state, spec, probe_spec, self.address);
        let Some(probe) = self.containers[index].probes.probes.get_mut(at) else { return false };
        probe.attempt = Some(Attempt { deadline, action });
        false
    }

    fn probe_succeeded(&mut self, index: usize, at: usize, now: Instant) -> bool {
        let container = &mut self.containers[index];
        let Some(probe) = container.probes.probes.get_mut(at) else { return false };
        probe.failures = 0;
        probe.successes = probe.successes.saturating_add(1);
        if probe.successes < probe.success_threshold {
            return false;
        }
        match probe.kind {
            ProbeKind::Startup => {
                container.started = true;
                container.probes.probes.remove(at);
                let readiness =
                    container.probes.probes.iter().any(|probe| probe.kind == ProbeKind::Readiness);
                container.ready = !readiness;
                // The others have waited for this.
                for probe in &mut container.probes.probes {
                    probe.next = probe.next.min(now);
                }
                self.next_pass = Some(now);
                true
            }
            ProbeKind::Liveness => false,
            ProbeKind::Readiness => !std::mem::replace(&mut container.ready, true),
        }
    }

    fn probe_failed<P: Programs>(
        &mut self,
        s: &mut Surroundings<'_, P>,
        pod: &Arc<Object>,
        index: usize,
        at: usize,
        output: &str,
    ) -> bool {
        let container = &mut self.containers[index];
        let Some(probe) = container.probes.probes.get_mut(at) else { return false };
        probe.successes = 0;
        probe.failures = probe.failures.saturating_add(1);
        let (kind, over) = (probe.kind, probe.failures >= probe.failure_threshold);
        let message = format!("{} probe failed: {output}", kind.word());
        s.container_event(pod, container, Warning, "Unhealthy", &message);
        if !over {
            return false;
        }
        if kind == ProbeKind::Readiness {
            return std::mem::replace(&mut self.containers[index].ready, false);
        }
        let container = &self.containers[index];
        let word = kind.word().to_ascii_lowercase();
        let never = pod.spec::<k8s_openapi::api::core::v1::Pod>().restart_policy.as_deref() == Some("Never");
        let message = if never && container.kind != super::ContainerKind::Sidecar {
            format!("Stopping container {}", container.name)
        } else {
            format!("Container {} failed {word} probe, will be restarted", container.name)
        };
        let grace = spec_of(pod, container)
            .and_then(|spec| kind.of(spec)?.termination_grace_period_seconds)
            .unwrap_or_else(|| super::stop::grace_of(pod));
        self.kill(s, pod, index, &message, grace);
        false
    }
}

impl Attempt {
    fn advance<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, timeout: Duration) -> Outcome {
        let outcome = self.action.advance(s);
        if matches!(outcome, Outcome::Running) && self.deadline <= s.now {
            let message = self.action.timeout_message(timeout);
            self.action.give_up(s);
            return Outcome::Failure(message);
        }
        outcome
    }
}

impl Action {
    fn begin<P: Programs>(
        s: &mut Surroundings<'_, P>,
        state: &State,
        spec: &Spec,
        probe: &ProbeSpec,
        address: Option<Ipv4Addr>,
    ) -> Self {
        let State::Running(run) = state else { return Self::Failed("container is not running".to_owned()) };
        if let Some(exec) = &probe.exec {
            let command = exec.command.clone().unwrap_or_default();
            let capture = s.machine.kernel.create_capture();
            return match runtime::exec(s, run, command, Some(capture)) {
                Ok(pid) => Self::Command { pid, capture },
                Err(message) => {
                    s.machine.kernel.remove_capture(capture);
                    Self::Failed(message)
                }
            };
        }
        if let Some(get) = &probe.http_get {
            let request = http_request(s, spec, get, address, "kube-probe/1.33");
            return request.map_or_else(
                || Self::Failed("no address".to_owned()),
                |request| Self::Http(Box::new(request)),
            );
        }
        if let Some(tcp) = &probe.tcp_socket {
            let host =
                tcp.host.clone().or_else(|| address.map(|address| address.to_string())).unwrap_or_default();
            let Some(port) = port_number(spec, &tcp.port) else {
                return Self::Failed("unknown port".to_owned());
            };
            return match connect(s, &host, port) {
                Some(socket) => Self::Tcp { socket, address: format!("{host}:{port}") },
                None => Self::Failed(format!("dial tcp: lookup {host}: no such host")),
            };
        }
        let port = probe.grpc.as_ref().map_or(0, |grpc| grpc.port);
        let host = address.map(|address| address.to_string()).unwrap_or_default();
        Self::Grpc { service: format!("{host}:{port}") }
    }

    fn advance<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) -> Outcome {
        match self {
            Self::Failed(message) => Outcome::Failure(std::mem::take(message)),
            Self::Grpc { .. } => Outcome::Running,
            Self::Command { pid, capture } => {
                let Some(exit) = s.take_exit(*pid) else { return Outcome::Running };
                let output = runtime::take_text(s.machine, *capture, OUTPUT_MAX);
                if exit.status == 0 { Outcome::Success } else { Outcome::Failure(output) }
            }
            Self::Tcp { socket, address } => match s.network.socket_state(*socket) {
                SocketState::Connecting => Outcome::Running,
                state => {
                    let (socket, address) = (*socket, address.clone());
                    close(s, socket);
                    match state {
                        SocketState::Open | SocketState::Closed => Outcome::Success,
                        state => Outcome::Failure(format!("dial tcp {address}: {}", connect_error(state))),
                    }
                }
            },
            Self::Http(request) => match request.advance(s) {
                RequestResult::Running => Outcome::Running,
                RequestResult::Response(response) if (200..400).contains(&response.status) => {
                    Outcome::Success
                }
                RequestResult::Response(response) => {
                    Outcome::Failure(format!("HTTP probe failed with statuscode: {}", response.status))
                }
                RequestResult::Failed(message) => Outcome::Failure(message),
            },
        }
    }

    fn timeout_message(&self, timeout: Duration) -> String {
        match self {
            Self::Command { .. } => "command timed out".to_owned(),
            Self::Tcp { address, .. } => format!("dial tcp {address}: i/o timeout"),
            Self::Http(request) => format!(
                "Get \"{}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                request.url
            ),
            Self::Grpc { service } => format!(
                "timeout: failed to connect service \"{service}\" within {timeout}: context deadline exceeded"
            ),
            Self::Failed(message) => message.clone(),
        }
    }

    fn give_up<P: Programs>(&self, s: &mut Surroundings<'_, P>) {
        match self {
            Self::Command { pid, capture } => {
                s.machine.signal(*pid, Signal::Kill);
                s.forget(*pid);
                s.machine.kernel.remove_capture(*capture);
            }
            Self::Tcp { socket, .. } => close(s, *socket),
            Self::Http(request) => close(s, request.socket),
            Self::Grpc { .. } | Self::Failed(_) => {}
        }
    }
}

/// A request that the kubelet makes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(super) socket: SocketId,
    url: String,
    peer: String,
    /// What is still to be sent.
    unsent: Vec<u8>,
    received: Vec<u8>,
}

/// How far a request is.
pub(crate) enum RequestResult {
    Running,
    Response(http::Response),
    Failed(String),
}

impl Request {
    pub(super) fn advance<P: Programs>(&mut self, s: &mut Surroundings<'_, P>) -> RequestResult {
        match s.network.socket_state(self.socket) {
            SocketState::Connecting => return RequestResult::Running,
            SocketState::Open | SocketState::Closed => {}
            SocketState::Reset => {
                close(s, self.socket);
                let message =
                    format!("Get \"{}\": read tcp {}: read: connection reset by peer", self.url, self.peer);
                return RequestResult::Failed(message);
            }
            state => {
                close(s, self.socket);
                let why = connect_error(state);
                return RequestResult::Failed(format!("Get \"{}\": dial tcp {}: {why}", self.url, self.peer));
            }
        }
        if !self.unsent.is_empty() {
            let bytes = std::mem::take(&mut self.unsent);
            s.network.send(self.socket, &bytes);
        }
        let mut ended = false;
        loop {
            match s.network.receive(self.socket, usize::MAX) {
                Received::Data(bytes) => self.received.extend(bytes),
                Received::Empty => break,
                Received::End | Received::Reset => {
                    ended = true;
                    break;
                }
            }
        }
        match http::Response::parse(&self.received, ended, false) {
            Parsed::Whole(response, _) => {
                close(s, self.socket);
                RequestResult::Response(response)
            }
            Parsed::Partial => RequestResult::Running,
            Parsed::Malformed => {
                close(s, self.socket);
                RequestResult::Failed(format!("Get \"{}\": EOF", self.url))
            }
        }
    }
}

/// Begins an HTTP request as a probe or a hook describes it.
pub(super) fn http_request<P: Programs>(
    s: &mut Surroundings<'_, P>,
    spec: &Spec,
    get: &HTTPGetAction,
    address: Option<Ipv4Addr>,
    agent: &str,
) -> Option<Request> {
    let host = get.host.clone().filter(|host| !host.is_empty());
    let host = host.or_else(|| address.map(|address| address.to_string()))?;
    let port = port_number(spec, &get.port)?;
    let socket = connect(s, &host, port)?;
    let scheme = get.scheme.as_deref().unwrap_or("HTTP").to_ascii_lowercase();
    let path = get.path.clone().unwrap_or_default();
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    let peer = format!("{host}:{port}");
    let mut request = http::Request::get(&peer, &path, agent);
    request.headers.push(("Connection".to_owned(), "close".to_owned()));
    for header in get.http_headers.iter().flatten() {
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&header.name));
        request.headers.push((header.name.clone(), header.value.clone()));
    }
    let url = format!("{scheme}://{peer}{path}");
    Some(Request { socket, url, peer, unsent: request.to_bytes(), received: Vec::new() })
}

/// Opens a connection from the node; what happens on it wakes the pod's worker.
fn connect<P: Programs>(s: &mut Surroundings<'_, P>, host: &str, port: u16) -> Option<SocketId> {
    let namespace = s.network.node(&s.node.name)?.namespace;
    let address = match s.network.resolve(s.api.random(), namespace, host) {
        network::Resolved::Addresses(_, addresses) => *addresses.first()?,
        network::Resolved::NotFound | network::Resolved::Timeout => return None,
    };
    let socket = s.network.connect_for_agent(s.api.random(), namespace, address, port);
    s.owners.sockets.insert(socket, s.current.clone());
    Some(socket)
}

fn close<P: Programs>(s: &mut Surroundings<'_, P>, socket: SocketId) {
    s.network.close(socket);
    s.owners.sockets.remove(&socket);
}

fn connect_error(state: SocketState) -> &'static str {
    match state {
        SocketState::Refused => "connect: connection refused",
        SocketState::Unreachable => "connect: no route to host",
        _ => "i/o timeout",
    }
}

/// The number of a port that is given by number or by the name of one of the container's ports.
fn port_number(spec: &Spec, port: &IntOrString) -> Option<u16> {
    match port {
        IntOrString::Int(number) => (*number).try_into().ok(),
        IntOrString::String(name) => {
            let named = spec.ports.iter().flatten().find(|port| port.name.as_deref() == Some(name));
            named.map_or_else(|| name.parse().ok(), |port| port.container_port.try_into().ok())
        }
    }
}
