//! `nslookup`, `getent`, `ping` and `nc`.

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use super::options::{Spec, is_busybox, name_of};
use crate::host::{ListenerId, Received, Resolved, SocketId, SocketState};
use crate::io::Io;
use crate::program::{Read, STDIN, STDOUT, Signal, Step, Wait};

fn server(io: &mut Io<'_>) -> String {
    let bytes = io.read_file("/etc/resolv.conf").unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let line =
        text.lines().find_map(|line| line.strip_prefix("nameserver ").map(|rest| rest.trim().to_owned()));
    line.unwrap_or_else(|| "127.0.0.1".to_owned())
}

/// `nslookup`.
pub fn nslookup(io: &mut Io<'_>, args: &[String]) -> i32 {
    let mut operands = args.iter().skip(1).filter(|arg| !arg.starts_with('-'));
    let Some(name) = operands.next().cloned() else {
        io.err("Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n");
        return 1;
    };
    let server = operands.next().cloned().unwrap_or_else(|| server(io));
    if is_busybox(io) {
        return if io.context().build.has("FEATURE_NSLOOKUP_BIG") {
            busybox_nslookup(io, args, &name, &server)
        } else {
            small_nslookup(io, &name, &server)
        };
    }
    let netns = io.context().netns;
    let head = format!("Server:\t\t{server}\nAddress:\t{server}#53\n\n");
    match io.host.resolve(netns, &name) {
        Resolved::Addresses(full, addresses) => {
            io.out(&(head + &found(&full, &addresses) + "\n"));
            0
        }
        Resolved::NotFound => {
            io.out(&format!("{head}** server can't find {name}: NXDOMAIN\n\n"));
            1
        }
        Resolved::Timeout => no_servers(io),
    }
}

fn found(name: &str, addresses: &[String]) -> String {
    addresses.iter().map(|address| format!("Name:\t{name}\nAddress: {address}\n")).collect()
}

fn no_servers(io: &mut Io<'_>) -> i32 {
    io.out(";; connection timed out; no servers could be reached\n\n");
    1
}

/// BusyBox's since 1.29: it appends the search domains, all of them, to names without a dot only, asks for addresses of both kinds, and
/// fails if any of the answers is no.
fn busybox_nslookup(io: &mut Io<'_>, args: &[String], name: &str, server: &str) -> i32 {
    const IN_CLUSTER: &str = ".cluster.local";
    let conf = io.read_file("/etc/resolv.conf").unwrap_or_default();
    let conf = String::from_utf8_lossy(&conf).into_owned();
    let domains = conf.lines().find_map(|line| line.strip_prefix("search ")).unwrap_or_default();
    let mut names: Vec<String> =
        domains.split_whitespace().map(|domain| format!("{name}.{domain}")).collect();
    if name.contains('.') || names.is_empty() {
        names = vec![name.trim_end_matches('.').to_owned()];
    }
    // What the cluster's server knows itself is there before what it has to ask others.
    let (near, far): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.ends_with(IN_CLUSTER));
    let wanted = args.iter().find_map(|arg| arg.strip_prefix("-type=")).map(str::to_ascii_lowercase);
    let kinds: &[&str] = match wanted.as_deref() {
        Some("aaaa") => &["aaaa"],
        Some(_) => &["a"],
        None => &["a", "aaaa"],
    };
    let mut text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
    let mut status = 0;
    let netns = io.context().netns;
    for names in [near, far] {
        for kind in kinds {
            for name in &names {
                text.push_str(&match io.host.resolve(netns, &format!("{name}.")) {
                    Resolved::Addresses(full, addresses) if *kind == "a" => found(&full, &addresses) + "\n",
                    Resolved::Addresses(..) => "\n".to_owned(),
                    Resolved::NotFound => {
                        status = 1;
                        format!("** server can't find {name}: NXDOMAIN\n\n")
                    }
                    Resolved::Timeout => return no_servers(io),
                });
            }
        }
    }
    io.out(&text);
    status
}

/// BusyBox's before that, which looks names up as every program does.
fn small_nslookup(io: &mut Io<'_>, name: &str, server: &str) -> i32 {
    const CLUSTER_DNS: &str = "kube-dns.kube-system.svc.cluster.local";
    let netns = io.context().netns;
    let of_server = match io.host.resolve(netns, &format!("{CLUSTER_DNS}.")) {
        Resolved::Addresses(full, addresses) if addresses.iter().any(|address| address == server) => full,
        _ => String::new(),
    };
    let line = |number: usize, address: &str, name: &str| {
        format!("{}\n", format!("Address {number}: {address} {name}").trim_end())
    };
    let head = format!("Server:    {server}\n{}\n", line(1, server, &of_server));
    match io.host.resolve(netns, name) {
        Resolved::Addresses(full, addresses) => {
            let lines = (1..).zip(&addresses).map(|(number, address)| line(number, address, &full));
            io.out(&format!("{head}Name:      {name}\n{}", lines.collect::<String>()));
            0
        }
        _ => {
            io.out(&head);
            io.err(&format!("nslookup: can't resolve '{name}'\n"));
            1
        }
    }
}

/// `getent hosts NAME`.
pub fn getent(io: &mut Io<'_>, args: &[String]) -> i32 {
    let netns = io.context().netns;
    match (args.get(1).map(String::as_str), args.get(2)) {
        (Some("hosts" | "ahosts"), Some(name)) => match io.host.resolve(netns, name) {
            Resolved::Addresses(full, addresses) => {
                let text: String =
                    addresses.iter().map(|address| format!("{address:<15} {full}\n")).collect();
                io.out(&text);
                0
            }
            _ => 2,
        },
        (Some(database @ ("passwd" | "group")), key) => {
            let bytes = io.read_file(&format!("/etc/{database}")).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let wanted = |line: &&str| {
                key.is_none_or(|key| {
                    line.split(':').next() == Some(key) || line.split(':').nth(2) == Some(key)
                })
            };
            let found: String = text.lines().filter(wanted).map(|line| format!("{line}\n")).collect();
            io.out(&found);
            if found.is_empty() { 2 } else { 0 }
        }
        _ => {
            io.err("Usage: getent [OPTION...] database [key ...]\n");
            1
        }
    }
}

const PING: Spec = Spec::new("c:W:w:i:q4s:n", "[OPTIONS] HOST");

/// A running `ping`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ping {
    address: Option<String>,
    host: String,
    count: Option<u64>,
    sent: u64,
    answered: u64,
    next: Option<Instant>,
    until: Option<Instant>,
    begun: Instant,
}

impl Ping {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if self.address.is_none()
            && let Err(status) = self.start(io)
        {
            return Step::Exit(status);
        }
        let address = self.address.clone().unwrap_or_default();
        loop {
            let over = self.until.is_some_and(|until| until <= io.now());
            if over || io.take_signal().is_some() || self.count.is_some_and(|count| self.sent >= count) {
                return Step::Exit(self.summary(io));
            }
            if let Some(next) = self.next.filter(|next| *next > io.now()) {
                let until = self.until.map_or(next, |until| until.min(next));
                return Step::Wait(Wait::until(until));
            }
            let netns = io.context().netns;
            if io.host.ping(netns, &address) {
                self.answered += 1;
                let (word, number) =
                    if is_busybox(io) { ("seq", self.sent) } else { ("icmp_seq", self.sent + 1) };
                io.out(&format!("64 bytes from {address}: {word}={number} ttl=64 time=0.100 ms\n"));
            }
            self.sent += 1;
            self.next = Some(io.now() + Duration::from_secs(1));
        }
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        let args = io.args().to_vec();
        let parsed = PING.parse(io, &args)?;
        let Some(host) = parsed.operands.first() else {
            if is_busybox(io) {
                return Err(PING.misused(io, &args, "missing operand"));
            }
            io.err("ping: usage error: Destination address required\n");
            return Err(2);
        };
        let netns = io.context().netns;
        let Resolved::Addresses(_, addresses) = io.host.resolve(netns, host) else {
            let text = if is_busybox(io) {
                format!("bad address '{host}'")
            } else {
                format!("{host}: Name or service not known")
            };
            io.err(&format!("ping: {text}\n"));
            return Err(if is_busybox(io) { 1 } else { 2 });
        };
        let address = addresses.into_iter().next().unwrap_or_default();
        self.count = parsed.value('c').and_then(|count| count.parse().ok());
        self.begun = io.now();
        let limit = parsed.value('w').and_then(|text| text.parse().ok());
        self.until = limit.map(|seconds| io.now() + Duration::from_secs(seconds));
        io.handle_signals(&[Signal::Int]);
        let size = if is_busybox(io) { "56 data bytes" } else { "56(84) bytes of data." };
        let colon = if is_busybox(io) { ":" } else { "" };
        io.out(&format!("PING {host} ({address}){colon} {size}\n"));
        host.clone_into(&mut self.host);
        self.address = Some(address);
        Ok(())
    }

    fn summary(&self, io: &mut Io<'_>) -> i32 {
        let lost = (self.sent - self.answered) * 100 / self.sent.max(1);
        let (sent, answered) = (self.sent, self.answered);
        let text = if is_busybox(io) {
            format!("{sent} packets transmitted, {answered} packets received, {lost}% packet loss")
        } else {
            let time = io.now().since(self.begun).as_millis();
            format!("{sent} packets transmitted, {answered} received, {lost}% packet loss, time {time}ms")
        };
        let times = match (answered, is_busybox(io)) {
            (0, _) => "",
            (_, true) => "round-trip min/avg/max = 0.100/0.100/0.100 ms\n",
            (_, false) => "rtt min/avg/max/mdev = 0.100/0.100/0.100/0.000 ms\n",
        };
        io.out(&format!("\n--- {} ping statistics ---\n{text}\n{times}", self.host));
        i32::from(answered == 0)
    }
}

const NC: Spec = Spec::new("zvlw:p:nuke", "[OPTIONS] HOST PORT");

/// A running `nc`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Nc {
    started: bool,
    host: String,
    port: u16,
    scan: bool,
    verbose: bool,
    limit: Option<Duration>,
    until: Option<Instant>,
    listener: Option<ListenerId>,
    socket: Option<SocketId>,
    connected: bool,
    input_ended: bool,
}

impl Nc {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            if let Err(status) = self.start(io) {
                return Step::Exit(status);
            }
        }
        if let (Some(listener), None) = (self.listener, self.socket) {
            match io.host.accept(listener) {
                Some(socket) => {
                    io.host.stop_listening(listener);
                    self.socket = Some(socket);
                    self.connected = true;
                }
                None => return Step::Wait(Wait { listeners: vec![listener], ..Wait::default() }),
            }
        }
        let Some(socket) = self.socket else { return Step::Exit(1) };
        if !self.connected {
            let text = match io.host.socket_state(socket) {
                SocketState::Connecting if self.until.is_none_or(|until| until > io.now()) => {
                    return Step::Wait(Wait { until: self.until, ..Wait::socket(socket) });
                }
                SocketState::Open | SocketState::Closed => None,
                SocketState::Refused => Some("Connection refused"),
                SocketState::Unreachable => Some("No route to host"),
                SocketState::Reset => Some("Connection reset by peer"),
                SocketState::Connecting | SocketState::TimedOut => Some("Connection timed out"),
            };
            if let Some(text) = text {
                return Step::Exit(self.refused(io, socket, text));
            }
            self.connected = true;
            if self.verbose {
                self.tell_open(io);
            }
            if self.scan {
                io.host.close(socket);
                return Step::Exit(0);
            }
        }
        self.relay(io, socket)
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        let args = io.args().to_vec();
        let parsed = NC.parse(io, &args)?;
        self.scan = parsed.has('z');
        self.verbose = parsed.has('v');
        self.limit = parsed.value('w').and_then(|text| text.parse().ok()).map(Duration::from_secs_f64);
        self.until = self.limit.map(|limit| io.now() + limit);
        let netns = io.context().netns;
        if parsed.has('l') {
            let port = parsed.value('p').or(parsed.operands.last().map(String::as_str));
            let Some(port) = port.and_then(|port| port.parse().ok()) else {
                return Err(NC.misused(io, &args, "missing port number"));
            };
            match io.host.listen(netns, port) {
                Ok(listener) => self.listener = Some(listener),
                Err(error) => {
                    io.err(&format!("{}: {error}\n", name_of(&args)));
                    return Err(1);
                }
            }
            return Ok(());
        }
        let [host, port] = parsed.operands.as_slice() else {
            return Err(NC.misused(io, &args, "missing port number"));
        };
        let Ok(port) = port.parse() else {
            io.err(&format!("{}: port number invalid: {port}\n", name_of(&args)));
            return Err(1);
        };
        let address = match io.host.resolve(netns, host) {
            Resolved::Addresses(_, addresses) => addresses.into_iter().next().unwrap_or_default(),
            _ => {
                let text = if is_busybox(io) {
                    format!("bad address '{host}'")
                } else {
                    format!("getaddrinfo for host \"{host}\" port {port}: Name or service not known")
                };
                io.err(&format!("nc: {text}\n"));
                return Err(1);
            }
        };
        (self.host, self.port) = (host.clone(), port);
        self.socket = Some(io.host.connect(netns, &address, port));
        Ok(())
    }

    fn refused(&self, io: &mut Io<'_>, socket: SocketId, text: &str) -> i32 {
        io.host.close(socket);
        let (host, port) = (&self.host, self.port);
        if is_busybox(io) {
            if self.verbose || !self.scan {
                io.err(&format!("nc: {host} ({host}:{port}): {text}\n"));
            }
        } else if self.verbose {
            io.err(&format!("nc: connect to {host} port {port} (tcp) failed: {text}\n"));
        }
        1
    }

    fn tell_open(&self, io: &mut Io<'_>) {
        let (host, port) = (&self.host, self.port);
        if is_busybox(io) {
            io.err(&format!("{host} ({host}:{port}) open\n"));
        } else {
            io.err(&format!("Connection to {host} {port} port [tcp/*] succeeded!\n"));
        }
    }

    fn relay(&mut self, io: &mut Io<'_>, socket: SocketId) -> Step {
        while !self.input_ended {
            match io.read(STDIN, 1 << 16) {
                Read::Data(bytes) => {
                    io.host.send(socket, &bytes);
                }
                Read::Empty => break,
                Read::End => self.input_ended = true,
            }
        }
        loop {
            match io.host.receive(socket, 1 << 16) {
                Received::Data(bytes) => {
                    let _ = io.write(STDOUT, &bytes);
                    self.until = self.limit.map(|limit| io.now() + limit);
                }
                Received::Empty => break,
                Received::End | Received::Reset => {
                    io.host.close(socket);
                    return Step::Exit(0);
                }
            }
        }
        if self.until.is_some_and(|until| until <= io.now()) {
            io.host.close(socket);
            return Step::Exit(1);
        }
        let readable = if self.input_ended { Vec::new() } else { vec![STDIN] };
        Step::Wait(Wait { readable, until: self.until, ..Wait::socket(socket) })
    }
}
