#![expect(clippy::print_stdout, reason = "the tally of a test is read by people")]
//! Defaults and validation against what the real API server said (`tests/truth`).

use std::collections::{BTreeMap, BTreeSet};

use model::kind::Kind;
use model::object::Object;
use model::validation::ErrorList;
use model::{defaults, manifest, validation};
use serde_json::Value;

/// Entries of `invalid.yaml` that do not agree yet, with the reason.
const INVALID_KNOWN: &[(&str, &str)] = &[
    ("rs-empty-selector", "the types do not tell an empty selector from an absent one"),
    ("service-node-port-twice-in-one", "allocation: the API server's"),
    ("service-cluster-ip-taken", "allocation: the API server's"),
    ("service-dual-stack-on-single", "allocation: the API server's"),
    ("service-ip-family-v6-on-v4", "allocation: the API server's"),
];

/// Entries of `defaults.yaml` that do not agree yet, with the reason.
const DEFAULTS_KNOWN: &[(&str, &str)] = &[];

fn truth(file: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/truth/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the recorded file is there");
    serde_yaml::from_str(&text).expect("the recorded file is YAML")
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry.get(key).and_then(Value::as_str).unwrap_or("")
}

/// The objects of a manifest, if all are of kinds that the model knows and can be read.
fn objects(entry: &Value) -> Option<Vec<Object>> {
    let documents = manifest::read(text(entry, "manifest")).into_result().ok()?;
    documents.into_iter().map(|document| object(document.value, text(entry, "ns"))).collect()
}

fn object(value: Value, namespace: &str) -> Option<Object> {
    let kind = Kind::from_api(text(&value, "apiVersion"), text(&value, "kind"))?;
    let mut object = Object::from_value(kind, value).ok()?;
    if kind.info().namespaced() && object.namespace().is_empty() {
        object.metadata_mut().namespace = namespace.to_owned();
    }
    // The API server generates the name before it validates; this suffix is the recorded one.
    if object.name().is_empty()
        && let Some(prefix) = object.metadata.generate_name.clone()
    {
        object.metadata_mut().name = format!("{prefix}7fr2d");
    }
    Some(object)
}

/// What kubectl prints of a 422.
fn printed(kind: Kind, name: &str, errors: &ErrorList) -> String {
    let mut lines: Vec<String> = Vec::new();
    for error in errors.iter().map(ToString::to_string) {
        if !lines.contains(&error) {
            lines.push(error);
        }
    }
    let body = match lines.as_slice() {
        [] => return String::new(),
        [single] => single.clone(),
        several => several.iter().map(|line| format!("\n* {line}")).collect(),
    };
    format!("The {} \"{name}\" is invalid: {body}", kind.info().name)
}

/// Addresses in memory and generated names differ in every run.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, after) = rest.split_at(at + 2);
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out.push_str(rest);
    out
}

#[test]
fn refuses_as_the_server_does() {
    let known: BTreeMap<&str, &str> = INVALID_KNOWN.iter().copied().collect();
    let mut tally: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in truth("invalid.yaml") {
        let (name, Some(created)) = (text(&entry, "name").to_owned(), entry.get("created")) else { continue };
        let said: Vec<&str> =
            text(created, "stderr").lines().filter(|line| !line.starts_with("Warning:")).collect();
        let expected = said.join("\n");
        let Some(objects) = objects(&entry) else { continue };
        if objects.is_empty() || !(expected.contains("is invalid:") || expected.is_empty()) {
            continue;
        }
        let mut actual = String::new();
        for mut object in objects.clone() {
            defaults::apply(&mut object);
            let errors = validation::create(&object);
            actual.push_str(&printed(object.kind(), object.name(), &errors));
        }
        let kind = objects[0].info().name.to_owned();
        let row = tally.entry(kind).or_default();
        row.1 += 1;
        let agrees = masked(&actual) == masked(&expected);
        row.0 += usize::from(agrees);
        if agrees == known.contains_key(name.as_str()) {
            wrong.push(format!("{name}\n  expected: {expected}\n  actual:   {actual}"));
        }
    }
    report("invalid", &tally);
    assert!(wrong.is_empty(), "{} entries:\n{}", wrong.len(), wrong.join("\n"));
}

fn report(what: &str, tally: &BTreeMap<String, (usize, usize)>) {
    let rows: Vec<String> = tally.iter().map(|(kind, (ok, all))| format!("{kind} {ok}/{all}")).collect();
    let (ok, all) = tally.values().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    // Shown by `cargo test -- --nocapture`.
    println!("{what}: {ok}/{all}: {}", rows.join(", "));
}

#[test]
fn fills_in_what_the_server_fills_in() {
    let known: BTreeSet<&str> = DEFAULTS_KNOWN.iter().map(|(name, _)| *name).collect();
    let mut tally: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in truth("defaults.yaml") {
        let name = text(&entry, "name").to_owned();
        let Some(expected) = entry.get("dry_run").and_then(Value::as_array) else { continue };
        let Some(objects) = objects(&entry) else { continue };
        if objects.len() != expected.len() {
            continue;
        }
        for (mut object, expected) in objects.into_iter().zip(expected) {
            defaults::apply(&mut object);
            let once = object.clone();
            defaults::apply(&mut object);
            assert_eq!(once, object, "{name}: applying defaults twice changes the object");
            let row = tally.entry(object.info().name.to_owned()).or_default();
            row.1 += 1;
            let kind = object.kind();
            let mut problems = Vec::new();
            let errors = validation::create(&object);
            if !errors.is_empty() {
                problems.push(format!("refused: {}", errors.message()));
            }
            let actual = stripped(kind, object.to_value());
            let expected = stripped(kind, expected.clone());
            differences("", &expected, &actual, &mut problems);
            row.0 += usize::from(problems.is_empty());
            if problems.is_empty() == known.contains(name.as_str()) {
                wrong.push(format!("{name}\n  {}", problems.join("\n  ")));
            }
        }
    }
    report("defaults", &tally);
    assert!(wrong.is_empty(), "{} entries:\n{}", wrong.len(), wrong.join("\n"));
}

/// An object without what admission, allocation or the store adds.
fn stripped(kind: Kind, mut value: Value) -> Value {
    let Some(root) = value.as_object_mut() else { return value };
    root.remove("status");
    if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in [
            "name",
            "namespace",
            "generation",
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
            "managedFields",
        ] {
            metadata.remove(field);
        }
        if kind == Kind::Namespace {
            metadata.remove("labels");
        }
    }
    if let Some(spec) = root.get_mut("spec").and_then(Value::as_object_mut) {
        let removed: &[&str] = match kind {
            Kind::Pod => &[
                "priority",
                "preemptionPolicy",
                "tolerations",
                "serviceAccount",
                "serviceAccountName",
                "volumes",
            ],
            Kind::Service => {
                &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"]
            }
            Kind::Node => &["taints"],
            _ => &[],
        };
        if kind == Kind::Pod {
            let volumes = spec.remove("volumes").unwrap_or_default();
            let own = volumes.as_array().into_iter().flatten().filter(|it| !is_token(it)).cloned();
            let own: Vec<Value> = own.collect();
            if !own.is_empty() {
                spec.insert("ownVolumes".to_owned(), own.into());
            }
            for list in ["containers", "initContainers"] {
                for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    strip_token_mount(container);
                }
            }
        }
        for field in removed {
            spec.remove(*field);
        }
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if let (Kind::Service, Some(port)) = (kind, port.as_object_mut()) {
                port.remove("nodePort");
            }
        }
    }
    value
}

fn is_token(item: &Value) -> bool {
    text(item, "name").starts_with("kube-api-access-")
}

fn strip_token_mount(container: &mut Value) {
    let Some(container) = container.as_object_mut() else { return };
    if let Some(mounts) = container.get_mut("volumeMounts").and_then(Value::as_array_mut) {
        mounts.retain(|mount| !is_token(mount));
        if mounts.is_empty() {
            container.remove("volumeMounts");
        }
    }
}

fn differences(path: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
            for key in keys {
                let at = format!("{path}.{key}");
                let (left, right) = (expected.get(key), actual.get(key));
                differences(&at, left.unwrap_or(&Value::Null), right.unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (left, right)) in expected.iter().zip(actual).enumerate() {
                differences(&format!("{path}[{index}]"), left, right, found);
            }
        }
        // Masked by the recorder: `<uid>`, `<time>`, `<path>`.
        (Value::String(expected), Value::String(_)) if expected.starts_with('<') => {}
        // The truth file's plain `100e-3` is a number to this test's YAML reader.
        (Value::Number(expected), Value::String(actual))
            if actual.parse() == Ok(expected.as_f64().unwrap_or(0.0)) => {}
        _ if expected == actual => {}
        _ => found.push(format!("{path}: expected {expected}, got {actual}")),
    }
}
