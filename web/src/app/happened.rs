//! What happened: the last of it in a line, all of it in a list.

use protocol::Happening;
use yew::prelude::*;

use super::actions;
use super::format::{clock, shorten};
use super::session::{Session, use_session};
use super::state::{HAPPENINGS_MAX, Shared, topic};
use super::text::use_text;
use super::ui::Icon;

/// The line, and the list above it if it is open.
#[function_component(Happened)]
pub fn happened() -> Html {
    let session = use_session(topic::HAPPENED | topic::UI);
    let text = use_text();
    let (open, unseen, count, last) = session.read(|state| {
        let count = state.happenings.len();
        (state.ui.happened, count - state.read, count, state.happenings.back().cloned())
    });
    let toggle = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| actions::toggle_happened(&session))
    };
    let new = (unseen > 0 && !open)
        .then(|| if unseen < HAPPENINGS_MAX { unseen.to_string() } else { format!("{unseen}+") });
    // What the button shows is part of its name; a narrow page shows no more than a number.
    let shown = last.as_ref().map_or_else(
        || text.get("nothing-happened").to_string(),
        |last| format!("{} {}", last.reason, shorten(&last.about.name, 28)),
    );
    let number = new.clone().unwrap_or_else(|| count.to_string());
    let label = format!("{}: {number} {shown}", text.get("happened"));
    html! {
        <div class="happened">
            <button type="button" class="happened-line" onclick={toggle.clone()} aria-expanded={open.to_string()} aria-label={label}>
                if let Some(new) = new {
                    <span class="badge">{ new }</span>
                }
                if let Some(last) = &last {
                    <span class={classes!("happened-last", last.warning.then_some("warns"))}>
                        <strong>{ &last.reason }</strong>{ " " }{ shorten(&last.about.name, 28) }
                    </span>
                } else {
                    <span class="happened-last">{ text.get("nothing-happened") }</span>
                }
                <span class="happened-count">{ count }</span>
            </button>
            if open {
                <section class="popover" role="dialog" aria-label={text.get("happened")}>
                    <header><h2>{ text.get("happened") }</h2>
                        <button type="button" class="quiet only-icon" onclick={toggle} aria-label={text.get("close")}><Icon name="close" /></button>
                    </header>
                    <ol class="happenings">
                        { session.read(|state| state.happenings.iter().rev().map(|it| line(&session, it)).collect::<Html>()) }
                    </ol>
                    if last.is_none() {
                        <p class="empty">{ text.get("nothing-happened") }</p>
                    }
                </section>
            }
        </div>
    }
}

fn line(session: &Session, happening: &Shared<Happening>) -> Html {
    let pick = {
        let (session, about) = (session.clone(), happening.about.clone());
        Callback::from(move |_: MouseEvent| session.pick(Some(about.clone())))
    };
    html! {
        <li class={classes!(happening.warning.then_some("warns"))}>
            <time>{ clock(happening.at_ms as f64) }</time>
            <button type="button" onclick={pick}>
                <strong>{ &happening.reason }</strong>
                <code>{ format!("{}/{}", happening.about.kind.to_lowercase(), shorten(&happening.about.name, 36)) }</code>
                <span>{ &happening.message }</span>
            </button>
        </li>
    }
}
