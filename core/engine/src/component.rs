//! What acts in the world.

use crate::clock::Instant;

/// When a component next wants to run by itself; a change in the world may wake it sooner.
pub type Wake = Option<Instant>;

/// A part of the cluster that acts when time passes or when the world changes: a controller manager, a scheduler, the kubelets.
///
/// `World` is what it acts on. A component is level-driven: it looks at the world, not at why it was woken, and being woken twice
/// changes nothing.
pub trait Component<World: ?Sized> {
    /// Does all that is due at `now` and says when it next wants to run.
    fn poll(&mut self, world: &mut World, now: Instant) -> Wake;
}

/// The earlier of two wakes.
#[must_use]
pub fn earlier(a: Wake, b: Wake) -> Wake {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
