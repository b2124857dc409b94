//! `kubectl annotate`: as `label`, for annotations.

use super::label::{self, Field};
use crate::flags::Flags;
use crate::session::{Outcome, Session};

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    label::change(session, flags, Field::Annotations)
}
