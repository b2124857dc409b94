//! What outlives a reload: the world as bytes, in the browser's database.

use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use js_sys::Uint8Array;
use protocol::{Command, LessonCommand, Reply, Request, Update};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use yew::platform::spawn_local;

use super::session::{Session, browser_ms};
use super::state::topic;
use super::ui;

const KEY: &str = "world";
const EVERY_MS: u32 = 15_000;
const WORKERS: u32 = 3;

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
            if changed.replace(false) && session.read(|state| state.started && state.died.is_none()) {
                session.ask(Request::Snapshot, |reply| {
                    if let Ok(Reply::Bytes(bytes)) = reply {
                        let _ = ui::keep(KEY, &Uint8Array::from(bytes.as_slice()));
                    }
                });
            }
        }
    };
    Interval::new(EVERY_MS, keep.clone()).forget();
    EventListener::new(&gloo::utils::document(), "visibilitychange", move |_| keep()).forget();
}

/// Forgets the kept world.
pub fn forget_world() {
    let _ = ui::forget(KEY);
}

/// Starts the worker with the kept world, or a new one, and opens the lesson that is wanted, unless the kept world has it open.
pub fn start_kept_world(session: &Session, wanted: Option<String>) {
    let session = session.clone();
    spawn_local(async move {
        let kept = wasm_bindgen_futures::JsFuture::from(ui::kept(KEY)).await.unwrap_or(JsValue::UNDEFINED);
        let snapshot = kept.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec());
        let language = session.read(|state| state.language.tag().to_owned());
        let was_open = session.read(|state| state.settings.lesson.clone());
        let is_kept = snapshot.is_some();
        let wanted = wanted.or_else(|| Some(was_open.clone()).filter(|lesson| !lesson.is_empty()));
        start_world(&session, snapshot);
        session.send(Command::Lesson(match wanted {
            Some(id) if !is_kept || id != was_open => {
                session.change(topic::SETTINGS, |state| {
                    state.settings.lesson.clone_from(&id);
                    state.settings.save();
                });
                LessonCommand::Open { id, language }
            }
            _ => LessonCommand::Language(language),
        }));
    });
}

/// Starts the worker.
pub fn start_world(session: &Session, snapshot: Option<Vec<u8>>) {
    let now = browser_ms();
    let first =
        Command::Start { workers: WORKERS, seed: now as u64, epoch_seconds: (now / 1000.0) as i64, snapshot };
    session.start(first);
    let terminals = session.read(|state| state.ui.terminals.clone());
    session.reopen(&terminals);
}
