//! What is written about the project from its code is written anew when the code changes.

use std::path::Path;

#[test]
fn the_fidelity_page_says_what_the_register_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/FIDELITY.md");
    let page = std::fs::read_to_string(path).expect("docs/FIDELITY.md");
    assert!(page == sandbox::fidelity::to_markdown(), "run `cargo xtask generate`");
}

#[test]
fn no_emphasis_is_left_as_stars_in_a_lesson() {
    for source in lessons::author::catalog::ALL {
        for (language, text) in lessons::author::make(source).expect("a lesson").texts {
            let steps =
                text.steps.iter().flat_map(|step| step.hints.iter().chain([&step.body, &step.problem]));
            for html in steps.chain([&text.intro, &text.outro]) {
                // A bracket before the closing stars and a letter behind them: Markdown sees no emphasis there.
                assert!(!html.contains("**"), "{}/{language}.md: {html}", source.id);
            }
        }
    }
}
