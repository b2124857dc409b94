//! A pod's state as a shape: it can be told without its colour. The shapes themselves are in `styles/parts/glyph.css`, by class.

use protocol::{Phase, PodView};

use crate::app::text::Text;

/// Style class, and the key of its word, by phase.
pub fn class_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "pending",
        Phase::Creating => "creating",
        Phase::Running => "running",
        Phase::NotReady => "not-ready",
        Phase::Succeeded => "succeeded",
        Phase::Failed => "failed",
        Phase::BackOff => "back-off",
        Phase::Terminating => "terminating",
        Phase::Unknown => "unknown",
    }
}

/// In the order of a pod's life.
pub const PHASES: [Phase; 9] = [
    Phase::Pending,
    Phase::Creating,
    Phase::NotReady,
    Phase::Running,
    Phase::Succeeded,
    Phase::BackOff,
    Phase::Failed,
    Phase::Terminating,
    Phase::Unknown,
];

/// A pod in a sentence, for those who cannot see the tile.
pub fn spoken(pod: &PodView, text: &Text) -> String {
    let place = if pod.node.is_empty() { text.get("queue-title").to_string() } else { pod.node.clone() };
    format!("{} · {} · {place}", pod.name, pod.status)
}

/// A pod's name for a tile: the end, by which it is told from its brothers, kept whole.
pub fn split_name(pod: &PodView) -> (&str, &str) {
    match pod.name.rsplit_once('-') {
        Some((_, end)) if !pod.owner.is_empty() => (&pod.workload, end),
        _ => ("", &pod.name),
    }
}
