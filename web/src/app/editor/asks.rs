//! The editor's program, and what it asks of the worker: errors, completions, fields.

use js_sys::{Function, Promise, Reflect};
use protocol::{Reply, Request};
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::{is_manifest, nothing};
use crate::app::session::Session;

#[wasm_bindgen]
extern "C" {
    /// An open editor.
    pub type Editor;
    #[wasm_bindgen(method)]
    pub fn text(this: &Editor) -> String;
    #[wasm_bindgen(method)]
    pub fn replace(this: &Editor, text: &str);
    #[wasm_bindgen(method)]
    pub fn focus(this: &Editor);
    /// The cursor goes to a place, and what is wrong there is said at once.
    #[wasm_bindgen(method, js_name = showMistake)]
    pub fn show_mistake(this: &Editor, line: u32, column: u32);
    #[wasm_bindgen(method)]
    pub fn close(this: &Editor);
}

/// The functions that an editor calls, held for as long as it is open.
pub struct Asks {
    changed: Closure<dyn FnMut(String)>,
    check: Closure<dyn FnMut(String) -> Promise>,
    complete: Closure<dyn FnMut(String, u32, u32) -> Promise>,
    hover: Closure<dyn FnMut(String, u32, u32) -> Promise>,
}

impl Asks {
    /// Functions over a session.
    pub fn new(session: &Session, changed: impl Fn(String) + 'static) -> Self {
        let (check, complete, hover) = (session.clone(), session.clone(), session.clone());
        Self {
            changed: Closure::new(changed),
            check: Closure::new(move |text| {
                ask(&check, &Request::Check { text }, |reply| match reply {
                    Reply::Diagnostics(found) => json(&found),
                    _ => None,
                })
            }),
            complete: Closure::new(move |text, line, column| {
                ask(&complete, &Request::Complete { text, line, column }, |reply| match reply {
                    Reply::Completions(found) => json(&found),
                    _ => None,
                })
            }),
            hover: Closure::new(move |text, line, column| {
                ask(&hover, &Request::Hover { text, line, column }, |reply| match reply {
                    Reply::Hover(found) => json(&found),
                    _ => None,
                })
            }),
        }
    }

    /// Opens an editor.
    pub fn open(&self, module: &JsValue, element: &Element, path: &str, text: &str) -> Option<Editor> {
        let open: Function = Reflect::get(module, &"openEditor".into()).ok()?.dyn_into().ok()?;
        let arguments = js_sys::Array::of2(element, &path.into());
        for argument in [
            &JsValue::from_str(text),
            &JsValue::from_bool(is_manifest(path)),
            self.changed.as_ref(),
            self.check.as_ref(),
            self.complete.as_ref(),
            self.hover.as_ref(),
        ] {
            arguments.push(argument);
        }
        open.apply(&JsValue::NULL, &arguments).ok().map(JsCast::unchecked_into)
    }
}

fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

/// A promise of JSON; of an empty list if there is no answer.
fn ask(session: &Session, request: &Request, read: fn(Reply) -> Option<String>) -> Promise {
    let is_hover = matches!(request, Request::Hover { .. });
    Promise::new(&mut |resolve, _| {
        session.ask(request.clone(), move |reply| {
            let answer = reply.ok().and_then(read).map(JsValue::from);
            let empty = if is_hover { nothing() } else { JsValue::from_str("[]") };
            let _ = resolve.call1(&JsValue::NULL, &answer.unwrap_or(empty));
        });
    })
}
