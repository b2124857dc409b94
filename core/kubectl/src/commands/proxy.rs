//! `kubectl proxy`: the API on a port of this computer. Models kubectl/pkg/proxy.

mod exchange;

use apiserver::Watcher;
use apiserver::rest::{self, Content, Request};
use model::manifest;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use shell::host::{InUse, Received};
use shell::{ListenerId, SocketId, Wait};

use crate::failure::client;
use crate::flags::Flags;
use crate::session::{Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use exchange::{Asked, Response};

const CHUNK: usize = 64 * 1024;
/// From here on ports are given to whoever does not mind which.
const EPHEMERAL: (u16, u16) = (32768, 28232);
/// First parts of paths that the server knows; what is below any other is not found, in plain words.
const KNOWN_PATHS: &[&str] = &["", "api", "apis", "healthz", "livez", "readyz", "version"];

/// Who may ask for what: patterns, of which one has to match.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Filter {
    hosts: Vec<String>,
    paths: Vec<String>,
    rejected_paths: Vec<String>,
    rejected_methods: Vec<String>,
}

/// A proxy at work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proxying {
    listener: ListenerId,
    /// None if all may ask for all.
    filter: Option<Filter>,
    /// What stands before the server's own paths.
    prefix: String,
    links: Vec<Link>,
}

/// A client's connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    socket: SocketId,
    /// What came in and was not read yet.
    received: Vec<u8>,
    /// What the client watches, once it does.
    watcher: Option<Watcher>,
}

/// Runs the command.
///
/// # Errors
/// If the flags do not fit, or the port is taken.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["append-server-path", "keepalive", "unix-socket", "www", "www-prefix"])?;
    let address = flags.text("address");
    if address.parse::<std::net::Ipv4Addr>().is_err() {
        return Err(client(format!("listen tcp: lookup {address}: no such host")));
    }
    let port = u16::try_from(flags.int("port"))
        .map_err(|_| client(format!("listen tcp: address {}: invalid port", flags.int("port"))))?;
    let (first, count) = EPHEMERAL;
    let port = match port {
        0 => first + (session.io.random() % u64::from(count)) as u16,
        port => port,
    };
    let netns = session.io.context().netns;
    let listener = session
        .host
        .listen(netns, port)
        .map_err(|InUse| client(format!("listen tcp {address}:{port}: bind: address already in use")))?;
    session.line(&format!("Starting to serve on {address}:{port}"));
    let patterns = |name: &str| flags.text(name).split(',').map(str::to_owned).collect();
    let filter = (!flags.on("disable-filter")).then(|| Filter {
        hosts: patterns("accept-hosts"),
        paths: patterns("accept-paths"),
        rejected_paths: patterns("reject-paths"),
        rejected_methods: patterns("reject-methods"),
    });
    if filter.is_none() {
        session.warn("Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious");
    }
    let prefix = flags.text("api-prefix").trim_end_matches('/').to_owned();
    Proxying { listener, filter, prefix, links: Vec::new() }.step(session)
}

impl Filter {
    fn accepts(&self, asked: &Asked, path: &str) -> bool {
        let any = |patterns: &[String], text: &str| {
            patterns.iter().any(|pattern| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text)))
        };
        let host = asked.header("host");
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        any(&self.hosts, host)
            && any(&self.paths, path)
            && !any(&self.rejected_paths, path)
            && !any(&self.rejected_methods, &asked.method)
    }
}

impl Proxying {
    /// Takes new connections, answers requests and shows what is watched.
    ///
    /// # Errors
    /// None: a proxy goes on until it is ended.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        while let Some(socket) = session.host.accept(self.listener) {
            self.links.push(Link { socket, received: Vec::new(), watcher: None });
        }
        let links = std::mem::take(&mut self.links);
        self.links = links.into_iter().filter_map(|link| self.serve(session, link)).collect();
        let wait = Wait {
            listeners: vec![self.listener],
            sockets: self.links.iter().map(|link| link.socket).collect(),
            world: self.links.iter().any(|link| link.watcher.is_some()),
            ..Wait::default()
        };
        Ok(Flow::Block(Box::new(Task::Proxy(self)), wait))
    }

    /// Does what there is to do for a client; none once it has left.
    fn serve(&self, session: &mut Session<'_, '_>, mut link: Link) -> Option<Link> {
        loop {
            match session.host.receive(link.socket, CHUNK) {
                Received::Data(bytes) => link.received.extend(bytes),
                Received::Empty => break,
                Received::End | Received::Reset => {
                    session.host.close(link.socket);
                    return None;
                }
            }
        }
        while link.watcher.is_none() {
            let Some(asked) = Asked::take(&mut link.received) else { break };
            link.watcher = self.answer(session, link.socket, &asked);
        }
        if let Some(watcher) = &mut link.watcher {
            // What the log no longer reaches back to ends the watch.
            let Ok(events) = watcher.read(session.api) else {
                session.host.close(link.socket);
                return None;
            };
            for event in &events {
                let line = rest::to_compact(&session.api.event_value(event));
                session.host.send(link.socket, &exchange::chunk(&line));
            }
        }
        Some(link)
    }

    /// Answers a request; the watcher, if it is about to watch.
    fn answer(&self, session: &mut Session<'_, '_>, socket: SocketId, asked: &Asked) -> Option<Watcher> {
        let time = session.api.time().0;
        let (response, watcher) = match self.respond(session, asked) {
            Ok(answered) => answered,
            Err(response) => (response, None),
        };
        let streams = watcher.is_some();
        session.host.send(socket, &response.to_bytes(time, streams, asked.method == "HEAD"));
        watcher
    }

    fn respond(
        &self,
        session: &mut Session<'_, '_>,
        asked: &Asked,
    ) -> Result<(Response, Option<Watcher>), Response> {
        let path = asked.target.split('?').next().unwrap_or_default();
        if self.filter.as_ref().is_some_and(|filter| !filter.accepts(asked, path)) {
            return Err(Response::text(403, "Forbidden\n"));
        }
        let Some(target) = asked.target.strip_prefix(&self.prefix).filter(|rest| rest.starts_with('/'))
        else {
            return Err(Response::text(404, "404 page not found\n"));
        };
        let first = target.split(['/', '?']).nth(1).unwrap_or_default();
        if !KNOWN_PATHS.contains(&first) {
            return Err(Response::text(404, "404 page not found\n"));
        }
        let form = Form::of(asked).map_err(|status| Form::Compact.refused(&status))?;
        let request = Request {
            method: &asked.method,
            target,
            content_type: asked.header("content-type"),
            body: &asked.body,
        };
        // Who asks by way of the proxy manages the fields that it sets.
        let agent = asked.header("user-agent").split('/').next().unwrap_or_default();
        let caller = match agent {
            "" => session.client.caller.clone(),
            agent => session.client.caller.with_manager(agent),
        };
        let reply = session.api.answer(&caller, &request).map_err(|status| form.refused(&status))?;
        Ok(match reply.content {
            Content::Text(text) if text.starts_with('{') => {
                (Response { code: reply.code, sort: "application/json", body: text }, None)
            }
            Content::Text(text) => (Response::text(reply.code, &text), None),
            Content::Document(value) => (form.response(reply.code, &value), None),
            Content::Watch(watcher) => {
                (Response { code: 200, sort: "application/json", body: String::new() }, Some(watcher))
            }
        })
    }
}

/// In which form a client gets documents.
#[derive(Clone, Copy)]
enum Form {
    Compact,
    /// For those who sit at a terminal or a browser.
    Pretty,
    Yaml,
}

impl Form {
    fn of(asked: &Asked) -> Result<Self, model::Status> {
        let accepts = asked.header("accept");
        let kinds: Vec<&str> = accepts.split(',').map(str::trim).collect();
        let plain = |kind: &&str| {
            !kind.contains("as=") && (kind.starts_with("*/*") || kind.starts_with("application/json"))
        };
        let agent = asked.header("user-agent");
        let looked_at = ["curl", "Wget", "Mozilla/5.0"].iter().any(|name| agent.starts_with(name));
        if accepts.is_empty() || kinds.iter().any(plain) {
            return Ok(if looked_at { Self::Pretty } else { Self::Compact });
        }
        if kinds.iter().any(|kind| kind.starts_with("application/yaml")) {
            return Ok(Self::Yaml);
        }
        let mut status = model::Status::new(
            model::Reason::NotAcceptable,
            "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf",
        );
        status.details = Some(Box::default());
        Err(status)
    }

    fn response(self, code: u16, value: &serde_json::Value) -> Response {
        match self {
            Self::Compact => Response { code, sort: "application/json", body: rest::to_compact(value) },
            Self::Pretty => Response { code, sort: "application/json", body: rest::to_pretty(value) },
            Self::Yaml => Response { code, sort: "application/yaml", body: manifest::to_yaml(value) },
        }
    }

    fn refused(self, status: &model::Status) -> Response {
        self.response(status.code(), &rest::refusal(status))
    }
}
