//! `--raw` of get, create, replace and delete: a request as it is, and the server's answer as it is.

use apiserver::Watcher;
use apiserver::rest::{self, Content, Request};
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, client};
use crate::files;
use crate::flags::Flags;
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;
use crate::text::go_error;

/// Whether the command asks for a path, rather than for objects.
#[must_use]
pub fn asks(flags: &Flags) -> bool {
    !flags.text("raw").is_empty()
}

/// `get --raw`.
///
/// # Errors
/// If other flags do not go with it, or what the server says.
pub fn get(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if ["watch", "watch-only"].iter().any(|name| flags.on(name)) || !flags.text("selector").is_empty() {
        return Err(client(
            "--raw may not be specified with other flags that filter the server request or alter the output",
        ));
    }
    if !flags.args.is_empty() {
        return Err(client("arguments may not be passed when --raw is specified"));
    }
    if !flags.text("output").is_empty() {
        return Err(client("--raw and --output are mutually exclusive"));
    }
    send(session, flags, "GET", "")
}

/// `create --raw`, `replace --raw`.
///
/// # Errors
/// If other flags do not go with it, or what the server says.
pub fn write(session: &mut Session<'_, '_>, flags: &Flags, method: &str) -> Outcome {
    if flags.knows("edit") && flags.on("edit") {
        return Err(client("--raw and --edit are mutually exclusive"));
    }
    let [file] = flags.list("filename") else {
        return Err(client("--raw can only use a single local file or stdin"));
    };
    if file.starts_with("http://") || file.starts_with("https://") {
        return Err(client("--raw cannot read from a url"));
    }
    if flags.knows("selector") && !flags.text("selector").is_empty() {
        return Err(client("--raw and --selector (-l) are mutually exclusive"));
    }
    if !flags.text("output").is_empty() {
        return Err(client("--raw and --output are mutually exclusive"));
    }
    let body = body(session, file)?;
    send(session, flags, method, &body)
}

/// `delete --raw`.
///
/// # Errors
/// What the server says.
pub fn delete(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let body = match flags.list("filename") {
        [] => String::new(),
        [file] => body(session, file)?,
        _ => return Err(client("--raw can only use a single local file or stdin")),
    };
    send(session, flags, "DELETE", &body)
}

fn body(session: &mut Session<'_, '_>, file: &str) -> Result<String> {
    if files::open_file(file).is_some() {
        return Ok(session.stdin.clone());
    }
    let is_folder = session.io.stat(file).is_ok_and(|metadata| metadata.is_folder());
    if is_folder {
        return Err(Failure::Plain(format!("Unable to connect to the server: read {file}: is a directory")));
    }
    let bytes =
        session.io.read_file(file).map_err(|error| client(format!("open {file}: {}", go_error(error))))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The path that a text names: its own, or that of a whole URL.
fn path(text: &str) -> Result<&str> {
    let of_url = text.split_once("://").map(|(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    match of_url {
        Some(path) => Ok(path),
        None if text.starts_with('/') => Ok(text),
        None => {
            Err(client(format!("--raw must be a valid URL path: parse {text:?}: invalid URI for request")))
        }
    }
}

fn send(session: &mut Session<'_, '_>, flags: &Flags, method: &str, body: &str) -> Outcome {
    let target = path(flags.text("raw"))?;
    let caller = session.client.caller.clone();
    let request = Request { method, target, content_type: "application/json", body };
    match session.api.answer(&caller, &request)?.content {
        Content::Text(text) => session.io.out(&text),
        Content::Document(value) => session.io.out(&rest::to_compact(&value)),
        Content::Watch(watcher) => return Streaming(watcher).step(session),
    }
    Ok(Flow::Done)
}

/// Events of `get --raw '...?watch=1'`, until it is interrupted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Streaming(Watcher);

impl Streaming {
    /// Shows what happened since the last step.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        for event in self.0.read(session.api).map_err(Failure::Server)? {
            let line = rest::to_compact(&session.api.event_value(&event));
            session.io.out(&line);
        }
        Ok(Flow::Block(Box::new(Task::Raw(self)), Wait::world()))
    }
}
