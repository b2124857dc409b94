//! How real time becomes the world's time, and how the learner moves it.

use engine::{Duration, Instant};
use protocol::{ClockCommand, ClockView, Moment, Update};

use super::Sandbox;
use crate::World;

const SPEED_MIN: f64 = 0.1;
const SPEED_MAX: f64 = 1000.0;
/// The clock is told anew after so much of the world's time.
const TOLD_EVERY: Duration = Duration::from_millis(100);
/// No tick is longer in the world: after a long sleep of the browser time does not leap.
const TICK_MAX: Duration = Duration::from_secs(60);

/// How time stands.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    speed: f64,
    paused: bool,
    /// When it was told last, and of how many moments.
    told: Option<(Instant, usize)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { speed: 1.0, paused: false, told: None }
    }
}

impl Clock {
    /// The world's time for some real time.
    pub(super) fn virtual_span(&self, real_ms: f64) -> Duration {
        if self.paused {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(real_ms * self.speed / 1e3).min(TICK_MAX)
        }
    }

    /// The real time for some of the world's.
    pub(super) fn real_ms(&self, span: Duration) -> Option<f64> {
        (!self.paused).then(|| span.as_micros() as f64 / 1e3 / self.speed)
    }

    /// Whether what was told of the clock is old.
    pub(super) fn is_stale(&self, world: &World, moments: usize) -> bool {
        let now = world.now();
        self.told.is_none_or(|(told, count)| now.since(told) >= TOLD_EVERY || now < told || count != moments)
    }
}

impl Sandbox {
    pub(super) fn clock_update(&mut self) -> Update {
        let now = self.world.now();
        self.clock.told = Some((now, self.checkpoints.len()));
        let moments = self.checkpoints.iter().map(|checkpoint| Moment {
            at_ms: checkpoint.world.now().0 / 1000,
            label: checkpoint.label.clone(),
        });
        Update::Clock(ClockView {
            now_ms: now.0 / 1000,
            epoch_seconds: self.world.api().settings().epoch_seconds,
            speed: self.clock.speed,
            paused: self.clock.paused,
            next_ms: self.world.next_at().map(|at| at.0 / 1000),
            can_undo: !self.checkpoints.is_empty(),
            moments: moments.collect(),
        })
    }

    pub(super) fn clock_command(&mut self, command: ClockCommand, updates: &mut Vec<Update>) {
        match command {
            ClockCommand::Pause => self.clock.paused = true,
            ClockCommand::Resume => self.clock.paused = false,
            ClockCommand::Speed(speed) if speed.is_finite() => {
                self.clock.speed = speed.clamp(SPEED_MIN, SPEED_MAX);
            }
            ClockCommand::Speed(_) => {}
            ClockCommand::Step => {
                self.clock.paused = true;
                self.pass_to_next_change();
            }
            ClockCommand::SkipToNext => self.pass_to_next_change(),
            ClockCommand::Undo => {
                if let Some(index) = self.checkpoints.len().checked_sub(1) {
                    self.go_back(index, updates);
                }
            }
            ClockCommand::GoTo { at_ms } => {
                let at = Instant(at_ms.saturating_mul(1000));
                let index = self.checkpoints.iter().position(|checkpoint| checkpoint.world.now() >= at);
                if let Some(index) = index {
                    self.go_back(index, updates);
                }
            }
        }
        updates.push(self.clock_update());
    }

    /// Lets time pass until something changes that can be seen: renewed leases cannot.
    fn pass_to_next_change(&mut self) {
        let before = visible_revision(&self.world);
        let until = self.world.now() + Duration::from_secs(24 * 3600);
        while visible_revision(&self.world) == before && self.world.step_until(until) {}
    }

    /// The world becomes what it was at a checkpoint; the later ones are forgotten. The lesson stays open, the terminals stay as they are
    /// on the screen.
    fn go_back(&mut self, index: usize, updates: &mut Vec<Update>) {
        let Some(checkpoint) = self.checkpoints.drain(index..).next() else { return };
        self.world = checkpoint.world;
        if let (Some(lesson), Some(progress)) = (&mut self.lesson, &checkpoint.progress) {
            lesson.go_back(progress);
        }
        self.stage.reset();
        self.happenings.skip(self.world.api());
        self.picked_revision = 0;
        self.looked_at = (0, Instant::ZERO);
        self.take_terminals_back(checkpoint.terminals);
        self.show_undone(&checkpoint.label, updates);
        updates.push(self.lesson_update());
    }
}

/// The last revision of anything but leases.
pub(super) fn visible_revision(world: &World) -> u64 {
    let store = world.api().store();
    let seen = model::Kind::all().filter(|kind| *kind != model::Kind::Lease);
    seen.map(|kind| store.kind_revision(kind)).max().unwrap_or(0)
}
