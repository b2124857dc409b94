//! The list of keys and of the stage's shapes, and the screen for when the worker failed.

use protocol::Phase;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::actions;
use super::keeping;
use super::keys::KEYS;
use super::session::use_session;
use super::stage::{Glyph, class_of};
use super::state::topic;
use super::text::use_text;
use super::ui::Icon;

const SHAPES: [Phase; 9] = [
    Phase::Pending,
    Phase::Creating,
    Phase::Running,
    Phase::NotReady,
    Phase::Succeeded,
    Phase::Failed,
    Phase::BackOff,
    Phase::Terminating,
    Phase::Unknown,
];

/// Keys and shapes.
#[function_component(Help)]
pub fn help() -> Html {
    let session = use_session(0);
    let text = use_text();
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlElement>() {
            let _ = dialog.focus();
        }
    });
    let close = {
        let session = session;
        Callback::from(move |_: MouseEvent| actions::toggle_help(&session))
    };
    let outside = {
        let (close, dialog) = (close.clone(), dialog.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            if !dialog.get().is_some_and(|dialog| dialog.contains(target.as_ref())) {
                close.emit(event);
            }
        })
    };
    html! {
        <div class="veil" onclick={outside}>
            <section class="dialog" role="dialog" aria-modal="true" aria-label={text.get("help")} tabindex="-1" ref={dialog}>
                <header><h2>{ text.get("help") }</h2>
                    <button type="button" class="quiet only-icon" onclick={close} aria-label={text.get("close")}><Icon name="close" /></button>
                </header>
                <div class="help-columns">
                    <section>
                        <h3>{ text.get("help-shapes") }</h3>
                        <ul class="shapes">
                            { for SHAPES.into_iter().map(|phase| {
                                let class = class_of(phase);
                                html! { <li class={classes!("state", class)}><Glyph {phase} />
                                    <strong>{ text.get(&format!("phase-{class}")) }</strong>
                                    <span>{ text.get(&format!("phase-{class}-help")) }</span></li> }
                            }) }
                        </ul>
                    </section>
                    <section>
                        <h3>{ text.get("help-keys") }</h3>
                        <dl class="keys">
                            { for KEYS.iter().map(|(_, shown, key, _)| html! { <><dt><kbd>{ *shown }</kbd></dt><dd>{ text.get(key) }</dd></> }) }
                            <dt><kbd>{ "1" }</kbd>{ "–" }<kbd>{ "5" }</kbd></dt><dd>{ text.get("speed") }</dd>
                            <dt><kbd>{ "F6" }</kbd></dt><dd>{ text.get("next-pane") }</dd>
                        </dl>
                        <p class="note">{ text.get("help-where") }</p>
                    </section>
                </div>
            </section>
        </div>
    }
}

/// The worker failed: what was kept can be opened again.
#[function_component(Recovery)]
pub fn recovery() -> Html {
    let session = use_session(topic::WORKER);
    let text = use_text();
    let reason = session.read(|state| state.died.clone().unwrap_or_default());
    let reload = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| {
            session.change(topic::WORKER, |state| state.died = None);
            keeping::start_kept_world(&session, None);
        })
    };
    let anew = {
        let session = session;
        Callback::from(move |_: MouseEvent| {
            session.change(topic::WORKER, |state| state.died = None);
            actions::begin_anew(&session);
        })
    };
    html! {
        <div class="veil">
            <section class="dialog recovery" role="alertdialog" aria-modal="true" aria-label={text.get("died-title")}>
                <Icon name="warning" />
                <h2>{ text.get("died-title") }</h2>
                <p>{ text.get("died-text") }</p>
                <pre>{ reason }</pre>
                <div class="buttons">
                    <button type="button" class="primary" onclick={reload}>{ text.get("died-reload") }</button>
                    <button type="button" onclick={anew}>{ text.get("died-anew") }</button>
                </div>
            </section>
        </div>
    }
}
