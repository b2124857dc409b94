//! What changes all objects alike: namespace, prefix and suffix of names, labels, annotations, replicas, images.

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::fields::{self, ANNOTATIONS, LABELS, POD_SELECTORS};
use super::kustomization::Kustomization;
use super::resource::Resource;
use crate::failure::{Result, client};

/// Kinds whose name is not theirs to change.
const KEEPS_NAME: &[&str] = &["CustomResourceDefinition", "APIService", "Namespace"];

/// `namespace`, `namePrefix`, `nameSuffix`.
pub(super) fn rename(kustomization: &Kustomization, resources: &mut [Resource]) {
    let namespace = kustomization.text("namespace");
    for resource in resources.iter_mut().filter(|_| !namespace.is_empty()) {
        if resource.kind() == "Namespace" {
            resource.set_name(namespace);
        } else if resource.is_namespaced() {
            resource.value["metadata"]["namespace"] = namespace.into();
        }
        if matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding") {
            fields::each(&mut resource.value, "subjects[]", false, &mut |subject| {
                if subject["kind"] == "ServiceAccount" && subject["name"] == "default" {
                    subject["namespace"] = namespace.into();
                }
            });
        }
    }
    let (prefix, suffix) = (kustomization.text("namePrefix"), kustomization.text("nameSuffix"));
    for resource in resources.iter_mut().filter(|_| !prefix.is_empty() || !suffix.is_empty()) {
        if !KEEPS_NAME.contains(&resource.kind()) {
            resource.affixes.push((prefix.to_owned(), suffix.to_owned()));
            let name = format!("{prefix}{}{suffix}", resource.name());
            resource.set_name(&name);
        }
    }
}

/// `commonLabels`, `labels`, `commonAnnotations`.
pub(super) fn mark(kustomization: &Kustomization, resources: &mut [Resource]) {
    for resource in resources.iter_mut() {
        if let Some(pairs) = pairs(kustomization.get("commonLabels")) {
            label(resource, &pairs, true, true);
        }
        for entry in kustomization.list("labels") {
            if let Some(pairs) = pairs(&entry["pairs"]) {
                let selectors = entry["includeSelectors"] == true;
                label(resource, &pairs, selectors, selectors || entry["includeTemplates"] == true);
                for field in entry["fields"].as_array().into_iter().flatten() {
                    let path = field["path"].as_str().unwrap_or_default();
                    if field["kind"].as_str().is_none_or(|kind| kind == resource.kind()) {
                        fields::set_pairs(&mut resource.value, path, field["create"] == true, &pairs);
                    }
                }
            }
        }
        if let Some(pairs) = pairs(kustomization.get("commonAnnotations")) {
            for (kind, path, create) in ANNOTATIONS {
                if kind.is_empty() || *kind == resource.kind() {
                    fields::set_pairs(&mut resource.value, path, *create, &pairs);
                }
            }
        }
    }
}

fn pairs(value: &Value) -> Option<Map<String, Value>> {
    value.as_object().filter(|pairs| !pairs.is_empty()).cloned()
}

fn label(resource: &mut Resource, pairs: &Map<String, Value>, selectors: bool, templates: bool) {
    let kind = resource.kind().to_owned();
    for (own, path, create) in LABELS {
        let wanted = match (own.is_empty(), path.ends_with("metadata/labels")) {
            (true, _) => true,
            (false, true) => templates,
            (false, false) => selectors,
        };
        if wanted && (own.is_empty() || *own == kind) {
            fields::set_pairs(&mut resource.value, path, *create, pairs);
        }
    }
    if let Some(spec) = fields::pod_spec_path(&kind).filter(|_| selectors) {
        for path in POD_SELECTORS {
            fields::set_pairs(&mut resource.value, &format!("{spec}/{path}"), false, pairs);
        }
    }
}

/// Kinds that have replicas to set.
const SCALED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/// `replicas`.
pub(super) fn replicas(kustomization: &Kustomization, resources: &mut [Resource]) -> Result<()> {
    for entry in kustomization.list("replicas") {
        let name = entry["name"].as_str().unwrap_or_default();
        let mut found = false;
        for resource in resources.iter_mut() {
            if SCALED.contains(&resource.kind()) && resource.was_called(name) {
                resource.value["spec"]["replicas"] = entry["count"].clone();
                found = true;
            }
        }
        if !found {
            let kinds: Vec<String> = SCALED.iter().map(|kind| format!("{kind}.[noVer].[noGrp]")).collect();
            return Err(client(format!(
                "resource with name {name} does not match a config with the following GVK [{}]",
                kinds.join(" ")
            )));
        }
    }
    Ok(())
}

/// `images`.
pub(super) fn images(kustomization: &Kustomization, resources: &mut [Resource]) {
    for entry in kustomization.list("images") {
        for resource in resources.iter_mut().filter(|resource| resource.kind() != "CustomResourceDefinition")
        {
            in_containers(&mut resource.value, &mut |container| {
                let changed = container["image"].as_str().and_then(|image| changed_image(image, entry));
                if let Some(image) = changed {
                    container["image"] = image.into();
                }
            });
        }
    }
}

fn in_containers(value: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                if matches!(name.as_str(), "containers" | "initContainers") {
                    inner.as_array_mut().into_iter().flatten().for_each(&mut *visit);
                } else {
                    in_containers(inner, visit);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| in_containers(item, visit)),
        _ => {}
    }
}

/// The image that takes the place of one that has the entry's name.
fn changed_image(image: &str, entry: &Value) -> Option<String> {
    let text = |name: &str| match &entry[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    // The name may be a pattern.
    let pattern = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", text("name"));
    if !Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(image)) {
        return None;
    }
    let (rest, mut digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, format!("@{digest}")),
        None => (image, String::new()),
    };
    let (mut name, mut tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((name, tag)) => (name.to_owned(), format!(":{tag}")),
        None => (rest.to_owned(), String::new()),
    };
    if !text("newName").is_empty() {
        name = text("newName");
    }
    match (text("newTag"), text("digest")) {
        (new, given) if !new.is_empty() && !given.is_empty() => {
            (tag, digest) = (format!(":{new}"), format!("@{given}"));
        }
        (new, _) if !new.is_empty() => (tag, digest) = (format!(":{new}"), String::new()),
        (_, given) if !given.is_empty() => (tag, digest) = (String::new(), format!("@{given}")),
        _ => {}
    }
    tag.push_str(&text("tagSuffix"));
    Some(format!("{name}{tag}{digest}"))
}
