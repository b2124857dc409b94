//! Requests as they come over HTTP: a method, a path with its query and a body in; a code and a document out. What `kubectl get --raw`,
//! `kubectl proxy` and clients without kubectl ask by.
//!
//! It knows no sockets: whoever has one reads the request from it and writes the answer to it.

mod discovery;
mod go_json;
mod resources;

use model::{Reason, Status, status::Result};
use serde_json::{Map, Value};

pub(crate) use go_json::to_compact_patched;
pub use go_json::{to_compact, to_pretty};

use crate::caller::Caller;
use crate::server::ApiServer;
use crate::watch::{WatchEvent, WatchEventType, Watcher};

/// A request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// `GET`, `POST`...
    pub method: &'a str,
    /// The path and, after a question mark, the query.
    pub target: &'a str,
    /// What the body is: `application/json`.
    pub content_type: &'a str,
    /// What was sent.
    pub body: &'a str,
}

/// What a request is answered by if it is not refused.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP code.
    pub code: u16,
    /// What is answered.
    pub content: Content,
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text as it is.
    Text(String),
    /// A document, to be written by [`to_compact`] or [`to_pretty`].
    Document(Value),
    /// Events, from now on.
    Watch(Watcher),
}

impl Reply {
    fn document(code: u16, value: Value) -> Self {
        Self { code, content: Content::Document(value) }
    }

    fn text(text: impl Into<String>) -> Self {
        Self { code: 200, content: Content::Text(text.into()) }
    }
}

impl ApiServer {
    /// Answers a request.
    ///
    /// # Errors
    /// Whatever the server refuses.
    pub fn answer(&mut self, caller: &Caller, request: &Request<'_>) -> Result<Reply> {
        let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
        let segments: Vec<String> =
            path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = Query::parse(query);
        match segments.as_slice() {
            ["healthz" | "livez" | "readyz", ..] | [] | ["version"] if request.method != "GET" => {
                Err(not_allowed())
            }
            [probe @ ("healthz" | "livez" | "readyz"), checks @ ..] => {
                discovery::health(probe, checks, &query).map(Reply::text)
            }
            [] => Ok(Reply::text(discovery::paths())),
            ["version"] => Ok(Reply::text(discovery::version())),
            ["api"] | ["apis"] | ["apis", _] if request.method != "GET" => Err(not_allowed()),
            ["api"] => Ok(Reply::document(200, discovery::core_versions())),
            ["apis"] => Ok(Reply::document(200, discovery::groups())),
            ["apis", group] => discovery::group(group).map(|value| Reply::document(200, value)),
            ["api", version, rest @ ..] => self.of_version(caller, request, &query, ("", version), rest),
            ["apis", group, version, rest @ ..] => {
                self.of_version(caller, request, &query, (group, version), rest)
            }
            _ => Err(not_found()),
        }
    }

    fn of_version(
        &mut self,
        caller: &Caller,
        request: &Request<'_>,
        query: &Query,
        (group, version): (&str, &str),
        rest: &[&str],
    ) -> Result<Reply> {
        let resources = discovery::resources(group, version)?;
        if rest.is_empty() {
            return if request.method == "GET" {
                Ok(Reply::document(200, resources))
            } else {
                Err(not_allowed())
            };
        }
        let place = resources::Place::of(group, rest).ok_or_else(not_found)?;
        self.answer_resource(caller, request, query, &place)
    }

    /// An event as a watch shows it.
    #[must_use]
    pub fn event_value(&self, event: &WatchEvent) -> Value {
        let sort = match event.event_type {
            WatchEventType::Added => "ADDED",
            WatchEventType::Modified => "MODIFIED",
            WatchEventType::Deleted => "DELETED",
        };
        serde_json::json!({ "type": sort, "object": self.wire_value(&event.object) })
    }

    /// An object as it goes over the wire.
    #[must_use]
    pub fn wire_value(&self, object: &model::Object) -> Value {
        let mut value = object.to_value();
        let managed = self.managed_fields(object);
        if !managed.is_empty() {
            value["metadata"]["managedFields"] = Value::Array(managed);
        }
        value
    }
}

/// The document that a refusal is.
#[must_use]
pub fn refusal(status: &Status) -> Value {
    let mut value = status.to_value();
    // What a request as such is refused for has details without a word.
    if status.details.is_none() && matches!(status.reason, Reason::NotFound | Reason::MethodNotAllowed) {
        value["details"] = Value::Object(Map::new());
    }
    if let Some(details) = value.get_mut("details").and_then(Value::as_object_mut) {
        details.retain(|_, field| {
            !field.is_null() && field.as_str() != Some("") && !field.as_array().is_some_and(Vec::is_empty)
        });
    }
    value
}

fn not_found() -> Status {
    crate::subresource::no_such_resource()
}

fn not_allowed() -> Status {
    crate::subresource::method_not_allowed()
}

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        };
        Self(pairs.map(pair).collect())
    }

    /// A parameter's text; empty if it is not given.
    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// Whether it is given.
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Whether a parameter says yes.
    fn on(&self, name: &str) -> bool {
        self.has(name) && !matches!(self.text(name), "false" | "0")
    }

    /// A parameter's number.
    fn number(&self, name: &str) -> Result<Option<i64>> {
        match self.text(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
            }),
        }
    }
}

/// A text in which `%20` and the like stand for bytes.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut index) = (Vec::with_capacity(bytes.len()), 0);
    while index < bytes.len() {
        let hex = bytes.get(index + 1..index + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.filter(|_| bytes[index] == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                index += 3;
            }
            None => {
                plain.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
