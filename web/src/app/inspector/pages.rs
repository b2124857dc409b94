//! The inspector's plain pages: summary, events, owners, story.

use protocol::{InspectorView, OwnerView};
use yew::prelude::*;

use super::link;
use crate::app::format::clock;
use crate::app::session::Session;
use crate::app::text::Text;
use crate::app::ui::Icon;

/// Short facts, and the way up.
pub fn summary(session: &Session, text: &Text, view: &InspectorView) -> Html {
    let last = view.events.iter().rev().find(|event| event.warning);
    html! { <>
        if let Some(event) = last {
            <p class="last-warning"><Icon name="warning" /><span><strong>{ &event.reason }</strong>{ " " }{ &event.message }</span></p>
        }
        <dl class="facts">
            { for view.summary.iter().map(|(label, value)| html! {
                <><dt>{ label }</dt><dd>{ if value.is_empty() { "–" } else { value.as_str() } }</dd></>
            }) }
        </dl>
        if let Some(owner) = view.owners.first() {
            <h3>{ text.get("owned-by") }</h3>
            { link(session, &owner.selection) }
        }
    </> }
}

/// Events, newest first.
pub fn events(text: &Text, view: &InspectorView) -> Html {
    if view.events.is_empty() {
        return html! { <p class="empty">{ text.get("no-events") }</p> };
    }
    html! {
        <ol class="events">
            { for view.events.iter().rev().map(|event| html! {
                <li class={classes!(event.warning.then_some("warns"))}>
                    <header><strong>{ &event.reason }</strong>
                        if event.count > 1 { <span class="count">{ format!("×{}", event.count) }</span> }
                        <time>{ &event.age }</time></header>
                    <p>{ &event.message }</p>
                    <small>{ &event.source }</small>
                </li>
            }) }
        </ol>
    }
}

/// Owners above, dependents below.
pub fn owners(session: &Session, text: &Text, view: &InspectorView) -> Html {
    if view.owners.is_empty() && view.dependents.is_empty() {
        return html! { <p class="empty">{ text.get("no-owners") }</p> };
    }
    let line = |owner: &OwnerView| html! { <li>{ link(session, &owner.selection) }<span>{ &owner.detail }</span></li> };
    html! { <>
        if !view.owners.is_empty() {
            <h3>{ text.get("owned-by") }</h3>
            <ul class="kin">{ for view.owners.iter().map(line) }</ul>
        }
        if !view.dependents.is_empty() {
            <h3>{ text.get("owns") }</h3>
            <ul class="kin">{ for view.dependents.iter().map(line) }</ul>
        }
    </> }
}

/// Each write: when, who, what, and what woke the writer.
pub fn story(session: &Session, text: &Text, view: &InspectorView) -> Html {
    if view.story.is_empty() {
        return html! { <p class="empty">{ text.get("no-story") }</p> };
    }
    html! {
        <ol class="story">
            { for view.story.iter().map(|step| html! {
                <li>
                    <header><time>{ clock(step.at_ms as f64) }</time><span class="actor">{ &step.actor }</span>
                        <small>{ format!("#{}", step.revision) }</small></header>
                    <p>{ &step.what }</p>
                    if !step.because.is_empty() {
                        <p class="because">{ text.get("because") }{ " " }<span>{ &step.because }</span>
                            if let Some(cause) = step.cause.as_ref().filter(|cause| **cause != view.selection) {
                                { link(session, cause) }
                            }
                        </p>
                    }
                </li>
            }) }
        </ol>
    }
}
