//! The tests that belong to no single crate: what the real Kubernetes said, and whether the simulator says the same; case files; that the
//! same inputs give the same world, native and in the browser.

pub mod determinism;
pub mod truth;
