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
    html! { <>
        { cause(text, view) }
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

/// What is wrong, before anything else.
pub fn cause(text: &Text, view: &InspectorView) -> Html {
    let Some(cause) = &view.cause else { return html! {} };
    let try_key = cause.what.key.replace("cause-", "try-");
    html! {
        <section class="cause">
            <p class="verdict none"><Icon name="warning" /><span>{ text.told(&cause.what) }</span></p>
            if !cause.counts.is_empty() {
                <ul>{ for cause.counts.iter().map(|(count, of)| html! { <li><strong>{ count }</strong>{ of }</li> }) }</ul>
            }
            if !cause.said.is_empty() {
                <p>{ &cause.said }</p>
            }
            if !cause.log.is_empty() {
                <h3>{ text.get("cause-log") }</h3>
                <pre>{ &cause.log }</pre>
            }
            if text.has(&try_key) {
                <p class="note">{ text.get(&try_key) }</p>
            }
        </section>
    }
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
                    <p>{ text.told(&step.what) }</p>
                    if let Some((what, of)) = &step.because {
                        <p class="because">{ text.get("because") }{ " " }
                            if *of != view.selection { { link(session, of) }{ " " } }
                            { text.told(what) }
                        </p>
                    }
                </li>
            }) }
        </ol>
    }
}
