//! The client, over the API only: commands, their flags, and the text that they print, as kubectl v1.33's.
//!
//! It knows the API server's verbs, a process of the shell and nothing else: not the store, not how controllers or kubelets work, and
//! no clock but the server's. A running command is plain data, so that a snapshot may be taken amid `get -w`.

pub mod command_table;
pub mod commands;
pub mod completion;
pub mod describe;
pub mod durations;
pub mod failure;
pub mod files;
pub mod flags;
pub mod help;
pub mod kubeconfig;
pub mod kustomize;
pub mod paths;
pub mod pods;
pub mod printers;
pub mod program;
pub mod resources;
pub mod session;
pub mod tabwriter;
pub mod tasks;
pub mod text;
mod unserved_kinds;
pub mod visits;
pub mod writing;

pub use completion::complete;
pub use kubeconfig::admin_kubeconfig;
pub use program::{State, start};
