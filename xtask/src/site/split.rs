//! A program in two parts: what a first visit runs, which is loaded at once, and the rest, which comes after it (see `web/static/worker-start.js`).
//!
//! Which functions a first visit runs is measured, not listed: the program is built to note which of its functions are called, and is
//! then given the commands of a first visit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{WASM_FEATURES, enabled, first_visit};
use crate::Result;
use crate::process::{command, execute, path, run_quietly};

/// The program that is split. The app itself is small, and drawn with nearly all of it.
pub const PROGRAM: &str = "worker";
/// Where what it notes is gathered.
const FOLDER: &str = "target/web/split";
const PROFILE: &str = "target/web/split/profile";

/// Of a program that is to be split: without the word that it may use several tables, of which the tools that split know only one.
pub fn prepare(program: &Path) -> Result<PathBuf> {
    fs::create_dir_all(path(FOLDER)).map_err(|error| format!("{FOLDER}: {error}"))?;
    let prepared = path(FOLDER).join(program.file_name().unwrap_or_default());
    let mut strip = tool("wasm-opt", "--strip-target-features");
    run_quietly(strip.arg("--debuginfo").arg(program).arg("-o").arg(&prepared))?;
    Ok(prepared)
}

/// Splits the bound program in a folder: `worker_bg.wasm` becomes its first part, `worker_rest.wasm` the rest.
pub fn split(folder: &Path) -> Result {
    let bound = folder.join(format!("{PROGRAM}_bg.wasm"));
    let noting = path(FOLDER).join("noting.wasm");
    run_quietly(tool("wasm-split", "--instrument").arg(&bound).arg("-o").arg(&noting))?;
    let commands = path(FOLDER).join("first-visit.json");
    fs::write(&commands, first_visit::commands()?).map_err(|error| error.to_string())?;
    let script = folder.join(format!("{PROGRAM}.js"));
    let mut visit = command(&["node", "xtask/src/site/first_visit.mjs"]);
    execute(visit.arg(&script).arg(&noting).arg(&commands).arg(path(PROFILE)))?;

    let whole = path(FOLDER).join("whole.wasm");
    fs::rename(&bound, &whole).map_err(|error| error.to_string())?;
    let mut split = tool("wasm-split", "--split");
    split.args(["--export-prefix=%", "--profile"]).arg(path(PROFILE)).arg(&whole);
    split.arg("--primary-output").arg(&bound);
    run_quietly(split.arg("--secondary-output").arg(folder.join(format!("{PROGRAM}_rest.wasm"))))
}

fn tool(name: &str, mode: &str) -> Command {
    let mut tool = command(&[name, mode]);
    tool.args(enabled(WASM_FEATURES));
    tool
}
