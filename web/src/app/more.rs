//! For narrow pages: the bar at the bottom, and the pane for all that has no room elsewhere.

use yew::prelude::*;

use super::actions;
use super::anew::Anew;
use super::session::{Session, use_session};
use super::state::{Lower, Pane, View, topic};
use super::text::use_text;
use super::ui::Icon;

/// Each pane, the key of its name, its icon.
const PANES: [(Pane, &str, &str); 4] = [
    (Pane::Lesson, "lesson", "book"),
    (Pane::Stage, "view-stage", "boxes"),
    (Pane::Terminal, "terminal", "terminal"),
    (Pane::More, "more", "more"),
];

/// The bar at the bottom.
#[function_component(BottomBar)]
pub fn bottom_bar() -> Html {
    let session = use_session(topic::UI | topic::LESSON);
    let text = use_text();
    let (now, has_lesson) = session.read(|state| (state.ui.pane, state.lesson.is_some()));
    html! {
        <nav class="bottom-bar" aria-label={text.get("panes")}>
            { for PANES.into_iter().map(|(pane, key, icon)| {
                let session = session.clone();
                let onclick = Callback::from(move |_: MouseEvent| {
                    if pane == Pane::Lesson && !has_lesson {
                        actions::show_start(&session);
                    } else {
                        session.change(topic::UI, |state| state.ui.pane = pane);
                    }
                });
                html! { <button type="button" aria-pressed={(pane == now).to_string()} {onclick}><Icon name={icon} /><span>{ text.get(key) }</span></button> }
            }) }
        </nav>
    }
}

/// What it does, the key of its words, its icon.
type Row = (fn(&Session), &'static str, &'static str);

const ROWS: [Row; 7] = [
    (|session| actions::show_view(session, View::Stage), "view-stage", "boxes"),
    (|session| actions::show_view(session, View::Rollout), "view-rollout", "layers"),
    (|session| actions::show_lower(session, Lower::Files), "files", "file"),
    (actions::show_start, "lessons", "book"),
    (actions::other_language, "language-other", "languages"),
    (actions::other_theme, "theme", "moon"),
    (actions::toggle_help, "help", "help"),
];

/// The pane for the rest.
#[function_component(More)]
pub fn more() -> Html {
    let session = use_session(0);
    let text = use_text();
    html! {
        <section class="more" data-pane="more" aria-label={text.get("more")}>
            <ul>
                { for ROWS.into_iter().map(|(act, key, icon)| {
                    let session = session.clone();
                    let onclick = Callback::from(move |_: MouseEvent| act(&session));
                    html! { <li><button type="button" {onclick}><Icon name={icon} />{ text.get(key) }<Icon name="chevron-right" /></button></li> }
                }) }
                <li><Anew /></li>
            </ul>
        </section>
    }
}
