//! A lesson as it is shown.

use serde::{Deserialize, Serialize};

/// Moves through a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LessonCommand {
    /// Begins it (with a fresh world of its own), or goes on where the learner was.
    Open {
        /// The lesson.
        id: String,
        /// `ko` or `en`.
        language: String,
    },
    /// Leaves it.
    Close,
    /// Begins it anew.
    Restart,
    /// The next hint of the step at hand.
    Hint,
    /// Types the solution of the step at hand into the terminal.
    ShowSolution,
    /// Shows it in another language.
    Language(String),
}

/// A lesson and how far the learner is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LessonView {
    /// The lesson.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text before the first step, as HTML.
    pub intro_html: String,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// The step at hand; equal to the number of steps when all are done.
    pub current: u32,
    /// Its text after the last step, as HTML.
    pub outro_html: String,
}

/// One step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepView {
    /// Its title.
    pub title: String,
    /// Its text, as HTML.
    pub html: String,
    /// Whether its check holds, or held when it was at hand.
    pub done: bool,
    /// Hints shown so far, as HTML.
    pub hints: Vec<String>,
    /// What is wrong, seen from the live state; empty if nothing was noticed.
    pub problem: String,
    /// Whether there are more hints.
    pub more_hints: bool,
}
