//! `kubectl logs`. Models kubectl/pkg/cmd/logs/logs.go.

use std::sync::Arc;

use apiserver::connection::Ending;
use apiserver::{ConnectionId, LogOptions};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use model::{Object, Status};
use serde::{Deserialize, Serialize};
use shell::{STDOUT, Wait};

use crate::failure::{Failure, Result, client, usage};
use crate::flags::Flags;
use crate::pods::{self, Purpose};
use crate::session::{Flow, Outcome, Session, refuse};
use crate::tasks::Task;

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.
POD or TYPE/NAME is a required argument for the logs command";
/// So many lines of each pod when a selector names them and nothing else is said.
const SELECTOR_TAIL: u64 = 10;

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    let selector = !flags.text("selector").is_empty();
    if flags.args.is_empty() && !selector {
        return Err(usage("logs", USAGE));
    }
    if selector && !flags.args.is_empty() {
        return Err(usage("logs", "only a selector (-l) or a POD name is allowed"));
    }
    if flags.args.len() > 2 {
        return Err(usage("logs", USAGE));
    }
    if flags.given("since") && flags.given("since-time") {
        return Err(client("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if flags.on("all-containers") && !flags.text("container").is_empty() {
        return Err(client("--all-containers=true should not be specified with container name"));
    }
    if flags.int("tail") < -1 {
        return Err(client("--tail must be greater than or equal to -1"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["insecure-skip-tls-verify-backend"])?;
    let Some(targets) = targets(session, flags)? else { return Ok(Flow::Done) };
    let most = flags.int("max-log-requests");
    if flags.on("follow") && i64::try_from(targets.len()).unwrap_or(i64::MAX) > most {
        return Err(client(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit",
            targets.len()
        )));
    }
    let mut reading = Reading {
        streams: Vec::new(),
        waiting: Vec::new(),
        together: flags.on("follow"),
        ignore_errors: flags.on("ignore-errors"),
    };
    for (pod, container) in targets {
        let prefix =
            if flags.on("prefix") { format!("[pod/{}/{container}] ", pod.name()) } else { String::new() };
        let options = options(session, flags, &container)?;
        let place = (pod.namespace().to_owned(), pod.name().to_owned());
        reading.waiting.push(Wanted { place, options, prefix });
    }
    reading.waiting.reverse();
    reading.step(session)
}

/// Pods, each with one of its containers.
type Targets = Vec<(Arc<Object>, String)>;

/// Which containers of which pods; none if a selector finds no pod.
fn targets(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Option<Targets>> {
    let pods = if flags.text("selector").is_empty() {
        if flags.on("all-pods") {
            pods::all_of(session, &flags.args[0])?
        } else {
            vec![pods::one_of(session, &flags.args[0], true)?]
        }
    } else {
        let namespace = session.list_namespace(flags);
        let options = crate::resources::list_options(flags);
        session.api.list(&session.client.caller, model::Kind::Pod, &namespace, &options)?.items
    };
    if pods.is_empty() {
        let text = format!("No resources found in {} namespace.", session.client.namespace);
        session.error_line(&text);
        return Ok(None);
    }
    let mut named = flags.text("container").to_owned();
    if let Some(second) = flags.args.get(1) {
        if !named.is_empty() {
            return Err(usage("logs", "only one of -c or an inline [CONTAINER] arg is allowed"));
        }
        named.clone_from(second);
    }
    let mut targets = Vec::new();
    for pod in pods {
        if flags.on("all-containers") || flags.on("all-pods") && named.is_empty() {
            targets.extend(pods::all_containers(&pod).into_iter().map(|name| (pod.clone(), name)));
            continue;
        }
        let container = pods::container_of(session, &pod, &named, Purpose::Logs)?;
        targets.push((pod, container));
    }
    Ok(Some(targets))
}

fn options(session: &Session<'_, '_>, flags: &Flags, container: &str) -> Result<LogOptions> {
    let mut options = LogOptions {
        container: container.to_owned(),
        follow: flags.on("follow"),
        previous: flags.on("previous"),
        timestamps: flags.on("timestamps"),
        ..LogOptions::default()
    };
    options.tail_lines = match flags.int("tail") {
        -1 if !flags.given("tail") && !flags.text("selector").is_empty() => Some(SELECTOR_TAIL),
        tail => u64::try_from(tail).ok(),
    };
    if flags.given("limit-bytes") && flags.int("limit-bytes") <= 0 {
        return Err(client("--limit-bytes must be greater than 0"));
    }
    options.limit_bytes = u64::try_from(flags.int("limit-bytes")).ok().filter(|limit| *limit > 0);
    if flags.given("since") {
        let seconds = flags.duration("since").as_micros().div_ceil(1_000_000);
        options.since_seconds = i64::try_from(seconds).ok();
    }
    let since_time = flags.text("since-time");
    if !since_time.is_empty() {
        let at: Timestamp = since_time
            .parse()
            .map_err(|_| client(format!("parsing time \"{since_time}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{since_time}\" as \"2006\"")))?;
        options.since_seconds = Some(session.api.time().0.duration_since(at).as_secs().max(0));
    }
    Ok(options)
}

/// A log that is to be opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wanted {
    place: (String, String),
    options: LogOptions,
    prefix: String,
}

/// A log that is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stream {
    id: ConnectionId,
    prefix: String,
    at_line_start: bool,
}

/// Reading logs: all at once when following, else one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    streams: Vec<Stream>,
    waiting: Vec<Wanted>,
    together: bool,
    ignore_errors: bool,
}

impl Reading {
    /// The connections that are open.
    pub fn connections(&self) -> Vec<ConnectionId> {
        self.streams.iter().map(|stream| stream.id).collect()
    }

    /// Prints what has come.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        loop {
            while (self.streams.is_empty() || self.together) && !self.waiting.is_empty() {
                self.open_next(session)?;
            }
            let mut open = Vec::new();
            for mut stream in std::mem::take(&mut self.streams) {
                if self.read(session, &mut stream)? {
                    open.push(stream);
                }
            }
            self.streams = open;
            if !self.streams.is_empty() {
                return Ok(Flow::Block(Box::new(Task::Logs(self)), Wait::world()));
            }
            if self.waiting.is_empty() {
                return Ok(Flow::Done);
            }
        }
    }

    fn open_next(&mut self, session: &mut Session<'_, '_>) -> Result<()> {
        let Some(wanted) = self.waiting.pop() else { return Ok(()) };
        let (namespace, pod) = &wanted.place;
        let caller = session.client.caller.clone();
        let opened = match on_a_node(session, namespace, pod) {
            // Nobody has a log of a pod that is on no node.
            Ok(false) => return Ok(()),
            Ok(true) => session.api.open_logs(&caller, namespace, pod, wanted.options.clone()),
            Err(status) => Err(status),
        };
        match opened {
            Ok(id) => self.streams.push(Stream { id, prefix: wanted.prefix, at_line_start: true }),
            Err(status) => self.fail(session, status)?,
        }
        Ok(())
    }

    fn fail(&self, session: &mut Session<'_, '_>, status: Status) -> Result<()> {
        let failure = Failure::Server(status);
        if self.ignore_errors {
            session.io.err(&failure.report().0);
            return Ok(());
        }
        Err(failure)
    }

    /// Prints what one stream has; false if it has ended.
    fn read(&self, session: &mut Session<'_, '_>, stream: &mut Stream) -> Result<bool> {
        let Some(connection) = session.api.connection(stream.id) else { return Ok(false) };
        let nothing = connection.to_client.is_empty() && connection.ending.is_none();
        if nothing {
            return Ok(true);
        }
        let Some(connection) = session.api.connection_mut(stream.id) else { return Ok(false) };
        let bytes: Vec<u8> = connection.to_client.drain(..).flat_map(|(_, bytes)| bytes).collect();
        let ending = connection.ending.clone();
        let text = prefixed(&bytes, stream);
        if session.io.write(STDOUT, &text).is_err() {
            session.api.close_connection(stream.id);
            return Ok(false);
        }
        match ending {
            None => Ok(true),
            Some(ending) => {
                session.api.close_connection(stream.id);
                if let Ending::Error(status) = ending {
                    self.fail(session, status)?;
                }
                Ok(false)
            }
        }
    }
}

fn on_a_node(session: &Session<'_, '_>, namespace: &str, pod: &str) -> model::status::Result<bool> {
    let object = session.api.get(&session.client.caller, model::Kind::Pod, namespace, pod)?;
    Ok(object.spec::<Pod>().node_name.as_deref().is_some_and(|node| !node.is_empty()))
}

/// The bytes with the stream's prefix before each line.
fn prefixed(bytes: &[u8], stream: &mut Stream) -> Vec<u8> {
    if stream.prefix.is_empty() {
        return bytes.to_vec();
    }
    let mut text = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if stream.at_line_start {
            text.extend_from_slice(stream.prefix.as_bytes());
        }
        text.extend_from_slice(line);
        stream.at_line_start = line.ends_with(b"\n");
    }
    text
}
