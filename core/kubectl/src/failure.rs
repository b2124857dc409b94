//! What goes wrong in a command, and how kubectl says it. Models kubectl/pkg/cmd/util/helpers.go.

use model::status::Cause;
use model::{Reason, Status};
use serde::{Deserialize, Serialize};

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Failure {
    /// The server refused.
    Server(Status),
    /// The client found something wrong; printed after `error: `.
    Client(String),
    /// The text as it is.
    Plain(String),
    /// Several, each on a line of its own.
    Many(Vec<Failure>),
    /// A failure after which this stands on standard output.
    Printed(String, Box<Failure>),
    /// Nothing to say; this exit status.
    Exit(i32),
    /// Another one, with this exit status.
    WithStatus(i32, Box<Failure>),
}

/// The result of a part of a command.
pub type Result<T> = std::result::Result<T, Failure>;

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Server(status)
    }
}

/// A failure that the client itself found.
pub fn client(message: impl Into<String>) -> Failure {
    Failure::Client(message.into())
}

/// A wrong use of `command` (`create configmap`).
pub fn usage(command: &str, message: impl AsRef<str>) -> Failure {
    Failure::Client(format!("{}\nSee 'kubectl {command} -h' for help and examples", message.as_ref()))
}

/// Says in front of a server's message what was being done: `error when creating "pod.yaml": ...`.
pub fn while_doing(mut status: Status, what: &str, source: &str) -> Failure {
    status.message = format!("error when {what} \"{source}\": {}", status.message);
    Failure::Server(status)
}

/// One failure as it is, several together; nothing if there is none.
pub fn together(mut failures: Vec<Failure>) -> Result<()> {
    match failures.len() {
        0 => Ok(()),
        1 => Err(failures.swap_remove(0)),
        _ => Err(Failure::Many(failures)),
    }
}

/// What `get` and `describe` could not read: said without `error: `, as one among several would be.
pub fn together_unmarked(failures: Vec<Failure>) -> Result<()> {
    let unmarked = failures.into_iter().map(|failure| match failure {
        Failure::Client(message) => Failure::Plain(message),
        other => other,
    });
    together(unmarked.collect())
}

impl Failure {
    /// Whether the server said that there is no such object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Server(status) if status.is_not_found())
    }

    /// What it says, without any mark; none if it is of several, or of none.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Server(status) => Some(&status.message),
            Self::Client(message) | Self::Plain(message) => Some(message),
            Self::Printed(_, failure) | Self::WithStatus(_, failure) => failure.message(),
            Self::Many(_) | Self::Exit(_) => None,
        }
    }

    /// The server's message as the client's own failure, after what was being done.
    #[must_use]
    pub fn failed(what: &str, status: &Status) -> Self {
        Self::Client(format!("{what}{}", status.message))
    }

    /// What is written to standard error (empty or ending in a newline) and the exit status.
    #[must_use]
    pub fn report(&self) -> (String, i32) {
        let text = match self {
            Self::Server(status) if status.is_invalid() => invalid(status),
            Self::Server(status) => server(status),
            Self::Client(message) if message.starts_with("error: ") => message.clone(),
            Self::Client(message) => format!("error: {message}"),
            Self::Plain(message) => message.clone(),
            Self::Many(failures) => return (failures.iter().map(Self::line).collect(), 1),
            Self::Printed(_, failure) => return failure.report(),
            Self::Exit(status) => return (String::new(), *status),
            Self::WithStatus(status, failure) => return (failure.report().0, *status),
        };
        (with_newline(text), 1)
    }

    /// The line of one failure among several.
    fn line(&self) -> String {
        let text = match self {
            Self::Server(status) => server(status),
            Self::Client(message) | Self::Plain(message) => message.clone(),
            Self::Many(failures) => return failures.iter().map(Self::line).collect(),
            Self::Printed(_, failure) | Self::WithStatus(_, failure) => return failure.line(),
            Self::Exit(_) => return String::new(),
        };
        // A text that ends its own line is followed by an empty one.
        format!("{text}\n")
    }
}

fn with_newline(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn server(status: &Status) -> String {
    match status.reason {
        Reason::Unauthorized => {
            format!("error: You must be logged in to the server ({})", status.message)
        }
        Reason::Unknown => format!("Error from server: {}", status.message),
        reason => format!("Error from server ({reason}): {}", status.message),
    }
}

fn invalid(status: &Status) -> String {
    let Some(details) = &status.details else { return format!("The request is invalid: {}", status.message) };
    if details.causes.is_empty() && details.kind.is_empty() {
        return format!("The request is invalid: {}", status.message);
    }
    let subject = if details.kind.is_empty() && details.name.is_empty() {
        "The request is invalid".to_owned()
    } else {
        format!("The {} \"{}\" is invalid", details.kind, details.name)
    };
    let mut texts: Vec<String> = Vec::new();
    for cause in &details.causes {
        let text = cause_text(cause);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match texts.as_slice() {
        [] => subject,
        // A text that ends its own line is followed by an empty one.
        [only] => format!("{subject}: {only}\n"),
        several => {
            let lines: String = several.iter().map(|text| format!("* {text}\n")).collect();
            format!("{subject}: \n{lines}")
        }
    }
}

fn cause_text(cause: &Cause) -> String {
    if cause.field.is_empty() { cause.message.clone() } else { format!("{}: {}", cause.field, cause.message) }
}
