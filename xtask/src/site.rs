//! Builds the app into a folder of static files, as Trunk would from the same `index.html`, without needing Trunk.

mod first_visit;
mod index;
mod split;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::process::{command, execute, path};
use crate::setup::{FOR_SITE, FOR_SPLIT, ensure, wasm_target};
use crate::{Result, assets, unexpected};

/// How much time a build may take for a small and fast result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Seconds to build again: for work and tests.
    Quick,
    /// What is published.
    Release,
}

impl Quality {
    /// The profile of Cargo.toml.
    pub fn profile(self) -> &'static str {
        match self {
            Self::Quick => "web-quick",
            Self::Release => "web",
        }
    }

    /// The folder for the built files.
    fn folder(self) -> &'static str {
        match self {
            Self::Quick => "target/web/quick",
            Self::Release => "dist",
        }
    }
}

/// The target folder for wasm: its compiler may be another one than the native code's.
pub const WASM_TARGET_FOLDER: &str = "target/wasm";

/// What Rust's programs use of wasm, and every browser of the last years has: a tool must neither refuse it nor add to it.
const WASM_FEATURES: &[&str] =
    &["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "sign-ext"];

/// `cargo xtask build`.
pub fn run(arguments: &[String]) -> Result {
    let mut quality = Quality::Quick;
    for argument in arguments {
        match argument.as_str() {
            "--release" => quality = Quality::Release,
            other => return Err(unexpected(other)),
        }
    }
    build(quality).map(|_| ())
}

/// Sets up what is missing, builds the app and says where its files are.
pub fn build(quality: Quality) -> Result<PathBuf> {
    ensure(FOR_SITE)?;
    let started = Instant::now();
    assets::bundle()?;
    let page = index::Page::read(&path("index.html"))?;
    let mut cargo = wasm_target::cargo(&["build", "--package", "web", "--profile", quality.profile()]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--target-dir", WASM_TARGET_FOLDER]);
    for binary in &page.binaries {
        cargo.args(["--bin", binary]);
    }
    execute(&mut cargo)?;

    let folder = path(quality.folder());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let built = path(WASM_TARGET_FOLDER).join("wasm32-unknown-unknown").join(quality.profile());
    for binary in &page.binaries {
        bind(&built.join(format!("{binary}.wasm")), &folder, quality)?;
    }
    page.write(&folder)?;
    if quality == Quality::Release {
        minify(&folder)?;
    }
    println!("built {} in {:.1} s", folder.display(), started.elapsed().as_secs_f64());
    Ok(folder)
}

/// Passes of wasm-opt that make a program smaller as it travels. Its own choices (`-Oz`) make it smaller, but larger once compressed.
const SMALLER: &[&str] = &[
    "--duplicate-function-elimination",
    "--optimize-instructions",
    "--coalesce-locals",
    "--reorder-locals",
    "--vacuum",
];

/// Writes the JavaScript around one program. For a release all is made small, and the worker's is split.
fn bind(program: &Path, folder: &Path, quality: Quality) -> Result {
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let is_split = quality == Quality::Release && name == split::PROGRAM && can_split();
    let program = if is_split { &split::prepare(program)? } else { program };
    let mut bindgen = command(&["wasm-bindgen", "--target", "web", "--no-typescript", "--out-dir"]);
    bindgen.arg(folder).arg(program);
    if quality == Quality::Quick {
        return execute(&mut bindgen);
    }
    execute(bindgen.args(["--remove-name-section", "--remove-producers-section"]))?;
    if is_split {
        split::split(folder)?;
    }
    let bound = folder.join(format!("{name}_bg.wasm"));
    let mut shrink = command(&["wasm-opt", "--enable-reference-types"]);
    shrink.args(enabled(WASM_FEATURES)).args(SMALLER);
    execute(shrink.arg(&bound).arg("-o").arg(&bound))
}

/// The flags that tell a tool of these features.
fn enabled(features: &[&str]) -> Vec<String> {
    features.iter().map(|feature| format!("--enable-{feature}")).collect()
}

/// Scripts without blanks and long names.
fn minify(folder: &Path) -> Result {
    let mut esbuild =
        command(&["esbuild", "--minify", "--format=esm", "--target=es2022", "--allow-overwrite"]);
    let outdir = format!("--outdir={}", folder.display());
    execute(esbuild.args(["--log-level=error", &outdir]).args(assets::files_ending(folder, "js")))
}

/// Whether there is a tool to split programs with. Without it the app is the same, and takes longer to load.
fn can_split() -> bool {
    match ensure(FOR_SPLIT) {
        Ok(()) => true,
        Err(why) => {
            println!("    the worker stays in one part: {why}");
            false
        }
    }
}
