//! Recorded entries, played in the browser: what passes natively passes here.
#![cfg(target_arch = "wasm32")]

use tests::truth::{Suite, Verdict};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../truth/", $name, ".yaml")))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "normalize",
    "known_failures",
    "controllers/deployment",
    "controllers/replicaset",
    "kubelet/lifecycle",
    "kubelet/probes",
    "scheduler/resources",
    "transcripts/apply",
    "transcripts/get",
    "transcripts/rollout",
];

#[wasm_bindgen_test]
fn entries_say_what_they_say_natively() {
    let suite = Suite::of_texts(FILES.iter().copied()).expect("the recorded entries");
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, verdict) in suite.play(&[]) {
        match verdict {
            Verdict::Passed => passed += 1,
            Verdict::Failed(mismatches) if suite.known.reason(&name).is_none() => {
                let first =
                    mismatches.first().map(|mismatch| format!("{}\n{}", mismatch.at, mismatch.difference));
                failed.push(format!("{name}: {}", first.unwrap_or_default()));
            }
            Verdict::Failed(_) | Verdict::OutOfScope(_) => {}
        }
    }
    console_log!("{passed} entries passed in the browser");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 50, "only {passed} entries were played");
}
