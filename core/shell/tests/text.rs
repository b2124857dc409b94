//! Runs the case files of the text utilities: each `run` in a fresh world with the files of its case file, against what the
//! real tools printed (`source`).

mod common;

use std::collections::BTreeMap;

use common::{World, run_script};
use serde::Deserialize;

#[derive(Deserialize)]
struct CaseFile {
    /// Where the expectations come from.
    #[serde(rename = "source")]
    _source: String,
    files: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    run: String,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    exit: i32,
}

/// A world with the files of a case file, made by the shell itself.
fn world_with(files: &BTreeMap<String, String>) -> World {
    let mut world = World::new("");
    for (path, content) in files {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let made = run_script(&mut world, &format!("mkdir -p {folder} && tee {path} >/dev/null"), content);
        assert_eq!(made, (String::new(), String::new(), 0), "{path}");
    }
    world
}

#[test]
fn text_utilities_print_what_the_real_ones_printed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/text");
    let only = std::env::var("CASE").unwrap_or_default();
    let (mut failures, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let file: CaseFile =
            serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let fresh = world_with(&file.files);
        for case in file.cases.iter().filter(|case| case.run.contains(&only)) {
            count += 1;
            let got = run_script(&mut fresh.clone(), &case.run, "");
            let expected = (case.stdout.clone(), case.stderr.clone(), case.exit);
            if got != expected {
                failures.push(format!("$ {}\n  expected {expected:?}\n  got      {got:?}", case.run));
            }
        }
    }
    assert!(count > 0, "no case is called {only}");
    assert!(failures.is_empty(), "{} of {count} cases\n{}", failures.len(), failures.join("\n"));
}
