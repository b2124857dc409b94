//! The app: draws what the worker says, and says to the worker what the learner does.
//!
//! Knows `protocol`'s views and the browser. Each file is a part of the page; `state` is what they draw from.
#![allow(missing_docs, reason = "parts of a page are documented by their names and where they stand")]

mod actions;
mod anew;
mod api;
mod editor;
mod format;
mod happened;
mod header;
mod help;
mod inspector;
mod keeping;
mod keys;
mod lesson;
mod lower;
mod more;
mod rollout;
pub mod session;
pub mod settings;
pub mod stage;
mod start;
pub mod state;
mod terminal;
pub mod text;
mod timebar;
mod ui;

use protocol::Selection;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use yew::prelude::*;

use self::header::Header;
use self::help::{Help, Recovery};
use self::inspector::{Inspector, TABS};
use self::lesson::Lesson;
use self::lower::{LowerPanel, Splitter};
use self::more::{BottomBar, More};
use self::rollout::Rollout;
use self::session::{Session, use_session};
use self::settings::{Query, Settings, first_language};
use self::stage::Stage;
use self::start::Start;
use self::state::{Pane, State, View, topic};
use self::text::Text;
use self::timebar::TimeBar;

/// Begins the visit: state from what was kept and from the address, then the worker.
fn begin() -> Session {
    let query = Query::read();
    let mut settings = Settings::load();
    let language = first_language(&query, &settings);
    settings.theme = query.theme.unwrap_or(settings.theme);
    let mut state = State::new(settings, language, query.embed);
    let lesson = match &query.lesson {
        Some(lesson) => lesson.clone(),
        None if query.play => String::new(),
        None => state.settings.lesson.clone(),
    };
    state.ui.start = query.lesson.is_none()
        && !query.embed
        && !query.play
        && query.demo.is_none()
        && !state.settings.entered;
    if query.view.as_deref() == Some("rollout") {
        state.ui.view = View::Rollout;
        state.ui.pane = Pane::Stage;
    }
    if let Some((tab, _)) = query.tab.as_ref().and_then(|tab| TABS.iter().find(|(_, key)| key == tab)) {
        state.ui.tab = *tab;
    }
    if !lesson.is_empty() && query.view.is_none() {
        state.ui.pane = Pane::Lesson;
    }
    let session = Session::new(state, query);
    actions::dress(&session);
    keys::listen(&session);
    api::install(&session);
    let on_scheme = {
        let session = session.clone();
        Closure::<dyn Fn()>::new(move || {
            actions::dress(&session);
            session.change(topic::SETTINGS, |_| {});
        })
    };
    ui::on_scheme_change(on_scheme.as_ref().unchecked_ref());
    on_scheme.forget();
    match &session.query().demo {
        Some(name) => session.start_demo(name),
        None => {
            keeping::keep_world(&session);
            keeping::start_kept_world(&session, &lesson);
        }
    }
    if let Some(pick) = &session.query().pick {
        let mut parts = pick.splitn(3, '/').map(str::to_owned);
        if let (Some(kind), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) {
            session.pick(Some(Selection { kind, namespace, name }));
        }
    }
    session
}

/// The whole page.
#[function_component(App)]
pub fn app() -> Html {
    let session = (*use_memo((), |()| begin())).clone();
    html! { <ContextProvider<Session> context={session}><Page /></ContextProvider<Session>> }
}

#[function_component(Page)]
fn page() -> Html {
    let session = use_session(topic::SETTINGS | topic::WORKER | topic::UI);
    let (language, died, help) = session.read(|state| (state.language, state.died.is_some(), state.ui.help));
    let text = use_memo(language, |language| Text::new(*language));
    let (start, embed) = session.read(|state| (state.ui.start, state.embed));
    html! {
        <ContextProvider<Text> context={(*text).clone()}>
            <div class={classes!("page", embed.then_some("embedded"))}>
                if !embed {
                    <Header />
                }
                if start {
                    <Start />
                } else {
                    <Bench />
                }
                if help {
                    <Help />
                }
                if died {
                    <Recovery />
                }
            </div>
        </ContextProvider<Text>>
    }
}

/// The bench: lesson, stage, terminal, inspector, time.
#[function_component(Bench)]
fn bench() -> Html {
    let session = use_session(topic::UI | topic::SETTINGS | topic::LESSON | topic::INSPECTOR | topic::WORKER);
    let (has_lesson, has_inspector, view, pane, percent, language) = session.read(|state| {
        let ui = &state.ui;
        (
            state.lesson.is_some() || (!state.started && !state.settings.lesson.is_empty()),
            state.picked.is_some(),
            ui.view,
            ui.pane,
            state.settings.lower_percent,
            state.language,
        )
    });
    let text = use_memo(language, |language| Text::new(*language));
    let pane = match pane {
        Pane::Lesson if has_lesson => "show-lesson",
        Pane::Lesson | Pane::Terminal => "show-terminal",
        Pane::Stage => "show-stage",
        Pane::More => "show-more",
    };
    html! { <>
        <main class={classes!("bench", pane, has_lesson.then_some("has-lesson"), has_inspector.then_some("has-inspector"))}>
            if has_lesson {
                <div class="lesson-pane" data-pane="lesson"><Lesson /></div>
            }
            <div class="middle" style={format!("--lower:{percent:.1}%")}>
                <div class="view" data-pane="stage">
                    if view == View::Stage {
                        <Stage session={session.clone()} text={(*text).clone()} />
                    } else {
                        <Rollout />
                    }
                </div>
                <Splitter />
                <LowerPanel />
            </div>
            <Inspector />
            <More />
        </main>
        <TimeBar />
        <BottomBar />
    </> }
}
