//! `kubectl label`, and the half of it that `annotate` shares.

use model::selector::label_value_problems;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failure::{Failure, Result, client};
use crate::files;
use crate::flags::Flags;
use crate::resources::{self, Info};
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::{self, Reporter};

/// Labels or annotations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    let mut reporter = Reporter::of(session, flags)?;
    if flags.on("local") {
        if !resources::names_files(flags) {
            return Err(client(
                "can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set",
            ));
        }
        reporter.dry_run = DryRun::No;
        for mut object in files::load_strictly(session, flags)? {
            let done = apply(&mut object.value, &changes, field, flags.on("overwrite"))?;
            reporter.say(session, (object.kind, object.name.as_str()), &object.value, done)?;
        }
        return Ok(Flow::Done);
    }
    let found = resources::find(session, flags, names, true)?;
    let labelling = Labelling { field, changes, reporter, several: found.infos.len() > 1 };
    visits::each(session, flags, labelling, found.infos, found.failures)
}

/// Labelling one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Labelling {
    field: Field,
    changes: Changes,
    reporter: Reporter,
    several: bool,
}

impl Visitor for Labelling {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Label;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let (object, field) = (info.object, self.field);
        let before = object.to_value();
        let revision = flags.text("resource-version");
        if !revision.is_empty() && revision != object.revision.to_string() {
            return Err(model::Status::modified(object.kind(), object.name()).into());
        }
        let mut value = before.clone();
        let done = apply(&mut value, &self.changes, field, flags.on("overwrite"))?;
        if flags.on("list") {
            // What would be is shown; nothing is sent.
            show_list(session, &object, &value, field, self.several);
            return Ok(());
        }
        if field == Field::Labels {
            for missing in missing_removals(&before, &self.changes) {
                session.line(&format!("label {missing:?} not found."));
            }
        }
        if let Some(cause) = super::change_cause(session, flags) {
            writing::set_annotation(&mut value, super::CHANGE_CAUSE, &cause);
        }
        if value != before {
            value = super::send_change(session, &object, &value, self.reporter.dry_run)?;
        }
        self.reporter.say(session, (object.kind(), object.name()), &value, done)
    }
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
