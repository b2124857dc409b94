//! Below the stage: terminals and files, with a bar to drag between.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::actions;
use super::editor::Files;
use super::header::Views;
use super::session::{Session, use_session};
use super::state::{Lower, topic};
use super::terminal::Terminals;
use super::text::use_text;
use super::ui::Icon;

const PERCENT_MIN: f64 = 15.0;
const PERCENT_MAX: f64 = 85.0;
const PERCENT_STEP: f64 = 4.0;

/// The lower panel.
#[function_component(LowerPanel)]
pub fn lower_panel() -> Html {
    let session = use_session(topic::UI | topic::FILES);
    let text = use_text();
    let (lower, terminals, front, waiting, embed) = session.read(|state| {
        let ui = &state.ui;
        (ui.lower, ui.terminals.clone(), ui.terminal, state.waiting.is_some(), state.embed)
    });
    let add = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| {
            session.change(topic::UI, |state| {
                let number = state.ui.terminals.iter().max().copied().unwrap_or(0) + 1;
                state.ui.terminals.push(number);
                state.ui.terminal = number;
                state.ui.lower = Lower::Terminal;
            });
        })
    };
    let tab = |number: u32| {
        let name = if terminals.len() > 1 {
            text.with("terminal-n", &[("n", &number)])
        } else {
            text.get("terminal")
        };
        let selected = lower == Lower::Terminal && number == front;
        let to_front = session.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            to_front.change(topic::UI, |state| {
                state.ui.terminal = number;
                state.ui.lower = Lower::Terminal;
            });
        });
        html! {
            <span class={classes!("tab", selected.then_some("selected"))} key={number}>
                <button type="button" role="tab" aria-selected={selected.to_string()} {onclick}><Icon name="terminal" />{ name }</button>
            </span>
        }
    };
    let close = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| {
            session.close_terminal(front);
            session.change(topic::UI, |state| {
                state.ui.terminals.retain(|other| *other != front);
                state.ui.terminal = state.ui.terminals.last().copied().unwrap_or(1);
            });
        })
    };
    let files = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| actions::show_lower(&session, Lower::Files))
    };
    html! {
        <section class="lower" data-pane="terminal">
            <div class="tabs">
                <div class="tab-list" role="tablist" aria-label={text.get("lower")}>
                    { for terminals.iter().copied().map(tab) }
                    <span class={classes!("tab", "tab-files", (lower == Lower::Files).then_some("selected"))}>
                        <button type="button" role="tab" aria-selected={(lower == Lower::Files).to_string()} onclick={files}>
                            <Icon name="file" />{ text.get("files") }
                            if waiting { <span class="badge">{ "1" }</span> }
                        </button>
                    </span>
                </div>
                // Embedded there is no header that would have it.
                if embed {
                    <Views />
                }
                if lower == Lower::Terminal {
                    if terminals.len() > 1 {
                        <button type="button" class="quiet small" onclick={close}><Icon name="close" /><span>{ text.with("close-terminal", &[("n", &front)]) }</span></button>
                    }
                    <button type="button" class="quiet small" onclick={add} aria-label={text.get("new-terminal")}><Icon name="plus" /><span>{ text.get("new-terminal") }</span></button>
                }
            </div>
            <div class="lower-body" hidden={lower != Lower::Terminal}><Terminals /></div>
            if lower == Lower::Files {
                <div class="lower-body"><Files /></div>
            }
        </section>
    }
}

/// The bar between stage and lower panel: dragged, or moved by arrow keys.
#[function_component(Splitter)]
pub fn splitter() -> Html {
    let session = use_session(topic::SETTINGS);
    let text = use_text();
    let percent = session.read(|state| state.settings.lower_percent);
    let down = Callback::from(|event: PointerEvent| {
        if let Some(bar) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            let _ = bar.set_pointer_capture(event.pointer_id());
            event.prevent_default();
        }
    });
    let moved = {
        let session = session.clone();
        Callback::from(move |event: PointerEvent| {
            let bar = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
            let Some(bar) = bar.filter(|bar| bar.has_pointer_capture(event.pointer_id())) else { return };
            let Some(around) = bar.parent_element().map(|around| around.get_bounding_client_rect()) else {
                return;
            };
            set(&session, (around.bottom() - f64::from(event.client_y())) * 100.0 / around.height());
        })
    };
    let key = {
        let session = session;
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "ArrowUp" => set(&session, percent + PERCENT_STEP),
            "ArrowDown" => set(&session, percent - PERCENT_STEP),
            _ => {}
        })
    };
    html! {
        <div class="splitter" role="separator" aria-orientation="horizontal" tabindex="0" aria-label={text.get("split")}
            aria-valuenow={format!("{percent:.0}")} onpointerdown={down} onpointermove={moved} onkeydown={key}></div>
    }
}

fn set(session: &Session, percent: f64) {
    session.change(topic::SETTINGS, |state| {
        state.settings.lower_percent = percent.clamp(PERCENT_MIN, PERCENT_MAX);
        state.settings.save();
    });
}
