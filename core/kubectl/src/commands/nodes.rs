//! `kubectl cordon`, `uncordon` and `drain`.

use std::sync::Arc;

use apiserver::{DeleteOptions, ListOptions};
use k8s_openapi::api::core::v1::{Node, Pod};
use model::{Kind, Object};
use serde_json::Value;

use crate::failure::{Failure, Result, client, together, usage};
use crate::flags::Flags;
use crate::resources::{self, Found, Selection};
use crate::session::{DryRun, Flow, Outcome, Session, refuse};

/// Runs `cordon`.
pub fn cordon(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    schedulable(session, flags, "cordon", false)
}

/// Runs `uncordon`.
pub fn uncordon(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    schedulable(session, flags, "uncordon", true)
}

fn nodes(session: &mut Session<'_, '_>, flags: &Flags, command: &str) -> Result<Found> {
    let selector = !flags.text("selector").is_empty();
    if flags.args.is_empty() && !selector {
        return Err(usage(command, format!("USAGE: {command} NODE [flags]")));
    }
    if !flags.args.is_empty() && selector {
        return Err(client("error: cannot specify both a node name and a --selector option"));
    }
    if flags.args.is_empty() {
        return resources::find_selection(session, flags, &Selection::Kinds(vec![Kind::Node]));
    }
    let names =
        flags.args.iter().map(|arg| (Kind::Node, arg.trim_start_matches("node/").to_owned())).collect();
    resources::find_selection(session, flags, &Selection::Names(names))
}

fn schedulable(session: &mut Session<'_, '_>, flags: &Flags, command: &str, wanted: bool) -> Outcome {
    let dry_run = DryRun::of(flags)?;
    let found = nodes(session, flags, command)?;
    let mut failures = found.failures;
    for info in found.infos {
        if let Err(failure) = set_schedulable(session, &info.object, command, wanted, dry_run) {
            failures.push(failure);
        }
    }
    together(failures)?;
    Ok(Flow::Done)
}

fn set_schedulable(
    session: &mut Session<'_, '_>,
    node: &Object,
    command: &str,
    wanted: bool,
    dry_run: DryRun,
) -> Result<()> {
    let is = node.spec::<Node>().unschedulable != Some(true);
    if is == wanted {
        session.line(&format!("node/{} already {command}ed{}", node.name(), dry_run.suffix()));
        return Ok(());
    }
    let mut value = node.to_value();
    value["spec"]["unschedulable"] = if wanted { Value::Null } else { true.into() };
    super::send_change(session, node, &value, dry_run)?;
    session.line(&format!("node/{} {command}ed{}", node.name(), dry_run.suffix()));
    Ok(())
}

/// Runs `drain`.
pub fn drain(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["disable-eviction", "skip-wait-for-delete-timeout"])?;
    let dry_run = DryRun::of(flags)?;
    let found = nodes(session, flags, "drain")?;
    together(found.failures)?;
    for info in &found.infos {
        set_schedulable(session, &info.object, "cordon", false, dry_run)?;
    }
    let mut waiting = Vec::new();
    for info in &found.infos {
        let pods = evictable(session, flags, &info.object)?;
        for pod in pods {
            let caller = session.client.caller.clone();
            session.line(&format!("evicting pod {}/{}{}", pod.namespace(), pod.name(), dry_run.suffix()));
            let grace = flags.int("grace-period");
            let options = DeleteOptions {
                grace_period_seconds: (grace >= 0).then_some(grace),
                dry_run: dry_run != DryRun::No,
                ..DeleteOptions::default()
            };
            if dry_run == DryRun::No {
                session.api.evict(&caller, pod.namespace(), pod.name(), &options)?;
                waiting.push((super::delete::Awaited::of(&pod), pod.name().to_owned()));
            }
        }
    }
    let names = found.infos.iter().map(|info| info.object.name().to_owned()).collect();
    super::delete::drain(session, waiting, names, flags.duration("timeout"), dry_run.suffix())
}

/// The pods that have to go, if all that stand against it are allowed for.
fn evictable(session: &mut Session<'_, '_>, flags: &Flags, node: &Object) -> Result<Vec<Arc<Object>>> {
    let options = ListOptions {
        field_selector: format!("spec.nodeName={}", node.name()),
        label_selector: flags.text("pod-selector").to_owned(),
    };
    let pods = session.api.list(&session.client.caller, Kind::Pod, "", &options)?.items;
    let (mut evictable, mut daemons, mut local, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for pod in pods {
        let finished = matches!(pod.status::<Pod>().phase.as_deref(), Some("Succeeded" | "Failed"));
        let name = format!("{}/{}", pod.namespace(), pod.name());
        if pod.annotations().contains_key("kubernetes.io/config.mirror") {
            continue;
        }
        let owner = pod.metadata.controller().map(|owner| owner.kind.clone());
        if owner.as_deref() == Some("DaemonSet") && !finished {
            daemons.push(name);
            continue;
        }
        let uses_local = pod.spec::<Pod>().volumes.iter().flatten().any(|volume| volume.empty_dir.is_some());
        if uses_local && !finished && !flags.on("delete-emptydir-data") {
            local.push(name.clone());
        }
        if owner.is_none() && !finished && !flags.on("force") {
            bare.push(name.clone());
        }
        evictable.push(pod);
    }
    let mut reasons = Vec::new();
    if !local.is_empty() {
        reasons.push(format!(
            "cannot delete Pods with local storage (use --delete-emptydir-data to override): {}",
            local.join(", ")
        ));
    }
    if !daemons.is_empty() && !flags.on("ignore-daemonsets") {
        reasons.push(format!(
            "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {}",
            daemons.join(", ")
        ));
    }
    if !bare.is_empty() {
        reasons.push(format!(
            "cannot delete Pods that declare no controller (use --force to override): {}",
            bare.join(", ")
        ));
    }
    if reasons.is_empty() {
        if !daemons.is_empty() {
            session.warn(&format!("ignoring DaemonSet-managed Pods: {}", daemons.join(", ")));
        }
        return Ok(evictable);
    }
    let why = if reasons.len() == 1 { reasons.concat() } else { format!("[{}]", reasons.join(", ")) };
    let name = node.name();
    session.error_line(&format!(
        "error: unable to drain node \"{name}\" due to error: {why}, continuing command..."
    ));
    session.error_line(&format!("There are pending nodes to be drained:\n {name}"));
    let lines: String = reasons.iter().map(|reason| format!("{reason}\n")).collect();
    Err(Failure::Plain(lines.lines().map(|line| format!("{line}\n")).collect()))
}
