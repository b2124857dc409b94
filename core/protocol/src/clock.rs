//! Time as the learner moves it.

use serde::{Deserialize, Serialize};

/// Moves or holds time.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum ClockCommand {
    /// Holds it.
    Pause,
    /// Lets it go.
    Resume,
    /// So many virtual seconds in one real second.
    Speed(f64),
    /// To just after the next thing that happens, then holds.
    Step,
    /// Straight to the next thing that happens.
    SkipToNext,
    /// Back to before the last thing the learner did.
    Undo,
    /// Back to an earlier moment.
    GoTo {
        /// Milliseconds since the world began.
        at_ms: u64,
    },
}

/// How time stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClockView {
    /// Milliseconds since the world began.
    pub now_ms: u64,
    /// What time it is in the cluster, in seconds since 1970.
    pub epoch_seconds: i64,
    /// So many virtual seconds in one real second.
    pub speed: f64,
    /// Whether it is held.
    pub paused: bool,
    /// When the next thing happens, if one is planned.
    pub next_ms: Option<u64>,
    /// Whether there is something to undo.
    pub can_undo: bool,
    /// Moments worth a mark on the time bar, oldest first.
    pub moments: Vec<Moment>,
}

/// A mark on the time bar.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the world began.
    pub at_ms: u64,
    /// What the learner did then: the command line.
    pub label: String,
}
