//! Rust's standard library for wasm: by rustup, or, where Rust's download server cannot be reached, by Debian's compiler, which
//! comes with its library's source.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian;
use crate::Result;
use crate::process::{command, output, path, run_quietly};

const TARGET: &str = "wasm32-unknown-unknown";
/// The name under which rustup knows Debian's compiler.
const DEBIAN_TOOLCHAIN: &str = "wasm";
/// Where Debian's compiler looks for its libraries and tools.
const DEBIAN_RUSTLIB: &str = "/usr/lib/rustlib";

/// Whether some toolchain here can build for wasm.
pub fn is_there() -> bool {
    has_library(&mut command(&["rustc"])) || has_debian_toolchain()
}

/// A cargo that builds for wasm.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = command(&["cargo"]);
    cargo.args(arguments);
    if !has_library(&mut command(&["rustc"])) {
        cargo.env("RUSTUP_TOOLCHAIN", DEBIAN_TOOLCHAIN);
    }
    cargo
}

/// Brings the target: rustup's if it can, else Debian's.
pub fn install() -> Result {
    if run_quietly(&mut command(&["rustup", "target", "add", TARGET])).is_ok() {
        return Ok(());
    }
    println!("    rustup could not bring it (its words are in target/setup.log)");
    if !debian::is_debian() {
        return Err("no rustup target, and no Debian to build one with".to_owned());
    }
    println!("    so by Debian's compiler, which comes with its library's source ...");
    debian::install(&["rustc-web", "cargo-web", "rust-web-src"])?;
    link_linker()?;
    build_library()?;
    run_quietly(&mut command(&["rustup", "toolchain", "link", DEBIAN_TOOLCHAIN, "/usr"]))
}

fn has_library(rustc: &mut Command) -> bool {
    let folder = output(rustc.args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_some_and(|folder| has_std(Path::new(&folder)))
}

fn has_debian_toolchain() -> bool {
    has_library(command(&["rustc"]).env("RUSTUP_TOOLCHAIN", DEBIAN_TOOLCHAIN))
}

fn has_std(folder: &Path) -> bool {
    rlibs(folder)
        .iter()
        .any(|rlib| rlib.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libstd-")))
}

fn rlibs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|file| file.extension().is_some_and(|end| end == "rlib"))
        .collect()
}

/// Debian's compiler has no linker for wasm where it looks for one; rustup's toolchain brings one.
fn link_linker() -> Result {
    let host = "x86_64-unknown-linux-gnu";
    let wanted = Path::new(DEBIAN_RUSTLIB).join(host).join("bin/rust-lld");
    if wanted.exists() {
        return Ok(());
    }
    let sysroot = output(&mut command(&["rustc", "--print", "sysroot"])).unwrap_or_default();
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.exists() {
        return Err(format!("no linker at {}", linker.display()));
    }
    let folder = wanted.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    run_quietly(command(&["ln", "-s"]).arg(&linker).arg(&wanted))
}

/// Builds the standard library once, as the dependency of an empty crate, and puts it where an installed target's would be.
fn build_library() -> Result {
    let crate_folder = path("target/wasm-std");
    let write = |name: &str, text: &str| {
        fs::write(crate_folder.join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    fs::create_dir_all(crate_folder.join("src")).map_err(|error| error.to_string())?;
    write(
        "Cargo.toml",
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n",
    )?;
    write("src/lib.rs", "")?;
    let mut build = command(&[
        "/usr/bin/cargo",
        "build",
        "--release",
        "-Zbuild-std=std,panic_abort,test",
        "--target",
        TARGET,
    ]);
    build.current_dir(&crate_folder).env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
    build.env("RUSTFLAGS", "-Cembed-bitcode=yes").env("CARGO_TARGET_DIR", crate_folder.join("target"));
    run_quietly(&mut build)?;

    let library = Path::new(DEBIAN_RUSTLIB).join(TARGET).join("lib");
    fs::create_dir_all(&library).map_err(|error| format!("{}: {error}", library.display()))?;
    for rlib in rlibs(&crate_folder.join("target").join(TARGET).join("release/deps")) {
        let Some(name) = rlib.file_name() else { continue };
        fs::copy(&rlib, library.join(name)).map_err(|error| format!("{}: {error}", rlib.display()))?;
    }
    Ok(())
}
