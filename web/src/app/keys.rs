//! Keys. They work outside of the terminal and of fields to type in; F6 goes from pane to pane from anywhere.

use gloo::events::{EventListener, EventListenerOptions};
use protocol::ClockCommand;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::actions::{self, SPEEDS};
use super::session::Session;
use super::state::{Lower, View};

type Act = fn(&Session);

/// Key, what is shown for it, the key of its words, what it does.
pub const KEYS: [(&str, &str, &str, Act); 13] = [
    (" ", "Space", "pause-or-resume", actions::toggle_pause),
    (".", ".", "step", actions::step),
    ("n", "N", "skip", actions::skip),
    ("u", "U", "undo", actions::undo),
    ("s", "S", "view-stage", |session| actions::show_view(session, View::Stage)),
    ("r", "R", "view-rollout", |session| actions::show_view(session, View::Rollout)),
    ("t", "T", "terminal", |session| actions::show_lower(session, Lower::Terminal)),
    ("f", "F", "files", |session| actions::show_lower(session, Lower::Files)),
    ("h", "H", "happened", actions::toggle_happened),
    ("l", "L", "lessons", actions::show_start),
    ("d", "D", "theme", actions::other_theme),
    ("?", "?", "help", actions::toggle_help),
    ("Escape", "Esc", "close-topmost", actions::escape),
];

/// Listens for the page's whole life.
pub fn listen(session: &Session) {
    let session = session.clone();
    let options = EventListenerOptions::enable_prevent_default();
    let document = gloo::utils::document();
    EventListener::new_with_options(&document, "keydown", options, move |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            press(&session, event);
        }
    })
    .forget();
}

fn press(session: &Session, event: &KeyboardEvent) {
    if event.key() == "F6" {
        event.prevent_default();
        next_pane(event.shift_key());
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let types = |selector: &str| {
        target.as_ref().is_some_and(|it| it.closest(selector).is_ok_and(|found| found.is_some()))
    };
    if event.ctrl_key()
        || event.alt_key()
        || event.meta_key()
        || types("input,textarea,select,[contenteditable],.xterm")
    {
        return;
    }
    let key = event.key();
    if let Some(tab) = target.as_ref().filter(|_| types("[role=tab]"))
        && walk_tabs(tab, &key)
    {
        event.prevent_default();
        return;
    }
    // Space and Enter belong to a button that has the focus.
    if key == " " && types("button,a,summary,label") {
        return;
    }
    if let Some((_, _, _, act)) = KEYS.iter().find(|(of, ..)| *of == key) {
        event.prevent_default();
        act(session);
    } else if let Some(speed) =
        key.parse::<usize>().ok().and_then(|number| SPEEDS.get(number.wrapping_sub(1)))
    {
        actions::clock(session, ClockCommand::Speed(*speed));
    }
}

/// Arrow keys go from tab to tab of a list, as the pattern for tabs has it.
fn walk_tabs(tab: &Element, key: &str) -> bool {
    let step: isize = match key {
        "ArrowRight" => 1,
        "ArrowLeft" => -1,
        _ => return false,
    };
    let list = tab.closest("[role=tablist]").ok().flatten();
    let Some(tabs) = list.and_then(|list| list.query_selector_all("[role=tab]").ok()) else { return false };
    let tabs: Vec<HtmlElement> =
        (0..tabs.length()).filter_map(|index| tabs.item(index)?.dyn_into::<HtmlElement>().ok()).collect();
    let Some(at) = tabs.iter().position(|other| **other == *tab) else { return false };
    let next = (at + tabs.len()).wrapping_add_signed(step) % tabs.len();
    tabs[next].click();
    let _ = tabs[next].focus();
    true
}

/// What can have the focus within a pane.
const FOCUSABLE: &str = "textarea,button:not([tabindex='-1'],:disabled),[href],input,[tabindex='0']";

/// From pane to pane, as F6 does in desktop programs: to the first thing in it that can have the focus.
fn next_pane(back: bool) {
    let document = gloo::utils::document();
    let Ok(panes) = document.query_selector_all("[data-pane]") else { return };
    let panes: Vec<(HtmlElement, HtmlElement)> = (0..panes.length())
        .filter_map(|index| panes.item(index)?.dyn_into::<HtmlElement>().ok())
        .filter(|pane| pane.offset_width() > 0)
        .filter_map(|pane| {
            let first = pane.query_selector(FOCUSABLE).ok()??.dyn_into().ok()?;
            Some((pane, first))
        })
        .collect();
    let active = document.active_element();
    let current = panes.iter().position(|(pane, _)| pane.contains(active.as_deref()));
    let count = panes.len();
    let next = match (current, back) {
        (None, _) => 0,
        (Some(at), false) => (at + 1) % count,
        (Some(at), true) => (at + count - 1) % count,
    };
    if let Some((_, first)) = panes.get(next) {
        let _ = first.focus();
    }
}
