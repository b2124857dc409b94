//! Who may do what.

use model::Kind;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;

/// What a request wants to do.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    /// `get`, `list`, `create`...
    pub verb: &'a str,
    /// The kind of object.
    pub kind: Kind,
    /// `status`, `log`..., or empty.
    pub subresource: &'a str,
    /// The namespace, or empty.
    pub namespace: &'a str,
    /// The object's name, or empty.
    pub name: &'a str,
}

/// Decides on requests.
pub trait Authorizer {
    /// Whether the caller may; if not, why (often nothing).
    ///
    /// # Errors
    /// The reason for a refusal.
    fn authorize(&self, caller: &Caller, attributes: &Attributes<'_>) -> Result<(), String>;
}

/// The authorizers that a cluster can be set up with: a closed list, since it is part of the world's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum AuthorizationMode {
    /// Everyone may do everything.
    #[default]
    AlwaysAllow,
}

impl Authorizer for AuthorizationMode {
    fn authorize(&self, _caller: &Caller, _attributes: &Attributes<'_>) -> Result<(), String> {
        match self {
            Self::AlwaysAllow => Ok(()),
        }
    }
}
