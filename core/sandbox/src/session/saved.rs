//! A sandbox as bytes, and back: the world with what belongs to the session.

use std::collections::BTreeMap;

use lessons::Progress;
use serde::{Deserialize, Serialize};
use shell::ContextId;

use super::{Sandbox, Tab};
use crate::lesson::LessonRun;
use crate::{ClusterSettings, SnapshotError, World};

/// What belongs to the session. In the bytes it stands behind the world, and the world's length before it.
#[derive(Serialize, Deserialize)]
struct Session {
    learner: ContextId,
    settings: ClusterSettings,
    terminals: BTreeMap<u32, Tab>,
    sizes: BTreeMap<u32, (u16, u16)>,
    lesson: Option<(Progress, String)>,
}

const LENGTH_BYTES: usize = 8;

impl Sandbox {
    /// The sandbox as bytes.
    ///
    /// # Panics
    /// Never: all of it can be written.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let session = Session {
            learner: self.learner,
            settings: self.settings.clone(),
            terminals: self.terminals.clone(),
            sizes: self.sizes.clone(),
            lesson: self
                .lesson
                .as_ref()
                .map(|lesson| (lesson.progress().clone(), lesson.language().to_owned())),
        };
        let world = self.world.snapshot();
        let mut bytes = (world.len() as u64).to_be_bytes().to_vec();
        bytes.extend_from_slice(&world);
        postcard::to_extend(&session, bytes).expect("a session is plain data")
    }

    /// The sandbox that the bytes hold.
    ///
    /// # Errors
    /// If they hold none.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let (length, rest) = bytes.split_at_checked(LENGTH_BYTES).ok_or(SnapshotError::NotASnapshot)?;
        let length = u64::from_be_bytes(length.try_into().map_err(|_| SnapshotError::NotASnapshot)?);
        let length = usize::try_from(length).map_err(|_| SnapshotError::NotASnapshot)?;
        let (world, session) = rest.split_at_checked(length).ok_or(SnapshotError::NotASnapshot)?;
        let world = World::restore(world)?;
        let session: Session =
            postcard::from_bytes(session).map_err(|error| SnapshotError::Damaged(error.to_string()))?;
        let mut sandbox = Self::of_world(world, session.learner, session.settings);
        sandbox.terminals = session.terminals;
        sandbox.sizes = session.sizes;
        sandbox.lesson = session.lesson.and_then(|(progress, language)| {
            let id = progress.lesson.clone();
            LessonRun::open(&id, &language, Some(progress)).ok()
        });
        Ok(sandbox)
    }
}
