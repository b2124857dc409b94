//! Patches: strategic ones, which name their object or are given a target, and lists of JSON patch operations.

use model::manifest;
use model::patch::{apply_json_merge, apply_json_patch, apply_strategic};
use model::schema::Schema;
use model::selector::Selector;
use regex_lite::Regex;
use serde_json::Value;
use shell::Io;

use super::kustomization::Kustomization;
use super::resource::{Resource, id};
use super::{read, within};
use crate::failure::{Result, client};

/// Applies the patches of one list.
pub(super) fn run(
    io: &mut Io<'_>,
    root: &str,
    kustomization: &Kustomization,
    resources: &mut Vec<Resource>,
    list: &str,
) -> Result<()> {
    for entry in kustomization.list(list) {
        let (text, target) = match entry {
            Value::String(text) => (strategic_text(io, root, text)?, None),
            entry => (text_of(io, root, entry)?, entry.get("target").filter(|target| !target.is_null())),
        };
        apply(&text, target, resources)?;
    }
    Ok(())
}

/// An entry of `patchesStrategicMerge` is a file's name or the patch itself.
fn strategic_text(io: &mut Io<'_>, root: &str, text: &str) -> Result<String> {
    if text.contains('\n') || text.trim_start().starts_with('{') {
        return Ok(text.to_owned());
    }
    read(io, &within(root, text)).ok_or_else(|| client(missing(root, text, "patchesStrategicMerge")))
}

fn missing(root: &str, name: &str, what: &str) -> String {
    let path = within(root, name);
    format!("{what}: evalsymlink failure on '{path}' : lstat {path}: no such file or directory")
}

fn text_of(io: &mut Io<'_>, root: &str, entry: &Value) -> Result<String> {
    let config = manifest::to_yaml(entry);
    let trouble = |why: &str| {
        client(format!("trouble configuring builtin PatchTransformer with config: `\n{config}`: {why}"))
    };
    match (entry["patch"].as_str().unwrap_or_default(), entry["path"].as_str().unwrap_or_default()) {
        ("", "") => Err(trouble(&format!("must specify one of patch and path in\n{}", config.trim_end()))),
        (patch, "") => Ok(patch.to_owned()),
        ("", path) => read(io, &within(root, path)).ok_or_else(|| {
            trouble(&missing(root, path, &format!("failed to get the patch file from path({path})")))
        }),
        _ => Err(trouble(&format!("patch and path can't be set at the same time\n{}", config.trim_end()))),
    }
}

fn apply(text: &str, target: Option<&Value>, resources: &mut Vec<Resource>) -> Result<()> {
    let read = manifest::read(text);
    if read.error.is_some() || read.documents.is_empty() {
        return Err(client(format!("unable to parse SM or JSON patch from [patch: {text:?}]")));
    }
    for document in read.documents {
        let patch = document.value;
        match (patch.is_array(), target) {
            (true, None) => {
                return Err(client(format!("must specify a target for JSON patch [patch: {text:?}]")));
            }
            (true, Some(target)) => {
                let selection = Selection::of(target)?;
                for resource in resources.iter_mut().filter(|resource| selection.matches(resource)) {
                    apply_json_patch(&mut resource.value, &patch)
                        .map_err(|error| client(error.to_string()))?;
                }
            }
            (false, Some(target)) => {
                let selection = Selection::of(target)?;
                change(resources, &patch, |resource| selection.matches(resource))?;
            }
            (false, None) => {
                let meant = meant_by(&patch);
                if !resources.iter().any(&meant) {
                    return Err(no_match(&patch));
                }
                change(resources, &patch, meant)?;
            }
        }
    }
    Ok(())
}

fn no_match(patch: &Value) -> crate::failure::Failure {
    let text = |pointer: &str| patch.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = text("/apiVersion").split_once('/').unwrap_or(("", text("/apiVersion")));
    let id = id(group, version, text("/kind"), text("/metadata/name"), text("/metadata/namespace"));
    client(format!(
        "no resource matches strategic merge patch \"{id}\": no matches for Id {id}; failed to find unique target for patch {id}"
    ))
}

/// A strategic patch without a target is about the object that it names.
fn meant_by(patch: &Value) -> impl Fn(&Resource) -> bool + use<> {
    let text = |pointer: &str| patch.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text("/apiVersion"), text("/kind"));
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    move |resource| {
        resource.value["apiVersion"] == *version
            && resource.kind() == kind
            && resource.was_called(&name)
            && (namespace.is_empty() || resource.namespace() == namespace)
    }
}

fn change(resources: &mut Vec<Resource>, patch: &Value, meant: impl Fn(&Resource) -> bool) -> Result<()> {
    if patch["$patch"] == "delete" {
        resources.retain(|resource| !meant(resource));
        return Ok(());
    }
    for resource in resources.iter_mut().filter(|resource| meant(resource)) {
        let before = resource.value.clone();
        let kept = &before["metadata"];
        let (group, version) = resource.group_version();
        match Schema::get().of_kind(group, version, resource.kind()) {
            Some(root) => apply_strategic(&mut resource.value, patch, root)
                .map_err(|error| client(error.to_string()))?,
            None => apply_json_merge(&mut resource.value, patch),
        }
        for field in ["name", "namespace"] {
            if let Some(metadata) = resource.value["metadata"].as_object_mut() {
                match kept.get(field) {
                    Some(text) => metadata.insert(field.to_owned(), text.clone()),
                    None => metadata.remove(field),
                };
            }
        }
        keep_order(&before, &mut resource.value);
    }
    Ok(())
}

/// Fields by one of which the items of a list are told apart.
const KEYS: &[&str] = &["name", "mountPath", "containerPort", "port", "ip", "key", "topologyKey", "type"];

/// Items that a patch adds to a list follow those that were there.
fn keep_order(before: &Value, after: &mut Value) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, inner) in after.iter_mut() {
                if let Some(before) = before.get(name) {
                    keep_order(before, inner);
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            let told_apart = |key: &&&str| before.iter().chain(&*after).all(|item| !item[**key].is_null());
            let Some(key) = KEYS.iter().find(told_apart) else { return };
            let place = |item: &Value| before.iter().position(|old| old[key] == item[key]);
            after.sort_by_key(|item| place(item).unwrap_or(before.len()));
            for item in after.iter_mut() {
                if let Some(place) = place(item) {
                    keep_order(&before[place], item);
                }
            }
        }
        _ => {}
    }
}

/// Which objects a target means.
pub(super) struct Selection {
    patterns: Vec<(&'static str, Regex)>,
    labels: Option<Selector>,
    annotations: Option<Selector>,
}

impl Selection {
    /// Reads a target; its texts are patterns of whole names.
    pub(super) fn of(target: &Value) -> Result<Self> {
        let mut patterns = Vec::new();
        for field in ["group", "version", "kind", "name", "namespace"] {
            let text = target[field].as_str().unwrap_or_default();
            if !text.is_empty() {
                let pattern = Regex::new(&format!("^(?:{text})$"))
                    .map_err(|_| client(format!("invalid {field} of a target: {text:?}")))?;
                patterns.push((field, pattern));
            }
        }
        let selector = |field: &str| match target[field].as_str().unwrap_or_default() {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|error: model::selector::SelectorError| client(error.to_string())),
        };
        Ok(Self {
            patterns,
            labels: selector("labelSelector")?,
            annotations: selector("annotationSelector")?,
        })
    }

    pub(super) fn matches(&self, resource: &Resource) -> bool {
        let (group, version) = resource.group_version();
        let fits = |(field, pattern): &(&str, Regex)| match *field {
            "group" => pattern.is_match(group),
            "version" => pattern.is_match(version),
            "kind" => pattern.is_match(resource.kind()),
            "namespace" => pattern.is_match(resource.namespace()),
            _ => {
                pattern.is_match(resource.name())
                    || resource.former_names.iter().any(|name| pattern.is_match(name))
            }
        };
        let selected = |selector: &Option<Selector>, map: &str| {
            selector.as_ref().is_none_or(|selector| {
                selector.matches_with(|key| resource.value["metadata"][map].get(key).and_then(Value::as_str))
            })
        };
        self.patterns.iter().all(fits)
            && selected(&self.labels, "labels")
            && selected(&self.annotations, "annotations")
    }
}
