//! What the server says of itself: groups, versions and resources, its paths, its version and its health.

use model::status::Result;
use model::{Kind, KindInfo};
use serde_json::{Value, json};

use super::{Query, not_found};

/// The version of the server, field by field, in the order in which it says them.
const VERSION: &[(&str, &str)] = &[
    ("major", "1"),
    ("minor", "33"),
    ("emulationMajor", "1"),
    ("emulationMinor", "33"),
    ("minCompatibilityMajor", "1"),
    ("minCompatibilityMinor", "32"),
    ("gitVersion", "v1.33.1"),
    ("gitCommit", "8adc0f041b8e7ad1d30e29cc59c6ae7a15e19828"),
    ("gitTreeState", "clean"),
    ("buildDate", "2025-05-15T08:19:08Z"),
    ("goVersion", "go1.24.2"),
    ("compiler", "gc"),
    ("platform", "linux/amd64"),
];

/// The address at which the server says that it is to be reached.
const ADDRESS: &str = "192.168.49.2:6443";

/// What the server looks at when it is asked for its health; the last two only for readiness.
const CHECKS: &[&str] = &["ping", "log", "etcd", "poststarthook/start-apiserver-admission-initializer"];
const READY_CHECKS: &[&str] = &["informer-sync", "shutdown"];

/// `/version`.
pub(super) fn version() -> String {
    let lines: Vec<String> =
        VERSION.iter().map(|(name, value)| format!("  \"{name}\": \"{value}\"")).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

/// `/healthz`, `/livez`, `/readyz`, whole or one check of them.
pub(super) fn health(probe: &str, checks: &[&str], query: &Query) -> Result<String> {
    let ready = if probe == "readyz" { READY_CHECKS } else { &[] };
    let known: Vec<&str> = CHECKS.iter().chain(ready).copied().collect();
    if !checks.is_empty() {
        return if known.contains(&checks.join("/").as_str()) {
            Ok("ok".to_owned())
        } else {
            Err(not_found())
        };
    }
    if !query.has("verbose") {
        return Ok("ok".to_owned());
    }
    let lines: String = known.iter().map(|check| format!("[+]{check} ok\n")).collect();
    Ok(format!("{lines}{probe} check passed\n"))
}

/// Groups and their versions, in the order of discovery: by name, the core group apart.
fn group_versions() -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<(&str, &str)> =
        Kind::all().map(|kind| (kind.info().group, kind.info().version)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// `/`.
pub(super) fn paths() -> String {
    let mut paths: Vec<String> =
        ["/api", "/apis", "/healthz", "/livez", "/readyz", "/version"].map(str::to_owned).to_vec();
    for (group, version) in group_versions() {
        if group.is_empty() {
            paths.push(format!("/api/{version}"));
        } else {
            paths.extend([format!("/apis/{group}"), format!("/apis/{group}/{version}")]);
        }
    }
    for probe in ["healthz", "livez", "readyz"] {
        let ready = if probe == "readyz" { READY_CHECKS } else { &[] };
        paths.extend(CHECKS.iter().chain(ready).map(|check| format!("/{probe}/{check}")));
    }
    paths.sort();
    paths.dedup();
    let lines: Vec<String> = paths.iter().map(|path| format!("    \"{path}\"")).collect();
    format!("{{\n  \"paths\": [\n{}\n  ]\n}}", lines.join(",\n"))
}

/// `/api`.
pub(super) fn core_versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": ADDRESS }],
    })
}

fn group_value(group: &str) -> Value {
    let versions: Vec<Value> = group_versions()
        .into_iter()
        .filter(|(own, _)| *own == group)
        .map(|(_, version)| json!({ "groupVersion": format!("{group}/{version}"), "version": version }))
        .collect();
    json!({ "name": group, "versions": versions, "preferredVersion": versions.first() })
}

/// `/apis`.
pub(super) fn groups() -> Value {
    let mut names: Vec<&str> = group_versions().into_iter().map(|(group, _)| group).collect();
    names.dedup();
    let groups: Vec<Value> = names.into_iter().filter(|name| !name.is_empty()).map(group_value).collect();
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

/// `/apis/apps`.
pub(super) fn group(name: &str) -> Result<Value> {
    let served = group_versions().iter().any(|(group, _)| *group == name && !name.is_empty());
    let mut value = if served { group_value(name) } else { return Err(not_found()) };
    value["kind"] = "APIGroup".into();
    value["apiVersion"] = "v1".into();
    Ok(value)
}

/// `/api/v1`, `/apis/apps/v1`.
pub(super) fn resources(group: &str, version: &str) -> Result<Value> {
    let mut infos: Vec<&KindInfo> =
        Kind::all().map(Kind::info).filter(|info| info.group == group && info.version == version).collect();
    infos.sort_by_key(|info| info.plural);
    if infos.is_empty() {
        return Err(not_found());
    }
    let resources: Vec<Value> = infos.into_iter().flat_map(of_kind).collect();
    let mut value = json!({ "kind": "APIResourceList", "resources": resources });
    if group.is_empty() {
        value["groupVersion"] = version.into();
    } else {
        value["apiVersion"] = "v1".into();
        value["groupVersion"] = format!("{group}/{version}").into();
    }
    Ok(value)
}

fn of_kind(info: &KindInfo) -> Vec<Value> {
    let mut verbs = vec!["create", "delete"];
    if info.delete_collection {
        verbs.push("deletecollection");
    }
    verbs.extend(["get", "list", "patch", "update", "watch"]);
    let mut resource = json!({
        "name": info.plural, "singularName": info.singular, "namespaced": info.namespaced(), "kind": info.name,
        "verbs": verbs,
    });
    if !info.short_names.is_empty() {
        resource["shortNames"] = json!(info.short_names);
    }
    if !info.categories.is_empty() {
        resource["categories"] = json!(info.categories);
    }
    let mut all = vec![resource];
    let mut subresources = info.subresources.to_vec();
    subresources.sort_unstable();
    all.extend(subresources.into_iter().map(|name| of_subresource(info, name)));
    all
}

/// A subresource: whose kind it takes and gives, and how it may be asked.
fn of_subresource(info: &KindInfo, name: &str) -> Value {
    let (foreign, verbs): (Option<(&str, &str, &str)>, &[&str]) = match name {
        "scale" => (Some(("autoscaling", "v1", "Scale")), &["get", "patch", "update"]),
        "eviction" => (Some(("policy", "v1", "Eviction")), &["create"]),
        "binding" => (Some(("", "", "Binding")), &["create"]),
        "exec" => (Some(("", "", "PodExecOptions")), &["create", "get"]),
        "log" => (None, &["get"]),
        "finalize" => (None, &["update"]),
        _ => (None, &["get", "patch", "update"]),
    };
    let mut value = json!({
        "name": format!("{}/{name}", info.plural), "singularName": "", "namespaced": info.namespaced(),
        "kind": foreign.map_or(info.name, |(_, _, kind)| kind), "verbs": verbs,
    });
    if let Some((group, version, _)) = foreign.filter(|(group, ..)| !group.is_empty()) {
        value["group"] = group.into();
        value["version"] = version.into();
    }
    value
}
