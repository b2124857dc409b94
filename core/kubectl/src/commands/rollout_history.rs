//! `kubectl rollout history` and `undo`: both read the replica sets that a deployment has had.

use std::collections::BTreeMap;
use std::sync::Arc;

use apiserver::ListOptions;
use k8s_openapi::api::apps::v1::ReplicaSet;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rollout_status::REVISION;
use crate::describe::template;
use crate::describe::writer::Writer;
use crate::failure::{Result, client, together};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources::{self, Found, Info};
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::tabwriter;
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};

const HASH_LABEL: &str = "pod-template-hash";
/// Annotations of a replica set that do not go back to the deployment.
const NOT_RESTORED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// The replica sets of a deployment, by revision.
fn revisions(session: &Session<'_, '_>, deployment: &Object) -> Result<BTreeMap<i64, Arc<Object>>> {
    let caller = &session.client.caller;
    let list = session.api.list(caller, Kind::ReplicaSet, deployment.namespace(), &ListOptions::default())?;
    let owned = list
        .items
        .into_iter()
        .filter(|set| set.metadata.controller().is_some_and(|owner| owner.uid == deployment.uid()));
    Ok(owned.filter_map(|set| Some((set.annotations().get(REVISION)?.parse().ok()?, set.clone()))).collect())
}

fn workloads(session: &mut Session<'_, '_>, flags: &Flags) -> Result<Found> {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client("required resource not specified"));
    }
    resources::find(session, flags, &flags.args, false)
}

/// Kinds that the real program's table of workloads has; of others it says that it cannot even ask.
const WORKLOADS: &[&str] = &[
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

/// Only deployments have a history: `what` is the history viewer or the rollbacker.
fn check_kind(object: &Object, what: &str, retrieving: &str) -> Result<()> {
    let info = object.info();
    if object.kind() == Kind::Deployment {
        return Ok(());
    }
    Err(client(if WORKLOADS.contains(&info.name) {
        format!("no {what} has been implemented for \"{}\"", info.qualified_kind())
    } else {
        let kind = info.qualified_kind();
        format!(
            "error retrieving {retrieving} for \"{kind}\", no visitor method exists for {{{} {}}}",
            info.group, info.name
        )
    }))
}

/// Runs `rollout history`.
pub fn history(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let format = Format::of(session, flags, false)?;
    let wanted = flags.int("revision");
    if wanted < 0 {
        return Err(client(format!("revision must be a positive integer: {wanted}")));
    }
    let found = workloads(session, flags)?;
    let mut failures = found.failures;
    for info in found.infos {
        failures.extend(show_history(session, &info.object, format.as_ref(), wanted).err());
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn show_history(
    session: &mut Session<'_, '_>,
    workload: &Object,
    format: Option<&Format>,
    wanted: i64,
) -> Result<()> {
    check_kind(workload, "history viewer", "history")?;
    let name = resources::full_name(workload);
    let revisions = revisions(session, workload)?;
    if let Some(format) = format {
        return show_sets(session, format, &revisions, wanted);
    }
    if wanted > 0 {
        let set = revisions.get(&wanted).ok_or_else(|| client("unable to find the specified revision"))?;
        let text = one_revision(set, true);
        session.io.out(&format!("{name} with revision #{wanted}\n{text}\n"));
        return Ok(());
    }
    let mut lines = "REVISION\tCHANGE-CAUSE\n".to_owned();
    for (revision, set) in &revisions {
        let cause = set.annotations().get(super::CHANGE_CAUSE).map_or("", String::as_str);
        lines.push_str(&format!("{revision}\t{}\n", if cause.is_empty() { "<none>" } else { cause }));
    }
    let table = tabwriter::align(&lines, tabwriter::DESCRIPTION);
    let body = if revisions.is_empty() { "No rollout history found.\n".to_owned() } else { table };
    session.io.out(&format!("{name} \n{body}\n"));
    Ok(())
}

/// The replica sets themselves, of one revision or all.
fn show_sets(
    session: &mut Session<'_, '_>,
    format: &Format,
    revisions: &BTreeMap<i64, Arc<Object>>,
    wanted: i64,
) -> Result<()> {
    if wanted > 0 && !revisions.contains_key(&wanted) {
        return Err(client("unable to find the specified revision"));
    }
    let sets = revisions.iter().filter(|(revision, _)| wanted == 0 || **revision == wanted);
    for (printed, (_, set)) in sets.enumerate() {
        let text = format.print(&set.to_value(), printed)?;
        session.io.out(&text);
    }
    Ok(())
}

fn one_revision(set: &Object, with_cause: bool) -> String {
    let mut pod_template = set.spec::<ReplicaSet>().template.clone().unwrap_or_default();
    if with_cause && let Some(cause) = set.annotations().get(super::CHANGE_CAUSE) {
        let metadata = pod_template.metadata.get_or_insert_default();
        metadata.annotations.get_or_insert_default().insert(super::CHANGE_CAUSE.to_owned(), cause.clone());
    }
    let mut writer = Writer::default();
    template::describe(&mut writer, &pod_template);
    // This text alone is printed with its tabs.
    writer.finish_unaligned()
}

/// Runs `rollout undo`.
pub fn undo(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    DryRun::of(flags)?;
    let found = workloads(session, flags)?;
    visits::each(session, flags, Undoing, found.infos, found.failures)
}

/// Rolling one deployment after the other back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Undoing;

impl Visitor for Undoing {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Undo;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        check_kind(&info.object, "rollbacker", "rollbacker")?;
        let dry_run = DryRun::of(flags)?;
        let done = roll_back(session, &info.object, flags.int("to-revision"), dry_run)?;
        let name = resources::full_name(&info.object);
        session.line(&format!("{name} {done}{}", dry_run.suffix()));
        Ok(())
    }
}

fn roll_back(
    session: &mut Session<'_, '_>,
    deployment: &Object,
    to_revision: i64,
    dry_run: DryRun,
) -> Result<String> {
    if to_revision < 0 {
        return Err(client(format!("unable to find specified revision {to_revision} in history")));
    }
    let mut value = deployment.to_value();
    let revisions = revisions(session, deployment)?;
    let set = if to_revision == 0 {
        revisions.iter().rev().nth(1).map(|(_, set)| set).ok_or_else(|| {
            client(format!("no rollout history found for deployment \"{}\"", deployment.name()))
        })?
    } else {
        revisions
            .get(&to_revision)
            .ok_or_else(|| client(format!("unable to find specified revision {to_revision} in history")))?
    };
    let mut template = set.to_value()["spec"]["template"].clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.remove(HASH_LABEL);
    }
    if dry_run == DryRun::Client {
        return Ok(one_revision(set, false));
    }
    if value["spec"]["paused"] == true {
        return Err(client(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    if template == value["spec"]["template"] {
        let revision = set.annotations().get(REVISION).cloned().unwrap_or_default();
        return Ok(format!("skipped rollback (current template already matches revision {revision})"));
    }
    value["spec"]["template"] = template;
    restore_annotations(&mut value, deployment, set);
    super::send_change(session, deployment, &value, dry_run)?;
    Ok("rolled back".to_owned())
}

fn restore_annotations(value: &mut Value, deployment: &Object, set: &Object) {
    let mut annotations = serde_json::Map::new();
    for (name, text) in deployment.annotations() {
        if NOT_RESTORED.contains(&name.as_str()) {
            annotations.insert(name.clone(), text.clone().into());
        }
    }
    for (name, text) in set.annotations() {
        if !NOT_RESTORED.contains(&name.as_str()) {
            annotations.insert(name.clone(), text.clone().into());
        }
    }
    value["metadata"]["annotations"] = Value::Object(annotations);
}
