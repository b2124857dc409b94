//! `kubectl set image|resources|selector|serviceaccount`.

use model::quantity::Quantity;
use model::selector::{Operator, Requirement, Selector, SelectorError};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Result, client, together};
use crate::files;
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::writing;

/// Changes objects that a command names, and says of each that it changed: what `set`'s subcommands share.
///
/// # Errors
/// What goes wrong with the arguments, or with all objects together.
pub fn change_all(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    args: &[String],
    done: &str,
    mut mutate: impl FnMut(&mut Session<'_, '_>, &mut Value) -> Result<()>,
) -> Outcome {
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?;
    let mut printed = 0;
    if flags.knows("local") && flags.on("local") {
        if !resources::names_files(flags) {
            return Err(client("one or more files must be specified as -f when --local is set"));
        }
        for mut object in files::load_strictly(session, flags)? {
            mutate(session, &mut object.value)?;
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
    let found = resources::find(session, flags, args, true)?;
    // One that is not there keeps all others from being changed.
    together(found.failures)?;
    let mut failures = Vec::new();
    for info in found.infos {
        let object = info.object;
        let before = object.to_value();
        let mut value = before.clone();
        if let Err(failure) = mutate(session, &mut value) {
            failures.push(failure);
            continue;
        }
        if value == before {
            continue;
        }
        if let Some(cause) = super::change_cause(session, flags) {
            writing::set_annotation(&mut value, super::CHANGE_CAUSE, &cause);
        }
        match super::send_change(session, &object, &value, dry_run) {
            Ok(shown) => {
                let subject = (object.kind(), object.name());
                writing::report(session, format.as_ref(), dry_run, subject, &shown, done, &mut printed)?;
            }
            Err(status) => failures.push(Failure::failed(patch_failure(&session.client.command), &status)),
        }
    }
    together(failures)?;
    Ok(Flow::Done)
}

/// What the subcommands say in front of a refusal.
fn patch_failure(command: &str) -> &'static str {
    match command {
        "set image" => "failed to patch image update to pod template: ",
        "set resources" => "failed to patch resources update to pod template ",
        "set env" => "failed to patch env update to pod template: ",
        "set serviceaccount" => "failed to patch ServiceAccountName ",
        _ => "failed to patch selector to pod template: ",
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
    change_all(session, flags, &names, "image updated", |_, value| {
        let spec = pod_spec(value)?;
        let mut missing = Vec::new();
        for (name, image) in &pairs {
            let mut found = false;
            each_container(spec, &["initContainers", "containers"], |container| {
                if name == "*" || container.get("name").and_then(Value::as_str) == Some(name) {
                    container.insert("image".to_owned(), image.clone().into());
                    found = true;
                }
            });
            if !found && name != "*" {
                missing.push(client(format!("unable to find container named \"{name}\"")));
            }
        }
        together(missing)
    })
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
    let wanted = [("limits", amounts(limits)?), ("requests", amounts(requests)?)];
    let containers = flags.text("containers").to_owned();
    change_all(session, flags, &flags.args, "resource requirements updated", |_, value| {
        let spec = pod_spec(value)?;
        let mut found = false;
        each_container(spec, &["initContainers", "containers"], |container| {
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            if !matches_name(&containers, name) {
                return;
            }
            found = true;
            for (list, amounts) in &wanted {
                if amounts.is_empty() {
                    continue;
                }
                let resources = container.entry("resources").or_insert_with(|| json!({}));
                if !resources[*list].is_object() {
                    resources[*list] = json!({});
                }
                for (name, amount) in amounts {
                    resources[*list][name] = amount.clone().into();
                }
            }
        });
        if found { Ok(()) } else { Err(client(format!("unable to find container named {containers}"))) }
    })
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
    let selector: Selector = expression.parse().map_err(|error: SelectorError| client(error.to_string()))?;
    change_all(session, flags, names, "selector updated", |_, value| {
        if value["kind"] != "Service" {
            return Err(client("setting a selector is only supported for Services"));
        }
        value["spec"]["selector"] = Value::Object(equalities(&selector)?);
        Ok(())
    })
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
    let account = account.clone();
    change_all(session, flags, names, "serviceaccount updated", |_, value| {
        let spec = pod_spec(value)?;
        spec.insert("serviceAccountName".to_owned(), account.clone().into());
        spec.insert("serviceAccount".to_owned(), account.clone().into());
        Ok(())
    })
}
