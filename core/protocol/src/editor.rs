//! Files and what is said of them while they are being typed.

use serde::{Deserialize, Serialize};

/// One of the learner's files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileView {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// The API server would refuse it.
    Error,
    /// It would be taken, with a warning.
    Warning,
}

/// What is wrong at a place in a manifest. Lines and columns count from 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The line.
    pub line: u32,
    /// The column at which it begins.
    pub column: u32,
    /// The column behind it, on the same line.
    pub end_column: u32,
    /// How bad.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
}

/// Something that could come at a place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CompletionItem {
    /// What is shown.
    pub label: String,
    /// What is put in.
    pub insert: String,
    /// Its type: `<[]Container> -required-`.
    pub detail: String,
}

/// What a field is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoverView {
    /// `pod.spec.containers`.
    pub path: String,
    /// `<[]Container> -required-`.
    pub field_type: String,
    /// Its description; empty where it is not loaded.
    pub description: String,
}
