//! The world comes out in the browser as it does natively. `cargo xtask test wasm` says what the native one was.
#![cfg(target_arch = "wasm32")]

use tests::determinism::hash_after_script;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_same_world_as_natively() {
    let here = format!("{:016x}", hash_after_script(Some(5000)));
    match option_env!("PODARIUM_WORLD_HASH") {
        Some(native) => assert_eq!(here, native),
        None => console_log!("the native world's hash is not known; here it is {here}"),
    }
}
