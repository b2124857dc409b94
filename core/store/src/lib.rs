//! What etcd is to Kubernetes: objects under keys, one revision counter, a log of every change, compaction.
//!
//! It does not know what an object means: no validation, no identity, no default. Nobody but the API server touches it.
//!
//! A watch is a [`Cursor`], a kind and a revision, not a channel: whoever watches asks the log what came since. The log keeps the old
//! and the new object, which are shared, so that nothing is copied for a watcher.

mod log;
mod sharing;
mod table;

pub use log::{Change, Compacted, Cursor};
pub use table::{Key, Store};
