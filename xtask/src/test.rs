//! Every test there is, part by part, with counts.

use std::process::Command;
use std::time::Instant;

use crate::assets::files_ending;
use crate::bench::targets;
use crate::process::{command, execute, output, path, run_reading};
use crate::report::{self, Tally};
use crate::serve::Site;
use crate::setup::{self, Step, ensure, tools, wasm_target};
use crate::site::{self, Quality, WASM_TARGET_FOLDER};
use crate::{Result, unexpected};

struct Part {
    name: &'static str,
    needs: &'static [&'static [&'static Step]],
    run: fn() -> Result<Tally>,
}

/// Quick ones first: what fails, fails early.
const PARTS: &[Part] = &[
    Part { name: "fmt", needs: &[setup::FOR_LINTS], run: fmt },
    Part { name: "clippy", needs: &[setup::FOR_LINTS], run: clippy },
    Part { name: "native", needs: &[], run: native },
    Part { name: "lessons", needs: &[], run: lessons },
    Part { name: "wasm", needs: &[setup::FOR_WASM_TESTS], run: wasm },
    Part { name: "browser", needs: &[setup::FOR_SITE, setup::FOR_BROWSER], run: browser },
];

/// `cargo xtask test [PART...]`.
pub fn run(arguments: &[String]) -> Result {
    if let Some(unknown) = arguments.iter().find(|name| PARTS.iter().all(|part| part.name != **name)) {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(format!("no part {unknown:?}: the parts are {}", names.join(", ")));
    }
    let is_wanted = |part: &&Part| arguments.is_empty() || arguments.iter().any(|name| name == part.name);
    let started = Instant::now();
    let parts: Vec<&Part> = PARTS.iter().filter(is_wanted).collect();
    let needs: Vec<&Step> = parts.iter().flat_map(|part| part.needs.concat()).collect();
    // What cannot be brought fails the parts that need it, below.
    let _ = ensure(&needs);
    let mut results = Vec::new();
    for part in parts {
        println!("\n--- {} ---", part.name);
        let part_started = Instant::now();
        let tally = run_part(part);
        if !tally.note.is_empty() {
            println!("{}: {}", part.name, tally.note);
        }
        results.push((part.name, tally, part_started.elapsed()));
    }
    if report::print(&results, started.elapsed()) { Ok(()) } else { Err(String::new()) }
}

/// `cargo xtask ci`.
pub fn ci(arguments: &[String]) -> Result {
    match arguments.first() {
        Some(argument) => Err(unexpected(argument)),
        None => run(&[]),
    }
}

fn run_part(part: &Part) -> Tally {
    let set_up = part.needs.iter().try_for_each(|steps| ensure(steps));
    set_up.and_then(|()| (part.run)()).unwrap_or_else(|reason| Tally::broken(&reason))
}

fn fmt() -> Result<Tally> {
    run_reading(&mut command(&["cargo", "fmt", "--all", "--check"]), |_| {}).map(Tally::of_check)
}

fn clippy() -> Result<Tally> {
    let words = ["cargo", "clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    run_reading(&mut command(&words), |_| {}).map(Tally::of_check)
}

fn native() -> Result<Tally> {
    counted(&mut command(&["cargo", "test", "--workspace", "--exclude", "web", "--no-fail-fast"]))
}

/// The lessons prove themselves by `podarium lessons`.
fn lessons() -> Result<Tally> {
    execute(&mut command(&["cargo", "build", "--package", "podarium"]))?;
    let podarium = ["cargo", "run", "--quiet", "--package", "podarium", "--"];
    let help = output(command(&podarium).arg("--help")).unwrap_or_default();
    if !help.contains("podarium lessons") {
        return Ok(Tally::skipped("`podarium` has no command `lessons` yet"));
    }
    counted(command(&podarium).arg("lessons"))
}

/// The browser's own tests, and those of the package `tests` whose names begin with `wasm` (but not the measurements).
fn wasm() -> Result<Tally> {
    let mut cargo = wasm_target::cargo(&["test", "--profile", Quality::Quick.profile(), "--no-fail-fast"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--target-dir", WASM_TARGET_FOLDER]);
    cargo.args(["--package", "web", "--lib"]);
    for (package, name) in targets("test") {
        if package == "tests" && name.starts_with("wasm") && name != "wasm_bench" {
            cargo.args(["--package", "tests", "--test", &name]);
        } else if package == "web" {
            cargo.args(["--test", &name]);
        }
    }
    // The browser's world is compared with the native one.
    if let Some(hash) =
        output(&mut command(&["cargo", "run", "--quiet", "--package", "tests", "--bin", "world_hash"]))
    {
        cargo.env("PODARIUM_WORLD_HASH", hash.trim());
    }
    counted(chromium_tests(&mut cargo))
}

/// The built app in Chromium: `tests/browser/*.test.mjs`, by Node's own test runner.
fn browser() -> Result<Tally> {
    let files = files_ending(&path("tests/browser"), "test.mjs");
    if files.is_empty() {
        return Ok(Tally::skipped("there is no tests/browser/*.test.mjs"));
    }
    let site = Site::start(site::build(Quality::Quick)?, 0)?;
    let mut node = browser_script(&["--test", "--test-concurrency=1", "--test-reporter=spec"], &site);
    counted(node.args(files))
}

/// `cargo xtask pictures [NAME=QUERY...]`.
pub fn pictures(arguments: &[String]) -> Result {
    ensure(setup::FOR_BROWSER)?;
    let site = Site::start(site::build(Quality::Quick)?, 0)?;
    execute(browser_script(&["tests/browser/pictures.mjs"], &site).args(arguments))
}

/// Node, told where the app and Chromium are.
fn browser_script(arguments: &[&str], site: &Site) -> Command {
    let mut node = command(&["node"]);
    node.args(arguments).env("PODARIUM_URL", &site.url).env("PODARIUM_PICTURES", path("target/pictures"));
    if let Some(chromium) = tools::chromium() {
        node.env("PODARIUM_CHROMIUM", chromium);
    }
    node
}

/// A cargo whose tests, built to wasm, run in this machine's Chromium.
pub fn chromium_tests(cargo: &mut Command) -> &mut Command {
    if let Some(driver) = tools::chromedriver() {
        cargo.env("CHROMEDRIVER", driver);
    }
    cargo
}

fn counted(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    let succeeded = run_reading(command, |line| tally.read(line))?;
    Ok(tally.close(succeeded))
}
