//! What the app asks of the worker.

use serde::{Deserialize, Serialize};

use crate::clock::ClockCommand;
use crate::inspector::Selection;
use crate::lesson::LessonCommand;

/// Names a request, so that its reply finds back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// What the app wants done. Its effects come back as updates.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Begins a new world, or goes on with a saved one if `snapshot` can be read.
    Start {
        /// How many workers.
        workers: u32,
        /// What randomness grows from.
        seed: u64,
        /// What time it is, in seconds since 1970.
        epoch_seconds: i64,
        /// A saved world.
        snapshot: Option<Vec<u8>>,
        /// The lesson that shall be open in it; a saved world in which another is open is not gone on with. Free play if there is none.
        lesson: Option<String>,
        /// `ko` or `en`.
        language: String,
    },
    /// Shows a still picture in place of a world, by its name. Only the worker's own program knows them.
    Demo(String),
    /// Opens a terminal.
    OpenTerminal {
        /// The terminal's number, chosen by the app.
        terminal: u32,
        /// Its width in cells.
        columns: u16,
        /// Its height in cells.
        rows: u16,
    },
    /// Closes a terminal.
    CloseTerminal {
        /// The terminal's number.
        terminal: u32,
    },
    /// Keys typed, or text pasted.
    Type {
        /// The terminal's number.
        terminal: u32,
        /// What the keys send.
        bytes: Vec<u8>,
    },
    /// A terminal has another size.
    Resize {
        /// The terminal's number.
        terminal: u32,
        /// Its width in cells.
        columns: u16,
        /// Its height in cells.
        rows: u16,
    },
    /// Moves or holds time.
    Clock(ClockCommand),
    /// Shows something in the inspector, or nothing.
    Inspect(Option<Selection>),
    /// Writes one of the learner's files.
    WriteFile {
        /// Its path.
        path: String,
        /// Its text.
        text: String,
    },
    /// Deletes one of the learner's files.
    DeleteFile {
        /// Its path.
        path: String,
    },
    /// The editor that a command in a terminal opened was closed: saved or given up.
    EditorClosed {
        /// The terminal in which the command waits.
        terminal: u32,
        /// The file's new text; `None` if it was given up.
        text: Option<String>,
    },
    /// Moves through a lesson.
    Lesson(LessonCommand),
    /// Asks something and wants a reply.
    Ask {
        /// The reply carries it.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
}

/// What wants a reply.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Runs a command line in a shell of its own, to its end.
    Exec {
        /// The line.
        line: String,
    },
    /// Applies a manifest.
    Apply {
        /// The manifest.
        yaml: String,
    },
    /// An object as JSON.
    Get {
        /// Its kind, as one types it.
        kind: String,
        /// Its namespace, or the current one.
        namespace: Option<String>,
        /// Its name; all of the kind if not given.
        name: Option<String>,
    },
    /// Moves time on.
    Advance {
        /// By so many seconds.
        seconds: f64,
    },
    /// The whole world as bytes.
    Snapshot,
    /// Puts a saved world in place of this one.
    Restore {
        /// What `Snapshot` answered.
        bytes: Vec<u8>,
    },
    /// Checks a manifest while it is being typed.
    Check {
        /// The text.
        text: String,
    },
    /// What could come at a place in a manifest.
    Complete {
        /// The text.
        text: String,
        /// The line, from 0.
        line: u32,
        /// The column, from 0.
        column: u32,
    },
    /// What the field at a place in a manifest is.
    Hover {
        /// The text.
        text: String,
        /// The line, from 0.
        line: u32,
        /// The column, from 0.
        column: u32,
    },
}
