//! `Status`: the API server's answer when it refuses, and the one error type of every API call.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kind::Kind;

/// Why a request was refused: the machine-readable word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Kubernetes's")]
pub enum Reason {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Gone,
    Expired,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    TooManyRequests,
    InternalError,
    ServiceUnavailable,
    Timeout,
    ServerTimeout,
    RequestEntityTooLarge,
    /// The server gave none.
    Unknown,
}

impl Reason {
    /// The HTTP code that goes with it.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Gone | Self::Expired => 410,
            Self::RequestEntityTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::TooManyRequests => 429,
            Self::InternalError | Self::Unknown => 500,
            Self::ServiceUnavailable => 503,
            Self::Timeout | Self::ServerTimeout => 504,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => Ok(()),
            named => fmt::Debug::fmt(named, f),
        }
    }
}

/// One cause among several.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cause {
    /// `FieldValueInvalid` and the like.
    pub reason: String,
    /// What is wrong.
    pub message: String,
    /// Where: `spec.containers[0].name`.
    pub field: String,
}

/// What a refusal is about.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The object's name.
    pub name: String,
    /// The API group.
    pub group: String,
    /// The resource (or, of invalid objects, the kind).
    pub kind: String,
    /// The uid of the object that is in the way.
    pub uid: String,
    /// Every single cause.
    pub causes: Vec<Cause>,
    /// When to try again.
    pub retry_after_seconds: Option<u32>,
}

/// A refused request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The machine-readable word.
    pub reason: Reason,
    /// What a person reads.
    pub message: String,
    /// What it is about.
    pub details: Option<Box<Details>>,
}

/// The result of an API call.
pub type Result<T> = std::result::Result<T, Status>;

impl Status {
    /// A refusal without details.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), details: None }
    }

    fn about(reason: Reason, kind: Kind, name: &str, message: String) -> Self {
        let info = kind.info();
        let details = Details {
            name: name.to_owned(),
            group: info.group.to_owned(),
            kind: info.plural.to_owned(),
            ..Details::default()
        };
        Self { reason, message, details: Some(Box::new(details)) }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// 404 of an object.
    #[must_use]
    pub fn not_found(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.info().resource());
        Self::about(Reason::NotFound, kind, name, message)
    }

    /// 409: there is such an object.
    #[must_use]
    pub fn already_exists(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.info().resource());
        Self::about(Reason::AlreadyExists, kind, name, message)
    }

    /// 409: the object is not as the request assumes.
    #[must_use]
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.info().resource());
        Self::about(Reason::Conflict, kind, name, message)
    }

    /// 409: the object's resourceVersion moved on.
    #[must_use]
    pub fn modified(kind: Kind, name: &str) -> Self {
        Self::conflict(
            kind,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 403 of an object.
    #[must_use]
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Self {
        let resource = kind.info().resource();
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {why}")
        } else {
            format!("{resource} \"{name}\" is forbidden: {why}")
        };
        Self::about(Reason::Forbidden, kind, name, message)
    }

    /// 422 with its causes; `message` is the aggregate text after `... is invalid: `.
    #[must_use]
    pub fn invalid(kind: Kind, name: &str, message: &str, causes: Vec<Cause>) -> Self {
        let info = kind.info();
        let details = Details {
            name: name.to_owned(),
            group: info.group.to_owned(),
            kind: info.name.to_owned(),
            causes,
            ..Details::default()
        };
        Self {
            reason: Reason::Invalid,
            message: format!("{} \"{name}\" is invalid: {message}", info.qualified_kind()),
            details: Some(Box::new(details)),
        }
    }

    /// 500.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        let message = format!("Internal error occurred: {}", message.into());
        Self::new(Reason::InternalError, message)
    }

    /// 410: the revision asked for is gone.
    #[must_use]
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(Reason::Expired, message)
    }

    /// Whether no such object exists.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.reason == Reason::NotFound
    }

    /// Whether the object exists already.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.reason == Reason::AlreadyExists
    }

    /// Whether the object was modified meanwhile.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.reason == Reason::Conflict
    }

    /// Whether the object is invalid.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.reason == Reason::Invalid
    }

    /// The HTTP code.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.reason.code()
    }

    /// The object that goes over the wire.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason.to_string(), "code": self.code(),
        });
        if let Some(details) = &self.details {
            value["details"] = serde_json::to_value(details).unwrap_or_default();
        }
        value
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}
