//! What must be on the machine before anything can be built, run or tested: a table of steps, each skipped when done.

mod debian;
pub mod tools;
pub mod wasm_target;

use std::time::Instant;

use crate::{Result, unexpected};

/// One thing that must be there.
pub struct Step {
    /// What it is, as one would call it.
    pub name: &'static str,
    /// How long it takes from nothing, for the eyes of the one who waits.
    pub takes: &'static str,
    /// Whether it is there already.
    pub is_done: fn() -> bool,
    /// Brings it.
    pub install: fn() -> Result,
    /// What a human can do where `install` cannot.
    pub hint: &'static str,
}

const LINTERS: Step = Step {
    name: "rustfmt and clippy",
    takes: "seconds",
    is_done: tools::has_linters,
    install: tools::install_linters,
    hint: "run `rustup component add rustfmt clippy`",
};

const WASM_TARGET: Step = Step {
    name: "Rust's wasm32-unknown-unknown target",
    takes: "seconds, or two minutes by the Debian way",
    is_done: wasm_target::is_there,
    install: wasm_target::install,
    hint: "run `rustup target add wasm32-unknown-unknown`, where Rust's download server can be reached",
};

const WASM_BINDGEN: Step = Step {
    name: "wasm-bindgen-cli at the version of Cargo.lock",
    takes: "2 to 4 minutes",
    is_done: tools::has_wasm_bindgen,
    install: tools::install_wasm_bindgen,
    hint: "run `cargo install --locked wasm-bindgen-cli --version V` with the version of `wasm-bindgen` in Cargo.lock",
};

const NODE: Step = Step {
    name: "Node.js 18 or newer, with npm",
    takes: "seconds",
    is_done: tools::has_node,
    install: tools::install_node,
    hint: "install Node.js 18 or newer (https://nodejs.org, or as root `apt-get install nodejs npm`)",
};

const NODE_PACKAGES: Step = Step {
    name: "Node packages (esbuild, wasm-opt, playwright-core, the terminal and the editor)",
    takes: "seconds",
    is_done: tools::has_node_packages,
    install: tools::install_node_packages,
    hint: "run `npm ci --ignore-scripts` where the npm registry can be reached",
};

const CHROMIUM: Step = Step {
    name: "Chromium and its driver",
    takes: "half a minute",
    is_done: tools::has_chromium,
    install: tools::install_chromium,
    hint: "as root `apt-get install chromium chromium-driver`, or set CHROMIUM and CHROMEDRIVER to their paths",
};

const KOREAN_FONT: Step = Step {
    name: "a Korean font, for screenshots",
    takes: "seconds",
    is_done: tools::has_korean_font,
    install: tools::install_korean_font,
    hint: "as root `apt-get install fonts-noto-cjk`",
};

/// What `cargo xtask run` needs.
pub const FOR_SITE: &[&Step] = &[&WASM_TARGET, &WASM_BINDGEN, &NODE, &NODE_PACKAGES];
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
    for steps in [FOR_LINTS, FOR_SITE, FOR_BROWSER] {
        ensure(steps)?;
    }
    println!("set up: everything is there ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(())
}

/// Goes through the steps: skips what is there, installs what is not, and says so.
pub fn ensure(steps: &[&Step]) -> Result {
    for step in steps {
        if (step.is_done)() {
            continue;
        }
        println!("set up: {} ({}) ...", step.name, step.takes);
        let started = Instant::now();
        let outcome = (step.install)().and_then(|()| {
            if (step.is_done)() { Ok(()) } else { Err("installed, but still not found".to_owned()) }
        });
        if let Err(reason) = outcome {
            println!("    {reason}");
            return Err(format!("missing: {}. To do: {}", step.name, step.hint));
        }
        println!("set up: {} done in {:.1} s", step.name, started.elapsed().as_secs_f64());
    }
    Ok(())
}
