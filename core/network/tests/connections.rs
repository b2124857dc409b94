//! Two nodes, two pods, a Service: who reaches whom, and how it ends.

use std::net::Ipv4Addr;

use engine::{Duration, Instant, Random};
use model::{Kind, Object};
use network::{Network, NetworkNamespace, Received, Resolved, Resolver, SocketId, SocketState};
use serde_json::{Value, json};
use store::{Key, Store};

struct World {
    network: Network,
    store: Store,
    random: Random,
    now: Instant,
}

impl World {
    fn put(&mut self, kind: Kind, value: Value) {
        let object = Object::from_value(kind, value).expect("a well-formed object");
        self.store.put(object, &"test".into(), 0);
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) =
            self.network.poll(&self.store, &mut self.random, self.now).filter(|at| *at <= end)
        {
            self.now = at;
        }
        self.now = end;
        self.network.poll(&self.store, &mut self.random, end);
    }

    fn connect(&mut self, from: NetworkNamespace, address: &str, port: u16) -> (SocketId, SocketState) {
        let address = address.parse().expect("an address");
        let socket = self.network.connect(&mut self.random, from, address, port);
        self.run(Duration::from_millis(2));
        (socket, self.network.socket_state(socket))
    }

    fn pod(&mut self, node: &str) -> (NetworkNamespace, Ipv4Addr) {
        let address = self.network.allocate_pod_address(node).expect("a free address");
        (self.network.add_pod(node, address, Resolver::cluster_first("default")), address)
    }
}

fn world() -> World {
    let mut world = World {
        network: Network::default(),
        store: Store::default(),
        random: Random::new(1),
        now: Instant::ZERO,
    };
    for (index, name) in [(1, "node-1"), (2, "node-2")] {
        let cidr = format!("10.244.{index}.0/24").parse().ok();
        world.network.add_node(name, Ipv4Addr::new(192, 168, 49, 1 + index), cidr);
    }
    world
}

fn service(name: &str, port: u16) -> Value {
    json!({"metadata": {"name": name, "namespace": "default"}, "spec": {
        "type": "NodePort", "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"],
        "ports": [{"port": 80, "targetPort": port, "nodePort": 30080, "protocol": "TCP"}]}})
}

fn slice(name: &str, endpoints: &[(Ipv4Addr, bool)]) -> Value {
    let endpoints: Vec<_> = endpoints
        .iter()
        .map(|(ip, ready)| json!({"addresses": [ip], "conditions": {"ready": ready}}))
        .collect();
    json!({"metadata": {"name": format!("{name}-abcde"), "namespace": "default", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "", "port": 8080, "protocol": "TCP"}]})
}

#[test]
fn bytes_go_both_ways_and_a_close_is_seen() {
    let mut world = world();
    let (client, client_address) = world.pod("node-1");
    let (server, address) = world.pod("node-2");
    let listener = world.network.listen(server, 8080).expect("a free port");
    assert!(world.network.listen(server, 8080).is_err());
    let (near, state) = world.connect(client, &address.to_string(), 8080);
    assert_eq!(state, SocketState::Open);
    let far = world.network.accept(listener).expect("a waiting connection");
    assert_eq!(world.network.peer(far).map(|peer| peer.0), Some(client_address));
    assert!(world.network.send(near, b"hello"));
    assert_eq!(world.network.receive(far, 100), Received::Empty);
    world.run(Duration::from_millis(1));
    assert_eq!(world.network.receive(far, 100), Received::Data(b"hello".to_vec()));
    world.network.send(far, b"bye");
    world.network.close(far);
    world.run(Duration::from_millis(1));
    assert_eq!(world.network.receive(near, 2), Received::Data(b"by".to_vec()));
    assert_eq!(world.network.receive(near, 9), Received::Data(b"e".to_vec()));
    assert_eq!(world.network.receive(near, 9), Received::End);
    world.network.send(near, b"anyone?");
    world.run(Duration::from_millis(1));
    assert_eq!(world.network.socket_state(near), SocketState::Reset);
}

#[test]
fn a_connection_nobody_takes_is_refused_unreachable_or_times_out() {
    let mut world = world();
    let (client, _) = world.pod("node-1");
    let (_, address) = world.pod("node-2");
    assert_eq!(world.connect(client, &address.to_string(), 1).1, SocketState::Refused);
    for (address, after, end) in
        [("10.244.2.99", 3, SocketState::Unreachable), ("8.8.8.8", 127, SocketState::TimedOut)]
    {
        let (socket, state) = world.connect(client, address, 80);
        assert_eq!(state, SocketState::Connecting);
        world.run(Duration::from_secs(after));
        assert_eq!(world.network.socket_state(socket), end, "{address}");
    }
}

#[test]
fn a_first_packet_that_was_lost_is_sent_again_and_finds_the_rules_of_then() {
    let mut world = world();
    let (client, _) = world.pod("node-1");
    let (server, address) = world.pod("node-2");
    world.network.listen(server, 8080).expect("a free port");
    world.put(Kind::Service, service("web", 8080));
    world.put(Kind::EndpointSlice, slice("web", &[(address, true)]));
    let (socket, state) = world.connect(client, "10.96.0.7", 80);
    assert_eq!(state, SocketState::Connecting, "kube-proxy has not synced");
    world.run(Duration::from_millis(990));
    assert_eq!(world.network.socket_state(socket), SocketState::Connecting);
    world.run(Duration::from_millis(10));
    assert_eq!(world.network.socket_state(socket), SocketState::Open);
}

#[test]
fn a_service_leads_to_its_ready_endpoints() {
    let mut world = world();
    let (client, _) = world.pod("node-1");
    let (first, first_address) = world.pod("node-1");
    let (second, second_address) = world.pod("node-2");
    let listeners = [first, second].map(|pod| world.network.listen(pod, 8080).expect("a free port"));
    world.put(Kind::Service, service("web", 8080));
    world.run(Duration::from_secs(1));
    assert_eq!(world.connect(client, "10.96.0.7", 80).1, SocketState::Refused, "no endpoint yet");
    world.put(Kind::EndpointSlice, slice("web", &[(first_address, true), (second_address, true)]));
    world.run(Duration::from_millis(1));
    assert_eq!(world.connect(client, "10.96.0.7", 80).1, SocketState::Refused, "kube-proxy has not synced");
    world.run(Duration::from_secs(1));
    for address in ["10.96.0.7", "192.168.49.3"] {
        let port = if address.starts_with("10.") { 80 } else { 30080 };
        for _ in 0..20 {
            assert_eq!(world.connect(client, address, port).1, SocketState::Open);
        }
    }
    for listener in listeners {
        assert!(std::iter::from_fn(|| world.network.accept(listener)).count() > 5);
    }
    world.put(Kind::EndpointSlice, slice("web", &[(first_address, false), (second_address, true)]));
    world.run(Duration::from_secs(1));
    for _ in 0..20 {
        world.connect(client, "10.96.0.7", 80);
    }
    assert_eq!(world.network.accept(listeners[0]), None);
    world.store.remove(Kind::Service, &Key::new("default", "web"), &"test".into(), 0);
    world.run(Duration::from_secs(1));
    assert_eq!(world.connect(client, "10.96.0.7", 80).1, SocketState::Connecting);
}

#[test]
fn names_are_looked_up_as_the_pods_resolver_says() {
    let mut world = world();
    let (pod, address) = world.pod("node-1");
    world.put(Kind::Namespace, json!({"metadata": {"name": "default"}}));
    world.put(Kind::Service, service("web", 8080));
    world.put(Kind::EndpointSlice, slice("web", &[(address, true)]));
    world.put(
        Kind::Service,
        json!({"metadata": {"name": "peers", "namespace": "default"}, "spec": {"clusterIP": "None"}}),
    );
    world.put(Kind::EndpointSlice, slice("peers", &[(address, true), (Ipv4Addr::new(10, 244, 2, 9), false)]));
    let alias = json!({"type": "ExternalName", "externalName": "web.default.svc.cluster.local"});
    world.put(Kind::Service, json!({"metadata": {"name": "alias", "namespace": "default"}, "spec": alias}));
    world.run(Duration::ZERO);
    let own = address.to_string().replace('.', "-");
    for (name, expected) in [
        ("web", Some("10.96.0.7")),
        ("web.default", Some("10.96.0.7")),
        ("web.default.svc.cluster.local.", Some("10.96.0.7")),
        ("alias", Some("10.96.0.7")),
        ("peers", Some("10.244.1.2")),
        (&format!("{own}.peers"), Some("10.244.1.2")),
        (&format!("{own}.default.pod"), Some("10.244.1.2")),
        (&format!("{own}.default.pod.cluster.local"), Some("10.244.1.2")),
        ("1-2-3.default.pod.cluster.local", None),
        ("web.other", None),
        ("www.example.com", None),
        ("10.1.2.3", Some("10.1.2.3")),
    ] {
        let found = match world.network.resolve(&mut world.random, pod, name) {
            Resolved::Addresses(_, addresses) => addresses.first().map(Ipv4Addr::to_string),
            Resolved::NotFound | Resolved::Timeout => None,
        };
        assert_eq!(found.as_deref(), expected, "{name}");
    }
    let node = world.network.node("node-1").expect("a node").namespace;
    assert_eq!(world.network.resolve(&mut world.random, node, "web.default"), Resolved::NotFound);
}
