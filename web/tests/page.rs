//! Runs in Chromium, on the page that wasm-bindgen's runner serves.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web::bridge::WorkerHandle;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_worker_takes_texts_while_it_lives() {
    let worker = WorkerHandle::start("data:text/javascript,", |_| {}).expect("a module worker starts");
    worker.send("hello").expect("a worker takes a text");
}
