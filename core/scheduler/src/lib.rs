//! The scheduler: a queue of pods, filters and scores by plugin, a decision, a binding, and a record of why.
//!
//! It knows nodes and pods through the API server only, and nothing of what a kubelet does with a pod that it bound.

mod cache;
mod decide;
mod events;
mod framework;
mod groups;
mod hints;
mod node_info;
mod nodes;
mod plugins;
mod preemption;
mod queue;
mod record;
mod resources;
mod scheduler;

pub use framework::{Plugin, Rejection};
pub use record::{Decision, NodeVerdict, Outcome};
pub use resources::Resources;
pub use scheduler::Scheduler;
