//! A lesson's words in one language.

use serde::{Deserialize, Serialize};

/// The words of a lesson, as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Its title, plain.
    pub title: String,
    /// What it is about, in a line; plain.
    pub about: String,
    /// Before the first step.
    pub intro: String,
    /// For each step, in the lesson's order.
    pub steps: Vec<StepText>,
    /// After the last step.
    pub outro: String,
}

/// The words of a step, as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepText {
    /// Its title, plain.
    pub title: String,
    /// What to do.
    pub body: String,
    /// Hints, in the step's order.
    pub hints: Vec<String>,
    /// What to say if the learner went wrong.
    pub problem: String,
}
