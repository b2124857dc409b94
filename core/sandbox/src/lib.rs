//! The whole: a cluster, its learner's terminal, time and its undoing, saving and loading, and the views that `protocol` carries.
//!
//! It does not know the browser or the operating system: whoever embeds it feeds it commands and real time, and shows what comes out.

pub mod bench;
mod boot;
pub mod fidelity;
mod files;
pub mod lesson;
pub mod outside;
#[cfg(feature = "author")]
pub mod proof;
mod script;
mod session;
mod snapshot;
mod software;
mod terminal;
pub mod views;
mod world;

pub use boot::{ClusterSettings, HOME, NodeSource, Site};
pub use files::quote;
pub use kubelet::{Image, NodeConfig};
pub use lessons::library::take_from as take_lessons_from;
pub use model::schema::describe_from;
pub use network::Cidr;
pub use script::commands;
pub use script::{Limits, Output, Script};
pub use session::Sandbox;
pub use shell::ContextId;
pub use snapshot::SnapshotError;
pub use software::Software;
pub use terminal::{EditorRequest, TerminalSession};
pub use world::World;
