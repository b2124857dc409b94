//! Every recorded entry in scope says what the real Kubernetes said, or is on the list of known failures, which only shrinks.

use tests::truth::{Report, Suite};

#[test]
fn entries_in_scope_say_what_kubernetes_said() {
    let suite = Suite::read().unwrap_or_else(|why| panic!("{why}"));
    let report = Report::new(&suite.play(&[]), &suite.known, true);
    assert!(report.is_clean(), "\n{report}");
}
