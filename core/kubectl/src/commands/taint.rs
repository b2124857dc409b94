//! `kubectl taint`.

use k8s_openapi::api::core::v1::{Node, Taint};
use model::Kind;
use model::selector::{label_value_problems, qualified_name_problems};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::{Failure, Result, client, usage};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources::{self, Info, Selection};
use crate::session::{DryRun, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::Reporter;

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
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Change {
    #[serde(with = "model::tree")]
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
    let changes = parse_all(specs)?;
    check_kinds(names)?;
    let dry_run = DryRun::of(flags)?;
    // A dry run says no more than the deed.
    let reporter = Reporter::new(Format::of(session, flags, false)?, DryRun::No);
    let found = resources::find(session, flags, names, true)?;
    visits::each(session, flags, Tainting { changes, dry_run, reporter }, found.infos, found.failures)
}

/// Tainting one node after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tainting {
    changes: Vec<Change>,
    dry_run: DryRun,
    reporter: Reporter,
}

impl Visitor for Tainting {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Taint;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let node = info.object;
        let mut taints = node.spec::<Node>().taints.clone().unwrap_or_default();
        let done = apply(&mut taints, &self.changes, flags.on("overwrite"), node.name())?;
        let mut value = node.to_value();
        value["spec"]["taints"] = if taints.is_empty() { Value::Null } else { json!(taints) };
        let shown = super::send_change(session, &node, &value, self.dry_run)?;
        self.reporter.say(session, (Kind::Node, node.name()), &shown, done)
    }
}

/// Only nodes can be tainted.
fn check_kinds(names: &[String]) -> Result<()> {
    let kinds: Vec<Kind> = match resources::select(names)? {
        Selection::Kinds(kinds) => kinds,
        Selection::Names(names) => names.into_iter().map(|(kind, _)| kind).collect(),
    };
    if kinds.iter().all(|kind| *kind == Kind::Node) {
        return Ok(());
    }
    Err(client(format!("invalid resource type {}, only node types are supported", names[0])))
}

fn parse_all(specs: &[String]) -> Result<Vec<Change>> {
    let changes: Vec<Change> =
        specs.iter().map(|spec| parse(spec).map_err(|why| usage("taint", why))).collect::<Result<_>>()?;
    let same = |one: &Taint, other: &Taint| one.key == other.key && one.effect == other.effect;
    let added: Vec<&Taint> =
        changes.iter().filter(|change| !change.remove).map(|change| &change.taint).collect();
    for (index, taint) in added.iter().enumerate() {
        if added[..index].iter().any(|earlier| same(earlier, taint)) {
            let value = taint.value.as_deref().unwrap_or_default();
            let shown = format!("{{{} {value} {} <nil>}}", taint.key, taint.effect);
            return Err(usage("taint", format!("duplicated taints with the same key and effect: {shown}")));
        }
    }
    let both: Vec<String> = changes
        .iter()
        .filter(|change| change.remove && added.iter().any(|taint| same(taint, &change.taint)))
        .map(|change| format!("{}={}", change.taint.key, change.taint.effect))
        .collect();
    if both.is_empty() {
        return Ok(changes);
    }
    let what = "can not both modify and remove the following taint(s) in the same command";
    Err(client(format!("{what}: {}", both.join(", "))))
}

/// Reads `key=value:Effect`, `key:Effect`, and with a `-` at their end what is to go; there `key` alone will do.
fn parse(spec: &str) -> std::result::Result<Change, String> {
    let invalid = |why: Vec<String>| format!("invalid taint spec: {spec}, {}", why.join("; "));
    let (body, remove) = match spec.strip_suffix('-') {
        Some(body) => (body, true),
        None => (spec, false),
    };
    let parts: Vec<&str> = body.split(':').collect();
    let (key, value, effect) = match parts.as_slice() {
        [key] => (*key, "", None),
        [pair, effect] => {
            if !EFFECTS.contains(effect) {
                return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
            }
            match pair.split('=').collect::<Vec<_>>().as_slice() {
                [key] => (*key, "", Some(*effect)),
                [key, value] => (*key, *value, Some(*effect)),
                _ => return Err(format!("invalid taint spec: {spec}")),
            }
        }
        _ => return Err(format!("invalid taint spec: {spec}")),
    };
    for problems in [label_value_problems(value), qualified_name_problems(key)] {
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
    }
    if effect.is_none() && !remove {
        return Err(format!("invalid taint spec: {spec}"));
    }
    let value = (!value.is_empty()).then(|| value.to_owned());
    let effect = effect.unwrap_or_default().to_owned();
    Ok(Change { taint: Taint { key: key.to_owned(), value, effect, time_added: None }, remove })
}

/// Changes the list; answers what was done.
fn apply(taints: &mut Vec<Taint>, changes: &[Change], overwrite: bool, node: &str) -> Result<&'static str> {
    let same = |one: &Taint, other: &Taint| {
        one.key == other.key && (other.effect.is_empty() || one.effect == other.effect)
    };
    let mut clashing = Vec::new();
    for change in changes.iter().filter(|change| !change.remove) {
        if !overwrite && taints.iter().any(|taint| same(taint, &change.taint)) {
            clashing.push(change.taint.key.clone());
        }
    }
    if !clashing.is_empty() {
        return Err(Failure::Client(format!(
            "node {node} already has {} taint(s) with same effect(s) and --overwrite is false",
            clashing.join(",")
        )));
    }
    let (mut added, mut removed, mut overwritten) = (false, false, false);
    let mut new = Vec::new();
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
            overwritten |= taints.len() < before;
            new.push(change.taint.clone());
            added = true;
        }
    }
    // The new stand before the old.
    taints.splice(0..0, new);
    Ok(match (added, removed || overwritten) {
        (true, true) => "modified",
        (false, true) => "untainted",
        _ => "tainted",
    })
}
