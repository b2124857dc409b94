//! Names that changed, in the objects that refer to them.

use serde_json::Value;

use super::fields;
use super::resource::Resource;

/// References within a pod spec: the path to the field, and the kind that it names.
const OF_PODS: &[(&str, &str)] = &[
    ("volumes[]/configMap/name", "ConfigMap"),
    ("volumes[]/secret/secretName", "Secret"),
    ("volumes[]/projected/sources[]/configMap/name", "ConfigMap"),
    ("volumes[]/projected/sources[]/secret/name", "Secret"),
    ("volumes[]/persistentVolumeClaim/claimName", "PersistentVolumeClaim"),
    ("containers[]/env[]/valueFrom/configMapKeyRef/name", "ConfigMap"),
    ("containers[]/env[]/valueFrom/secretKeyRef/name", "Secret"),
    ("containers[]/envFrom[]/configMapRef/name", "ConfigMap"),
    ("containers[]/envFrom[]/secretRef/name", "Secret"),
    ("initContainers[]/env[]/valueFrom/configMapKeyRef/name", "ConfigMap"),
    ("initContainers[]/env[]/valueFrom/secretKeyRef/name", "Secret"),
    ("initContainers[]/envFrom[]/configMapRef/name", "ConfigMap"),
    ("initContainers[]/envFrom[]/secretRef/name", "Secret"),
    ("imagePullSecrets[]/name", "Secret"),
    ("serviceAccountName", "ServiceAccount"),
    ("serviceAccount", "ServiceAccount"),
    ("priorityClassName", "PriorityClass"),
];

/// References of other kinds.
const OF_KINDS: &[(&str, &str, &str)] = &[
    ("ServiceAccount", "imagePullSecrets[]/name", "Secret"),
    ("ServiceAccount", "secrets[]/name", "Secret"),
    ("StatefulSet", "spec/serviceName", "Service"),
    ("Ingress", "spec/rules[]/http/paths[]/backend/service/name", "Service"),
    ("Ingress", "spec/defaultBackend/service/name", "Service"),
    ("Ingress", "spec/tls[]/secretName", "Secret"),
    ("PersistentVolumeClaim", "spec/volumeName", "PersistentVolume"),
];

/// References that say themselves which kind they name.
const WITH_KIND: &[(&str, &str)] = &[
    ("HorizontalPodAutoscaler", "spec/scaleTargetRef"),
    ("RoleBinding", "roleRef"),
    ("RoleBinding", "subjects[]"),
    ("ClusterRoleBinding", "roleRef"),
    ("ClusterRoleBinding", "subjects[]"),
];

/// A resource by its kind, the names that it had, and the one that it has.
struct Renamed {
    kind: String,
    former_names: Vec<String>,
    name: String,
    namespace: String,
    affixes: Vec<(String, String)>,
}

/// Lets all references name what they meant.
pub(super) fn fix(resources: &mut [Resource]) {
    let renamed: Vec<Renamed> = resources
        .iter()
        .filter(|resource| !resource.former_names.is_empty())
        .map(|resource| Renamed {
            kind: resource.kind().to_owned(),
            former_names: resource.former_names.clone(),
            name: resource.name().to_owned(),
            namespace: resource.namespace().to_owned(),
            affixes: resource.affixes.clone(),
        })
        .collect();
    if renamed.is_empty() {
        return;
    }
    for resource in resources.iter_mut() {
        let (kind, own) = (resource.kind().to_owned(), resource.clone());
        let follow = |field: &mut Value, wanted: &str| {
            if let Some(name) = field.as_str().and_then(|name| new_name(&renamed, wanted, name, &own)) {
                *field = name.into();
            }
        };
        if let Some(spec) = fields::pod_spec_path(&kind) {
            for (path, wanted) in OF_PODS {
                let path = format!("{spec}/{path}");
                fields::each(&mut resource.value, &path, false, &mut |field| follow(field, wanted));
            }
        }
        for (_, path, wanted) in OF_KINDS.iter().filter(|(own, ..)| *own == kind) {
            fields::each(&mut resource.value, path, false, &mut |field| follow(field, wanted));
        }
        for (_, path) in WITH_KIND.iter().filter(|(own, _)| *own == kind) {
            fields::each(&mut resource.value, path, false, &mut |reference| {
                let wanted = reference["kind"].as_str().unwrap_or_default().to_owned();
                follow(&mut reference["name"], &wanted);
            });
        }
    }
}

/// The name of what is meant: of several, what was renamed as the one that refers to it, or is in its namespace.
fn new_name(renamed: &[Renamed], kind: &str, name: &str, referrer: &Resource) -> Option<String> {
    let meant = |one: &&Renamed| one.kind == kind && one.former_names.iter().any(|former| former == name);
    let nearness = |one: &&Renamed| (one.affixes == referrer.affixes, one.namespace == referrer.namespace());
    let mut found: Vec<&Renamed> = renamed.iter().filter(meant).collect();
    found.sort_by_key(|one| std::cmp::Reverse(nearness(one)));
    found.first().map(|one| one.name.clone())
}
