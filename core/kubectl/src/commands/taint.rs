//! `kubectl taint`.

use k8s_openapi::api::core::v1::{Node, Taint};
use model::Kind;
use serde_json::{Value, json};

use crate::failure::{Failure, Result, client, together};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources::{self, Selection};
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::writing;

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `key=value:Effect`.
#[must_use]
pub fn text(taint: &Taint) -> String {
    match taint.value.as_deref().unwrap_or_default() {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    }
}

/// A taint to set, or one to take away (of any effect if that is empty).
struct Change {
    taint: Taint,
    remove: bool,
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let is_change = |arg: &String| arg.contains('=') || arg.contains(':') || arg.ends_with('-');
    let split = flags.args.iter().position(is_change).unwrap_or(flags.args.len());
    let (names, specs) = flags.args.split_at(split);
    if names.is_empty() {
        return Err(client("one or more resources must be specified as <resource> <name>"));
    }
    if specs.is_empty() {
        return Err(client("at least one taint update is required"));
    }
    let changes = specs.iter().map(|spec| parse(spec)).collect::<Result<Vec<_>>>()?;
    match resources::select(names)? {
        Selection::Kinds(kinds) if kinds.iter().any(|kind| *kind != Kind::Node) => {
            return Err(client(format!("invalid resource type {}, only node types are supported", kinds[0])));
        }
        _ => {}
    }
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    let found = resources::find(session, flags, names, true)?;
    let (mut failures, mut printed) = (found.failures, 0);
    for info in found.infos {
        let object = info.object;
        let mut taints = object.spec::<Node>().taints.clone().unwrap_or_default();
        let done = match apply(&mut taints, &changes, flags.on("overwrite"), object.name()) {
            Ok(done) => done,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        let mut value = object.to_value();
        value["spec"]["taints"] = if taints.is_empty() { Value::Null } else { json!(taints) };
        match super::send_change(session, &object, &value, dry_run) {
            Ok(shown) => {
                let subject = (Kind::Node, object.name());
                writing::report(session, format.as_ref(), dry_run, subject, &shown, done, &mut printed)?;
            }
            Err(status) => failures.push(status.into()),
        }
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn parse(spec: &str) -> Result<Change> {
    let invalid = |why: &str| client(format!("invalid taint spec: {spec}, {why}"));
    let (body, remove) = match spec.strip_suffix('-') {
        Some(body) => (body, true),
        None => (spec, false),
    };
    let (pair, effect) = body.split_once(':').unwrap_or((body, ""));
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let problems = model::selector::qualified_name_problems(key);
    if let Some(problem) = problems.first() {
        return Err(invalid(problem));
    }
    if effect.is_empty() && !remove {
        return Err(client(format!("invalid taint spec: {spec}")));
    }
    if !effect.is_empty() && !EFFECTS.contains(&effect) {
        return Err(client(format!("invalid taint effect: {effect}, unsupported taint effect")));
    }
    let value = (!value.is_empty()).then(|| value.to_owned());
    Ok(Change {
        taint: Taint { key: key.to_owned(), value, effect: effect.to_owned(), time_added: None },
        remove,
    })
}

/// Changes the list; answers what was done.
fn apply(taints: &mut Vec<Taint>, changes: &[Change], overwrite: bool, node: &str) -> Result<&'static str> {
    let same = |one: &Taint, other: &Taint| {
        one.key == other.key && (other.effect.is_empty() || one.effect == other.effect)
    };
    let mut clashing = Vec::new();
    for change in changes.iter().filter(|change| !change.remove) {
        if !overwrite && taints.iter().any(|taint| same(taint, &change.taint)) {
            clashing.push(text(&change.taint));
        }
    }
    if !clashing.is_empty() {
        return Err(Failure::Client(format!(
            "node {node} already has {} taint(s) with same effect(s) and --overwrite is false",
            clashing.join(",")
        )));
    }
    let (mut added, mut removed) = (false, false);
    for change in changes {
        let before = taints.len();
        taints.retain(|taint| !same(taint, &change.taint));
        if change.remove {
            if taints.len() == before {
                let shown = match change.taint.effect.as_str() {
                    "" => change.taint.key.clone(),
                    effect => format!("{}:{effect}", change.taint.key),
                };
                return Err(client(format!("taint \"{shown}\" not found")));
            }
            removed = true;
        } else {
            taints.insert(0, change.taint.clone());
            added = true;
        }
    }
    Ok(match (added, removed) {
        (true, true) => "modified",
        (false, true) => "untainted",
        _ => "tainted",
    })
}
