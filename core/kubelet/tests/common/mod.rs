//! A cluster of one node without controllers and without a scheduler: the API server, the network, the machine and the kubelet.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use apiserver::connection::Ending;
use apiserver::{ApiServer, Caller, ConnectionId, DeleteOptions, ExecOptions, LogOptions, Settings};
use engine::{Duration, Instant, Random, Wake};
use k8s_openapi::api::core::v1::{Event, Pod};
use kubelet::programs::Program;
use kubelet::{Images, Kubelets, NodeConfig};
use model::{Kind, Object};
use network::Network;
use serde_json::{Value, json};
use shell::host::{InUse, Received, Resolved, SocketState};
use shell::{Completion, Context, Host, Io, ListenerId, Machine, NetworkNamespace, Programs, SocketId, Step};

/// What programs act on.
pub struct Outside {
    pub api: ApiServer,
    pub network: Network,
}

/// The programs of the images and nothing else.
#[derive(Clone, Debug)]
pub struct ImagePrograms;

impl Programs for ImagePrograms {
    type State = Program;
    type World = Outside;

    fn find(_: &str, _: &Context) -> bool {
        false
    }

    fn start(name: &str, args: &[String]) -> Option<Program> {
        Program::start(name, args)
    }

    fn step(state: &mut Program, io: &mut Io<'_>, world: &mut Outside) -> Step {
        state.step(io, world)
    }

    fn complete(_: &[String], _: &mut Io<'_>, _: &mut Outside) -> Vec<Completion> {
        Vec::new()
    }
}

impl Host for Outside {
    fn resolve(&mut self, netns: NetworkNamespace, name: &str) -> Resolved {
        match self.network.resolve(self.api.random(), network::NetworkNamespace(netns.0), name) {
            network::Resolved::Addresses(name, addresses) => {
                Resolved::Addresses(name, addresses.iter().map(Ipv4Addr::to_string).collect())
            }
            network::Resolved::NotFound => Resolved::NotFound,
            network::Resolved::Timeout => Resolved::Timeout,
        }
    }

    fn connect(&mut self, netns: NetworkNamespace, address: &str, port: u16) -> SocketId {
        let address = address.parse().unwrap_or(Ipv4Addr::UNSPECIFIED);
        SocketId(self.network.connect(self.api.random(), network::NetworkNamespace(netns.0), address, port).0)
    }

    fn socket_state(&self, socket: SocketId) -> SocketState {
        match self.network.socket_state(network::SocketId(socket.0)) {
            network::SocketState::Connecting => SocketState::Connecting,
            network::SocketState::Open => SocketState::Open,
            network::SocketState::Refused => SocketState::Refused,
            network::SocketState::Unreachable => SocketState::Unreachable,
            network::SocketState::TimedOut => SocketState::TimedOut,
            network::SocketState::Reset => SocketState::Reset,
            network::SocketState::Closed => SocketState::Closed,
        }
    }

    fn send(&mut self, socket: SocketId, bytes: &[u8]) -> bool {
        self.network.send(network::SocketId(socket.0), bytes)
    }

    fn receive(&mut self, socket: SocketId, max: usize) -> Received {
        match self.network.receive(network::SocketId(socket.0), max) {
            network::Received::Data(bytes) => Received::Data(bytes),
            network::Received::Empty => Received::Empty,
            network::Received::End => Received::End,
            network::Received::Reset => Received::Reset,
        }
    }

    fn close(&mut self, socket: SocketId) {
        self.network.close(network::SocketId(socket.0));
    }

    fn listen(&mut self, netns: NetworkNamespace, port: u16) -> Result<ListenerId, InUse> {
        let listener = self.network.listen(network::NetworkNamespace(netns.0), port);
        listener.map(|listener| ListenerId(listener.0)).map_err(|_| InUse)
    }

    fn accept(&mut self, listener: ListenerId) -> Option<SocketId> {
        self.network.accept(network::ListenerId(listener.0)).map(|socket| SocketId(socket.0))
    }

    fn stop_listening(&mut self, listener: ListenerId) {
        self.network.stop_listening(network::ListenerId(listener.0));
    }

    fn peer(&self, socket: SocketId) -> Option<(String, u16)> {
        self.network.peer(network::SocketId(socket.0)).map(|(address, port)| (address.to_string(), port))
    }

    fn ping(&mut self, netns: NetworkNamespace, address: &str) -> bool {
        address.parse().is_ok_and(|address| self.network.ping(network::NetworkNamespace(netns.0), address))
    }
}

/// The cluster.
pub struct Cluster {
    pub outside: Outside,
    pub machine: Machine<ImagePrograms>,
    pub kubelets: Kubelets,
    pub random: Random,
    pub now: Instant,
}

impl Cluster {
    /// One node, `node-1`, with every image of `images` on it.
    pub fn new(images: Images) -> Self {
        Self::with_nodes(images, 1)
    }

    /// So many nodes.
    pub fn with_nodes(mut images: Images, count: u8) -> Self {
        let settings = Settings::default();
        let machine = Machine::new(settings.epoch_seconds);
        let mut outside = Outside { api: ApiServer::new(settings), network: Network::default() };
        for index in 1..=count {
            images.preload_all(&format!("node-{index}"));
        }
        let mut kubelets = Kubelets::new(images);
        for index in 1..=count {
            let address = Ipv4Addr::new(192, 168, 49, 1 + index);
            let cidr = format!("10.244.{index}.0/24").parse().ok();
            let config = NodeConfig::new(&format!("node-{index}"), address, cidr);
            kubelets.start_node(&mut outside.api, &mut outside.network, config);
        }
        let mut cluster = Self { outside, machine, kubelets, random: Random::new(1), now: Instant::ZERO };
        cluster
            .create(Kind::ServiceAccount, json!({"metadata": {"name": "default", "namespace": "default"}}));
        cluster.create(
            Kind::ConfigMap,
            json!({"metadata": {"name": "kube-root-ca.crt", "namespace": "default"},
                "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n"}}),
        );
        cluster
    }

    pub fn create(&mut self, kind: Kind, value: Value) -> Arc<Object> {
        let object = Object::from_value(kind, value).expect("a well-formed object");
        self.outside.api.create(&Caller::admin(), object).expect("it is created")
    }

    /// Creates a pod on a node from the text of its spec.
    pub fn create_pod(&mut self, name: &str, node: &str, spec: &Value) -> Arc<Object> {
        let mut spec = spec.clone();
        spec["nodeName"] = node.into();
        self.create(Kind::Pod, json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec}))
    }

    pub fn delete_pod(&mut self, name: &str) {
        let options = DeleteOptions::default();
        self.outside
            .api
            .delete(&Caller::admin(), Kind::Pod, "default", name, &options)
            .expect("it is deleted");
    }

    /// Lets everything happen for a while.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let wake = self.settle();
            match wake.filter(|at| *at <= end) {
                Some(at) => self.now = at.max(self.now),
                None => break,
            }
        }
        self.now = end;
        self.settle();
    }

    pub fn run_seconds(&mut self, seconds: u64) {
        self.run(Duration::from_secs(seconds));
    }

    fn settle(&mut self) -> Wake {
        self.outside.api.set_now(self.now);
        loop {
            let revision = self.outside.api.revision();
            let network = self.outside.network.poll(self.outside.api.store(), &mut self.random, self.now);
            let (sockets, listeners) = self.outside.network.take_woken();
            sockets.iter().for_each(|socket| self.machine.notify_socket(SocketId(socket.0)));
            listeners.iter().for_each(|listener| self.machine.notify_listener(ListenerId(listener.0)));
            let kubelets = self.kubelets.poll(
                &mut self.outside.api,
                &mut self.outside.network,
                &mut self.machine,
                self.now,
            );
            let machine = self.machine.poll(&mut self.outside, &mut self.random, self.now);
            let exits = self.machine.take_exits();
            self.kubelets.note_exits(&exits);
            let streams = self.kubelets.has_streams(&self.outside.api)
                && !self.machine.kernel.take_written().is_empty();
            if exits.is_empty() && revision == self.outside.api.revision() && !streams {
                let wakes = [network, kubelets, machine, self.outside.network.next_at()];
                return wakes.into_iter().flatten().filter(|at| *at > self.now).min();
            }
        }
    }

    pub fn pod(&self, name: &str) -> Option<Pod> {
        self.outside.api.store().get(Kind::Pod, "default", name).map(|pod| pod.to_api())
    }

    /// The pod as a tree.
    pub fn pod_value(&self, name: &str) -> Value {
        self.outside.api.store().get(Kind::Pod, "default", name).map_or(Value::Null, |pod| pod.to_value())
    }

    /// The events of a pod: type, reason, message.
    pub fn events(&self, pod: &str) -> Vec<String> {
        let mut events: Vec<&Arc<Object>> = self
            .outside
            .api
            .store()
            .list_namespace(Kind::Event, "default")
            .filter(|event| event.spec::<Event>().involved_object.name.as_deref() == Some(pod))
            .collect();
        events.sort_by_key(|event| event.name().to_owned());
        events
            .iter()
            .map(|event| {
                let event = event.spec::<Event>();
                let text = |part: &Option<String>| part.clone().unwrap_or_default();
                format!("{} {} {}", text(&event.type_), text(&event.reason), text(&event.message))
            })
            .collect()
    }

    /// What a stream gave until it ended or so many seconds were over.
    pub fn read(&mut self, id: ConnectionId, seconds: u64) -> (String, Option<Ending>) {
        let mut text = String::new();
        for _ in 0..=seconds * 10 {
            self.run(Duration::from_millis(100));
            let Some(connection) = self.outside.api.connection_mut(id) else { break };
            for (_, bytes) in std::mem::take(&mut connection.to_client) {
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
            if let Some(ending) = connection.ending.clone() {
                self.outside.api.close_connection(id);
                return (text, Some(ending));
            }
        }
        (text, None)
    }

    pub fn logs(&mut self, pod: &str, options: LogOptions) -> (String, Option<Ending>) {
        let id =
            self.outside.api.open_logs(&Caller::admin(), "default", pod, options).expect("the log is opened");
        self.read(id, 0)
    }

    pub fn exec(&mut self, pod: &str, command: &[&str]) -> (String, Option<Ending>) {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let options = ExecOptions { command, ..ExecOptions::default() };
        let id =
            self.outside.api.open_exec(&Caller::admin(), "default", pod, options).expect("it is started");
        self.read(id, 2)
    }

    /// Attaches to a pod's own process and types this; what came back.
    pub fn attach(&mut self, pod: &str, tty: bool, typed: &str) -> (String, Option<Ending>) {
        let options = ExecOptions { stdin: true, tty, ..ExecOptions::default() };
        let id =
            self.outside.api.open_exec(&Caller::admin(), "default", pod, options).expect("it is started");
        if let Some(connection) = self.outside.api.connection_mut(id) {
            connection.to_server.extend_from_slice(typed.as_bytes());
            connection.input_closed = true;
        }
        self.read(id, 2)
    }

    /// GETs a page from a pod's address as the node does; the status and the body.
    pub fn get(&mut self, address: &str, port: u16, path: &str) -> Option<(u16, String)> {
        let node = self.outside.network.node("node-1")?.namespace;
        let address = address.parse().ok()?;
        let socket = self.outside.network.connect(self.outside.api.random(), node, address, port);
        self.run(Duration::from_millis(5));
        let request = network::http::Request::get("web", path, "curl/8.5.0").to_bytes();
        self.outside.network.send(socket, &request).then_some(())?;
        self.run(Duration::from_millis(5));
        let network::Received::Data(bytes) = self.outside.network.receive(socket, usize::MAX) else {
            return None;
        };
        self.outside.network.close(socket);
        match network::http::Response::parse(&bytes, true, false) {
            network::http::Parsed::Whole(response, _) => {
                Some((response.status, String::from_utf8_lossy(&response.body).into_owned()))
            }
            _ => None,
        }
    }
}
