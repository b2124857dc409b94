//! A lesson as it is shown.

use serde::{Deserialize, Serialize};

/// Moves through a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LessonCommand {
    /// The next hint of the step at hand.
    Hint,
    /// Asks for the solution of the step at hand.
    ShowSolution,
    /// Shows it in another language.
    Language(String),
}

/// A lesson in the list of lessons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LessonCard {
    /// The lesson.
    pub id: String,
    /// How long it takes.
    pub minutes: u32,
    /// How many steps it has.
    pub steps: u32,
    /// Its words in each language.
    pub words: Vec<LessonWords>,
}

/// What the list says of a lesson in one language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LessonWords {
    /// `ko` or `en`.
    pub language: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a line.
    pub about: String,
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
    /// How many hints were shown in all.
    pub hints_used: u32,
    /// How many solutions were shown in all.
    pub solutions_used: u32,
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
