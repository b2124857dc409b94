//! Commands that hand over to the project's own programs.

use serde_json::Value;

use crate::Result;
use crate::process::{command, execute, output};
use crate::setup::{FOR_WASM_TESTS, ensure, wasm_target};
use crate::site::{Quality, WASM_TARGET_FOLDER};
use crate::test::chromium_tests;

/// The test target that runs the same measurements in a browser.
const WASM_BENCH: &str = "wasm_bench";

/// `cargo xtask bench [--wasm] [ARG...]`.
pub fn run(arguments: &[String]) -> Result {
    if !arguments.iter().any(|argument| argument == "--wasm") {
        return execute(
            command(&["cargo", "run", "--quiet", "--release", "--package", "podarium", "--", "bench"])
                .args(arguments),
        );
    }
    if let Some(argument) = arguments.iter().find(|argument| *argument != "--wasm") {
        return Err(format!("in a browser all measurements run: {argument:?} cannot choose"));
    }
    ensure(FOR_WASM_TESTS)?;
    let mut cargo = wasm_target::cargo(&["test", "--package", "tests", "--test", WASM_BENCH]);
    cargo.args(["--profile", Quality::Release.profile(), "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--target-dir", WASM_TARGET_FOLDER, "--", "--nocapture"]);
    execute(chromium_tests(&mut cargo))
}

/// `cargo xtask truth [FILTER]`.
pub fn truth(arguments: &[String]) -> Result {
    execute(
        command(&["cargo", "run", "--quiet", "--package", "tests", "--bin", "truth", "--"]).args(arguments),
    )
}

/// `cargo xtask generate`: the schema, and every program of the workspace that is called `generate-...`.
pub fn generate(arguments: &[String]) -> Result {
    println!("core/model/data/schema.txt");
    crate::generate_schema::write_schema()?;
    let generators = targets("bin").into_iter().filter(|(_, name)| name.starts_with("generate-"));
    let mut found = 0;
    for (package, name) in generators {
        println!("{name} ({package})");
        execute(
            command(&["cargo", "run", "--quiet", "--package", &package, "--bin", &name, "--"])
                .args(arguments),
        )?;
        found += 1;
    }
    if found == 0 {
        println!("no program of the workspace is called `generate-...`");
    }
    Ok(())
}

/// The workspace's targets of one kind: package and name.
pub fn targets(kind: &str) -> Vec<(String, String)> {
    let metadata = output(&mut command(&["cargo", "metadata", "--no-deps", "--format-version", "1"]));
    let metadata: Value = metadata.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        for target in package["targets"].as_array().into_iter().flatten() {
            if target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind)) {
                found.push((text(&package["name"]), text(&target["name"])));
            }
        }
    }
    found
}
