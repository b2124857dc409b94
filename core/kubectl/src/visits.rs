//! Objects handled one by one, with the time that a request takes between one and the next: what create, apply, delete, label and the
//! like share. The cluster goes on in between, as it does for the real program.

use std::collections::VecDeque;

use engine::Duration;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, together};
use crate::flags::Flags;
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;

/// From one object's request to the next one's.
const REQUEST: Duration = Duration::from_millis(5);

/// What a command does to each of its objects: plain data, kept while time passes.
pub trait Visitor: Serialize + DeserializeOwned {
    /// What it is given of an object.
    type Subject: Serialize + DeserializeOwned;
    /// How the rest of the visit goes on.
    const TASK: fn(Visit<Self>) -> Task;
    /// Whether the first object that cannot be handled ends the command.
    const STOPS_AT_FAILURE: bool = false;

    /// Handles an object.
    ///
    /// # Errors
    /// What keeps this object from being handled.
    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, subject: Self::Subject) -> Result<()>;

    /// All objects were handled, some in vain.
    ///
    /// # Errors
    /// What the command ends with.
    fn end(self, _session: &mut Session<'_, '_>, _flags: &Flags, failures: Vec<Failure>) -> Outcome {
        together(failures)?;
        Ok(Flow::Done)
    }
}

/// A visit under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "V: Visitor")]
pub struct Visit<V: Visitor> {
    flags: Flags,
    visitor: V,
    left: VecDeque<V::Subject>,
    failures: Vec<Failure>,
}

/// Handles objects one after the other; `failures` are those that came before the first.
///
/// # Errors
/// What the command ends with.
pub fn each<V: Visitor>(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    visitor: V,
    subjects: Vec<V::Subject>,
    failures: Vec<Failure>,
) -> Outcome {
    Visit { flags: flags.clone(), visitor, left: subjects.into(), failures }.step(session)
}

impl<V: Visitor> Visit<V> {
    /// Handles the next object.
    ///
    /// # Errors
    /// What the command ends with, after the last one.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        if let Some(subject) = self.left.pop_front()
            && let Err(failure) = self.visitor.visit(session, &self.flags, subject)
        {
            if V::STOPS_AT_FAILURE {
                return Err(failure);
            }
            self.failures.push(failure);
        }
        if self.left.is_empty() {
            return self.visitor.end(session, &self.flags, self.failures);
        }
        let next = session.io.now() + REQUEST;
        Ok(Flow::Block(Box::new(V::TASK(self)), Wait::until(next)))
    }
}
