//! The same as `truth.rs` for kinds that the registry does not have yet: their defaults and rules stand ready.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    LimitRange, PersistentVolume, PersistentVolumeClaim, ReplicationController, ResourceQuota,
};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::api::storage::v1::StorageClass;
use model::metadata::Metadata;
use model::validation::names::{label_problems, path_segment_problems, subdomain_problems};
use model::validation::{
    ErrorList, Path, autoscaling, batch, claim, limits, meta, network, policy, rbac, replicas, storage,
};
use model::{defaults, manifest};
use serde_json::Value;

/// Entries that do not agree yet, with the reason.
const KNOWN: &[(&str, &str)] = &[("cronjob-time-zone-unknown", "the model has no list of time zones")];

/// The uid that the recorded Jobs had.
const UID: &str = "c980951e-8855-4862-a66c-64dfb4de51ac";

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

/// An object after defaults, and what is wrong with it.
type Checked = Option<(Value, ErrorList)>;

struct Kind {
    name: &'static str,
    namespaced: bool,
    check: fn(Value, &mut Metadata, &mut ErrorList) -> Option<Value>,
}

macro_rules! kind {
    ($name:literal $namespaced:literal $names:ident $type:ty, |$it:ident, $meta:ident, $errors:ident| $default:block, $check:block) => {
        Kind {
            name: $name,
            namespaced: $namespaced,
            check: |value, $meta, $errors| {
                #[allow(unused_mut, reason = "some kinds have no defaults")]
                let mut $it: $type = serde_json::from_value(value).ok()?;
                $default;
                meta::metadata($meta, $namespaced, $names, $errors);
                $check;
                serde_json::to_value($it).ok()
            },
        }
    };
}

const KINDS: &[Kind] = &[
    kind!("DaemonSet" true subdomain_problems DaemonSet, |it, meta, errors| {
        defaults::replicas::daemon_set(it.spec.get_or_insert_default());
    }, { replicas::daemon_set(it.spec.as_ref()?, errors) }),
    kind!("StatefulSet" true label_problems StatefulSet, |it, meta, errors| {
        defaults::replicas::stateful_set(it.spec.get_or_insert_default());
    }, { replicas::stateful_set(it.spec.as_ref()?, errors) }),
    kind!("ReplicationController" true subdomain_problems ReplicationController, |it, meta, errors| {
        defaults::replicas::replication_controller(it.spec.get_or_insert_default(), &mut meta.labels);
        it.metadata.labels = Some(meta.labels.clone());
    }, { replicas::replication_controller(it.spec.as_ref()?, errors) }),
    kind!("Job" true subdomain_problems Job, |it, meta, errors| {
        let spec = it.spec.get_or_insert_default();
        defaults::batch::job(spec);
        defaults::batch::generate_selector(spec, &meta.name, UID);
    }, { batch::job(it.spec.as_ref()?, UID, errors) }),
    kind!("CronJob" true subdomain_problems CronJob, |it, meta, errors| {
        defaults::batch::cron_job(it.spec.get_or_insert_default());
    }, {
        batch::cron_job_name(&meta.name, errors);
        batch::cron_job(it.spec.as_ref()?, errors);
    }),
    kind!("PodDisruptionBudget" true subdomain_problems PodDisruptionBudget, |it, meta, errors| {}, {
        policy::pod_disruption_budget(it.spec.as_ref()?, errors);
    }),
    kind!("PersistentVolumeClaim" true subdomain_problems PersistentVolumeClaim, |it, meta, errors| {
        defaults::volume::claim_spec(it.spec.get_or_insert_default());
    }, { claim::claim_spec(it.spec.as_ref()?, &Path::root("spec"), errors) }),
    kind!("Ingress" true subdomain_problems Ingress, |it, meta, errors| {}, {
        network::ingress(&it.spec.clone().unwrap_or_default(), errors);
    }),
    kind!("NetworkPolicy" true subdomain_problems NetworkPolicy, |it, meta, errors| {
        defaults::network::network_policy(it.spec.get_or_insert_default());
    }, { network::network_policy(it.spec.as_ref()?, errors) }),
    kind!("Role" true path_segment_problems Role, |it, meta, errors| {}, {
        rbac::rules(it.rules.as_deref().unwrap_or_default(), true, errors);
    }),
    kind!("ClusterRole" false path_segment_problems ClusterRole, |it, meta, errors| {}, {
        rbac::rules(it.rules.as_deref().unwrap_or_default(), false, errors);
    }),
    kind!("RoleBinding" true path_segment_problems RoleBinding, |it, meta, errors| {
        defaults::network::role_binding(&mut it.role_ref, it.subjects.as_deref_mut().unwrap_or_default());
    }, { rbac::binding(&it.role_ref, it.subjects.as_deref().unwrap_or_default(), true, errors) }),
    kind!("ClusterRoleBinding" false path_segment_problems ClusterRoleBinding, |it, meta, errors| {
        defaults::network::role_binding(&mut it.role_ref, it.subjects.as_deref_mut().unwrap_or_default());
    }, { rbac::binding(&it.role_ref, it.subjects.as_deref().unwrap_or_default(), false, errors) }),
    kind!("HorizontalPodAutoscaler" true subdomain_problems HorizontalPodAutoscaler, |it, meta, errors| {
        defaults::autoscaling::horizontal_pod_autoscaler(it.spec.get_or_insert_default());
    }, { autoscaling::horizontal_pod_autoscaler(it.spec.as_ref()?, errors) }),
    kind!("LimitRange" true subdomain_problems LimitRange, |it, meta, errors| {
        defaults::storage::limit_range(it.spec.get_or_insert_default());
    }, { limits::limit_range(it.spec.as_ref()?, errors) }),
    kind!("ResourceQuota" true subdomain_problems ResourceQuota, |it, meta, errors| {
        defaults::storage::resource_quota(it.spec.get_or_insert_default());
    }, { limits::resource_quota(it.spec.as_ref()?, errors) }),
    kind!("PersistentVolume" false subdomain_problems PersistentVolume, |it, meta, errors| {
        defaults::storage::persistent_volume(it.spec.get_or_insert_default());
    }, { storage::persistent_volume(it.spec.as_ref()?, errors) }),
    kind!("StorageClass" false subdomain_problems StorageClass, |it, meta, errors| {
        defaults::storage::storage_class(&mut it);
    }, { storage::storage_class(&it, errors) }),
];

fn truth(file: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/truth/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the recorded file is there");
    serde_yaml::from_str(&text).expect("the recorded file is YAML")
}

/// The one object of an entry, if its kind is among these.
fn the_object(entry: &Value) -> Option<(&'static Kind, Value, Metadata)> {
    let documents = manifest::read(text(entry, "manifest")).into_result().ok()?;
    let [document] = documents.as_slice() else { return None };
    let value = document.value.clone();
    let kind = KINDS.iter().find(|kind| kind.name == text(&value, "kind"))?;
    // Read as its stored version only.
    if text(&value, "apiVersion") == "autoscaling/v1" {
        return None;
    }
    let mut metadata = Metadata::from_api(serde_json::from_value(value.get("metadata")?.clone()).ok()?);
    if kind.namespaced && metadata.namespace.is_empty() {
        text(entry, "ns").clone_into(&mut metadata.namespace);
    }
    Some((kind, value, metadata))
}

fn checked(kind: &Kind, value: Value, mut metadata: Metadata) -> Checked {
    let mut errors = ErrorList::new();
    let value = (kind.check)(value, &mut metadata, &mut errors)?;
    Some((value, errors))
}

fn printed(kind: &Kind, name: &str, errors: &ErrorList) -> String {
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
    format!("The {} \"{name}\" is invalid: {body}", kind.name)
}

/// Addresses in memory differ in every run.
fn masked(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str("0x");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

#[test]
fn refuses_as_the_server_does() {
    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in truth("invalid.yaml") {
        let name = text(&entry, "name").to_owned();
        let Some(created) = entry.get("created") else { continue };
        let said: Vec<&str> =
            text(created, "stderr").lines().filter(|line| !line.starts_with("Warning:")).collect();
        let expected = said.join("\n");
        let Some((kind, value, metadata)) = the_object(&entry) else { continue };
        if !(expected.contains("is invalid:") || expected.is_empty()) {
            continue;
        }
        let object_name = metadata.name.clone();
        let Some((_, errors)) = checked(kind, value, metadata) else { continue };
        let actual = printed(kind, &object_name, &errors);
        let agrees = masked(&actual) == masked(&expected);
        let row = tally.entry(kind.name).or_default();
        row.0 += usize::from(agrees);
        row.1 += 1;
        if agrees == KNOWN.iter().any(|(known, _)| *known == name) {
            wrong.push(format!("{name}\n  expected: {expected}\n  actual:   {actual}"));
        }
    }
    assert!(wrong.is_empty(), "{tally:?}\n{} entries:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn accepts_and_fills_in_what_the_server_does() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in truth("defaults.yaml") {
        let name = text(&entry, "name").to_owned();
        let Some([expected]) = entry.get("dry_run").and_then(Value::as_array).map(Vec::as_slice) else {
            continue;
        };
        let Some((kind, value, metadata)) = the_object(&entry) else { continue };
        let Some((actual, errors)) = checked(kind, value, metadata) else {
            wrong.push(format!("{name}: cannot be read"));
            continue;
        };
        count += 1;
        if !errors.is_empty() {
            wrong.push(format!("{name}: refused: {}", errors.message()));
        }
        for part in
            ["spec", "rules", "roleRef", "subjects", "provisioner", "reclaimPolicy", "volumeBindingMode"]
        {
            let mut problems = Vec::new();
            differences(part, &expected[part], &actual[part], &mut problems);
            wrong.extend(problems.into_iter().map(|it| format!("{name}: {it}")));
        }
    }
    assert!(wrong.is_empty(), "{} problems in {count} entries:\n{}", wrong.len(), wrong.join("\n"));
}

fn differences(path: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                differences(&format!("{path}.{key}"), &expected[key], &actual[key], found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{path}[{index}]"), left, right, found);
            }
        }
        (Value::String(left), Value::String(_)) if left.starts_with('<') => {}
        // The truth file's plain `1E0` is a number to this test's YAML reader.
        (Value::Number(left), Value::String(right)) if right.parse::<f64>().ok() == left.as_f64() => {}
        _ if expected == actual => {}
        _ => found.push(format!("{path}: expected {expected}, got {actual}")),
    }
}
