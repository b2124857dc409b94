//! What the real Kubernetes v1.33.1 answered, entry by entry, and how Podarium's answers compare.

mod compare;
mod entry;
mod images;
mod known;
mod normalize;
mod passed;
mod report;
mod run;
mod scope;
mod suite;
mod world;

pub use entry::{Entry, Step};
pub use known::KnownFailures;
pub use passed::Passed;
pub use report::Report;
pub use run::{Mismatch, run};
pub use scope::why_out_of_scope;
pub use suite::{Group, Suite, Verdict};
