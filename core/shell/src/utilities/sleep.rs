//! `sleep`.

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use super::options::{Spec, name_of, time_span};
use crate::io::Io;
use crate::program::{Step, Wait};

const SPEC: Spec = Spec::new("", "NUMBER[SUFFIX]...");

/// A running `sleep`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sleep {
    until: Option<Instant>,
}

impl Sleep {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let until = match self.until {
            Some(until) => until,
            None => match start(io) {
                Ok(until) => until,
                Err(status) => return Step::Exit(status),
            },
        };
        self.until = Some(until);
        if io.now() >= until { Step::Exit(0) } else { Step::Wait(Wait::until(until)) }
    }
}

fn start(io: &mut Io<'_>) -> Result<Instant, i32> {
    let args = io.args().to_vec();
    let parsed = SPEC.parse(io, &args)?;
    if parsed.operands.is_empty() {
        return Err(SPEC.misused(io, &args, "missing operand"));
    }
    let mut total = 0.0;
    for operand in &parsed.operands {
        match time_span(operand) {
            Some(seconds) => total += seconds,
            None if super::options::is_busybox(io) => {
                io.err(&format!("{}: invalid number '{operand}'\n", name_of(&args)));
                return Err(1);
            }
            None => return Err(SPEC.misused(io, &args, &format!("invalid time interval ‘{operand}’"))),
        }
    }
    Ok(io.now() + Duration::from_secs_f64(total))
}
