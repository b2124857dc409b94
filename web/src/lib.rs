//! The app in the browser: what its two programs, `app` and `worker`, share.
//!
//! Knows the browser and `protocol`. Does not know how a cluster works: that is `sandbox`, which only the worker links.

pub mod bridge;
