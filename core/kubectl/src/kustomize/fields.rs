//! Where in an object something stands: paths such as `spec/template/spec/containers[]/image`, and the tables of them.

use serde_json::{Map, Value, json};

/// Where labels stand: the kind (none for all), the path, and whether it is made if it is not there.
pub(super) const LABELS: &[(&str, &str, bool)] = &[
    ("", "metadata/labels", true),
    ("Service", "spec/selector", true),
    ("ReplicationController", "spec/selector", true),
    ("ReplicationController", "spec/template/metadata/labels", true),
    ("Deployment", "spec/selector/matchLabels", true),
    ("Deployment", "spec/template/metadata/labels", true),
    ("ReplicaSet", "spec/selector/matchLabels", true),
    ("ReplicaSet", "spec/template/metadata/labels", true),
    ("DaemonSet", "spec/selector/matchLabels", true),
    ("DaemonSet", "spec/template/metadata/labels", true),
    ("StatefulSet", "spec/selector/matchLabels", true),
    ("StatefulSet", "spec/template/metadata/labels", true),
    ("StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true),
    ("Job", "spec/selector/matchLabels", false),
    ("Job", "spec/template/metadata/labels", true),
    ("CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    ("CronJob", "spec/jobTemplate/metadata/labels", true),
    ("CronJob", "spec/jobTemplate/spec/template/metadata/labels", true),
    ("PodDisruptionBudget", "spec/selector/matchLabels", false),
    ("NetworkPolicy", "spec/podSelector/matchLabels", false),
];

/// Below pod specs, where selectors of other pods stand.
pub(super) const POD_SELECTORS: &[&str] = &[
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution[]/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution[]/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution[]/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution[]/labelSelector/matchLabels",
    "topologySpreadConstraints[]/labelSelector/matchLabels",
];

/// Where annotations stand.
pub(super) const ANNOTATIONS: &[(&str, &str, bool)] = &[
    ("", "metadata/annotations", true),
    ("ReplicationController", "spec/template/metadata/annotations", true),
    ("Deployment", "spec/template/metadata/annotations", true),
    ("ReplicaSet", "spec/template/metadata/annotations", true),
    ("DaemonSet", "spec/template/metadata/annotations", true),
    ("StatefulSet", "spec/template/metadata/annotations", true),
    ("Job", "spec/template/metadata/annotations", true),
    ("CronJob", "spec/jobTemplate/metadata/annotations", true),
    ("CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true),
];

/// The pod spec of a kind.
pub(super) fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" => Some("spec"),
        "CronJob" => Some("spec/jobTemplate/spec/template/spec"),
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "Job" | "ReplicationController" => {
            Some("spec/template/spec")
        }
        _ => None,
    }
}

/// Calls `visit` with every value at a path; steps that are missing are made if `create` says so.
pub(super) fn each(value: &mut Value, path: &str, create: bool, visit: &mut impl FnMut(&mut Value)) {
    if path.is_empty() {
        visit(value);
        return;
    }
    let (step, rest) = path.split_once('/').unwrap_or((path, ""));
    let (name, listed) = match step.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (step, false),
    };
    let Some(fields) = value.as_object_mut() else { return };
    if create && !listed && fields.get(name).is_none_or(Value::is_null) {
        fields.insert(name.to_owned(), json!({}));
    }
    match fields.get_mut(name) {
        Some(Value::Array(items)) if listed => {
            items.iter_mut().for_each(|item| each(item, rest, create, visit));
        }
        Some(inner) if !listed && !inner.is_null() => each(inner, rest, create, visit),
        _ => {}
    }
}

/// Sets pairs in a map at a path.
pub(super) fn set_pairs(value: &mut Value, path: &str, create: bool, pairs: &Map<String, Value>) {
    each(value, path, create, &mut |map| {
        if let Some(map) = map.as_object_mut() {
            map.extend(pairs.iter().map(|(key, text)| (key.clone(), text.clone())));
        }
    });
}
