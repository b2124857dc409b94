//! Changes that the real API server refused (`tests/truth/invalid.yaml`), with the objects that they were made to.

use model::kind::Kind;
use model::object::Object;
use model::{defaults, manifest, validation};
use serde_json::{Value, json};

/// The entry, its patch (the start of the command), and the object that was there.
const CHANGES: &[(&str, &str, &str)] = &[
    ("scheduling-gate-added-later", "kubectl patch", "pod"),
    ("pod-update-image-allowed-others-not", "kubectl patch", "pod"),
    ("pod-update-resources-direct", "kubectl patch pod a -p", "pod-with-resources"),
    ("pod-update-add-container", "kubectl patch", "pod"),
    ("pod-update-node-name", "kubectl patch", "pod"),
    ("pod-update-grace-period", "kubectl patch", "pod"),
    ("uid-change", "kubectl patch", "configmap"),
    ("finalizer-added-while-deleting", "kubectl patch configmap held --type=json", "configmap-deleting"),
    ("secret-type-change", "kubectl patch", "secret"),
    ("rs-selector-change", "kubectl patch", "replicaset"),
    ("deployment-selector-change-by-apply", "kubectl patch", "deployment"),
    ("service-cluster-ip-change", "kubectl patch service a -p '{\"spec\":{\"clusterIP\":\"10", "service"),
    ("service-cluster-ip-change", "kubectl patch service a -p '{\"spec\":{\"clusterIP\":\"None", "service"),
    ("service-cluster-ip-change", "kubectl patch service a --type=merge", "service"),
    ("service-load-balancer-class-change", "kubectl patch", "service-load-balancer"),
    ("node-fields-set-once", "kubectl patch node n-tmhvy -p '{\"spec\":{\"podCIDR\"", "node"),
    ("node-fields-set-once", "kubectl patch node n-tmhvy -p '{\"spec\":{\"providerID\"", "node"),
    ("node-fields-set-once", "kubectl patch node n-tmhvy -p '{\"spec\":{\"taints\"", "node"),
];

/// Lists that a strategic patch merges, and by which key; an empty key means that the values themselves are merged.
const MERGED_LISTS: &[(&str, &str)] =
    &[("containers", "name"), ("ports", "containerPort"), ("schedulingGates", "name"), ("podCIDRs", "")];

fn base(name: &str) -> Object {
    let text = std::fs::read_to_string(format!("{}/tests/changes.yaml", env!("CARGO_MANIFEST_DIR")))
        .expect("the objects are there");
    let mut objects = manifest::read_value(&text).expect("they are YAML");
    let value = objects[name].take();
    let mut object = read(value);
    defaults::apply(&mut object);
    object
}

fn read(value: Value) -> Object {
    let text = |key: &str| value[key].as_str().unwrap_or("");
    let kind = Kind::from_api(text("apiVersion"), text("kind")).expect("a known kind");
    Object::from_value(kind, value).expect("a readable object")
}

fn merge(target: &mut Value, patch: &Value, strategic: bool) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in fields {
        let list = MERGED_LISTS.iter().find(|(list, _)| list == key).filter(|_| strategic);
        match (list, value.as_array()) {
            (_, _) if value.is_null() => {
                target.as_object_mut().expect("made one").remove(key);
            }
            (Some((_, by)), Some(items)) => merge_list(&mut target[key], items, by),
            _ => merge(&mut target[key], value, strategic),
        }
    }
}

/// New elements go before the others.
fn merge_list(target: &mut Value, items: &[Value], by: &str) {
    let mut merged = target.as_array().cloned().unwrap_or_default();
    for item in items.iter().rev() {
        let same = |it: &&mut Value| if by.is_empty() { *it == item } else { it[by] == item[by] };
        match merged.iter_mut().find(same) {
            Some(existing) => merge(existing, item, true),
            None => merged.insert(0, item.clone()),
        }
    }
    *target = merged.into();
}

fn apply(target: &mut Value, command: &str) {
    let (_, patch) = command.split_once("-p '").expect("a patch in quotes");
    let patch: Value = serde_json::from_str(patch.trim_end().trim_end_matches('\'')).expect("JSON");
    let Some(operations) = patch.as_array() else {
        merge(target, &patch, !command.contains("--type=merge"));
        return;
    };
    for operation in operations {
        let path = operation["path"].as_str().expect("a path");
        match path.strip_suffix("/-") {
            Some(list) => {
                let list = target.pointer_mut(list).and_then(Value::as_array_mut).expect("a list");
                list.push(operation["value"].clone());
            }
            None => *target.pointer_mut(path).expect("a field") = operation["value"].clone(),
        }
    }
}

fn masked(text: &str) -> String {
    let mut parts = text.split("kube-api-access-");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str("kube-api-access-");
        out.push_str(part.get(5..).unwrap_or(part));
    }
    out
}

#[test]
fn refuses_changes_as_the_server_does() {
    let path = format!("{}/../../tests/truth/invalid.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the recorded file is there");
    let truth: Vec<Value> = serde_yaml::from_str(&text).expect("the recorded file is YAML");
    let mut wrong = Vec::new();
    for (entry, start, name) in CHANGES {
        let recorded = truth.iter().find(|it| it["name"] == *entry).expect("the entry is recorded");
        let commands = recorded["commands"].as_array().expect("it has commands");
        let command = commands
            .iter()
            .find(|it| it["run"].as_str().is_some_and(|run| run.starts_with(start)))
            .expect("it has the command");
        let expected = command["stderr"].as_str().unwrap_or("").trim_end();
        let old = base(name);
        let mut value = old.to_value();
        apply(&mut value, command["run"].as_str().unwrap_or(""));
        let mut new = read(value);
        defaults::apply(&mut new);
        defaults::carry_over(&mut new, &old);
        let errors: Vec<String> = validation::update(&new, &old).iter().map(ToString::to_string).collect();
        let body = match errors.as_slice() {
            [] => String::new(),
            [single] => single.clone(),
            several => several.iter().map(|it| format!("\n* {it}")).collect(),
        };
        let actual = match body.trim_end() {
            "" => String::new(),
            body => format!("The {} \"{}\" is invalid: {body}", old.info().name, old.name()),
        };
        if masked(&actual) != masked(expected) {
            wrong.push(format!("{entry}: {start}\n  expected: {expected}\n  actual:   {actual}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} changes:\n{}", wrong.len(), CHANGES.len(), wrong.join("\n"));
}

#[test]
fn tells_causes_in_a_status() {
    let mut pod = base("pod");
    let spec = pod.spec_mut::<model::kind::types::Pod>();
    spec.containers[0].name = String::new();
    spec.restart_policy = Some("Often".to_owned());
    let refused = validation::create(&pod).to_status(Kind::Pod, "a").expect("two faults");
    assert_eq!(
        refused.message,
        "Pod \"a\" is invalid: [spec.containers[0].name: Required value, spec.restartPolicy: Unsupported value: \"Often\": \
         supported values: \"Always\", \"OnFailure\", \"Never\"]"
    );
    let causes = &refused.to_value()["details"]["causes"];
    assert_eq!(
        causes[0],
        json!({"reason": "FieldValueRequired", "message": "Required value", "field": "spec.containers[0].name"})
    );
    assert_eq!(causes[1]["reason"], "FieldValueNotSupported");
}
