//! Takes along what `cargo xtask descriptions` wrote, if it did: without it `kubectl explain` has no descriptions.

use std::path::Path;
use std::{env, fs};

fn main() {
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/descriptions/descriptions.txt");
    if !written.exists() {
        // Cargo builds anew at every call if what it watches is not there. Where this cannot be written, it does.
        let _ = written.parent().map(fs::create_dir_all);
        let _ = fs::write(&written, "");
    }
    println!("cargo::rerun-if-changed={}", written.display());
    let text = fs::read(&written).unwrap_or_default();
    let folder = env::var_os("OUT_DIR").expect("cargo names a folder");
    fs::write(Path::new(&folder).join("descriptions.txt"), text).expect("the folder takes files");
}
