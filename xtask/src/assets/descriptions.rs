//! What upstream says of each field: written by `xtask/descriptions`, which is a workspace of its own.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::process::{command, execute, path};
use crate::{Result, unexpected};

/// Its target folder.
const FOLDER: &str = "target/descriptions";
/// What it writes; `cli/build.rs` takes it from here.
const WRITTEN: &str = "target/descriptions/descriptions.txt";
/// What it is made of.
const INPUTS: &[&str] = &[
    "xtask/descriptions/Cargo.toml",
    "xtask/descriptions/Cargo.lock",
    "xtask/descriptions/src/main.rs",
    "core/model/src/kind_table.rs",
];

/// `cargo xtask descriptions`.
pub fn run(arguments: &[String]) -> Result {
    match arguments.first() {
        Some(argument) => Err(unexpected(argument)),
        None => write(),
    }
}

/// Puts the text into the folder of assets. Without it the app is the same, and says nothing of fields.
pub fn copy_to(folder: &Path) {
    let file = folder.join("descriptions.txt");
    let copied = write().and_then(|()| {
        fs::copy(path(WRITTEN), &file).map_err(|error| format!("{}: {error}", file.display()))
    });
    if let Err(why) = copied {
        println!("    fields are shown without descriptions: {why}");
    }
}

/// Writes the text, unless it is newer than what it is made of.
fn write() -> Result {
    if is_fresh() {
        return Ok(());
    }
    let manifest = "xtask/descriptions/Cargo.toml";
    let mut cargo = command(&["cargo", "run", "--quiet", "--locked", "--manifest-path", manifest]);
    execute(cargo.args(["--target-dir", FOLDER, "--"]).arg(path(WRITTEN)))
}

/// An empty file stands for none.
fn is_fresh() -> bool {
    let is_written = fs::metadata(path(WRITTEN)).is_ok_and(|file| file.len() > 0);
    let written = changed(&path(WRITTEN));
    is_written && INPUTS.iter().all(|input| changed(&path(input)) <= written)
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}
