//! The same seed and script give the same bytes, after saving and restoring midway too.

use tests::determinism::hash_after_script;

#[test]
fn a_world_comes_out_the_same() {
    assert_eq!(hash_after_script(None), hash_after_script(None));
}

#[test]
fn saving_and_restoring_midway_changes_nothing() {
    assert_eq!(hash_after_script(None), hash_after_script(Some(97)));
}
