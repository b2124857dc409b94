//! What the worker tells the app.

use serde::{Deserialize, Serialize};

use crate::clock::ClockView;
use crate::command::RequestId;
use crate::editor::{CompletionItem, Diagnostic, FileView, HoverView};
use crate::inspector::{InspectorView, Selection};
use crate::lesson::{LessonCard, LessonView};
use crate::stage::StageChange;

/// A change of what is shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Update {
    /// The world is there; all views follow.
    Started {
        /// Whether it goes on from a saved one.
        restored: bool,
        /// So many terminals are open in it: their numbers are 1 and so on.
        terminals: u32,
    },
    /// The lessons that there are, in the order in which they are best taken.
    Lessons(Vec<LessonCard>),
    /// Bytes for a terminal to show.
    Terminal {
        /// The terminal's number.
        terminal: u32,
        /// Text with escape sequences.
        bytes: Vec<u8>,
    },
    /// The stage changed.
    Stage(StageChange),
    /// Time moved, or how it moves changed.
    Clock(ClockView),
    /// Things happened, oldest first.
    Happened(Vec<Happening>),
    /// What is picked changed; `None` if nothing is picked.
    Inspector(Option<Box<InspectorView>>),
    /// The learner's files changed: all of them.
    Files(Vec<FileView>),
    /// A command in a terminal opens a file and waits until the editor is closed.
    EditFile {
        /// The terminal.
        terminal: u32,
        /// The file.
        file: FileView,
    },
    /// The lesson changed; `None` if none is open.
    Lesson(Option<Box<LessonView>>),
    /// The solution of the lesson's step: lines to be typed at the terminal, for the learner to see.
    Solution(String),
    /// The answer to a request.
    Reply {
        /// The request.
        id: RequestId,
        /// The answer, or what went wrong.
        reply: Result<Reply, String>,
    },
}

/// The answer to a request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Of `Exec` and `Apply`.
    Output {
        /// What it printed.
        stdout: String,
        /// What it complained.
        stderr: String,
        /// Its exit status.
        exit: i32,
    },
    /// Of `Get`: JSON.
    Json(String),
    /// Of `Snapshot`.
    Bytes(Vec<u8>),
    /// Of `Check`.
    Diagnostics(Vec<Diagnostic>),
    /// Of `Complete`.
    Completions(Vec<CompletionItem>),
    /// Of `Hover`.
    Hover(Option<HoverView>),
    /// Of `Advance` and `Restore`.
    Done,
}

/// Something worth a line in "what happened".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Happening {
    /// When, in milliseconds since the world began.
    pub at_ms: u64,
    /// Whether it is a warning.
    pub warning: bool,
    /// An event's reason: `Scheduled`.
    pub reason: String,
    /// An event's message.
    pub message: String,
    /// What it is about.
    pub about: Selection,
}
