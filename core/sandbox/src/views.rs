//! What is drawn of the world: worked out from the store, sent as changes.

mod cause;
mod deployment;
mod happening;
mod hue;
mod inspector;
mod node;
mod pod;
mod service;
mod stage;
mod story;

pub use happening::HappeningLog;
pub use inspector::inspect;
pub use stage::StageTracker;
