//! The inspector: all of one thing, in pages.

mod pages;
mod why;
mod yaml;

use protocol::{InspectorView, Selection};
use wasm_bindgen::JsValue;
use yew::prelude::*;

use self::pages::{events, owners, story, summary};
use self::why::Why;
use self::yaml::Yaml;
use super::format::shorten;
use super::session::{Session, use_session};
use super::state::{Shared, Tab, topic};
use super::text::{Text, use_text};
use super::ui::{self, Icon};

/// Each page and the key of its name.
pub const TABS: [(Tab, &str); 6] = [
    (Tab::Summary, "summary"),
    (Tab::Why, "why"),
    (Tab::Yaml, "yaml"),
    (Tab::Events, "events"),
    (Tab::Owners, "owners"),
    (Tab::Story, "story"),
];

/// The inspector, if something is picked.
#[function_component(Inspector)]
pub fn inspector() -> Html {
    let session = use_session(topic::INSPECTOR | topic::UI);
    let text = use_text();
    let (picked, view, tab) =
        session.read(|state| (state.picked.clone(), state.inspector.clone(), state.ui.tab));
    use_effect_with(picked.is_some(), |is_open| {
        let give_back = is_open.then(ui::remember_focus);
        move || drop(give_back.map(|f| f.call0(&JsValue::NULL)))
    });
    use_effect_with(picked.clone(), |picked| {
        if picked.is_some() {
            ui::show_picked();
        }
    });
    let Some(picked) = picked else { return html! {} };
    let close = {
        let session = session.clone();
        Callback::from(move |_: MouseEvent| session.pick(None))
    };
    let copy = {
        let name = picked.name.clone();
        Callback::from(move |_: MouseEvent| drop(ui::copy_text(&name)))
    };
    let tab = if tab == Tab::Why && picked.kind != "Pod" { Tab::Summary } else { tab };
    html! {
        <aside class="inspector" data-pane="inspector" aria-label={text.with("about", &[("name", &picked.name)])}>
            <header class="inspector-head">
                <div>
                    <small>{ &picked.kind }if !picked.namespace.is_empty() { { format!(" · {}", picked.namespace) } }</small>
                    <h2 title={picked.name.clone()}>{ shorten(&picked.name, 34) }</h2>
                </div>
                <button type="button" class="quiet only-icon" onclick={copy} title={text.get("copy-name")} aria-label={text.get("copy-name")}><Icon name="copy" /></button>
                <button type="button" class="quiet only-icon" onclick={close} title={text.get("close")} aria-label={text.get("close")}><Icon name="close" /></button>
            </header>
            <div class="inspector-tabs" role="tablist">
                { for TABS.into_iter().filter(|(of, _)| *of != Tab::Why || picked.kind == "Pod").map(|(of, key)| {
                    let session = session.clone();
                    let onclick = Callback::from(move |_: MouseEvent| session.change(topic::UI, |state| state.ui.tab = of));
                    html! { <button type="button" role="tab" tabindex={if of == tab { "0" } else { "-1" }} aria-selected={(of == tab).to_string()} {onclick}>{ text.get(key) }</button> }
                }) }
            </div>
            <div class="inspector-body" role="tabpanel">
                if let Some(view) = view {
                    if !view.exists {
                        <p class="note warns">{ text.get("gone") }</p>
                    }
                    { page(&session, &text, &view, tab) }
                }
            </div>
        </aside>
    }
}

fn page(session: &Session, text: &Text, view: &Shared<InspectorView>, tab: Tab) -> Html {
    match tab {
        Tab::Summary => summary(session, text, view),
        Tab::Why => html! { <Why view={view.clone()} text={text.clone()} session={session.clone()} /> },
        Tab::Yaml => html! { <Yaml view={view.clone()} text={text.clone()} /> },
        Tab::Events => events(text, view),
        Tab::Owners => owners(session, text, view),
        Tab::Story => story(session, text, view),
    }
}

/// A link to another thing.
fn link(session: &Session, selection: &Selection) -> Html {
    let onclick = {
        let (session, selection) = (session.clone(), selection.clone());
        Callback::from(move |_: MouseEvent| session.pick(Some(selection.clone())))
    };
    html! {
        <button type="button" class="link" {onclick} title={selection.name.clone()}>
            <small>{ &selection.kind }</small>{ " " }<code>{ shorten(&selection.name, 34) }</code>
        </button>
    }
}
