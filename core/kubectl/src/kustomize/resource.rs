//! An object of a kustomization, and what is known of how it came to be.

use model::{Kind, manifest};
use serde_json::Value;

/// Kinds that stand first, in this order; those that stand last come after all others.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Kinds without a namespace that the registry may not have.
const CLUSTER_KINDS: &[&str] = &[
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// An object on its way.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// As it is by now.
    pub value: Value,
    /// The names that it had, the first one first.
    pub former_names: Vec<String>,
    /// The prefixes and suffixes that its name got, the first ones first.
    pub affixes: Vec<(String, String)>,
    /// Whether its name is to end in a hash of its content.
    pub needs_hash: bool,
}

impl Resource {
    pub(super) fn new(value: Value) -> Self {
        Self { value, former_names: Vec::new(), affixes: Vec::new(), needs_hash: false }
    }

    fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    pub(super) fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// Group and version.
    pub(super) fn group_version(&self) -> (&str, &str) {
        let text = self.text("/apiVersion");
        text.split_once('/').unwrap_or(("", text))
    }

    /// Whether it is, or once was, called so.
    pub(super) fn was_called(&self, name: &str) -> bool {
        self.name() == name || self.former_names.iter().any(|former| former == name)
    }

    pub(super) fn set_name(&mut self, name: &str) {
        let former = self.name().to_owned();
        if former != name {
            self.former_names.push(former);
            self.value["metadata"]["name"] = name.into();
        }
    }

    pub(super) fn is_namespaced(&self) -> bool {
        match Kind::from_api(self.text("/apiVersion"), self.kind()) {
            Some(kind) => kind.info().namespaced(),
            None => !CLUSTER_KINDS.contains(&self.kind()),
        }
    }

    /// `ConfigMap.v1.[noGrp]/c.[noNs]`.
    pub(super) fn id(&self) -> String {
        let (group, version) = self.group_version();
        id(group, version, self.kind(), self.name(), self.namespace())
    }

    /// What decides on its place among the others.
    pub(super) fn place(&self) -> (usize, String, String, String) {
        let kind = self.kind();
        let rank = match FIRST.iter().position(|first| *first == kind) {
            Some(index) => index,
            None => FIRST.len() + LAST.iter().position(|last| *last == kind).map_or(0, |index| index + 1),
        };
        let (group, version) = self.group_version();
        let group = if group.is_empty() { "~G" } else { group };
        (rank, format!("{group}_{version}_{kind}"), self.namespace().to_owned(), self.name().to_owned())
    }
}

/// How messages name an object.
pub(super) fn id(group: &str, version: &str, kind: &str, name: &str, namespace: &str) -> String {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    format!("{kind}.{}.{}/{name}.{}", or(version, "[noVer]"), or(group, "[noGrp]"), or(namespace, "[noNs]"))
}

/// The resources of a text; what is wrong with it as a text.
pub(super) fn read_all(text: &str) -> Result<Vec<Resource>, String> {
    let read = manifest::read(text);
    if let Some(error) = read.error {
        return Err(format!("MalformedYAMLError: {}", error.message));
    }
    let mut resources = Vec::new();
    for document in read.documents {
        for value in manifest::expand_list(document.value) {
            if value.is_null() {
                continue;
            }
            let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            if text("/kind").is_empty() {
                return Err("missing Resource metadata".to_owned());
            }
            if text("/metadata/name").is_empty() && text("/metadata/generateName").is_empty() {
                return Err("missing metadata.name in object {{v1 } {{ } map[] map[]}}"
                    .replace("v1", text("/apiVersion")));
            }
            resources.push(Resource::new(value));
        }
    }
    Ok(resources)
}
