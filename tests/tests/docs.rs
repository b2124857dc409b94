//! What is written about the project from its code is written anew when the code changes.

use std::path::Path;

#[test]
fn the_fidelity_page_says_what_the_register_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/FIDELITY.md");
    let page = std::fs::read_to_string(path).expect("docs/FIDELITY.md");
    assert!(page == sandbox::fidelity::to_markdown(), "run `cargo xtask generate`");
}
