//! A sandbox as bytes, and back: the world with what belongs to the session.

use std::collections::BTreeMap;

use lessons::Progress;
use serde::{Deserialize, Serialize};
use shell::ContextId;
use shell::kernel::TerminalId;

use super::Sandbox;
use crate::lesson::LessonRun;
use crate::{ClusterSettings, SnapshotError, World};

#[derive(Serialize, Deserialize)]
struct Saved {
    world: Vec<u8>,
    learner: ContextId,
    settings: ClusterSettings,
    terminals: BTreeMap<u32, TerminalId>,
    lesson: Option<(Progress, String)>,
}

impl Sandbox {
    /// The sandbox as bytes.
    ///
    /// # Panics
    /// Never: all of it can be written.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let saved = Saved {
            world: self.world.snapshot(),
            learner: self.learner,
            settings: self.settings.clone(),
            terminals: self.terminals.clone(),
            lesson: self
                .lesson
                .as_ref()
                .map(|lesson| (lesson.progress().clone(), lesson.language().to_owned())),
        };
        rmp_serde::to_vec_named(&saved).expect("a sandbox is plain data")
    }

    /// The sandbox that the bytes hold.
    ///
    /// # Errors
    /// If they hold none.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let saved: Saved =
            rmp_serde::from_slice(bytes).map_err(|error| SnapshotError::Damaged(error.to_string()))?;
        let world = World::restore(&saved.world)?;
        let mut sandbox = Self::of_world(world, saved.learner, saved.settings);
        sandbox.terminals = saved.terminals;
        sandbox.lesson = saved.lesson.and_then(|(progress, language)| {
            let id = progress.lesson.clone();
            LessonRun::open(&id, &language, Some(progress)).ok()
        });
        Ok(sandbox)
    }
}
