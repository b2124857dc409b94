//! Objects from files, folders and standard input.

use model::{Kind, manifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shell::{Fd, STDIN};

use crate::commands::kustomize;
use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::session::Session;
use crate::text::go_error;
use crate::unserved_kinds;

/// An object as a file has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileObject {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace, or the session's; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name; empty if it is to be generated.
    pub name: String,
    /// The file, as messages name it.
    pub source: String,
    /// The whole object, with its namespace.
    #[serde(with = "model::tree")]
    pub value: Value,
}

const EXTENSIONS: [&str; 3] = [".json", ".yaml", ".yml"];

/// Reads all objects that `-f` names. What is wrong with some of them comes beside those that can be used.
///
/// # Errors
/// If a file cannot be read at all.
pub fn load(session: &mut Session<'_, '_>, flags: &Flags) -> Result<(Vec<FileObject>, Vec<Failure>)> {
    let (mut objects, mut failures) = (Vec::new(), Vec::new());
    for (source, text) in read_all(session, flags)? {
        let read = manifest::read(&text);
        for document in read.documents {
            if let Some(failure) = not_an_object(&document.value, &source, flags) {
                failures.push(failure);
                continue;
            }
            let listed = is_list(&document.value);
            for value in manifest::expand_list(document.value) {
                if let Some(failure) = refused_by_schema(&value, &source, flags) {
                    failures.push(failure);
                    continue;
                }
                match file_object(session, &source, value) {
                    Ok(object) => objects.push(object),
                    Err(failure) if listed => failures.push(within_list(failure)),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        if let Some(error) = read.error {
            failures.push(client(format!("error parsing {source}: {error}")));
        }
    }
    Ok((objects, failures))
}

fn is_list(value: &Value) -> bool {
    value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) && value["items"].is_array()
}

/// A document that is no tree at all, or a list within a list.
fn not_an_object(value: &Value, source: &str, flags: &Flags) -> Option<Failure> {
    if is_list(value) && value["items"].as_array().is_some_and(|items| items.iter().any(is_list)) {
        return Some(client("*unstructured.Unstructured is not a list: no Items field in this object"));
    }
    if is_list(value) { None } else { refused_by_schema(value, source, flags) }
}

/// What the client's own check says of an object that it cannot look up.
fn refused_by_schema(value: &Value, source: &str, flags: &Flags) -> Option<Failure> {
    let validates = flags.knows("validate") && !matches!(flags.text("validate"), "false" | "ignore");
    let why = if validates { unidentified(value)? } else { return None };
    Some(client(format!(
        "error validating \"{source}\": error validating data: {why}; if you choose to ignore these errors, turn validation off with --validate=false"
    )))
}

/// Why a document does not even say which schema it is to be checked against.
#[must_use]
pub fn unidentified(value: &Value) -> Option<String> {
    let empty_list = value["kind"] == "List" && !is_list(value);
    if !value.is_object() || empty_list {
        return Some("invalid object to validate".to_owned());
    }
    let problem = |field: &str| match &value[field] {
        Value::String(_) => None,
        Value::Null => Some(format!("{field} not set")),
        _ => Some(format!("{field} isn't string type")),
    };
    match (problem("apiVersion"), problem("kind")) {
        (Some(version), Some(kind)) => Some(format!("[{version}, {kind}]")),
        (None, None) => {
            let version = value["apiVersion"].as_str().unwrap_or_default();
            (version.matches('/').count() > 1).then(|| format!("unexpected GroupVersion string: {version}"))
        }
        (version, kind) => version.or(kind),
    }
}

/// Of an item of a list less is said.
fn within_list(failure: Failure) -> Failure {
    let unknown = match &failure {
        Failure::Client(text) if text.starts_with("resource mapping not found") => {
            text.split_once("no matches for kind").and_then(|(_, rest)| rest.lines().next())
        }
        _ => None,
    };
    match unknown {
        Some(rest) => Failure::Plain(format!("unable to recognize no matches for kind{rest}")),
        None => failure,
    }
}

/// The objects that `-f` names.
///
/// # Errors
/// If there is anything wrong with any of them.
pub fn load_strictly(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Vec<FileObject>> {
    let (objects, failures) = load(session, flags)?;
    crate::failure::together(failures)?;
    Ok(objects)
}

/// The open file that a name stands for: `-`, `/dev/stdin`, or `/dev/fd/63` as `<(...)` gives it.
#[must_use]
pub fn open_file(name: &str) -> Option<Fd> {
    match name {
        "-" | "/dev/stdin" => Some(STDIN),
        name => name.strip_prefix("/dev/fd/")?.parse().ok(),
    }
}

fn read_all(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    let folder = if flags.knows("kustomize") { flags.text("kustomize") } else { "" };
    if !folder.is_empty() {
        texts.push((folder.to_owned(), kustomize::text(session.io, folder)?));
    }
    for name in flags.list("filename") {
        if open_file(name).is_some() {
            let shown = if name == "-" { "STDIN" } else { name };
            texts.push((shown.to_owned(), session.stdin.clone()));
        } else if name.starts_with("http://") || name.starts_with("https://") {
            return Err(client(format!(
                "unable to read URL \"{name}\": there is no way out of this cluster"
            )));
        } else {
            read_path(session, name, flags.on("recursive"), true, &mut texts)?;
        }
    }
    Ok(texts)
}

fn read_path(
    session: &mut Session<'_, '_>,
    path: &str,
    recursive: bool,
    named: bool,
    texts: &mut Vec<(String, String)>,
) -> Result<()> {
    let metadata =
        session.io.stat(path).map_err(|_| client(format!("the path \"{path}\" does not exist")))?;
    if metadata.is_folder() {
        if !named && !recursive {
            return Ok(());
        }
        let names = session
            .io
            .read_folder(path)
            .map_err(|error| client(format!("open {path}: {}", go_error(error))))?;
        let before = texts.len();
        for name in names {
            let inner = format!("{}/{name}", path.trim_end_matches('/'));
            read_path(session, &inner, recursive, false, texts)?;
        }
        if named && texts.len() == before {
            let text = "recognized file extensions are [.json .yaml .yml]";
            return Err(client(format!("error reading [{path}]: {text}")));
        }
        return Ok(());
    }
    if !named && !EXTENSIONS.iter().any(|extension| path.ends_with(extension)) {
        return Ok(());
    }
    let bytes =
        session.io.read_file(path).map_err(|error| client(format!("open {path}: {}", go_error(error))))?;
    texts.push((path.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
    Ok(())
}

/// The client finds a kind written wholly in small letters; the server then does not.
fn in_small_letters(version: &str, name: &str) -> Option<Kind> {
    Kind::all()
        .find(|kind| kind.info().api_version() == version && kind.info().name.to_ascii_lowercase() == name)
}

fn file_object(session: &Session<'_, '_>, source: &str, mut value: Value) -> Result<FileObject> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind_name) = (text(&value["apiVersion"]), text(&value["kind"]));
    if let Some(why) = model::schema::identity_error(&value) {
        return Err(client(format!("unable to decode \"{source}\": {why}")));
    }
    let (name, own_namespace) = (text(&value["metadata"]["name"]), text(&value["metadata"]["namespace"]));
    let Some(kind) = Kind::from_api(&version, &kind_name).or_else(|| in_small_letters(&version, &kind_name))
    else {
        let mut message = format!(
            "resource mapping not found for name: \"{name}\" namespace: \"{own_namespace}\" from \"{source}\": no matches for kind \"{kind_name}\" in version \"{version}\"\nensure CRDs are installed first"
        );
        // Versions before the stable one are gone from Kubernetes too.
        if !version.contains("beta") && !version.contains("alpha") {
            unserved_kinds::explain(&mut message, &kind_name);
        }
        return Err(Failure::Client(message));
    };
    let mut namespace = String::new();
    if kind.info().namespaced() {
        let wanted = &session.client.namespace;
        if session.client.namespace_given && !own_namespace.is_empty() && own_namespace != *wanted {
            return Err(client(format!(
                "the namespace from the provided object \"{own_namespace}\" does not match the namespace \"{wanted}\". You must pass '--namespace={own_namespace}' to perform this operation."
            )));
        }
        namespace = if own_namespace.is_empty() { wanted.clone() } else { own_namespace };
        if let Some(fields) = value.as_object_mut() {
            let metadata = fields.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.insert("namespace".to_owned(), namespace.clone().into());
            }
        }
    }
    Ok(FileObject { kind, namespace, name, source: source.to_owned(), value })
}
