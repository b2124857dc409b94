//! `kubectl port-forward`: ports of this computer that lead into a pod. Models kubectl/pkg/cmd/portforward.

use apiserver::ConnectionId;
use apiserver::connection::Ending;
use k8s_openapi::api::core::v1::{ContainerPort, Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::{Kind, Object, Status};
use serde::{Deserialize, Serialize};
use shell::host::{InUse, Received};
use shell::{ListenerId, Signal, SocketId, Wait};

use crate::failure::{Failure, Result, client, usage};
use crate::flags::Flags;
use crate::pods;
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;

const CHUNK: usize = 64 * 1024;
/// Ports below this one are root's.
const FIRST_FREE_PORT: u16 = 1024;
/// From here on ports are given to whoever does not mind which.
const EPHEMERAL: (u16, u16) = (32768, 28232);

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if flags.args.len() < 2 {
        return Err(usage("port-forward", "TYPE/NAME and list of ports are required for port-forward"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let addresses = addresses(flags)?;
    let target = &flags.args[0];
    let service = service_of(session, target)?;
    let pod = pods::one_of(session, target, false)?;
    let ports: Vec<(u16, u16)> = flags.args[1..]
        .iter()
        .map(|text| {
            let (local, remote) = split(text)?;
            match &service {
                Some(service) => of_service(service, &pod, local, remote),
                None => of_pod(&pod, local, remote),
            }
            .and_then(|(local, remote)| parse(&local, &remote))
        })
        .collect::<Result<_>>()?;
    let phase = pod.status::<Pod>().phase.clone().unwrap_or_default();
    if phase != "Running" {
        return Err(client(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    session.io.handle_signals(&[Signal::Int]);
    let mut forwarding = Forwarding {
        namespace: pod.namespace().to_owned(),
        pod: pod.name().to_owned(),
        ports: Vec::new(),
        links: Vec::new(),
    };
    for (local, remote) in &ports {
        forwarding.listen(session, &addresses, *local, *remote);
    }
    if forwarding.ports.is_empty() {
        let asked: Vec<String> =
            ports.iter().map(|(local, remote)| format!("{{{local} {remote}}}")).collect();
        return Err(client(format!("unable to listen on any of the requested ports: [{}]", asked.join(" "))));
    }
    forwarding.step(session)
}

/// The addresses to listen on, as they are shown; the network here has the fourth version only, and a listener is on all of them.
fn addresses(flags: &Flags) -> Result<Vec<String>> {
    let given = match flags.list("address") {
        [] => vec!["localhost".to_owned()],
        given => given.to_vec(),
    };
    let mut shown = Vec::new();
    for address in given {
        match address.as_str() {
            "localhost" => shown.extend(["127.0.0.1".to_owned(), "[::1]".to_owned()]),
            text => match text.parse::<std::net::IpAddr>() {
                Ok(std::net::IpAddr::V4(address)) => shown.push(address.to_string()),
                Ok(std::net::IpAddr::V6(address)) => shown.push(format!("[{address}]")),
                Err(_) => return Err(client(format!("{text} is not a valid IP"))),
            },
        }
    }
    Ok(shown)
}

fn service_of(session: &mut Session<'_, '_>, target: &str) -> Result<Option<std::sync::Arc<Object>>> {
    let Some((kind, name)) = target.split_once('/') else { return Ok(None) };
    if crate::resources::kind_of(kind)? != Kind::Service {
        return Ok(None);
    }
    let namespace = session.client.namespace.clone();
    Ok(Some(session.api.get(&session.client.caller, Kind::Service, &namespace, name)?))
}

/// `LOCAL:REMOTE`, or one for both.
fn split(text: &str) -> Result<(&str, &str)> {
    match text.split(':').collect::<Vec<_>>().as_slice() {
        [_, ""] => Err(client("remote port cannot be empty")),
        [local, remote] => Ok((local, remote)),
        [port, ..] => Ok((port, port)),
        [] => Ok((text, text)),
    }
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok()
}

fn of_pod(pod: &Object, local: &str, remote: &str) -> Result<(String, String)> {
    let all = container_ports(pod);
    let port = match number(remote) {
        Some(port) => port,
        None => named_port(&all, remote)
            .ok_or_else(|| client(format!("Pod '{}' does not have a named port '{remote}'", pod.name())))?,
    };
    let with_protocol = |wanted: &str| {
        let protocol = |port: &ContainerPort| port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
        all.iter().any(|one| one.container_port == port && protocol(one) == wanted)
    };
    if with_protocol("UDP") && !with_protocol("TCP") {
        return Err(client(format!("UDP protocol is not supported for {remote}")));
    }
    let local = if local == remote { port.to_string() } else { local.to_owned() };
    Ok((local, port.to_string()))
}

fn of_service(service: &Object, pod: &Object, local: &str, remote: &str) -> Result<(String, String)> {
    let spec = service.spec::<Service>();
    let ports = spec.ports.as_deref().unwrap_or_default();
    let name = service.name();
    let (port, missing) = match number(remote) {
        Some(port) => (
            ports.iter().find(|one| one.port == port),
            format!("Service {name} does not have a service port {port}"),
        ),
        None => (
            ports.iter().find(|one| one.name.as_deref() == Some(remote)),
            format!("Service '{name}' does not have a named port '{remote}'"),
        ),
    };
    let port = port.ok_or_else(|| client(missing))?;
    if port.protocol.as_deref() == Some("UDP") {
        return Err(client(format!("UDP protocol is not supported for {remote}")));
    }
    let headless = spec.cluster_ip.as_deref() == Some("None");
    let target = match &port.target_port {
        _ if headless => port.port,
        Some(IntOrString::String(name)) => named_port(&container_ports(pod), name)
            .ok_or_else(|| client(format!("Pod '{}' does not have a named port '{name}'", pod.name())))?,
        Some(IntOrString::Int(0)) | None => port.port,
        Some(IntOrString::Int(target)) => *target,
    };
    let local = if local == remote { port.port.to_string() } else { local.to_owned() };
    Ok((local, target.to_string()))
}

fn container_ports(pod: &Object) -> Vec<ContainerPort> {
    let containers = &pod.spec::<Pod>().containers;
    containers.iter().flat_map(|container| container.ports.iter().flatten().cloned()).collect()
}

fn named_port(ports: &[ContainerPort], name: &str) -> Option<i32> {
    ports.iter().find(|port| port.name.as_deref() == Some(name)).map(|port| port.container_port)
}

/// The numbers; an empty local port leaves the choice open.
fn parse(local: &str, remote: &str) -> Result<(u16, u16)> {
    let read = |which: &str, text: &str| {
        text.parse::<u16>().map_err(|_| {
            let digits = text.chars().all(|letter| letter.is_ascii_digit());
            let why = if digits { "value out of range" } else { "invalid syntax" };
            client(format!("error parsing {which} port '{text}': strconv.ParseUint: parsing {text:?}: {why}"))
        })
    };
    let local = if local.is_empty() { 0 } else { read("local", local)? };
    match read("remote", remote)? {
        0 => Err(client("remote port must be > 0")),
        remote => Ok((local, remote)),
    }
}

/// Ports that are forwarded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forwarding {
    namespace: String,
    pod: String,
    ports: Vec<Port>,
    links: Vec<Link>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Port {
    listener: ListenerId,
    local: u16,
    remote: u16,
}

/// A connection to a port of this computer, and the one that it is led on to.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    /// None once the client has left.
    socket: Option<SocketId>,
    connection: ConnectionId,
    local: u16,
    remote: u16,
}

impl Forwarding {
    /// The connections that are open.
    pub fn connections(&self) -> Vec<ConnectionId> {
        self.links.iter().map(|link| link.connection).collect()
    }

    fn listen(&mut self, session: &mut Session<'_, '_>, addresses: &[String], local: u16, remote: u16) {
        let netns = session.io.context().netns;
        let (first, count) = EPHEMERAL;
        let local = match local {
            0 => first + (session.io.random() % u64::from(count)) as u16,
            local => local,
        };
        let may = local >= FIRST_FREE_PORT || session.io.user().0 == 0;
        let listener = if may {
            session.host.listen(netns, local).map_err(|InUse| "address already in use")
        } else {
            Err("permission denied")
        };
        match listener {
            Ok(listener) => {
                for address in addresses {
                    session.line(&format!("Forwarding from {address}:{local} -> {remote}"));
                }
                self.ports.push(Port { listener, local, remote });
            }
            Err(why) => {
                let errors: Vec<String> = addresses
                    .iter()
                    .map(|address| {
                        let version = if address.starts_with('[') { 6 } else { 4 };
                        format!("unable to create listener: Error listen tcp{version} {address}:{local}: bind: {why}")
                    })
                    .collect();
                session.line(&format!(
                    "Unable to listen on port {local}: Listeners failed to create with the following errors: [{}]",
                    errors.join(" ")
                ));
            }
        }
    }

    /// Takes new connections and carries bytes both ways.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        if session.io.take_signal() == Some(Signal::Int) {
            self.close(session);
            return Ok(Flow::Done);
        }
        match self.carry_all(session) {
            Ok(()) => {
                let wait = Wait {
                    listeners: self.ports.iter().map(|port| port.listener).collect(),
                    sockets: self.links.iter().filter_map(|link| link.socket).collect(),
                    ..Wait::world()
                };
                Ok(Flow::Block(Box::new(Task::PortForward(self)), wait))
            }
            Err(failure) => {
                self.close(session);
                Err(failure)
            }
        }
    }

    fn carry_all(&mut self, session: &mut Session<'_, '_>) -> Result<()> {
        for port in &self.ports {
            while let Some(socket) = session.host.accept(port.listener) {
                session.line(&format!("Handling connection for {}", port.local));
                let caller = session.client.caller.clone();
                let opened = session.api.open_port_forward(&caller, &self.namespace, &self.pod, port.remote);
                match opened {
                    Ok(connection) => self.links.push(Link {
                        socket: Some(socket),
                        connection,
                        local: port.local,
                        remote: port.remote,
                    }),
                    Err(status) => {
                        session.host.close(socket);
                        return Err(lost(session, (port.local, port.remote), &status));
                    }
                }
            }
        }
        let mut open = Vec::new();
        let mut failed = None;
        for mut link in std::mem::take(&mut self.links) {
            match link.carry(session) {
                Ok(true) => open.push(link),
                Ok(false) => {}
                Err(failure) => failed = Some(failure),
            }
        }
        self.links = open;
        failed.map_or(Ok(()), Err)
    }

    fn close(&self, session: &mut Session<'_, '_>) {
        for port in &self.ports {
            session.host.stop_listening(port.listener);
        }
        for link in &self.links {
            link.socket.into_iter().for_each(|socket| session.host.close(socket));
            if let Some(connection) = session.api.connection_mut(link.connection) {
                connection.client_gone = true;
            }
        }
    }
}

impl Link {
    /// Carries what there is; false once it has ended.
    fn carry(&mut self, session: &mut Session<'_, '_>) -> Result<bool> {
        while let Some(socket) = self.socket {
            let received = session.host.receive(socket, CHUNK);
            if received == Received::Empty {
                break;
            }
            let connection = session.api.connection_mut(self.connection);
            match (received, connection) {
                (Received::Data(bytes), Some(connection)) => connection.to_server.extend(bytes),
                (Received::Data(_), None) => {}
                (_, connection) => {
                    if let Some(connection) = connection {
                        connection.input_closed = true;
                    }
                    session.host.close(socket);
                    self.socket = None;
                }
            }
        }
        let Some(connection) = session.api.connection(self.connection) else {
            self.socket.into_iter().for_each(|socket| session.host.close(socket));
            return Ok(false);
        };
        if connection.to_client.is_empty() && connection.ending.is_none() {
            return Ok(true);
        }
        let Some(connection) = session.api.connection_mut(self.connection) else { return Ok(false) };
        let bytes: Vec<u8> = connection.to_client.drain(..).flat_map(|(_, bytes)| bytes).collect();
        let ending = connection.ending.clone();
        if let Some(socket) = self.socket {
            session.host.send(socket, &bytes);
        }
        let Some(ending) = ending else { return Ok(true) };
        self.socket.into_iter().for_each(|socket| session.host.close(socket));
        session.api.close_connection(self.connection);
        match ending {
            Ending::Exit(_) => Ok(false),
            Ending::Error(status) => Err(lost(session, (self.local, self.remote), &status)),
        }
    }
}

/// Says what the kubelet said, as the client's log has it; the command then ends.
fn lost(session: &mut Session<'_, '_>, (local, remote): (u16, u16), status: &Status) -> Failure {
    let text = format!("an error occurred forwarding {local} -> {remote}: {}", status.message);
    let (seconds, nanos) = session.io.unix_time();
    let time = jiff::Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).unwrap_or_default();
    let pid = session.io.local_pid();
    session.error_line(&format!(
        "E{} {pid:7} portforward.go:424] \"Unhandled Error\" err={text:?}",
        time.strftime("%m%d %H:%M:%S.%6f")
    ));
    client("lost connection to pod")
}
