//! `kubectl create configmap` and `create secret ...`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Kind;
use model::validation::names;
use serde_json::{Map, Value, json};

use super::{create, one_name};
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::session::{Outcome, Session};

/// A key and its bytes, from wherever.
type Entries = Vec<(String, Vec<u8>)>;

/// Runs `create configmap`.
pub fn config_map(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let (mut data, mut binary) = (Map::new(), Map::new());
    for (key, bytes) in entries(session, flags, Kind::ConfigMap)? {
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
    let entries = entries(session, flags, Kind::Secret)?;
    secret(session, flags, name, flags.text("type"), entries)
}

/// Runs `create secret tls`.
pub fn tls_secret(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let mut entries = Vec::new();
    for (key, flag) in [("tls.crt", "cert"), ("tls.key", "key")] {
        if flags.text("cert").is_empty() || flags.text("key").is_empty() {
            return Err(client("key and cert must be specified"));
        }
        let path = flags.text(flag);
        let bytes = session.io.read_file(path).map_err(|error| {
            client(format!("Cannot read file {path}, open {path}: {}", crate::text::go_error(error)))
        })?;
        entries.push((key.to_owned(), bytes));
    }
    if !entries.iter().all(|(_, bytes)| bytes.starts_with(b"-----BEGIN ")) {
        return Err(client("tls: failed to find any PEM data in certificate input"));
    }
    secret(session, flags, name, "kubernetes.io/tls", entries)
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
        docker_config(flags.text("docker-server"), user, password, flags.text("docker-email")).into_bytes()
    } else {
        let path = flags.list("from-file")[0].rsplit('=').next().unwrap_or_default().to_owned();
        read(session, &path)?
    };
    let entries = vec![(".dockerconfigjson".to_owned(), content)];
    secret(session, flags, name, "kubernetes.io/dockerconfigjson", entries)
}

/// What `docker login` would write, its fields in its own order.
fn docker_config(server: &str, user: &str, password: &str, email: &str) -> String {
    let auth = STANDARD.encode(format!("{user}:{password}"));
    let fields = [("username", user), ("password", password), ("email", email), ("auth", auth.as_str())];
    let given = fields.iter().filter(|(_, text)| !text.is_empty());
    let fields: Vec<String> = given.map(|(name, text)| format!("\"{name}\":{}", json!(text))).collect();
    format!("{{\"auths\":{{{}:{{{}}}}}}}", json!(server), fields.join(","))
}

fn secret(session: &mut Session<'_, '_>, flags: &Flags, name: &str, kind: &str, entries: Entries) -> Outcome {
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
fn entries(session: &mut Session<'_, '_>, flags: &Flags, kind: Kind) -> Result<Entries> {
    let (literals, files, env_files) =
        (flags.list("from-literal"), flags.list("from-file"), flags.list("from-env-file"));
    if !env_files.is_empty() && (!literals.is_empty() || !files.is_empty()) {
        return Err(client("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut entries = Vec::new();
    for source in files {
        from_file(session, source, kind, &mut entries)?;
    }
    for literal in literals {
        let (key, value) = literal
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| client(format!("invalid literal source {literal}, expected key=value")))?;
        check_key(key, kind)?;
        let value = value.trim_matches(|letter| letter == '"' || letter == '\'');
        entries.push((key.to_owned(), value.as_bytes().to_vec()));
    }
    for path in env_files {
        from_env_file(session, path, kind, &mut entries)?;
    }
    Ok(entries)
}

/// Lines of `KEY=value`; of a `KEY` alone the value is that of the shell's variable, else nothing.
fn from_env_file(session: &mut Session<'_, '_>, path: &str, kind: Kind, entries: &mut Entries) -> Result<()> {
    if session.io.stat(path).is_ok_and(|metadata| metadata.is_folder()) {
        return Err(client("env config file cannot be a directory"));
    }
    let text = String::from_utf8_lossy(&read(session, path)?).into_owned();
    for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        let problems = names::strict_env_name_problems(key);
        if !problems.is_empty() {
            return Err(client(format!("{key:?} is not a valid key name: {}", problems.join(";"))));
        }
        let value = match value {
            Some(value) => value.to_owned(),
            None => session.io.env(key).unwrap_or_default().to_owned(),
        };
        check_key(key, kind)?;
        entries.push((key.to_owned(), value.into_bytes()));
    }
    Ok(())
}

fn from_file(session: &mut Session<'_, '_>, source: &str, kind: Kind, entries: &mut Entries) -> Result<()> {
    let (key, path) = match source.split_once('=') {
        Some((_, path)) if path.contains('=') => {
            return Err(client("key names or file paths cannot contain '='"));
        }
        Some(("", path)) => return Err(client(format!("key name for file path {path} missing"))),
        Some((key, "")) => return Err(client(format!("file path for key name {key} missing"))),
        Some((key, path)) => (Some(key), path),
        None => (None, source),
    };
    let is_folder = session.io.stat(path).is_ok_and(|metadata| metadata.is_folder());
    if !is_folder {
        let name = key.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path));
        let bytes = read(session, path)?;
        check_key(name, kind)?;
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
            check_key(&name, kind)?;
            entries.push((name, bytes));
        }
    }
    Ok(())
}

fn check_key(key: &str, kind: Kind) -> Result<()> {
    let problems = names::config_key_problems(key);
    if problems.is_empty() {
        return Ok(());
    }
    let why = problems.join(",");
    Err(client(match kind {
        Kind::Secret => format!("{key:?} is not valid key name for a Secret {why}"),
        _ => format!("{key:?} is not a valid key name for a ConfigMap: {why}"),
    }))
}

fn read(session: &mut Session<'_, '_>, path: &str) -> Result<Vec<u8>> {
    session.io.read_file(path).map_err(|_| match path {
        "" => client("open : no such file or directory"),
        path => client(format!("error reading {path}: no such file or directory")),
    })
}
