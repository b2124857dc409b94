//! Each tool: whether it is there, and how it comes.

use std::fs;
use std::path::PathBuf;

use super::debian;
use crate::Result;
use crate::process::{command, output, path, run_quietly, succeeds};

pub fn has_linters() -> bool {
    succeeds(&mut command(&["cargo", "fmt", "--version"]))
        && succeeds(&mut command(&["cargo", "clippy", "--version"]))
}

pub fn install_linters() -> Result {
    run_quietly(&mut command(&["rustup", "component", "add", "rustfmt", "clippy"]))
}

pub fn has_wasm_bindgen() -> bool {
    let Ok(wanted) = wasm_bindgen_version() else { return false };
    ["wasm-bindgen", "wasm-bindgen-test-runner"].iter().all(|tool| {
        output(&mut command(&[tool, "--version"]))
            .is_some_and(|version| version.ends_with(&format!(" {wanted}")))
    })
}

pub fn install_wasm_bindgen() -> Result {
    let version = wasm_bindgen_version()?;
    let mut install =
        command(&["cargo", "install", "--locked", "--force", "wasm-bindgen-cli", "--version", &version]);
    // It runs for seconds at a time: what counts is how long it takes to build.
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    // Kept, so that an interrupted installation goes on where it stopped.
    let folder = path("target/tools");
    install.env("CARGO_TARGET_DIR", &folder);
    run_quietly(&mut install)?;
    // Only room is lost if it stays.
    let _ = fs::remove_dir_all(folder);
    Ok(())
}

/// The version of `wasm-bindgen` that Cargo.lock names: the tool must be the very same.
fn wasm_bindgen_version() -> Result<String> {
    let lock = fs::read_to_string(path("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    let mut lines = lock.lines().skip_while(|line| *line != "name = \"wasm-bindgen\"");
    let version = lines
        .nth(1)
        .and_then(|line| line.strip_prefix("version = \""))
        .map(|rest| rest.trim_end_matches('"'));
    version.map(str::to_owned).ok_or_else(|| "Cargo.lock names no wasm-bindgen".to_owned())
}

pub fn has_node() -> bool {
    let major = output(&mut command(&["node", "--version"]))
        .and_then(|version| version.trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 18) && succeeds(&mut command(&["npm", "--version"]))
}

pub fn install_node() -> Result {
    debian::install(&["nodejs", "npm"])
}

/// The lock file that was last installed; npm's own stamp does not change when only the lock does.
const INSTALLED_LOCK: &str = "node_modules/.installed-package-lock.json";

pub fn has_node_packages() -> bool {
    match (fs::read(path("package-lock.json")), fs::read(path(INSTALLED_LOCK))) {
        (Ok(wanted), Ok(installed)) => wanted == installed,
        _ => false,
    }
}

pub fn install_node_packages() -> Result {
    run_quietly(&mut command(&["npm", "ci", "--ignore-scripts"]))?;
    fs::copy(path("package-lock.json"), path(INSTALLED_LOCK)).map(|_| ()).map_err(|error| error.to_string())
}

pub fn has_wasm_split() -> bool {
    succeeds(&mut command(&["wasm-split", "--version"]))
}

pub fn install_wasm_split() -> Result {
    debian::install(&["binaryen"])
}

/// Where Chromium is: as CHROMIUM says, else where distributions put it.
pub fn chromium() -> Option<PathBuf> {
    find("CHROMIUM", &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"])
}

/// Where Chromium's driver is.
pub fn chromedriver() -> Option<PathBuf> {
    find("CHROMEDRIVER", &["chromedriver"])
}

pub fn has_chromium() -> bool {
    chromium().is_some() && chromedriver().is_some()
}

pub fn install_chromium() -> Result {
    debian::install(&["chromium", "chromium-driver"])
}

pub fn has_korean_font() -> bool {
    let fonts = output(&mut command(&["fc-list", ":lang=ko"]));
    fonts.is_some_and(|fonts| !fonts.is_empty())
}

pub fn install_korean_font() -> Result {
    debian::install(&["fonts-noto-cjk", "fontconfig"])
}

fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Some(PathBuf::from(named)).filter(|named| named.is_file());
    }
    let search = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&search).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
