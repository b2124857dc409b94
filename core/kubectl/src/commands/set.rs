//! `kubectl set image|resources|selector|serviceaccount`.

use model::quantity::Quantity;
use model::selector::{Operator, Requirement, Selector, SelectorError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::set_env::Variables;
use crate::failure::{Failure, Result, client, together};
use crate::files;
use crate::flags::Flags;
use crate::resources::{self, Info};
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::{self, Reporter};

/// What is said when `--local` has no files to change.
const NO_FILES: &str = "you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'";

/// What is set of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// The images of containers by name.
    Image(Vec<(String, String)>),
    /// Amounts of resources in the containers that a pattern matches.
    Resources {
        /// The pattern.
        containers: String,
        /// `limits` and `requests`.
        amounts: Vec<(String, Vec<(String, String)>)>,
    },
    /// A Service's selector, as it was written.
    Selector(String),
    /// The service account of pods.
    ServiceAccount(String),
    /// The environment of containers.
    Env(Variables),
}

impl Change {
    /// What is said of a changed object, and in front of a refusal.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Image(_) => ("image updated", "failed to patch image update to pod template: "),
            Self::Resources { .. } => {
                ("resource requirements updated", "failed to patch resources update to pod template ")
            }
            Self::Selector(_) => ("selector updated", "failed to patch selector to pod template: "),
            Self::ServiceAccount(_) => ("serviceaccount updated", "failed to patch ServiceAccountName "),
            Self::Env(_) => ("env updated", "failed to patch env update to pod template: "),
        }
    }

    /// Changes an object; containers that it lacks come among the `missing`.
    fn apply(
        &self,
        session: &mut Session<'_, '_>,
        value: &mut Value,
        missing: &mut Vec<Failure>,
    ) -> Result<()> {
        match self {
            Self::Image(images) => set_images(value, images, missing),
            Self::Resources { containers, amounts } => set_resources(value, containers, amounts, missing),
            Self::Selector(expression) => set_selector(value, expression),
            Self::ServiceAccount(account) => {
                let spec = pod_spec(value)?;
                spec.insert("serviceAccountName".to_owned(), account.clone().into());
                spec.insert("serviceAccount".to_owned(), account.clone().into());
                Ok(())
            }
            Self::Env(variables) => variables.apply(session, value),
        }
    }
}

/// Changes objects that a command names, and says of each that it changed: what `set`'s subcommands share.
///
/// # Errors
/// What goes wrong with the arguments, or with all objects together.
pub fn change_all(session: &mut Session<'_, '_>, flags: &Flags, args: &[String], change: Change) -> Outcome {
    let mut reporter = Reporter::of(session, flags)?;
    if flags.knows("local") && flags.on("local") {
        if !resources::names_files(flags) {
            return Err(client(match change {
                Change::Env(_) | Change::ServiceAccount(_) => resources::NOTHING_NAMED,
                _ => NO_FILES,
            }));
        }
        reporter.dry_run = DryRun::No;
        for mut object in files::load_strictly(session, flags)? {
            let mut missing = Vec::new();
            change.apply(session, &mut object.value, &mut missing)?;
            together(missing)?;
            let subject = (object.kind, object.name.as_str());
            reporter.say(session, subject, &object.value, change.words().0)?;
        }
        return Ok(Flow::Done);
    }
    let found = resources::find(session, flags, args, true)?;
    // One that is not there keeps all others from being changed, by all subcommands but one.
    if !matches!(change, Change::Selector(_)) {
        together(found.failures.clone())?;
    }
    let setting = Setting { change, reporter, missing: Vec::new() };
    visits::each(session, flags, setting, found.infos, found.failures)
}

/// Changing one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setting {
    change: Change,
    reporter: Reporter,
    /// Containers that objects lack: said before all else.
    missing: Vec<Failure>,
}

impl Visitor for Setting {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Set;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let object = info.object;
        let before = object.to_value();
        let mut value = before.clone();
        // The real program's own mark and end of line come on top of those that a failure gets anyway.
        self.change.apply(session, &mut value, &mut self.missing).map_err(|failure| match failure {
            Failure::Client(why) => client(format!("error: {why}\n")),
            other => other,
        })?;
        // A selector is sent even if it is what it was.
        if value == before && !matches!(self.change, Change::Selector(_)) {
            return Ok(());
        }
        if let Some(cause) = super::change_cause(session, flags) {
            writing::set_annotation(&mut value, super::CHANGE_CAUSE, &cause);
        }
        let (done, failed) = self.change.words();
        let shown = super::send_change(session, &object, &value, self.reporter.dry_run)
            .map_err(|status| Failure::failed(failed, &status))?;
        self.reporter.say(session, (object.kind(), object.name()), &shown, done)
    }

    fn end(mut self, _session: &mut Session<'_, '_>, _flags: &Flags, failures: Vec<Failure>) -> Outcome {
        self.missing.extend(failures);
        together(self.missing)?;
        Ok(Flow::Done)
    }
}

/// `deployments`.
pub(super) fn resource_of(version: &str, kind: &str) -> String {
    model::Kind::from_api(version, kind)
        .map_or_else(|| kind.to_lowercase(), |kind| kind.info().plural.to_owned())
}

/// The pod spec within an object: its own, or its template's.
///
/// # Errors
/// If the kind has none.
pub fn pod_spec(value: &mut Value) -> Result<&mut Map<String, Value>> {
    let kind = value["kind"].as_str().unwrap_or_default().to_owned();
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let version = value["apiVersion"].as_str().unwrap_or_default().to_owned();
    let spec = match kind.as_str() {
        "Pod" => value.pointer_mut("/spec"),
        "CronJob" => value.pointer_mut("/spec/jobTemplate/spec/template/spec"),
        _ => value.pointer_mut("/spec/template/spec"),
    };
    spec.and_then(Value::as_object_mut).ok_or_else(|| {
        client(format!(
            "{}/{name} the object is not a pod or does not have a pod template: *{}.{kind}",
            resource_of(&version, &kind),
            version.rsplit('/').next().unwrap_or_default()
        ))
    })
}

/// Words that set something (`a=b`) or take it away (`a-`), and those before them.
fn split_pairs(args: &[String]) -> (Vec<String>, Vec<(String, String)>) {
    let mut names = Vec::new();
    let mut pairs = Vec::new();
    for arg in args {
        match arg.split_once('=') {
            Some((name, value)) => pairs.push((name.to_owned(), value.to_owned())),
            None => names.push(arg.clone()),
        }
    }
    (names, pairs)
}

fn each_container(
    spec: &mut Map<String, Value>,
    lists: &[&str],
    mut visit: impl FnMut(&mut Map<String, Value>),
) {
    for list in lists {
        let containers = spec.get_mut(*list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
            visit(container);
        }
    }
}

/// Runs `set image`.
pub fn image(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let (names, pairs) = split_pairs(&flags.args);
    if names.is_empty() && !resources::names_files(flags) {
        return Err(client(resources::NOTHING_NAMED));
    }
    if pairs.is_empty() {
        together(resources::find(session, flags, &names, true)?.failures)?;
        return Err(client("at least one image update is required"));
    }
    change_all(session, flags, &names, Change::Image(pairs))
}

fn set_images(value: &mut Value, images: &[(String, String)], missing: &mut Vec<Failure>) -> Result<()> {
    let spec = pod_spec(value)?;
    for (name, image) in images {
        let mut found = false;
        each_container(spec, &["initContainers", "containers"], |container| {
            if name == "*" || container.get("name").and_then(Value::as_str) == Some(name) {
                container.insert("image".to_owned(), image.clone().into());
                found = true;
            }
        });
        if !found && name != "*" {
            missing.push(client(format!("error: unable to find container named \"{name}\"")));
        }
    }
    Ok(())
}

/// Runs `set resources`.
pub fn resources(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let (limits, requests) = (flags.text("limits"), flags.text("requests"));
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client(resources::NOTHING_NAMED));
    }
    if limits.is_empty() && requests.is_empty() {
        return Err(client(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let amounts = vec![("limits".to_owned(), amounts(limits)?), ("requests".to_owned(), amounts(requests)?)];
    let containers = flags.text("containers").to_owned();
    change_all(session, flags, &flags.args, Change::Resources { containers, amounts })
}

fn set_resources(
    value: &mut Value,
    containers: &str,
    wanted: &[(String, Vec<(String, String)>)],
    missing: &mut Vec<Failure>,
) -> Result<()> {
    let spec = pod_spec(value)?;
    let mut found = false;
    each_container(spec, &["initContainers", "containers"], |container| {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        if !matches_name(containers, name) {
            return;
        }
        found = true;
        for (list, amounts) in wanted.iter().filter(|(_, amounts)| !amounts.is_empty()) {
            let resources = container.entry("resources").or_insert_with(|| json!({}));
            if !resources[list].is_object() {
                resources[list] = json!({});
            }
            for (name, amount) in amounts {
                resources[list][name] = amount.clone().into();
            }
        }
    });
    if !found {
        missing.push(client(format!("error: unable to find container named {containers}")));
    }
    Ok(())
}

/// Whether a name matches a pattern with `*`.
fn matches_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
    }
}

/// Reads `cpu=100m,memory=1Gi`.
fn amounts(text: &str) -> Result<Vec<(String, String)>> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, amount) = part.split_once('=').ok_or_else(|| {
                client(format!("Invalid argument syntax {part}, expected <resource>=<value>"))
            })?;
            let quantity: Quantity = amount.parse().map_err(|error| client(format!("{error}")))?;
            Ok((name.to_owned(), quantity.to_string()))
        })
        .collect()
}

/// Runs `set selector`.
pub fn selector(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let Some((expression, names)) = flags.args.split_last() else {
        return Err(client(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    };
    parsed(expression)?;
    change_all(session, flags, names, Change::Selector(expression.clone()))
}

fn parsed(expression: &str) -> Result<Selector> {
    expression.parse().map_err(|error: SelectorError| client(error.to_string()))
}

fn set_selector(value: &mut Value, expression: &str) -> Result<()> {
    if value["kind"] != "Service" {
        return Err(client("setting a selector is only supported for Services"));
    }
    value["spec"]["selector"] = Value::Object(equalities(&parsed(expression)?)?);
    Ok(())
}

/// A Service selects by equality only.
fn equalities(selector: &Selector) -> Result<Map<String, Value>> {
    let (equal, other): (Vec<&Requirement>, Vec<&Requirement>) = selector
        .requirements()
        .iter()
        .partition(|one| matches!(one.operator(), Operator::Equals | Operator::DoubleEquals));
    if !other.is_empty() {
        let expressions: Vec<String> = other.iter().map(|one| expression(one)).collect();
        return Err(client(format!(
            "match expression [{}] not supported on this object",
            expressions.join(" ")
        )));
    }
    let value = |one: &Requirement| one.values().first().cloned().unwrap_or_default();
    Ok(equal.into_iter().map(|one| (one.key().to_owned(), value(one).into())).collect())
}

/// As Go prints a `LabelSelectorRequirement`.
fn expression(one: &Requirement) -> String {
    let operator = match one.operator() {
        Operator::In => "In",
        Operator::NotIn | Operator::NotEquals => "NotIn",
        Operator::Exists => "Exists",
        _ => "DoesNotExist",
    };
    format!("{{{} {operator} [{}]}}", one.key(), one.values().join(" "))
}

/// Runs `set serviceaccount`.
pub fn service_account(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let Some((account, names)) = flags.args.split_last() else {
        return Err(client("serviceaccount is required"));
    };
    change_all(session, flags, names, Change::ServiceAccount(account.clone()))
}
