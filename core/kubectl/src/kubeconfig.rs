//! The kubeconfig: read and merged from its files, changed, written back.

use model::manifest;
use serde_json::{Map, Value, json};
use shell::Io;

use crate::failure::{Failure, Result, client};
use crate::text::go_error;

/// What a kubeconfig says.
#[derive(Clone, Debug, PartialEq)]
pub struct Kubeconfig {
    /// The file's tree.
    pub value: Value,
    /// Where changes go.
    pub path: String,
    /// All files together as they were read, and that one alone, if there are several.
    several: Option<(Value, Value)>,
}

/// The three lists of a kubeconfig, each with the word for one entry.
pub const LISTS: [(&str, &str); 3] = [("clusters", "cluster"), ("contexts", "context"), ("users", "user")];

/// A kubeconfig for the administrator of a new cluster, as a file's text.
#[must_use]
pub fn admin_kubeconfig(server: &str) -> String {
    let context = "kubernetes-admin@kubernetes";
    manifest::to_yaml(&json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": context,
        "clusters": [{ "name": "kubernetes", "cluster": { "server": server } }],
        "contexts": [{ "name": context, "context": { "cluster": "kubernetes", "user": "kubernetes-admin" } }],
        "users": [{ "name": "kubernetes-admin", "user": {} }],
    }))
}

fn empty() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "",
        "clusters": null, "contexts": null, "users": null,
    })
}

impl Kubeconfig {
    /// Reads the files that the flag, `$KUBECONFIG` or the default name.
    ///
    /// # Errors
    /// If the flag's file is not there, or a file cannot be read as a kubeconfig.
    pub fn load(io: &mut Io<'_>, flag: &str, must_exist: bool) -> Result<Self> {
        let paths = if flag.is_empty() { default_paths(io) } else { vec![flag.to_owned()] };
        let mut merged = empty();
        let (mut target, mut own, mut count) = (None, Value::Null, 0);
        for path in &paths {
            match io.read_file(path) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let value = manifest::read_value(&text)
                        .map_err(|error| client(format!("error loading config file \"{path}\": {error}")))?;
                    count += 1;
                    if target.is_none() {
                        target = Some(path.clone());
                        own = value.clone();
                    }
                    merge(&mut merged, &value);
                }
                Err(_) if !flag.is_empty() && must_exist => {
                    return Err(client(format!("stat {path}: no such file or directory")));
                }
                Err(_) => {}
            }
        }
        let path = target.or_else(|| paths.last().cloned()).unwrap_or_default();
        let several = (count > 1).then(|| (merged.clone(), own));
        Ok(Self { value: merged, path, several })
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, io: &mut Io<'_>) -> Result<()> {
        if let Some((folder, _)) = self.path.rsplit_once('/')
            && !folder.is_empty()
        {
            let _ = io.make_folder(folder, 0o750);
        }
        let text = manifest::to_yaml(&self.for_file());
        io.write_file(&self.path, text.as_bytes())
            .map_err(|error| client(format!("open {}: {}", self.path, go_error(error))))
    }

    /// What belongs into the file: of several files, only its own entries and those that changed.
    fn for_file(&self) -> Value {
        let Some((before, own)) = &self.several else { return self.value.clone() };
        let mut file = own.clone();
        file["current-context"] = self.value["current-context"].clone();
        for (list, _) in LISTS {
            let named = |value: &Value, name: &Value| {
                value[list]
                    .as_array()
                    .and_then(|all| all.iter().find(|entry| entry["name"] == *name))
                    .cloned()
            };
            let mut entries: Vec<Value> = own[list].as_array().cloned().unwrap_or_default();
            entries.retain(|entry| named(&self.value, &entry["name"]).is_some());
            for entry in self.entries(list) {
                if named(before, &entry["name"]).as_ref() != Some(entry) {
                    entries.retain(|old| old["name"] != entry["name"]);
                    entries.push(entry.clone());
                }
            }
            file[list] = if entries.is_empty() { Value::Null } else { Value::Array(entries) };
        }
        file
    }

    /// The context that is in use.
    #[must_use]
    pub fn current_context(&self) -> &str {
        self.value["current-context"].as_str().unwrap_or_default()
    }

    /// The entries of `clusters`, `contexts` or `users`.
    pub fn entries(&self, list: &str) -> impl Iterator<Item = &Value> {
        self.value[list].as_array().into_iter().flatten()
    }

    /// What the entry of this name holds.
    #[must_use]
    pub fn entry(&self, list: &str, name: &str) -> Option<&Value> {
        let one = singular(list);
        self.entries(list).find(|entry| entry["name"] == name).map(|entry| &entry[one])
    }

    /// The entry's own fields, to change; a new entry if there is none. True if it is new.
    pub fn entry_mut(&mut self, list: &str, name: &str) -> (&mut Map<String, Value>, bool) {
        let one = singular(list);
        if !self.value[list].is_array() {
            self.value[list] = json!([]);
        }
        let position = self.entries(list).position(|entry| entry["name"] == name);
        let index = position.unwrap_or_else(|| {
            let entries = self.value[list].as_array_mut();
            entries.map_or(0, |entries| {
                entries.push(json!({ "name": name, one: {} }));
                entries.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
                entries.iter().position(|entry| entry["name"] == name).unwrap_or(0)
            })
        });
        let slot = &mut self.value[list][index][one];
        if !slot.is_object() {
            *slot = json!({});
        }
        match slot {
            Value::Object(fields) => (fields, position.is_none()),
            _ => unreachable!("an object was put there"),
        }
    }

    /// Takes an entry out; false if there is none.
    pub fn remove(&mut self, list: &str, name: &str) -> bool {
        let Some(entries) = self.value[list].as_array_mut() else { return false };
        let before = entries.len();
        entries.retain(|entry| entry["name"] != name);
        let removed = entries.len() < before;
        if entries.is_empty() {
            self.value[list] = Value::Null;
        }
        removed
    }

    /// The namespace of the context in use, given its name and those of the cluster and the user to use instead of the context's own
    /// (empty: as the file says).
    ///
    /// # Errors
    /// If one of them is not there, or there is no cluster to talk to.
    pub fn resolve(&self, context: &str, cluster: &str, user: &str) -> Result<Option<String>> {
        if !cluster.is_empty() && self.entry("clusters", cluster).is_none() {
            return Err(client(format!("no server found for cluster \"{cluster}\"")));
        }
        if !user.is_empty() && self.entry("users", user).is_none() {
            return Err(client(format!("auth info \"{user}\" does not exist")));
        }
        let name = if context.is_empty() { self.current_context() } else { context };
        if name.is_empty() {
            if self.entries("clusters").next().is_none() {
                return Err(no_server());
            }
            return Ok(None);
        }
        let Some(context) = self.entry("contexts", name) else {
            let text = format!("context was not found for specified context: {name}");
            return Err(Failure::Plain(format!("Error in configuration: {text}")));
        };
        let cluster =
            if cluster.is_empty() { context["cluster"].as_str().unwrap_or_default() } else { cluster };
        let server = self.entry("clusters", cluster).and_then(|cluster| cluster["server"].as_str());
        if server.unwrap_or_default().is_empty() {
            return Err(no_server());
        }
        Ok(context["namespace"].as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    }

    /// The address of the API server of the context in use.
    #[must_use]
    pub fn server(&self) -> String {
        let context = self.entry("contexts", self.current_context());
        let cluster = context.and_then(|context| context["cluster"].as_str()).unwrap_or_default();
        let server = self.entry("clusters", cluster).and_then(|cluster| cluster["server"].as_str());
        server.unwrap_or("http://localhost:8080").to_owned()
    }
}

fn no_server() -> Failure {
    let text =
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?";
    Failure::Plain(text.to_owned())
}

fn singular(list: &str) -> &'static str {
    LISTS.iter().find(|(many, _)| *many == list).map_or("", |(_, one)| one)
}

fn default_paths(io: &Io<'_>) -> Vec<String> {
    match io.env("KUBECONFIG") {
        Some(paths) if !paths.is_empty() => {
            paths.split(':').filter(|path| !path.is_empty()).map(str::to_owned).collect()
        }
        _ => vec![format!("{}/.kube/config", io.env("HOME").unwrap_or("/root"))],
    }
}

/// What an earlier file said stays.
fn merge(into: &mut Value, from: &Value) {
    for (list, _) in LISTS {
        for entry in from[list].as_array().into_iter().flatten() {
            let known =
                into[list].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == entry["name"]));
            if known {
                continue;
            }
            if !into[list].is_array() {
                into[list] = json!([]);
            }
            if let Some(entries) = into[list].as_array_mut() {
                entries.push(entry.clone());
            }
        }
    }
    if into["current-context"] == "" && from["current-context"].is_string() {
        into["current-context"] = from["current-context"].clone();
    }
    if into["preferences"] == json!({}) && from["preferences"].is_object() {
        into["preferences"] = from["preferences"].clone();
    }
}
