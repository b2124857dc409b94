//! Styles, fonts and JavaScript from npm, bundled by esbuild into `target/web/assets`, and what is said of Kubernetes's fields.
//!
//! Lessons lie beside them, ready to be read: `assets/lessons/ID.bin`.
//!
//! Each `web/shims/NAME.js` becomes `assets/NAME.js`, each `web/styles/NAME.css` becomes `assets/NAME.css` with what it imports.

pub mod descriptions;
mod licences;

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{command, execute, path};
use crate::setup::{FOR_ASSETS, ensure};
use crate::{Result, unexpected};

/// The sources: a folder, and how its files end.
const ENTRIES: &[(&str, &str)] = &[("web/shims", "js"), ("web/shims", "ts"), ("web/styles", "css")];

/// The bundled files.
pub const FOLDER: &str = "target/web/assets";

/// `cargo xtask assets`.
pub fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(unexpected(argument));
    }
    ensure(FOR_ASSETS)?;
    bundle()
}

/// Bundles all of them anew.
pub fn bundle() -> Result {
    let mut entries: Vec<PathBuf> = Vec::new();
    for (folder, end) in ENTRIES {
        entries.extend(files_ending(&path(folder), end));
    }
    // Old chunks have other names: whatever stays would be served, and weighed.
    let _ = fs::remove_dir_all(path(FOLDER));
    let mut esbuild = command(&[
        "esbuild",
        "--bundle",
        "--format=esm",
        "--splitting",
        "--minify",
        "--target=es2022",
        "--entry-names=[name]",
        "--chunk-names=chunk-[hash]",
        "--asset-names=[name]-[hash]",
        "--loader:.woff2=file",
        "--loader:.woff=empty",
        "--loader:.svg=text",
        "--legal-comments=none",
        "--log-level=warning",
        &format!("--outdir={FOLDER}"),
    ]);
    execute(esbuild.args(entries))?;
    descriptions::copy_to(&path(FOLDER));
    write_lessons(&path(FOLDER).join("lessons"))?;
    licences::write(&path(FOLDER).join("licences.txt"))
}

/// Each a file, so that a learner loads the one that is taken.
fn write_lessons(folder: &Path) -> Result {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, bytes) in lessons::author::publish()? {
        fs::write(folder.join(format!("{name}.bin")), bytes).map_err(failed)?;
    }
    Ok(())
}

/// The files directly in a folder that end so, in the order of their names.
pub fn files_ending(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|file| file.is_file() && file.to_string_lossy().ends_with(&format!(".{end}")))
        .collect();
    files.sort();
    files
}
