//! Runs the case files: each `run` in a fresh world, against what the real shell and tools said (`source` of each file).

mod common;

use common::{World, run_script};
use serde::Deserialize;

#[derive(Deserialize)]
struct CaseFile {
    /// Where the expectations come from.
    #[serde(rename = "source")]
    _source: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    run: String,
    #[serde(default)]
    stdin: String,
    /// `busybox` for a container of that image.
    #[serde(default)]
    userland: String,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    exit: i32,
}

#[test]
fn cases_say_what_the_real_tools_said() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let only = std::env::var("CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let file: CaseFile =
            serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (index, case) in file.cases.iter().enumerate() {
            if !only.is_empty() && !format!("{name}:{index}").contains(&only) {
                continue;
            }
            count += 1;
            let mut world = World::new(&case.userland);
            let (stdout, stderr, exit) = run_script(&mut world, &case.run, &case.stdin);
            if (&stdout, &stderr, exit) != (&case.stdout, &case.stderr, case.exit) {
                failures.push(format!(
                    "--- {name}:{index}\n{}\n  expected exit {} stdout {:?} stderr {:?}\n  got      exit {exit} stdout {stdout:?} stderr {stderr:?}",
                    case.run, case.exit, case.stdout, case.stderr
                ));
            }
        }
    }
    assert!(count > 0, "no case ran");
    assert!(failures.is_empty(), "{} of {count} cases failed\n{}", failures.len(), failures.join("\n"));
}
