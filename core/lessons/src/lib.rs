//! Lessons: what a learner does step by step, the scripts that check it, and the texts in each language.
//!
//! It does not run anything: scripts are text, for the sandbox's shell or for a real cluster's. It does not know the browser either: texts
//! come out as HTML, and whoever shows them decides how they look.

#[cfg(feature = "author")]
pub mod author;
pub mod edition;
pub mod lesson;
pub mod library;
pub mod progress;
pub mod text;

pub use edition::{Card, Edition};
pub use lesson::{Hint, Lesson, Step};
pub use progress::Progress;
pub use text::{StepText, Text};
