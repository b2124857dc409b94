//! What the app says in the learner's language. Kubernetes's own words are not among it: they travel as they are.

use serde::{Deserialize, Serialize};

/// A message of the app's Fluent files, and what is filled in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Words {
    /// The message's key.
    pub key: String,
    /// Its variables: name and value.
    pub values: Vec<(String, String)>,
}

/// Every key that the worker sends, and the names of its variables. Each stands in the Fluent file of each language.
pub const KEYS: &[(&str, &[&str])] = &[
    ("did-create", &[]),
    ("did-delete", &[]),
    ("did-begin-delete", &[]),
    ("did-bind", &["node"]),
    ("did-turn", &["from", "to"]),
    ("did-scale", &["from", "to"]),
    ("did-change", &["parts"]),
    ("cause-unschedulable", &["all"]),
    ("cause-image", &["image"]),
    ("cause-exit", &["container", "code"]),
    ("cause-memory", &["container"]),
    ("cause-start", &["container"]),
    ("cause-not-ready", &["container"]),
    ("cause-warning", &["reason"]),
    ("cause-pods", &[]),
    ("cause-endpoints", &[]),
    ("cause-condition", &["reason"]),
];

impl Words {
    /// A message with its variables filled in. The key is one of [`KEYS`].
    #[must_use]
    pub fn new(key: &str, values: &[(&str, &str)]) -> Self {
        debug_assert!(
            KEYS.iter()
                .any(|(known, names)| *known == key && names.iter().eq(values.iter().map(|(name, _)| name))),
            "{key} with {values:?} is not listed"
        );
        Self {
            key: key.to_owned(),
            values: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }
}
