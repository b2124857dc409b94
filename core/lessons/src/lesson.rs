//! A lesson's bones: steps with their scripts, as `lesson.yaml` says them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Its id: the folder's name.
    pub id: String,
    /// How long it takes.
    pub minutes: u32,
    /// How many workers its cluster has.
    #[serde(default = "three")]
    pub workers: u32,
    /// Chapters of the books that it belongs to: `core-concepts: Deployment`.
    #[serde(default)]
    pub chapters: BTreeMap<String, Vec<String>>,
    /// Files in the learner's home when it begins: name and text.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// A script that is run before it begins.
    #[serde(default)]
    pub start: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique in the lesson; its texts stand under it.
    pub id: String,
    /// A script that exits with 0 once the step is done. It changes nothing.
    pub check: String,
    /// What helps, in order.
    #[serde(default)]
    pub hints: Vec<Hint>,
    /// A script that exits with 0 if the learner went wrong in a way that needs a word.
    #[serde(default)]
    pub fail: String,
    /// A script that does the step.
    pub solution: String,
    /// Scripts that do something else: after them the check still fails.
    #[serde(default)]
    pub wrong: Vec<String>,
}

/// Something that helps. Its words stand in the texts, in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// A script: the hint is offered only if it exits with 0. Always offered if empty.
    #[serde(default)]
    pub when: String,
}

fn three() -> u32 {
    3
}
