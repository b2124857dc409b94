//! The line between the app and the worker that holds the world: packed messages, each a buffer that changes hands.

use js_sys::{Array, Function, Uint8Array};
use protocol::{Command, Update};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// The script that starts the worker's program, beside `index.html`.
pub const WORKER_SCRIPT: &str = "./worker-start.js";

/// What the worker says.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// First of all: until then a message to it could be lost, since its program is still loading.
    Ready,
    /// What changed, in order.
    Updates(Vec<Update>),
    /// Its program failed and is of no more use.
    Died(String),
}

/// A message as it travels.
fn pack(message: &impl Serialize) -> Option<Uint8Array> {
    postcard::to_allocvec(message).ok().map(|bytes| Uint8Array::from(bytes.as_slice()))
}

fn unpack<T: DeserializeOwned>(event: &MessageEvent) -> Option<T> {
    let bytes = event.data().dyn_into::<Uint8Array>().ok()?;
    postcard::from_bytes(&bytes.to_vec()).ok()
}

/// The worker that `index.html` started before the app was there, and the events that nobody has heard yet. There is one only once.
fn take_early() -> Option<(Worker, Array)> {
    let global = js_sys::global();
    let key = JsValue::from_str("earlyWorker");
    let early = js_sys::Reflect::get(&global, &key).ok().filter(JsValue::is_object)?;
    js_sys::Reflect::delete_property(&global, &key).ok()?;
    let part = |name: &str| js_sys::Reflect::get(&early, &name.into()).ok();
    Some((part("worker")?.dyn_into().ok()?, part("said")?.dyn_into().ok()?))
}

/// The app's end of the line. Dropping it ends the worker.
pub struct WorkerHandle {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl WorkerHandle {
    /// Starts the worker and calls `on_message` for each message that it sends.
    ///
    /// # Errors
    /// If the browser has no module workers.
    pub fn start(
        script: &str,
        on_message: impl FnMut(FromWorker) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let (worker, said) = match take_early() {
            Some(early) => early,
            None => {
                let options = WorkerOptions::new();
                options.set_type(WorkerType::Module);
                (Worker::new_with_options(script, &options)?, Array::new())
            }
        };
        let mut on_failure = on_message.clone();
        let mut on_message = on_message;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(message) = unpack(&event) {
                on_message(message);
            }
        });
        let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let message = js_sys::Reflect::get(&event, &"message".into()).ok();
            let reason = message.and_then(|text| text.as_string()).unwrap_or_default();
            on_failure(FromWorker::Died(reason));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let listeners: [Function; 2] =
            [on_message.as_ref().clone().unchecked_into(), on_error.as_ref().clone().unchecked_into()];
        // Once whoever started it holds the handle.
        wasm_bindgen_futures::spawn_local(async move {
            for event in said.iter() {
                let listener = &listeners[usize::from(!event.is_instance_of::<MessageEvent>())];
                let _ = listener.call1(&JsValue::NULL, &event);
            }
        });
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends commands to the worker.
    ///
    /// # Errors
    /// If the browser refuses to carry them.
    pub fn send(&self, commands: &[Command]) -> Result<(), JsValue> {
        let Some(bytes) = pack(&commands) else { return Ok(()) };
        self.worker.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()))
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// The worker's end of the line.
#[derive(Clone)]
pub struct AppHandle {
    scope: DedicatedWorkerGlobalScope,
}

impl AppHandle {
    /// Calls `on_commands` for what the app sends, for as long as the worker lives, and tells the app that it may send.
    ///
    /// # Errors
    /// If this is no worker.
    pub fn listen(mut on_commands: impl FnMut(Vec<Command>) + 'static) -> Result<Self, JsValue> {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(commands) = unpack(&event) {
                on_commands(commands);
            }
        });
        scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        let handle = Self { scope };
        handle.send(&FromWorker::Ready);
        Ok(handle)
    }

    /// The app's handle of the worker that this runs in; `None` if this is no worker.
    #[must_use]
    pub fn of_this_worker() -> Option<Self> {
        js_sys::global().dyn_into().ok().map(|scope| Self { scope })
    }

    /// Tells the app something.
    pub fn send(&self, message: &FromWorker) {
        if let Some(bytes) = pack(message) {
            // Posting a plain buffer fails only when the scope is closing: nobody is left to tell.
            let _ = self.scope.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
        }
    }
}
