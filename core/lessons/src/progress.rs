//! How far a learner is in a lesson.

use serde::{Deserialize, Serialize};

/// How far a learner is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The lesson.
    pub lesson: String,
    /// The step at hand: so many are done.
    pub current: usize,
    /// How many hints of the step at hand were shown.
    pub hints_shown: usize,
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
        self.hints_shown = 0;
    }

    /// One more hint is shown.
    pub fn show_hint(&mut self) {
        self.hints_shown += 1;
        self.hints_used += 1;
    }
}
