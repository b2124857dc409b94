//! Plays case files: commands typed at a shell over an API server without controllers, and what kubectl says.

#[path = "support/world.rs"]
mod world;

use std::path::Path;

use serde::Deserialize;
use world::World;

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    ns: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    run: String,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    exit: i32,
    /// Lines that must appear, where the whole text is not compared.
    #[serde(default)]
    structure: Vec<String>,
    #[serde(default)]
    unstable: bool,
    #[serde(default)]
    text_not_kept: bool,
}

fn play(case: &Case) -> Vec<String> {
    let namespace = if case.ns.is_empty() { "default" } else { &case.ns };
    let mut world = World::new(namespace);
    let mut wrong = Vec::new();
    for step in &case.steps {
        let (stdout, stderr, exit) = world.run_script(&step.run);
        if step.unstable || step.text_not_kept {
            continue;
        }
        if !step.structure.is_empty() {
            let missing =
                step.structure.iter().filter(|line| !stdout.lines().any(|said| said == line.as_str()));
            wrong.extend(missing.map(|line| format!("{}: $ {}\nwithout {line:?}", case.name, step.run)));
            continue;
        }
        for (what, said, expected) in [
            ("stdout", stdout, step.stdout.clone()),
            ("stderr", stderr, step.stderr.clone()),
            ("exit", exit.to_string(), step.exit.to_string()),
        ] {
            let (said, expected) = (world::normal(&said), world::normal(&expected));
            if said != expected {
                wrong.push(format!("{}: $ {}\n{what} is\n{said}\nnot\n{expected}", case.name, step.run));
            }
        }
    }
    wrong
}

#[test]
fn every_case_says_what_kubectl_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let cases: Vec<Case> = files.iter().flat_map(|file| read(file)).collect();
    assert!(!cases.is_empty());
    let wrong: Vec<String> = cases.iter().flat_map(play).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Those of the recorded transcripts that need no controllers and only kinds that are served.
#[test]
fn recorded_transcripts_are_reproduced() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/truth/transcripts");
    let mut wrong = Vec::new();
    for line in include_str!("recorded.txt").lines() {
        let (file, name) = line.split_once('/').unwrap();
        let cases = read(&folder.join(format!("{file}.yaml")));
        let case =
            cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("there is no {line}"));
        wrong.extend(play(case));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A line, and all that Tab offers after it.
const COMPLETIONS: &[(&str, &[&str])] = &[
    ("kubectl des", &["describe"]),
    ("kubectl roll", &["rollout"]),
    ("kubectl rollout re", &["restart", "resume"]),
    ("kubectl create depl", &["deployment"]),
    ("kubectl get dep", &["deployments.apps"]),
    ("kubectl get cm ", &["one", "two"]),
    ("kubectl get cm one t", &["two"]),
    ("kubectl get cm/t", &["cm/two"]),
    ("kubectl -n other get cm ", &["three"]),
    ("kubectl get cm --namespace=other ", &["three"]),
    ("kubectl get cm -nother ", &["three"]),
    ("kubectl --context other get cm ", &["three"]),
    ("kubectl get cm -n o", &["other"]),
    ("kubectl config use-context o", &["other"]),
    ("kubectl get pods -o y", &["yaml"]),
    (
        "kubectl get pods --output=js",
        &["--output=json", "--output=jsonpath-as-json=", "--output=jsonpath-file=", "--output=jsonpath="],
    ),
    ("kubectl get pods --all-n", &["--all-namespaces"]),
    ("kubectl get nothing ", &[]),
];

#[test]
fn tab_offers_what_fits() {
    let mut world = World::new("default");
    let (_, stderr, _) = world.run_script(
        "kubectl create cm one; kubectl create cm two; kubectl create ns other; kubectl -n other create cm three
         kubectl config set-context other --cluster=kubernetes --namespace=other >/dev/null",
    );
    assert_eq!(stderr, "");
    for (line, expected) in COMPLETIONS {
        let (stdout, _, _) = world.run_script(&format!("tab '{line}'"));
        let mut offered: Vec<&str> = stdout.lines().filter(|word| *word != "kube-root-ca.crt").collect();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        offered.sort_unstable();
        assert_eq!(offered, expected, "{line}");
    }
    let (stdout, _, _) =
        world.run_script("kubectl config use-context other >/dev/null; tab 'kubectl get cm t'");
    assert_eq!(stdout, "three\n", "names are those of the context's namespace");
}

fn read(file: &Path) -> Vec<Case> {
    serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}
