//! `kubectl label`, and the half of it that `annotate` shares.

use model::selector::label_value_problems;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result, client, together};
use crate::files;
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::writing;

/// Labels or annotations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// Labels.
    Labels,
    /// Annotations.
    Annotations,
}

impl Field {
    fn name(self) -> &'static str {
        if self == Self::Labels { "labels" } else { "annotations" }
    }

    fn singular(self) -> &'static str {
        if self == Self::Labels { "label" } else { "annotation" }
    }
}

/// What is to be set and what is to go.
struct Changes {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

/// Runs `label`.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, Field::Labels)
}

/// Runs `label` or `annotate`.
///
/// # Errors
/// What goes wrong with the arguments, or with all objects together.
pub fn change(session: &mut Session<'_, '_>, flags: &Flags, field: Field) -> Outcome {
    let is_change =
        |arg: &String| (arg.contains('=') && !arg.starts_with('=')) || (arg.ends_with('-') && arg != "-");
    let split = flags.args.iter().position(is_change).unwrap_or(flags.args.len());
    let (names, specs) = flags.args.split_at(split);
    if names.is_empty() && !resources::names_files(flags) {
        return Err(client(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    let list = flags.on("list");
    if specs.is_empty() && !list {
        return Err(client(format!("at least one {} update is required", field.singular())));
    }
    let changes = parse(specs, field)?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    let mut printed = 0;
    if flags.on("local") {
        if !resources::names_files(flags) {
            return Err(client(
                "can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set",
            ));
        }
        for mut object in files::load_strictly(session, flags)? {
            let done = apply(&mut object.value, &changes, field, flags.on("overwrite"))?;
            let subject = (object.kind, object.name.as_str());
            writing::report(
                session,
                format.as_ref(),
                DryRun::No,
                subject,
                &object.value,
                done,
                &mut printed,
            )?;
        }
        return Ok(Flow::Done);
    }
    let found = resources::find(session, flags, names, true)?;
    let mut failures = found.failures;
    let several = found.infos.len() > 1;
    for info in found.infos {
        let object = info.object;
        let mut value = object.to_value();
        let revision = flags.text("resource-version");
        if !revision.is_empty() && revision != object.revision.to_string() {
            failures.push(model::Status::modified(object.kind(), object.name()).into());
            continue;
        }
        let done = match apply(&mut value, &changes, field, flags.on("overwrite")) {
            Ok(done) => done,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        if list {
            // What would be is shown; nothing is sent.
            show_list(session, &object, &value, field, several);
            continue;
        }
        if field == Field::Labels {
            for missing in missing_removals(&object.to_value(), &changes) {
                session.line(&format!("label {missing:?} not found."));
            }
        }
        if let Some(cause) = super::change_cause(session, flags) {
            writing::set_annotation(&mut value, super::CHANGE_CAUSE, &cause);
        }
        let sent = if value == object.to_value() {
            Ok(value)
        } else {
            super::send_change(session, &object, &value, dry_run)
        };
        match sent {
            Ok(shown) => {
                let subject = (object.kind(), object.name());
                writing::report(session, format.as_ref(), dry_run, subject, &shown, done, &mut printed)?;
            }
            Err(status) => failures.push(status.into()),
        }
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn parse(specs: &[String], field: Field) -> Result<Changes> {
    let mut changes = Changes { set: Vec::new(), remove: Vec::new() };
    for spec in specs {
        if let Some((key, value)) = spec.split_once('=').filter(|(key, _)| !key.is_empty()) {
            if field == Field::Labels {
                if value.contains('=') {
                    return Err(client(format!("invalid label spec: {spec}")));
                }
                check_value(spec, value)?;
            }
            changes.set.push((key.to_owned(), value.to_owned()));
        } else if let Some(key) = spec.strip_suffix('-') {
            changes.remove.push(key.to_owned());
        } else {
            return Err(client(format!(
                "all resources must be specified before {} changes: {spec}",
                field.singular()
            )));
        }
    }
    if changes.remove.iter().any(|key| changes.set.iter().any(|(set, _)| set == key)) {
        return Err(client(format!("can not both modify and remove {} in the same command", a_or_an(field))));
    }
    Ok(changes)
}

fn a_or_an(field: Field) -> &'static str {
    if field == Field::Labels { "a label" } else { "an annotation" }
}

/// Only a label's value is checked here; the rest is left to the server.
fn check_value(spec: &str, value: &str) -> Result<()> {
    let problems = label_value_problems(value);
    if problems.is_empty() {
        return Ok(());
    }
    Err(client(format!("invalid label value: {spec:?}: {}", problems.join(";"))))
}

fn existing(value: &Value, field: Field) -> Map<String, Value> {
    value["metadata"][field.name()].as_object().cloned().unwrap_or_default()
}

fn missing_removals(value: &Value, changes: &Changes) -> Vec<String> {
    let existing = existing(value, Field::Labels);
    changes.remove.iter().filter(|key| !existing.contains_key(*key)).cloned().collect()
}

fn clashing(clashes: &[String], field: Field) -> Failure {
    match (field, clashes) {
        (Field::Annotations, clashes) => client(format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            clashes.join("; ")
        )),
        (Field::Labels, [only]) => client(format!("{only}, and --overwrite is false")),
        (Field::Labels, several) => Failure::Many(
            several.iter().map(|clash| client(format!("{clash}, and --overwrite is false"))).collect(),
        ),
    }
}

/// Changes the tree; answers what was done.
fn apply(value: &mut Value, changes: &Changes, field: Field, overwrite: bool) -> Result<&'static str> {
    let before = existing(value, field);
    let mut after = before.clone();
    if !overwrite {
        let clashes: Vec<String> = changes
            .set
            .iter()
            .filter_map(|(key, new)| {
                let old = before.get(key)?.as_str()?;
                (old != new).then(|| format!("'{key}' already has a value ({old})"))
            })
            .collect();
        if !clashes.is_empty() {
            return Err(clashing(&clashes, field));
        }
    }
    for (key, new) in &changes.set {
        after.insert(key.clone(), new.clone().into());
    }
    for key in &changes.remove {
        after.remove(key);
    }
    let done = match field {
        Field::Annotations => "annotated",
        // An object without labels is sent an empty list of them all the same.
        Field::Labels if after == before && !before.is_empty() => "not labeled",
        Field::Labels if after == before => "labeled",
        Field::Labels if changes.set.is_empty() => "unlabeled",
        Field::Labels => "labeled",
    };
    if after.is_empty() {
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove(field.name());
        }
    } else {
        value["metadata"][field.name()] = Value::Object(after);
    }
    Ok(done)
}

fn show_list(
    session: &mut Session<'_, '_>,
    object: &model::Object,
    value: &Value,
    field: Field,
    several: bool,
) {
    let indent = if several {
        let title = format!(
            "Listing {} for {}.{}/{}:",
            field.name(),
            object.info().name,
            object.info().group,
            object.name()
        );
        session.line(&title);
        " "
    } else {
        ""
    };
    for (key, text) in existing(value, field) {
        session.line(&format!("{indent}{key}={}", text.as_str().unwrap_or_default()));
    }
}
