//! `kubectl set env`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use model::Kind;
use model::validation::names;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::set::{Change, change_all, pod_spec};
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::resources::{self, Selection};
use crate::session::{Flow, Outcome, Session};

/// One variable to set.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Variable {
    name: String,
    #[serde(with = "model::tree")]
    value: Value,
}

/// Variables to set and to take away, and in which containers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variables {
    set: Vec<Variable>,
    remove: Vec<String>,
    pattern: String,
    overwrite: bool,
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let mut subjects: Vec<String> = Vec::new();
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    let mut words: Vec<String> = flags.args.clone();
    words.extend(flags.list("env").iter().cloned());
    for word in &words {
        if word == "-" {
            for line in session.stdin.lines() {
                set.extend(pair(line));
            }
        } else if let Some(variable) = pair(word) {
            set.push(variable);
        } else if let Some(name) =
            word.strip_suffix('-').filter(|name| !name.is_empty() && !name.contains('/'))
        {
            remove.push(name.to_owned());
        } else {
            subjects.push(word.clone());
        }
    }
    if subjects.is_empty() && !resources::names_files(flags) {
        return Err(client(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if !flags.text("from").is_empty() {
        set.extend(from_source(session, flags)?);
    }
    if flags.on("list") {
        return list(session, flags, &subjects);
    }
    if let Some(wrong) = set.iter().find(|one| !names::strict_env_name_problems(&one.name).is_empty()) {
        let why = names::strict_env_name_problems(&wrong.name).join(";");
        return Err(client(format!("{:?} is not a valid key name: {why}", wrong.name)));
    }
    if remove.iter().any(|name| set.iter().any(|one| one.name == *name)) {
        return Err(client(
            "can not both modify and remove the same environment variable in the same command",
        ));
    }
    let pattern = flags.text("containers").to_owned();
    let variables = Variables { set, remove, pattern, overwrite: flags.on("overwrite") };
    change_all(session, flags, &subjects, Change::Env(variables))
}

impl Variables {
    /// Changes the containers of an object.
    ///
    /// # Errors
    /// If it has none, or a variable has a value that is to stay.
    pub fn apply(&self, session: &mut Session<'_, '_>, value: &mut Value) -> Result<()> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, name) = (text(&value["kind"]), text(&value["metadata"]["name"]));
        let subject = format!("{}/{name}", super::set::resource_of(&text(&value["apiVersion"]), &kind));
        let spec = pod_spec(value)?;
        let mut found = false;
        for list in ["initContainers", "containers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                let Some(container) = container.as_object_mut() else { continue };
                let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
                if matches_pattern(&self.pattern, name) {
                    found = true;
                    self.change(container).map_err(|why| client(format!("{subject} {why}")))?;
                }
            }
        }
        if !found {
            let pattern = &self.pattern;
            session.warn(&format!("{kind}/{name} does not have any containers matching {pattern:?}"));
        }
        Ok(())
    }

    fn change(&self, container: &mut Map<String, Value>) -> std::result::Result<(), String> {
        let mut variables = container.get("env").and_then(Value::as_array).cloned().unwrap_or_default();
        for variable in &self.set {
            let position = variables.iter().position(|own| own["name"] == *variable.name);
            match position {
                Some(index) if self.overwrite => variables[index] = variable.value.clone(),
                Some(_) if variable.value.get("valueFrom").is_some() => {}
                Some(index) if variables[index] != variable.value => {
                    return Err(format!(
                        "'{}' already has a value ({}), and --overwrite is false",
                        variable.name,
                        variables[index]["value"].as_str().unwrap_or_default()
                    ));
                }
                Some(_) => {}
                None => variables.push(variable.value.clone()),
            }
        }
        variables.retain(|own| !self.remove.iter().any(|name| own["name"] == **name));
        if variables.is_empty() {
            container.remove("env");
        } else {
            container.insert("env".to_owned(), Value::Array(variables));
        }
        Ok(())
    }
}

fn pair(word: &str) -> Option<Variable> {
    let (name, value) = word.split_once('=').filter(|(name, _)| !name.is_empty())?;
    Some(Variable { name: name.to_owned(), value: json!({ "name": name, "value": value }) })
}

fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
    }
}

/// The variables that a config map or secret gives, with a warning for each name that had to change.
fn from_source(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Vec<Variable>> {
    let source = [flags.text("from").to_owned()];
    let Selection::Names(names) = resources::select(&source)? else {
        return Err(client("--from must name a configmap or secret"));
    };
    let (kind, name) = names[0].clone();
    let data = data_of(session, kind, &name)?;
    let field = if kind == Kind::Secret { "secretKeyRef" } else { "configMapKeyRef" };
    let keys = flags.list("keys");
    let mut variables = Vec::new();
    for key in data.keys() {
        if !keys.is_empty() && !keys.contains(key) {
            continue;
        }
        let plain: String = key
            .to_uppercase()
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '_' })
            .collect();
        if plain != *key {
            session.warn(&format!("key {key} transferred to {plain}"));
        }
        let variable = format!("{}{plain}", flags.text("prefix"));
        let value = json!({ "name": variable, "valueFrom": { field: { "key": key, "name": name } } });
        variables.push(Variable { name: variable, value });
    }
    Ok(variables)
}

fn data_of(session: &Session<'_, '_>, kind: Kind, name: &str) -> Result<BTreeMap<String, String>> {
    let namespace = session.client.namespace.clone();
    let object = session.api.get(&session.client.caller, kind, &namespace, name)?;
    match kind {
        Kind::ConfigMap => Ok(object.spec::<ConfigMap>().data.clone().unwrap_or_default()),
        Kind::Secret => {
            let data = object.spec::<Secret>().data.clone().unwrap_or_default();
            Ok(data
                .into_iter()
                .map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned()))
                .collect())
        }
        kind => Err(client(format!("unsupported resource specified in --from: {kind}"))),
    }
}

fn list(session: &mut Session<'_, '_>, flags: &Flags, names: &[String]) -> Outcome {
    let found = resources::find(session, flags, names, true)?;
    crate::failure::together(found.failures)?;
    let pattern = flags.text("containers").to_owned();
    for info in found.infos {
        let mut value = info.object.to_value();
        let (kind, name) = (info.object.info().name, info.object.name().to_owned());
        let spec = pod_spec(&mut value)?.clone();
        for list in ["initContainers", "containers"] {
            for container in spec.get(list).and_then(Value::as_array).into_iter().flatten() {
                let container_name = container["name"].as_str().unwrap_or_default();
                if !matches_pattern(&pattern, container_name) {
                    continue;
                }
                session.line(&format!("# {kind} {name}, container {container_name}"));
                for variable in container["env"].as_array().into_iter().flatten() {
                    let line = list_line(session, variable, flags.on("resolve"))?;
                    session.line(&line);
                }
            }
        }
    }
    Ok(Flow::Done)
}

fn list_line(session: &Session<'_, '_>, variable: &Value, resolve: bool) -> Result<String> {
    let name = variable["name"].as_str().unwrap_or_default();
    let sources =
        [("configMapKeyRef", Kind::ConfigMap, "configmap"), ("secretKeyRef", Kind::Secret, "secret")];
    for (field, kind, word) in sources {
        let Some(reference) = variable["valueFrom"].get(field) else { continue };
        let (source, key) =
            (reference["name"].as_str().unwrap_or_default(), reference["key"].as_str().unwrap_or_default());
        if !resolve {
            return Ok(format!("# {name} from {word} {source}, key {key}"));
        }
        let data = data_of(session, kind, source)?;
        return Ok(format!("{name}={}", data.get(key).map_or("", String::as_str)));
    }
    if let Some(path) = variable["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
        return Ok(format!("# {name} from field path {path}"));
    }
    Ok(format!("{name}={}", variable["value"].as_str().unwrap_or_default()))
}
