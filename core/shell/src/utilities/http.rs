//! An HTTP/1.1 exchange over the host's sockets, for `curl` and `wget`.

use engine::Instant;
use serde::{Deserialize, Serialize};

use crate::host::{Received, Resolved, SocketId, SocketState};
use crate::io::Io;
use crate::program::Wait;

/// Where a URL leads.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Url {
    /// `http` or `https`.
    pub scheme: String,
    /// The name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path and query.
    pub path: String,
    /// `user:password`, if it has them.
    pub user: Option<String>,
}

impl Url {
    /// Reads a URL; without a scheme it is `http`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, authority) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, rest)| (Some(user.to_owned()), rest));
        let standard = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            None | Some("") => standard,
            Some(port) => port.parse().ok()?,
        };
        if host.is_empty() {
            return None;
        }
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Self { scheme: scheme.to_lowercase(), host: host.to_owned(), port, path, user })
    }

    /// The value of the `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        let standard = if self.scheme == "https" { 443 } else { 80 };
        if self.port == standard { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

/// Why an exchange failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Failure {
    /// The name has no address.
    Resolve,
    /// No name server answered.
    ResolveTimeout,
    /// The other side's certificate is signed by nobody known.
    Untrusted,
    /// Nobody listens.
    Refused,
    /// No route.
    Unreachable,
    /// The other side did not answer the connection.
    ConnectTimeout,
    /// The time for the whole exchange is over.
    Timeout,
    /// The other side closed without an answer.
    Empty,
    /// The other side broke the connection.
    Reset,
    /// The answer is not HTTP.
    Malformed,
    /// The body is shorter than it was said to be.
    Partial(u64),
}

/// How far an exchange is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) enum Phase {
    #[default]
    Start,
    Connecting,
    Head,
    Body,
    Done,
}

/// What an exchange says after a step.
pub enum Progress {
    /// It waits.
    Wait(Wait),
    /// The answer is whole.
    Done,
    /// It failed.
    Failed(Failure),
}

/// A request and the answer to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// Where to.
    pub url: Url,
    /// The bytes of the request.
    pub request: Vec<u8>,
    /// Whether the answer has no body (`HEAD`).
    pub head_only: bool,
    /// Whether the other side has to show a certificate: here nobody has one.
    pub wants_certificate: bool,
    /// The address, if it is given instead of asked for.
    pub address: Option<String>,
    /// Until when the connection must be there.
    pub connect_until: Option<Instant>,
    /// Until when all must be done.
    pub until: Option<Instant>,
    /// When it began.
    pub started: Instant,
    pub(super) phase: Phase,
    pub(super) socket: Option<SocketId>,
    pub(super) buffer: Vec<u8>,
    /// The head of the answer, with its empty line.
    pub head: String,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the body that nobody took yet.
    pub body: Vec<u8>,
    /// How many bytes the body has had so far.
    pub received: u64,
    pub(super) length: Option<u64>,
    pub(super) chunked: bool,
}

impl Exchange {
    /// A header of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// How long the body is said to be.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether the head of the answer has come.
    #[must_use]
    pub fn has_head(&self) -> bool {
        matches!(self.phase, Phase::Body | Phase::Done)
    }

    /// Whether the connection stands.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Head | Phase::Body | Phase::Done)
    }

    /// Goes on as far as it can.
    pub fn step(&mut self, io: &mut Io<'_>) -> Progress {
        let result = self.advance(io);
        if !matches!(result, Progress::Wait(_))
            && let Some(socket) = self.socket.take()
        {
            io.host.close(socket);
        }
        result
    }

    fn wait(&self, socket: SocketId) -> Progress {
        let connecting = self.phase == Phase::Connecting;
        let until = match (self.connect_until.filter(|_| connecting), self.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Progress::Wait(Wait { until, ..Wait::socket(socket) })
    }

    fn advance(&mut self, io: &mut Io<'_>) -> Progress {
        let netns = io.context().netns;
        if self.phase == Phase::Start {
            let address = match self.address.clone() {
                Some(address) => address,
                None => match io.host.resolve(netns, &self.url.host) {
                    Resolved::Addresses(_, addresses) => match addresses.into_iter().next() {
                        Some(address) => address,
                        None => return Progress::Failed(Failure::Resolve),
                    },
                    Resolved::NotFound => return Progress::Failed(Failure::Resolve),
                    Resolved::Timeout => return Progress::Failed(Failure::ResolveTimeout),
                },
            };
            self.socket = Some(io.host.connect(netns, &address, self.url.port));
            self.address = Some(address);
            self.phase = Phase::Connecting;
        }
        let Some(socket) = self.socket else { return Progress::Done };
        if self.phase == Phase::Connecting {
            match io.host.socket_state(socket) {
                SocketState::Connecting => {
                    let over = |until: Option<Instant>| until.is_some_and(|until| until <= io.now());
                    if over(self.connect_until) || over(self.until) {
                        return Progress::Failed(Failure::ConnectTimeout);
                    }
                    return self.wait(socket);
                }
                SocketState::Refused => return Progress::Failed(Failure::Refused),
                SocketState::Unreachable => return Progress::Failed(Failure::Unreachable),
                SocketState::TimedOut => return Progress::Failed(Failure::ConnectTimeout),
                SocketState::Reset => return Progress::Failed(Failure::Reset),
                SocketState::Open | SocketState::Closed if self.wants_certificate => {
                    return Progress::Failed(Failure::Untrusted);
                }
                SocketState::Open | SocketState::Closed => {}
            }
            if !io.host.send(socket, &self.request) {
                return Progress::Failed(Failure::Reset);
            }
            self.phase = Phase::Head;
        }
        loop {
            match io.host.receive(socket, 1 << 16) {
                Received::Data(bytes) => {
                    self.buffer.extend(bytes);
                    if self.phase == Phase::Head && !self.read_head() {
                        if self.buffer.len() > 1 << 20 || !plausible(&self.buffer) {
                            return Progress::Failed(Failure::Malformed);
                        }
                        continue;
                    }
                    if self.read_body() {
                        self.phase = Phase::Done;
                        return Progress::Done;
                    }
                }
                Received::Empty => {
                    if self.until.is_some_and(|until| until <= io.now()) {
                        return Progress::Failed(Failure::Timeout);
                    }
                    return self.wait(socket);
                }
                Received::Reset => return Progress::Failed(Failure::Reset),
                Received::End => return self.ended(),
            }
        }
    }

    fn ended(&mut self) -> Progress {
        match self.phase {
            Phase::Head if self.buffer.is_empty() => Progress::Failed(Failure::Empty),
            Phase::Head => Progress::Failed(Failure::Malformed),
            _ => match self.length {
                Some(length) if self.received < length => {
                    Progress::Failed(Failure::Partial(length - self.received))
                }
                _ => {
                    self.phase = Phase::Done;
                    Progress::Done
                }
            },
        }
    }

    /// Takes the head off the buffer once it is whole.
    fn read_head(&mut self) -> bool {
        let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
        let rest = self.buffer.split_off(end + 4);
        let head = std::mem::replace(&mut self.buffer, rest);
        self.head = String::from_utf8_lossy(&head).into_owned();
        self.status = self.head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        if self.status == 100 {
            return self.read_head();
        }
        self.chunked =
            self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let bodiless = self.head_only || self.status == 204 || self.status == 304;
        let stated = self.header("content-length").and_then(|value| value.parse().ok());
        self.length = if bodiless { Some(0) } else { stated.filter(|_| !self.chunked) };
        self.chunked &= !bodiless;
        self.phase = Phase::Body;
        true
    }

    /// Moves what came from the buffer to the body; true if the body is whole.
    fn read_body(&mut self) -> bool {
        if self.chunked {
            return self.read_chunks();
        }
        let mut bytes = std::mem::take(&mut self.buffer);
        if let Some(length) = self.length {
            bytes.truncate((length - self.received.min(length)) as usize);
        }
        self.received += bytes.len() as u64;
        self.body.extend(bytes);
        self.length.is_some_and(|length| self.received >= length)
    }

    fn read_chunks(&mut self) -> bool {
        loop {
            let Some(end) = self.buffer.windows(2).position(|window| window == b"\r\n") else { return false };
            let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let size =
                usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16).unwrap_or(0);
            if size == 0 {
                return true;
            }
            if self.buffer.len() < end + 2 + size + 2 {
                return false;
            }
            let rest = self.buffer.split_off(end + 2 + size + 2);
            let chunk = std::mem::replace(&mut self.buffer, rest);
            self.received += size as u64;
            self.body.extend_from_slice(&chunk[end + 2..end + 2 + size]);
        }
    }
}

fn plausible(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(5)];
    b"HTTP/".starts_with(start)
}
