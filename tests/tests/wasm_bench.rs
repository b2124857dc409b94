//! `cargo xtask bench --wasm`: the measurements of `podarium bench`, in Chromium.
#![cfg(target_arch = "wasm32")]

use sandbox::bench::Bench;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

// In a worker, as the app has it: the page goes on answering its driver, who gives up on one that is busy for long.
wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen]
extern "C" {
    /// The browser's clock, in milliseconds.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now_ms() -> f64;
}

/// What takes less is measured again: the first time, a browser is still compiling what it runs.
const SHORT_SECONDS: f64 = 5.0;

#[wasm_bindgen_test]
fn measurements() {
    for bench in Bench::ALL {
        let first = bench.measure(|| now_ms() / 1000.0);
        console_log!("{first}");
        if first.seconds < SHORT_SECONDS {
            console_log!("{}   (again)", bench.measure(|| now_ms() / 1000.0));
        }
    }
}
