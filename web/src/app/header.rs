//! The top: name mark, where one is, views, language, theme, help.

use yew::prelude::*;

use super::actions;
use super::session::use_session;
use super::state::{View, topic};
use super::text::use_text;
use super::ui::Icon;

/// The name mark: a glass jar over three pods, one running, one half ready, one still waiting.
#[function_component(Mark)]
pub fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <path d="M7 26V14.500a9 9 0 0 1 18 0V26" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
            <path d="M4 27h24" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
            <path d="M16 5.500V3.2" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
            <rect class="mark-pod" x="10.6" y="18.4" width="4.9" height="5.2" rx="1.5" />
            <rect class="mark-line" x="17.2" y="19" width="4.2" height="4.2" rx="1.3" />
            <rect class="mark-pod" x="13.8" y="11.4" width="4.9" height="5.2" rx="1.5" />
        </svg>
    }
}

/// The switch between the views.
#[function_component(Views)]
pub fn views() -> Html {
    let session = use_session(topic::UI);
    let text = use_text();
    let view = session.read(|state| state.ui.view);
    let button = |of: View, key: &str, icon: &'static str| {
        let session = session.clone();
        let onclick = Callback::from(move |_: MouseEvent| actions::show_view(&session, of));
        html! {
            <button type="button" {onclick} aria-pressed={(view == of).to_string()}><Icon name={icon} />{ text.get(key) }</button>
        }
    };
    html! {
        <div class="segments views" role="group" aria-label={text.get("views")}>
            { button(View::Stage, "view-stage", "boxes") }
            { button(View::Rollout, "view-rollout", "layers") }
        </div>
    }
}

/// The header.
#[function_component(Header)]
pub fn header() -> Html {
    let session = use_session(topic::UI | topic::LESSON | topic::SETTINGS);
    let text = use_text();
    let (start, lesson, dark) = session.read(|state| {
        let lesson = state.lesson.as_ref().map(|lesson| lesson.title.clone());
        (state.ui.start, lesson, actions::is_dark(state))
    });
    let on = |act: fn(&super::session::Session)| {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| act(&session))
    };
    html! {
        <header class="header" data-pane="header">
            <button type="button" class="brand" onclick={on(actions::show_start)} aria-label={text.get("home")}>
                <Mark /><span>{ "Podarium" }</span>
            </button>
            if !start {
                <nav class="crumbs" aria-label={text.get("where")}>
                    <button type="button" onclick={on(actions::show_start)}>{ text.get("lessons") }</button>
                    <Icon name="chevron-right" />
                    // A lesson has its heading with its text.
                    if let Some(title) = lesson {
                        <span aria-current="page">{ title }</span>
                    } else {
                        <h1 aria-current="page">{ text.get("free-play") }</h1>
                    }
                </nav>
                <Views />
            }
            <div class="header-end">
                <button type="button" class="quiet" onclick={on(actions::other_language)} aria-label={text.get("language-label")}>
                    <Icon name="languages" />{ text.get("language-other") }
                </button>
                <button type="button" class="quiet only-icon" onclick={on(actions::other_theme)} title={text.get("theme")} aria-label={text.get("theme")}>
                    <Icon name={if dark { "sun" } else { "moon" }} />
                </button>
                <button type="button" class="quiet only-icon" onclick={on(actions::toggle_help)} title={text.get("help")} aria-label={text.get("help")}>
                    <Icon name="help" />
                </button>
            </div>
        </header>
    }
}
