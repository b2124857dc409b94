//! The app in the browser, and the line to the worker that holds the world.
//!
//! Knows the browser and `protocol`. Does not know how a cluster works: that is `sandbox`, which only the program `worker` links.
#![recursion_limit = "256"]

pub mod app;
pub mod bridge;
pub mod demo;
