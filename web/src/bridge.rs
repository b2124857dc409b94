//! The line between the app and the worker that holds the world: texts, one a message.

use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker, WorkerOptions, WorkerType};

/// What the worker says first: until then a message to it could be lost, since its program is still loading.
pub const READY: &str = "ready";

/// The script that starts the worker's program, beside `index.html`.
pub const WORKER_SCRIPT: &str = "./worker-start.js";

/// The app's end of the line. Dropping it ends the worker.
pub struct WorkerHandle {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl WorkerHandle {
    /// Starts the worker and calls `on_text` for each text that it sends.
    pub fn start(script: &str, mut on_text: impl FnMut(String) + 'static) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(script, &options)?;
        let on_message = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                on_text(text);
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Ok(Self { worker, _on_message: on_message })
    }

    /// Sends one text to the worker.
    pub fn send(&self, text: &str) -> Result<(), JsValue> {
        self.worker.post_message(&JsValue::from_str(text))
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.terminate();
    }
}

/// The worker's end of the line: answers each text from the app, for as long as the worker lives.
pub fn answer_texts(mut answer: impl FnMut(String) -> String + 'static) -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
        let scope = scope.clone();
        move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                // Posting a plain text fails only when the scope is closing: nobody is left to tell.
                let _ = scope.post_message(&JsValue::from_str(&answer(text)));
            }
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    scope.post_message(&JsValue::from_str(READY))
}
