//! `configMapGenerator` and `secretGenerator`: objects made of literals and files, with the hash of their content in their names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Kind;
use serde_json::{Map, Value, json};
use shell::Io;

use super::kustomization::Kustomization;
use super::resource::Resource;
use super::within;
use crate::commands::generate::hash;
use crate::failure::{Result, client};

/// Makes what the generators say, beside or within what is there.
pub(super) fn run(
    io: &mut Io<'_>,
    root: &str,
    kustomization: &Kustomization,
    resources: &mut Vec<Resource>,
) -> Result<()> {
    for (field, kind) in [("configMapGenerator", Kind::ConfigMap), ("secretGenerator", Kind::Secret)] {
        for entry in kustomization.list(field) {
            let made = generate(io, root, kind, entry, kustomization.get("generatorOptions"))?;
            add(made, entry["behavior"].as_str().unwrap_or_default(), resources)?;
        }
    }
    Ok(())
}

/// Gives the names that want one their hash.
pub(super) fn add_hashes(resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| resource.needs_hash) {
        let kind = if resource.kind() == "Secret" { Kind::Secret } else { Kind::ConfigMap };
        // The name itself does not count, and what holds no data counts as an empty text.
        let mut hashed = resource.value.clone();
        hashed["metadata"]["name"] = "".into();
        if hashed["data"].is_null() {
            hashed["data"] = "".into();
        }
        let name = format!("{}-{}", resource.name(), hash::suffix(kind, &hashed));
        resource.set_name(&name);
    }
}

fn generate(io: &mut Io<'_>, root: &str, kind: Kind, entry: &Value, shared: &Value) -> Result<Resource> {
    let name = entry["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(client(format!("a {} must have a name", kind.info().name.to_lowercase())));
    }
    let mut value = json!({
        "apiVersion": "v1", "kind": kind.info().name, "metadata": { "name": name },
    });
    if let Some(namespace) = entry["namespace"].as_str().filter(|namespace| !namespace.is_empty()) {
        value["metadata"]["namespace"] = namespace.into();
    }
    if kind == Kind::Secret {
        value["type"] = entry["type"].as_str().filter(|text| !text.is_empty()).unwrap_or("Opaque").into();
    }
    for (key, bytes) in pairs(io, root, entry).map_err(|why| client(format!("loading KV pairs: {why}")))? {
        match String::from_utf8(bytes) {
            Ok(text) if kind == Kind::ConfigMap => value["data"][key] = text.into(),
            Ok(text) => value["data"][key] = STANDARD.encode(text).into(),
            Err(error) => {
                let field = if kind == Kind::ConfigMap { "binaryData" } else { "data" };
                value[field][key] = STANDARD.encode(error.as_bytes()).into();
            }
        }
    }
    let own = &entry["options"];
    for field in ["labels", "annotations"] {
        let mut all: Map<String, Value> = shared[field].as_object().cloned().unwrap_or_default();
        all.extend(own[field].as_object().cloned().unwrap_or_default());
        if !all.is_empty() {
            value["metadata"][field] = Value::Object(all);
        }
    }
    if own["immutable"] == true || (own["immutable"].is_null() && shared["immutable"] == true) {
        value["immutable"] = true.into();
    }
    let unhashed = |options: &Value| options["disableNameSuffixHash"] == true;
    Ok(Resource { needs_hash: !unhashed(own) && !unhashed(shared), ..Resource::new(value) })
}

/// Keys and contents, from files, files of variables and literals.
fn pairs(io: &mut Io<'_>, root: &str, entry: &Value) -> std::result::Result<Vec<(String, Vec<u8>)>, String> {
    let texts = |name: &str| -> Vec<String> {
        let list = entry[name].as_array().into_iter().flatten();
        list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let mut read = |what: &str, all: &[String], name: &str| {
        let path = within(root, name);
        io.read_file(&path).map_err(|_| {
            let all = all.join(" ");
            format!("{what} sources: [{all}]: evalsymlink failure on '{path}' : lstat {path}: no such file or directory")
        })
    };
    let mut pairs = Vec::new();
    let mut env_files = texts("envs");
    env_files.extend(entry["env"].as_str().map(str::to_owned));
    for name in &env_files {
        let bytes = read("env", &env_files, name)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    let literals = texts("literals");
    for literal in &literals {
        let Some((key, value)) = literal.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(format!(
                "literal sources [{}]: invalid literal source {literal}, expected key=value",
                literals.join(" ")
            ));
        };
        pairs.push((key.to_owned(), unquoted(value).as_bytes().to_vec()));
    }
    let files = texts("files");
    for file in &files {
        let (key, path) = match file.split_once('=') {
            Some((key, path)) => (key, path),
            None => (file.rsplit('/').next().unwrap_or(file), file.as_str()),
        };
        pairs.push((key.to_owned(), read("file", &files, path)?));
    }
    Ok(pairs)
}

/// A value may stand in quotes.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn add(made: Resource, behavior: &str, resources: &mut Vec<Resource>) -> Result<()> {
    let same = |other: &Resource| {
        other.kind() == made.kind()
            && other.was_called(made.name())
            && (made.namespace().is_empty() || made.namespace() == other.namespace())
    };
    let there = resources.iter().position(same);
    match (there, behavior) {
        (None, "merge" | "replace") => Err(client(format!(
            "merging from generator: id {} does not exist; cannot merge or replace",
            made.id()
        ))),
        (None, _) => {
            resources.push(made);
            Ok(())
        }
        (Some(index), "merge" | "replace") => {
            let old = &mut resources[index];
            for field in ["data", "binaryData"] {
                let mut all = match behavior {
                    "merge" => old.value[field].as_object().cloned().unwrap_or_default(),
                    _ => Map::new(),
                };
                all.extend(made.value[field].as_object().cloned().unwrap_or_default());
                match all.is_empty() {
                    true => {
                        if let Some(fields) = old.value.as_object_mut() {
                            fields.remove(field);
                        }
                    }
                    false => old.value[field] = Value::Object(all),
                }
            }
            for field in ["labels", "annotations"] {
                if let Some(more) = made.value["metadata"][field].as_object() {
                    for (key, text) in more {
                        old.value["metadata"][field][key] = text.clone();
                    }
                }
            }
            old.needs_hash |= made.needs_hash;
            Ok(())
        }
        (Some(_), _) => Err(client(format!(
            "merging from generator: id {} exists; behavior must be merge or replace",
            made.id()
        ))),
    }
}
