//! What outlives a reload: worlds as bytes, in the browser's database. Free play and each lesson have a world of their own.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use js_sys::{Promise, Uint8Array};
use protocol::{Command, Reply, Request, Update};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use yew::platform::spawn_local;

use super::session::{Session, browser_ms};
use super::state::topic;
use super::ui;

const EVERY_MS: u32 = 15_000;
const WORKERS: u32 = 3;

/// Where a lesson's world is kept; free play's for no lesson.
fn key_of(lesson: &str) -> String {
    if lesson.is_empty() { "world".to_owned() } else { format!("world/{lesson}") }
}

/// Keeps the world every little while if it changed, and when the page is left.
pub fn keep_world(session: &Session) {
    let changed = Rc::new(Cell::new(false));
    session.watch({
        let changed = Rc::clone(&changed);
        move |update| {
            if matches!(update, Update::Stage(_) | Update::Files(_) | Update::Lesson(_)) {
                changed.set(true);
            }
        }
    });
    let keep = {
        let session = session.clone();
        move || {
            if changed.replace(false) {
                let _ = keep_now(&session);
            }
        }
    };
    Interval::new(EVERY_MS, keep.clone()).forget();
    EventListener::new(&gloo::utils::document(), "visibilitychange", move |_| keep()).forget();
}

/// Keeps the world that is open; the promise is kept when it is.
fn keep_now(session: &Session) -> Promise {
    if !session.read(|state| state.started && state.died.is_none()) {
        return Promise::resolve(&JsValue::UNDEFINED);
    }
    let key = session.read(|state| key_of(&state.settings.lesson));
    Promise::new(&mut |resolve, _| {
        let key = key.clone();
        session.ask(Request::Snapshot, move |reply| {
            let kept = match reply {
                Ok(Reply::Bytes(bytes)) => ui::keep(&key, &Uint8Array::from(bytes.as_slice())).into(),
                _ => JsValue::UNDEFINED,
            };
            let _ = resolve.call1(&JsValue::NULL, &kept);
        });
    })
}

/// Goes to the world of a lesson, or to free play's for no lesson. The one that is left is kept.
pub fn go_to_world(session: &Session, lesson: &str) {
    let (session, lesson) = (session.clone(), lesson.to_owned());
    let number = session.next_world();
    spawn_local(async move {
        let _ = JsFuture::from(keep_now(&session)).await;
        if session.is_newest_world(number) {
            start_kept_world(&session, &lesson);
        }
    });
}

/// Starts with the kept world of a lesson (free play's for no lesson), or a new one.
pub fn start_kept_world(session: &Session, lesson: &str) {
    let (session, lesson) = (session.clone(), lesson.to_owned());
    let number = session.next_world();
    spawn_local(async move {
        let kept = JsFuture::from(ui::kept(&key_of(&lesson))).await.unwrap_or(JsValue::UNDEFINED);
        let snapshot = kept.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec());
        if session.is_newest_world(number) {
            start_world(&session, &lesson, snapshot);
        }
    });
}

/// A new world in place of the one that is open, which is forgotten. A lesson begins anew.
pub fn begin_anew(session: &Session) {
    let lesson = session.read(|state| state.settings.lesson.clone());
    let _ = ui::forget(&key_of(&lesson));
    session.next_world();
    start_world(session, &lesson, None);
}

fn start_world(session: &Session, lesson: &str, snapshot: Option<Vec<u8>>) {
    session.change(topic::SETTINGS, |state| {
        lesson.clone_into(&mut state.settings.lesson);
        state.settings.save();
    });
    let now = browser_ms();
    let first = Command::Start {
        workers: WORKERS,
        seed: now as u64,
        epoch_seconds: (now / 1000.0) as i64,
        snapshot,
        lesson: Some(lesson.to_owned()).filter(|lesson| !lesson.is_empty()),
        language: session.read(|state| state.language.tag().to_owned()),
    };
    session.start(first);
}
