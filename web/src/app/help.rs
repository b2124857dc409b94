//! The list of keys and of the stage's shapes, and the screen for when the worker failed.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;
use yew::prelude::*;

use super::actions;
use super::keeping;
use super::keys::KEYS;
use super::session::use_session;
use super::stage::{PHASES, class_of};
use super::state::topic;
use super::text::use_text;
use super::ui::{self, Icon};

/// Opens a `<dialog>` over everything as long as it is drawn, and gives the focus back afterwards.
#[hook]
fn use_dialog(dialog: &NodeRef) {
    use_effect_with(dialog.clone(), |dialog| {
        let give_back = ui::remember_focus();
        if let Some(dialog) = dialog.cast::<Element>() {
            ui::show_dialog(&dialog);
        }
        move || drop(give_back.call0(&JsValue::NULL))
    });
}

/// Keys and shapes.
#[function_component(Help)]
pub fn help() -> Html {
    let session = use_session(0);
    let text = use_text();
    let dialog = use_node_ref();
    use_dialog(&dialog);
    let close = {
        let session = session;
        Callback::from(move |()| actions::close_help(&session))
    };
    let (onclose, onclick) = (close.reform(|_: Event| ()), close.reform(|_: MouseEvent| ()));
    // A click on the ground around it is one on the dialog itself.
    let outside = {
        let dialog = dialog.clone();
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            if target.is_some() && target == dialog.get() {
                close.emit(());
            }
        })
    };
    html! {
        <dialog class="dialog" aria-label={text.get("help")} ref={dialog} oncancel={onclose} onclick={outside}>
            <section>
                <header><h2>{ text.get("help") }</h2>
                    <button type="button" class="quiet only-icon" {onclick} aria-label={text.get("close")}><Icon name="close" /></button>
                </header>
                <div class="help-columns">
                    <section>
                        <h3>{ text.get("help-shapes") }</h3>
                        <ul class="shapes">
                            { for PHASES.into_iter().map(|phase| {
                                let class = class_of(phase);
                                html! { <li class={classes!("state", class)}><i class="glyph"></i>
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
        </dialog>
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
            let lesson = session.read(|state| state.settings.lesson.clone());
            keeping::start_kept_world(&session, &lesson);
        })
    };
    let anew = {
        let session = session;
        Callback::from(move |_: MouseEvent| {
            actions::begin_anew(&session);
        })
    };
    let dialog = use_node_ref();
    use_dialog(&dialog);
    // It cannot be closed: there is nothing behind it.
    let oncancel = Callback::from(|event: Event| event.prevent_default());
    let onclose = {
        let dialog = dialog.clone();
        Callback::from(move |_: Event| {
            if let Some(dialog) = dialog.cast::<Element>() {
                ui::show_dialog(&dialog);
            }
        })
    };
    html! {
        <dialog class="dialog" role="alertdialog" aria-label={text.get("died-title")} ref={dialog} {oncancel} {onclose}>
            <section class="recovery">
                <Icon name="warning" />
                <h2>{ text.get("died-title") }</h2>
                <p>{ text.get("died-text") }</p>
                <pre>{ reason }</pre>
                <div class="buttons">
                    <button type="button" class="primary" onclick={reload}>{ text.get("died-reload") }</button>
                    <button type="button" onclick={anew}>{ text.get("died-anew") }</button>
                </div>
            </section>
        </dialog>
    }
}
