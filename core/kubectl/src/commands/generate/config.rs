//! `kubectl create configmap` and `create secret ...`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Kind;
use serde_json::{Map, Value, json};

use super::{create, one_name};
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::session::{Outcome, Session, refuse};

/// A key and its bytes, from wherever.
type Entries = Vec<(String, Vec<u8>)>;

/// Runs `create configmap`.
pub fn config_map(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["append-hash"])?;
    let name = one_name(session, flags)?;
    let (mut data, mut binary) = (Map::new(), Map::new());
    for (key, bytes) in entries(session, flags)? {
        if data.contains_key(&key) || binary.contains_key(&key) {
            return Err(client(format!(
                "cannot add key \"{key}\", another key by that name already exists in Data for ConfigMap \"{name}\""
            )));
        }
        match String::from_utf8(bytes) {
            Ok(text) => data.insert(key, text.into()),
            Err(error) => binary.insert(key, STANDARD.encode(error.as_bytes()).into()),
        };
    }
    let mut value = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "creationTimestamp": null, "name": name },
    });
    for (field, map) in [("data", data), ("binaryData", binary)] {
        if !map.is_empty() {
            value[field] = Value::Object(map);
        }
    }
    create(session, flags, Kind::ConfigMap, value)
}

/// Runs `create secret generic`.
pub fn generic_secret(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let entries = entries(session, flags)?;
    secret(session, flags, name, flags.text("type"), entries)
}

/// Runs `create secret tls`.
pub fn tls_secret(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    for name in ["cert", "key"] {
        if !flags.given(name) {
            return Err(client(format!("required flag(s) {} not set", missing(flags))));
        }
    }
    let name = one_name(session, flags)?;
    let mut entries = Vec::new();
    for (key, flag) in [("tls.crt", "cert"), ("tls.key", "key")] {
        entries.push((key.to_owned(), read(session, flags.text(flag))?));
    }
    if !entries.iter().all(|(_, bytes)| bytes.starts_with(b"-----BEGIN ")) {
        return Err(client("tls: failed to find any PEM data in certificate input"));
    }
    secret(session, flags, name, "kubernetes.io/tls", entries)
}

fn missing(flags: &Flags) -> String {
    let names: Vec<String> =
        ["cert", "key"].iter().filter(|name| !flags.given(name)).map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

/// Runs `create secret docker-registry`.
pub fn docker_secret(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let (user, password) = (flags.text("docker-username"), flags.text("docker-password"));
    let content = if flags.list("from-file").is_empty() {
        if user.is_empty() || password.is_empty() {
            return Err(client(
                "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
            ));
        }
        let mut entry = json!({ "username": user, "password": password });
        if !flags.text("docker-email").is_empty() {
            entry["email"] = flags.text("docker-email").into();
        }
        entry["auth"] = STANDARD.encode(format!("{user}:{password}")).into();
        json!({ "auths": { flags.text("docker-server"): entry } }).to_string().into_bytes()
    } else {
        let path = flags.list("from-file")[0].rsplit('=').next().unwrap_or_default().to_owned();
        read(session, &path)?
    };
    let entries = vec![(".dockerconfigjson".to_owned(), content)];
    secret(session, flags, name, "kubernetes.io/dockerconfigjson", entries)
}

fn secret(session: &mut Session<'_, '_>, flags: &Flags, name: &str, kind: &str, entries: Entries) -> Outcome {
    refuse(flags, &["append-hash"])?;
    let mut data = Map::new();
    for (key, bytes) in entries {
        if data.contains_key(&key) {
            return Err(client(format!("cannot add key {key}, another key by that name already exists")));
        }
        data.insert(key, STANDARD.encode(bytes).into());
    }
    let mut value = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "creationTimestamp": null, "name": name },
    });
    if !data.is_empty() {
        value["data"] = Value::Object(data);
    }
    if !kind.is_empty() {
        value["type"] = kind.into();
    }
    create(session, flags, Kind::Secret, value)
}

/// What `--from-literal`, `--from-file` and `--from-env-file` give.
fn entries(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Entries> {
    let (literals, files, env_files) =
        (flags.list("from-literal"), flags.list("from-file"), flags.list("from-env-file"));
    if !env_files.is_empty() && (!literals.is_empty() || !files.is_empty()) {
        return Err(client("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut entries = Vec::new();
    for source in files {
        from_file(session, source, &mut entries)?;
    }
    for literal in literals {
        let (key, value) = literal
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| client(format!("invalid literal source {literal}, expected key=value")))?;
        check_key(key)?;
        let value = value.trim_matches(|letter| letter == '"' || letter == '\'');
        entries.push((key.to_owned(), value.as_bytes().to_vec()));
    }
    for path in env_files {
        let text = String::from_utf8_lossy(&read(session, path)?).into_owned();
        for line in
            text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            check_key(key)?;
            entries.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(entries)
}

fn from_file(session: &mut Session<'_, '_>, source: &str, entries: &mut Entries) -> Result<()> {
    let (key, path) = match source.split_once('=') {
        Some((key, path)) => (Some(key), path),
        None => (None, source),
    };
    let is_folder = session.io.stat(path).is_ok_and(|metadata| metadata.is_folder());
    if !is_folder {
        let name = key.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
        check_key(name)?;
        let bytes = read(session, path)?;
        entries.push((name.to_owned(), bytes));
        return Ok(());
    }
    if key.is_some() {
        return Err(client("cannot give a key name for a directory path"));
    }
    let names = session
        .io
        .read_folder(path)
        .map_err(|error| client(format!("error listing files in {path}: {error}")))?;
    for name in names {
        let inner = format!("{}/{name}", path.trim_end_matches('/'));
        if session.io.stat(&inner).is_ok_and(|metadata| metadata.is_file()) {
            let bytes = read(session, &inner)?;
            entries.push((name, bytes));
        }
    }
    Ok(())
}

fn check_key(key: &str) -> Result<()> {
    let fits = !key.is_empty()
        && key.len() <= 253
        && key != "."
        && !key.starts_with("..")
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(client(format!(
        "{key:?} is not a valid key name for a ConfigMap: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    )))
}

fn read(session: &mut Session<'_, '_>, path: &str) -> Result<Vec<u8>> {
    session.io.read_file(path).map_err(|_| match path {
        "" => client("open : no such file or directory"),
        path => client(format!("error reading {path}: no such file or directory")),
    })
}
