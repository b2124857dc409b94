//! Environment variables and where their values come from.

use k8s_openapi::api::core::v1::{
    EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, ResourceFieldSelector,
};

use super::error::ErrorList;
use super::names;
use super::path::Path;
use super::text;

const ENV_FIELDS: [&str; 8] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
];
const ENV_FIELDS_MORE: [&str; 1] = ["status.podIPs"];
const ENV_FIELDS_SUPPORTED: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields of a container that a variable may show.
const CONTAINER_RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// Fields of a pod that the downward API knows, for variables and files together.
const POD_FIELDS: [&str; 6] = [
    "metadata.annotations",
    "metadata.labels",
    "status.phase",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.nominatedNodeName",
];

/// `env`.
pub fn env(vars: &[EnvVar], path: &Path<'_>, errors: &mut ErrorList) {
    for (index, var) in vars.iter().enumerate() {
        let path = path.item("env", index);
        if var.name.is_empty() {
            errors.required(&path.child("name"), "");
        } else {
            errors.problems(&path.child("name"), &var.name, names::env_name_problems(&var.name));
        }
        if let Some(source) = &var.value_from {
            value_from(var, source, &path.child("valueFrom"), errors);
        }
    }
}

fn value_from(var: &EnvVar, source: &EnvVarSource, path: &Path<'_>, errors: &mut ErrorList) {
    let mut count = 0;
    if let Some(field) = &source.field_ref {
        count += 1;
        env_field(field, &path.child("fieldRef"), errors);
    }
    if let Some(resource) = &source.resource_field_ref {
        count += 1;
        resource_field(resource, false, &path.child("resourceFieldRef"), errors);
    }
    if let Some(selector) = &source.config_map_key_ref {
        count += 1;
        key_selector(&selector.name, &selector.key, &path.child("configMapKeyRef"), errors);
    }
    if let Some(selector) = &source.secret_key_ref {
        count += 1;
        key_selector(&selector.name, &selector.key, &path.child("secretKeyRef"), errors);
    }
    if count == 0 {
        errors.invalid(
            path,
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`",
        );
    } else if !text(&var.value).is_empty() {
        errors.invalid(path, "", "may not be specified when `value` is not empty");
    } else if count > 1 {
        errors.invalid(path, "", "may not have more than one field specified at a time");
    }
}

fn key_selector(name: &str, key: &str, path: &Path<'_>, errors: &mut ErrorList) {
    if name.is_empty() {
        errors.required(&path.child("name"), "");
    }
    if key.is_empty() {
        errors.required(&path.child("key"), "");
    } else {
        errors.problems(&path.child("key"), key, names::config_key_problems(key));
    }
}

fn env_field(field: &ObjectFieldSelector, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("fieldPath");
    if !known_field(field, path, errors) {
        return;
    }
    match subscripted(&field.field_path) {
        Some((what, key)) => subscript(&field.field_path, what, key, &at, errors),
        None if ENV_FIELDS.contains(&field.field_path.as_str())
            || ENV_FIELDS_MORE.contains(&field.field_path.as_str()) => {}
        None => errors.not_supported(&at, &field.field_path, &ENV_FIELDS_SUPPORTED),
    }
}

/// A file of the downward API shows a field of the pod.
pub fn volume_field(field: &ObjectFieldSelector, path: &Path<'_>, errors: &mut ErrorList) {
    const SUPPORTED: [&str; 5] =
        ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
    let at = path.child("fieldPath");
    if !known_field(field, path, errors) {
        return;
    }
    match subscripted(&field.field_path) {
        Some((what, key)) => subscript(&field.field_path, what, key, &at, errors),
        None => errors.one_of(&at, &field.field_path, &SUPPORTED),
    }
}

fn known_field(field: &ObjectFieldSelector, path: &Path<'_>, errors: &mut ErrorList) -> bool {
    let version = text(&field.api_version);
    if version.is_empty() {
        errors.required(&path.child("apiVersion"), "");
        return false;
    }
    let at = path.child("fieldPath");
    let label = &field.field_path;
    if label.is_empty() {
        errors.required(&at, "");
        return false;
    }
    if version != "v1" {
        let why = format!("error converting fieldPath: unsupported pod version: {version}");
        errors.invalid(&at, label, why);
        return false;
    }
    let base = subscripted(label).map_or(label.as_str(), |(base, _)| base);
    let known = ENV_FIELDS_SUPPORTED.contains(&base) || POD_FIELDS.contains(&base);
    if !known {
        let why = format!("error converting fieldPath: field label not supported: {label}");
        errors.invalid(&at, label, why);
    }
    known
}

/// `metadata.labels['app']` in its two parts.
fn subscripted(label: &str) -> Option<(&str, &str)> {
    let (base, rest) = label.split_once("['")?;
    Some((base, rest.strip_suffix("']")?))
}

fn subscript(label: &str, base: &str, key: &str, path: &Path<'_>, errors: &mut ErrorList) {
    match base {
        "metadata.annotations" => {
            errors.problems(path, key, names::qualified_name_problems(&key.to_lowercase()));
        }
        "metadata.labels" => errors.problems(path, key, names::qualified_name_problems(key)),
        _ => errors.invalid(path, label, "does not support subscript"),
    }
}

/// A variable or file shows a request or limit; a file must name its container.
pub fn resource_field(
    selector: &ResourceFieldSelector,
    volume: bool,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    if volume && text(&selector.container_name).is_empty() {
        errors.required(&path.child("containerName"), "");
        return;
    }
    let resource = selector.resource.as_str();
    if resource.is_empty() {
        errors.required(&path.child("resource"), "");
        return;
    }
    let huge = resource.starts_with("limits.hugepages-") || resource.starts_with("requests.hugepages-");
    if !CONTAINER_RESOURCES.contains(&resource) && !huge {
        errors.not_supported(&path.child("resource"), resource, &CONTAINER_RESOURCES);
        return;
    }
    let divisor = selector.divisor.as_ref().map_or("0", |divisor| divisor.0.as_str());
    let (allowed, detail): (&[&str], _) = if resource.ends_with(".cpu") {
        (&["1m", "1"], "only divisor's values 1m and 1 are supported with the cpu resource")
    } else {
        (
            &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"],
            "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource",
        )
    };
    if divisor != "0" && !allowed.contains(&divisor) {
        let detail = match resource.rsplit('.').next() {
            Some("ephemeral-storage") => detail.replace("the memory", "the local ephemeral storage"),
            _ if huge => detail.replace("the memory", "the hugepages"),
            _ => detail.to_owned(),
        };
        errors.invalid(&path.child("divisor"), resource, detail);
    }
}

/// `envFrom`.
pub fn env_from(sources: &[EnvFromSource], path: &Path<'_>, errors: &mut ErrorList) {
    let path = path.child("envFrom");
    for (index, source) in sources.iter().enumerate() {
        let prefix = text(&source.prefix);
        if !prefix.is_empty() {
            errors.problems(&path.child("prefix"), prefix, names::env_name_problems(prefix));
        }
        let refs = [
            ("configMapRef", source.config_map_ref.as_ref().map(|it| it.name.as_str())),
            ("secretRef", source.secret_ref.as_ref().map(|it| it.name.as_str())),
        ];
        for (field, name) in refs {
            let Some(name) = name else { continue };
            let item = path.item("", index);
            let at = item.child(field);
            if name.is_empty() {
                errors.required(&at.child("name"), "");
            } else {
                errors.problems(&at.child("name"), name, names::subdomain_problems(name));
            }
        }
        match refs.iter().filter(|(_, name)| name.is_some()).count() {
            0 => errors.invalid(&path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid(&path, "", "may not have more than one field specified at a time"),
        }
    }
}
