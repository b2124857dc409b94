//! Every recorded entry in scope says what the real Kubernetes said, or is on the list of known failures, which only shrinks. One that passed
//! once is on the list of those, which only grows, and passes for ever.

use tests::truth::{Report, Suite};

#[test]
fn entries_in_scope_say_what_kubernetes_said() {
    let suite = Suite::read().unwrap_or_else(|why| panic!("{why}"));
    let report = Report::new(&suite.play(&[]), &suite.known, &suite.passed, true);
    assert!(report.is_clean(), "\n{report}");
}
