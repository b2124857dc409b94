//! A pod's state as a shape: it can be told without its colour.

use protocol::{Phase, PodView};
use yew::prelude::*;

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

#[derive(PartialEq, Properties)]
pub struct GlyphProps {
    pub phase: Phase,
}

/// The shape of a phase, 16 px.
#[function_component(Glyph)]
pub fn glyph(props: &GlyphProps) -> Html {
    let shape = match props.phase {
        Phase::Pending => html! {
            <rect x="2.5" y="2.5" width="11" height="11" rx="3" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2" />
        },
        Phase::Creating => html! { <>
            <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" stroke-width="1.8" opacity="0.3" />
            <path class="turning" d="M8 2.4a5.6 5.6 0 0 1 5.6 5.6" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
        </> },
        Phase::Running => html! { <rect x="2" y="2" width="12" height="12" rx="3.4" fill="currentColor" /> },
        Phase::NotReady => html! { <>
            <rect x="2.8" y="2.8" width="10.4" height="10.4" rx="3" fill="none" stroke="currentColor" stroke-width="1.6" />
            <path d="M2.8 8h10.4v2.2a3 3 0 0 1-3 3H5.8a3 3 0 0 1-3-3z" fill="currentColor" />
        </> },
        Phase::Succeeded => html! {
            <path d="M3 8.6l3.3 3.2L13 4.8" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" />
        },
        Phase::Failed => html! {
            <path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" />
        },
        Phase::BackOff => html! {
            <path d="M4 2.5h8M4 13.5h8M4.8 2.5c0 3 2 4 3.2 5.5 1.2-1.5 3.2-2.5 3.2-5.500M4.8 13.500c0-3 2-4 3.2-5.5 1.2 1.5 3.2 2.5 3.2 5.500z"
                fill="currentColor" fill-opacity="0.25" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
        },
        Phase::Terminating => html! {
            <circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="1 3.2" stroke-linecap="round" />
        },
        Phase::Unknown => html! {
            <path d="M5.4 6a2.6 2.6 0 1 1 3.8 2.300c-.8.4-1.2.9-1.2 1.700M8 12.800v.1" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" />
        },
    };
    html! { <svg class="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{ shape }</svg> }
}

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
