//! `window.podarium`: what pages around an embedded Podarium, and tests, call. All of it answers with promises.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Function, JSON, Object, Promise, Reflect, Uint8Array};
use protocol::{Reply, Request};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::session::Session;

mod events;

use self::events::Events;

type Listeners = Rc<RefCell<BTreeMap<String, Vec<Function>>>>;

/// Puts `podarium` on the window.
pub fn install(session: &Session) {
    let object = Object::new();
    let put = |name: &str, function: JsValue| {
        let _ = Reflect::set(&object, &name.into(), &function);
    };
    let asks = |request: fn(JsValue, JsValue, JsValue) -> Result<Request, JsValue>| {
        let session = session.clone();
        let f = Closure::<dyn Fn(JsValue, JsValue, JsValue) -> Promise>::new(move |a, b, c| {
            match request(a, b, c) {
                Ok(request) => ask(&session, &request),
                Err(error) => Promise::reject(&error),
            }
        });
        f.into_js_value()
    };
    put("exec", asks(|line, _, _| Ok(Request::Exec { line: text(&line, "exec: a command line")? })));
    put("apply", asks(|yaml, _, _| Ok(Request::Apply { yaml: text(&yaml, "apply: a manifest")? })));
    put(
        "get",
        asks(|kind, namespace, name| {
            Ok(Request::Get {
                kind: text(&kind, "get: a kind")?,
                namespace: namespace.as_string(),
                name: name.as_string(),
            })
        }),
    );
    put(
        "advance",
        asks(|seconds, _, _| {
            let seconds = seconds.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
            Ok(Request::Advance {
                seconds: seconds.ok_or_else(|| JsError::new("advance: a number of seconds"))?,
            })
        }),
    );
    put("snapshot", asks(|_, _, _| Ok(Request::Snapshot)));
    put(
        "restore",
        asks(|bytes, _, _| {
            let bytes =
                bytes.dyn_into::<Uint8Array>().map_err(|_| JsError::new("restore: what snapshot() gave"))?;
            Ok(Request::Restore { bytes: bytes.to_vec() })
        }),
    );
    put("on", on(session));
    let _ = Reflect::set(&gloo::utils::window(), &"podarium".into(), &object);
}

fn text(value: &JsValue, wanted: &str) -> Result<String, JsValue> {
    value.as_string().ok_or_else(|| JsError::new(wanted).into())
}

fn ask(session: &Session, request: &Request) -> Promise {
    Promise::new(&mut |resolve, reject| {
        session.ask(request.clone(), move |reply| {
            let _ = match reply.and_then(|reply| answer(reply).map_err(|error| format!("{error:?}"))) {
                Ok(value) => resolve.call1(&JsValue::NULL, &value),
                Err(reason) => reject.call1(&JsValue::NULL, &js_sys::Error::new(&reason)),
            };
        });
    })
}

fn answer(reply: Reply) -> Result<JsValue, JsValue> {
    Ok(match reply {
        Reply::Output { stdout, stderr, exit } => {
            object(&[("stdout", stdout.into()), ("stderr", stderr.into()), ("exit", exit.into())])
        }
        Reply::Json(text) => JSON::parse(&text)?,
        Reply::Bytes(bytes) => Uint8Array::from(bytes.as_slice()).into(),
        Reply::Diagnostics(_) | Reply::Completions(_) | Reply::Hover(_) | Reply::Done => JsValue::UNDEFINED,
    })
}

pub(super) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// `on(event, f)`. Whoever comes late to `ready` is called at once. The page around a frame hears the same as messages.
fn on(session: &Session) -> JsValue {
    let listeners: Listeners = Rc::default();
    session.watch({
        let listeners = Rc::clone(&listeners);
        let events = RefCell::new(Events::default());
        move |update| {
            for (event, detail) in events.borrow_mut().of(update) {
                let called = listeners.borrow().get(event).cloned().unwrap_or_default();
                for f in called {
                    let _ = f.call1(&JsValue::NULL, &detail);
                }
                events::tell_host(event, &detail);
            }
        }
    });
    let session = session.clone();
    let f = Closure::<dyn Fn(String, Function) -> Promise>::new(move |event: String, f: Function| {
        if event == "ready" && session.read(|state| state.started) {
            let _ = f.call0(&JsValue::NULL);
        }
        listeners.borrow_mut().entry(event).or_default().push(f);
        Promise::resolve(&JsValue::UNDEFINED)
    });
    f.into_js_value()
}
