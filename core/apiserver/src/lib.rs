//! The API server: the only door to the store. Every read and write of a user or a component passes identity, authorization, admission,
//! defaults and validation here, and comes out as an object at a revision or as a `Status` that says why not.
//!
//! It does not know what controllers, schedulers or kubelets do with the objects, nor how a client prints them, apart from the
//! columns that the server itself makes for `kubectl get`.

mod admission;
mod apply;
pub mod authorizer;
pub mod bootstrap;
pub mod caller;
pub mod connection;
mod create;
pub mod decode;
mod delete;
pub mod fields;
mod managed_fields;
mod options;
mod paging;
mod parts;
mod patch;
pub mod printers;
mod read;
pub mod recorder;
mod refusals;
pub mod rest;
mod rules;
mod scale;
mod server;
mod strategy;
mod subresource;
mod update;
pub mod watch;

pub use caller::Caller;
pub use connection::{Connection, ConnectionId, ExecOptions, LogOptions, StreamKind};
pub use options::{DeleteOptions, ListOptions, PatchKind, Propagation, WriteOptions};
pub use parts::Part;
pub use read::ObjectList;
pub use recorder::{EventType, Recorder};
pub use refusals::Refusal;
pub use scale::Scale;
pub use server::{ApiServer, Settings};
pub use watch::{WatchEvent, WatchEventType, Watcher};
