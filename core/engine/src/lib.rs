//! What moves the world: a virtual clock, an event queue, seeded randomness, work queues with back-off, and the [`Component`]
//! trait of whatever acts.
//!
//! It does not know what Kubernetes is: it has no object, no store and no request, only instants, keys and components.

pub mod clock;
pub mod component;
pub mod events;
pub mod random;
pub mod workqueue;

pub use clock::{Duration, Instant};
pub use component::{Component, Wake};
pub use events::EventQueue;
pub use random::{Random, Stream};
pub use workqueue::{Backoff, WorkQueue};
