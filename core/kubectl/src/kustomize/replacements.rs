//! `replacements`: a field of one object put into fields of others.

use model::manifest;
use serde_json::{Value, json};
use shell::Io;

use super::kustomization::Kustomization;
use super::patches::Selection;
use super::resource::Resource;
use super::{read, within};
use crate::failure::{Result, client};

/// Makes all replacements.
pub(super) fn run(
    io: &mut Io<'_>,
    root: &str,
    kustomization: &Kustomization,
    resources: &mut [Resource],
) -> Result<()> {
    for entry in kustomization.list("replacements") {
        let of_file = match entry["path"].as_str() {
            Some(path) => {
                let text = read(io, &within(root, path))
                    .ok_or_else(|| client(format!("unable to read replacement file {path}")))?;
                Some(manifest::read_value(&text).map_err(|error| client(error.message))?)
            }
            None => None,
        };
        match &of_file {
            Some(Value::Array(entries)) => {
                entries.iter().try_for_each(|entry| replace(entry, resources))?;
            }
            Some(entry) => replace(entry, resources)?,
            None => replace(entry, resources)?,
        }
    }
    Ok(())
}

fn replace(entry: &Value, resources: &mut [Resource]) -> Result<()> {
    let source = source_value(&entry["source"], resources)?;
    for target in entry["targets"].as_array().into_iter().flatten() {
        let selected = Selection::of(&target["select"])?;
        let rejected = target["reject"].as_array().into_iter().flatten().map(Selection::of);
        let rejected = rejected.collect::<Result<Vec<Selection>>>()?;
        let paths: Vec<&str> = match target["fieldPaths"].as_array() {
            Some(paths) => paths.iter().filter_map(Value::as_str).collect(),
            None => vec!["metadata.name"],
        };
        for resource in resources.iter_mut() {
            if !selected.matches(resource) || rejected.iter().any(|one| one.matches(resource)) {
                continue;
            }
            for path in &paths {
                let steps = steps(path);
                let mut found = false;
                let create = target["options"]["create"] == true;
                walk(&mut resource.value, &steps, create, &mut |field| {
                    found = true;
                    *field = put(field, &source, &target["options"]);
                });
                if !found {
                    return Err(client(format!("unable to find field {path:?} in replacement target")));
                }
            }
        }
    }
    Ok(())
}

fn source_value(source: &Value, resources: &mut [Resource]) -> Result<Value> {
    let selection = Selection::of(source)?;
    let mut matching = resources.iter_mut().filter(|resource| selection.matches(resource));
    let (Some(resource), None) = (matching.next(), matching.next()) else {
        return Err(client("nothing selected, or more than one object, by the source of a replacement"));
    };
    let path = source["fieldPath"].as_str().unwrap_or("metadata.name");
    let mut found = None;
    walk(&mut resource.value.clone(), &steps(path), false, &mut |field| found = Some(field.clone()));
    let Some(value) = found else {
        return Err(client(format!(
            "fieldPath `{path}` is missing for replacement source {}",
            resource.id()
        )));
    };
    Ok(match source["options"]["delimiter"].as_str() {
        Some(delimiter) => {
            let text = plain(&value);
            let index = source["options"]["index"].as_u64().unwrap_or(0);
            let part = text.split(delimiter).nth(usize::try_from(index).unwrap_or(usize::MAX));
            part.unwrap_or_default().into()
        }
        None => value,
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a field becomes: the source, or itself with one of its parts replaced by it.
fn put(field: &Value, source: &Value, options: &Value) -> Value {
    let Some(delimiter) = options["delimiter"].as_str().filter(|text| !text.is_empty()) else {
        return source.clone();
    };
    let text = plain(field);
    let mut parts: Vec<String> = text.split(delimiter).map(str::to_owned).collect();
    match options["index"].as_i64().unwrap_or(0) {
        index if index < 0 => parts.insert(0, plain(source)),
        index => match parts.get_mut(usize::try_from(index).unwrap_or(usize::MAX)) {
            Some(part) => *part = plain(source),
            None => parts.push(plain(source)),
        },
    }
    parts.join(delimiter).into()
}

/// The steps of `spec.template.spec.containers.[name=main].image`; a dot within a step has a backslash before it.
fn steps(path: &str) -> Vec<String> {
    let (mut steps, mut step, mut letters, mut bracket) = (Vec::new(), String::new(), path.chars(), false);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => step.extend(letters.next()),
            '.' if !bracket => steps.push(std::mem::take(&mut step)),
            letter => {
                bracket = (bracket || letter == '[') && letter != ']';
                step.push(letter);
            }
        }
    }
    steps.push(step);
    steps.retain(|step| !step.is_empty());
    steps
}

fn walk(value: &mut Value, steps: &[String], create: bool, visit: &mut impl FnMut(&mut Value)) {
    let Some((step, rest)) = steps.split_first() else {
        visit(value);
        return;
    };
    if let Some(condition) = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
        let (key, wanted) = condition.split_once('=').unwrap_or((condition, ""));
        let matching = value.as_array_mut().into_iter().flatten().filter(|item| plain(&item[key]) == wanted);
        matching.for_each(|item| walk(item, rest, create, visit));
        return;
    }
    match value {
        Value::Array(items) if step == "*" => {
            items.iter_mut().for_each(|item| walk(item, rest, create, visit));
        }
        Value::Array(items) => {
            if let Some(item) = step.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                walk(item, rest, create, visit);
            }
        }
        Value::Object(fields) => {
            if create && !fields.contains_key(step) {
                fields.insert(step.clone(), if rest.is_empty() { Value::Null } else { json!({}) });
            }
            if let Some(inner) = fields.get_mut(step) {
                walk(inner, rest, create, visit);
            }
        }
        _ => {}
    }
}
