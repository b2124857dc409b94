//! What must be on the machine before anything can be built, run or tested: a table of steps, each skipped when done.

mod debian;
pub mod tools;
pub mod wasm_target;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use crate::{Result, unexpected};

/// One thing that must be there.
pub struct Step {
    /// What it is, as one would call it.
    pub name: &'static str,
    /// What it has to wait for: steps of one lane come one after the other, the lanes side by side.
    pub lane: Lane,
    /// How long it takes from nothing, for the eyes of the one who waits.
    pub takes: &'static str,
    /// Whether it is there already.
    pub is_done: fn() -> bool,
    /// Brings it.
    pub install: fn() -> Result,
    /// What a human can do where `install` cannot.
    pub hint: &'static str,
}

/// What brings a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// rustup and cargo: mostly the processor.
    Rust,
    /// apt and npm: mostly the network and the disk.
    Packages,
}

const LINTERS: Step = Step {
    name: "rustfmt and clippy",
    lane: Lane::Rust,
    takes: "seconds",
    is_done: tools::has_linters,
    install: tools::install_linters,
    hint: "run `rustup component add rustfmt clippy`",
};

const WASM_TARGET: Step = Step {
    name: "Rust's wasm32-unknown-unknown target",
    lane: Lane::Rust,
    takes: "seconds, or two minutes by the Debian way",
    is_done: wasm_target::is_there,
    install: wasm_target::install,
    hint: "run `rustup target add wasm32-unknown-unknown`, where Rust's download server can be reached",
};

const WASM_BINDGEN: Step = Step {
    name: "wasm-bindgen-cli at the version of Cargo.lock",
    lane: Lane::Rust,
    takes: "2 to 4 minutes",
    is_done: tools::has_wasm_bindgen,
    install: tools::install_wasm_bindgen,
    hint: "run `cargo install --locked wasm-bindgen-cli --version V` with the version of `wasm-bindgen` in Cargo.lock",
};

const NODE: Step = Step {
    name: "Node.js 18 or newer, with npm",
    lane: Lane::Packages,
    takes: "seconds",
    is_done: tools::has_node,
    install: tools::install_node,
    hint: "install Node.js 18 or newer (https://nodejs.org, or as root `apt-get install nodejs npm`)",
};

const NODE_PACKAGES: Step = Step {
    name: "Node packages (esbuild, wasm-opt, playwright-core, the terminal and the editor)",
    lane: Lane::Packages,
    takes: "seconds",
    is_done: tools::has_node_packages,
    install: tools::install_node_packages,
    hint: "run `npm ci --ignore-scripts` where the npm registry can be reached",
};

const CHROMIUM: Step = Step {
    name: "Chromium and its driver",
    lane: Lane::Packages,
    takes: "half a minute",
    is_done: tools::has_chromium,
    install: tools::install_chromium,
    hint: "as root `apt-get install chromium chromium-driver`, or set CHROMIUM and CHROMEDRIVER to their paths",
};

const KOREAN_FONT: Step = Step {
    name: "a Korean font, for screenshots",
    lane: Lane::Packages,
    takes: "seconds",
    is_done: tools::has_korean_font,
    install: tools::install_korean_font,
    hint: "as root `apt-get install fonts-noto-cjk`",
};

const WASM_SPLIT: Step = Step {
    name: "wasm-split, of binaryen",
    lane: Lane::Packages,
    takes: "seconds",
    is_done: tools::has_wasm_split,
    install: tools::install_wasm_split,
    hint: "install binaryen (as root `apt-get install binaryen`, or `brew install binaryen`)",
};

/// What `cargo xtask run` needs.
pub const FOR_SITE: &[&Step] = &[&WASM_TARGET, &WASM_BINDGEN, &NODE, &NODE_PACKAGES];
/// What a release needs beside that, to be small at first.
pub const FOR_SPLIT: &[&Step] = &[&WASM_SPLIT];
/// What the tests in a browser need beside that.
pub const FOR_BROWSER: &[&Step] = &[&CHROMIUM, &KOREAN_FONT];
/// What tests built to wasm need.
pub const FOR_WASM_TESTS: &[&Step] = &[&WASM_TARGET, &WASM_BINDGEN, &CHROMIUM];
/// What fmt and clippy need.
pub const FOR_LINTS: &[&Step] = &[&LINTERS];
/// What needs Node alone.
pub const FOR_ASSETS: &[&Step] = &[&NODE, &NODE_PACKAGES];

/// `cargo xtask setup`.
pub fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(unexpected(argument));
    }
    let started = Instant::now();
    ensure(&[FOR_LINTS, FOR_SITE, FOR_BROWSER].concat())?;
    println!("set up: everything is there ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(())
}

/// Goes through the steps: skips what is there, installs what is not, and says so. The first that fails is the error.
pub fn ensure(steps: &[&Step]) -> Result {
    let outcomes = std::thread::scope(|scope| {
        let go = |lane| {
            scope
                .spawn(move || steps.iter().filter(|step| step.lane == lane).try_for_each(|step| bring(step)))
        };
        [Lane::Rust, Lane::Packages]
            .map(go)
            .map(|lane| lane.join().unwrap_or_else(|_| Err("set-up broke off".to_owned())))
    });
    outcomes.into_iter().collect()
}

/// Brings one step, unless it is there. What failed once is not tried again: minutes later it would fail the same way.
fn bring(step: &Step) -> Result {
    static FAILED: Mutex<BTreeMap<&str, String>> = Mutex::new(BTreeMap::new());
    let failed = || FAILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(reason) = failed().get(step.name) {
        return Err(reason.clone());
    }
    if (step.is_done)() {
        return Ok(());
    }
    println!("set up: {} ({}) ...", step.name, step.takes);
    let started = Instant::now();
    let outcome = (step.install)().and_then(|()| {
        if (step.is_done)() { Ok(()) } else { Err("installed, but still not found".to_owned()) }
    });
    if let Err(reason) = outcome {
        println!("    {reason}");
        let error = format!("missing: {}. To do: {}", step.name, step.hint);
        failed().insert(step.name, error.clone());
        return Err(error);
    }
    println!("set up: {} done in {:.1} s", step.name, started.elapsed().as_secs_f64());
    Ok(())
}
