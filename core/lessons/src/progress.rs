//! How far a learner is in a lesson.

use serde::{Deserialize, Serialize};

/// How far a learner is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The lesson.
    pub lesson: String,
    /// The step at hand: so many are done.
    pub current: usize,
    /// Which hints of the step at hand were shown, in the order in which they were.
    pub hints_shown: Vec<usize>,
    /// How many hints were shown in all.
    pub hints_used: usize,
    /// How many solutions were shown.
    pub solutions_used: usize,
}

impl Progress {
    /// At a lesson's beginning.
    #[must_use]
    pub fn new(lesson: &str) -> Self {
        Self { lesson: lesson.to_owned(), ..Self::default() }
    }

    /// The step at hand is done.
    pub fn advance(&mut self) {
        self.current += 1;
        self.hints_shown.clear();
    }

    /// One more hint of the step at hand is shown.
    pub fn show_hint(&mut self, hint: usize) {
        self.hints_shown.push(hint);
        self.hints_used += 1;
    }
}
