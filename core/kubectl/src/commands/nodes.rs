//! `kubectl cordon`, `uncordon` and `drain`.

use std::sync::Arc;

use apiserver::{DeleteOptions, ListOptions};
use k8s_openapi::api::core::v1::{Node, Pod};
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Failure, Result, usage};
use crate::flags::Flags;
use crate::resources::{self, Found, Info, Selection};
use crate::session::{DryRun, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};

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
        return Err(usage(command, "cannot specify both a node name and a --selector option"));
    }
    let selection = if flags.args.is_empty() {
        Selection::Kinds(vec![Kind::Node])
    } else {
        let name = |arg: &String| (Kind::Node, arg.trim_start_matches("node/").to_owned());
        Selection::Names(flags.args.iter().map(name).collect())
    };
    let mut found = resources::find_selection(session, flags, &selection)?;
    // The first node that is not there ends it all.
    match found.failures.is_empty() {
        true => Ok(found),
        false => Err(found.failures.swap_remove(0)),
    }
}

fn schedulable(session: &mut Session<'_, '_>, flags: &Flags, command: &str, wanted: bool) -> Outcome {
    DryRun::of(flags)?;
    let found = nodes(session, flags, command)?;
    visits::each(session, flags, Cordoning { schedulable: wanted }, found.infos, Vec::new())
}

/// Cordoning one node after the other, or the contrary.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cordoning {
    schedulable: bool,
}

impl Visitor for Cordoning {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Cordon;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let command = if self.schedulable { "uncordon" } else { "cordon" };
        set_schedulable(session, &info.object, command, self.schedulable, DryRun::of(flags)?)
    }
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
    refuse(flags, &["skip-wait-for-delete-timeout"])?;
    let dry_run = DryRun::of(flags)?;
    let found = nodes(session, flags, "drain")?;
    for info in &found.infos {
        set_schedulable(session, &info.object, "cordon", false, dry_run)?;
    }
    let directly = flags.on("disable-eviction");
    let mut waiting = Vec::new();
    for info in &found.infos {
        let pods = evictable(session, flags, &info.object)?;
        for pod in pods {
            let caller = session.client.caller.clone();
            if !directly {
                session.line(&format!("evicting pod {}/{}{}", pod.namespace(), pod.name(), dry_run.suffix()));
            }
            let grace = flags.int("grace-period");
            let options = DeleteOptions {
                grace_period_seconds: (grace >= 0).then_some(grace),
                dry_run: dry_run != DryRun::No,
                ..DeleteOptions::default()
            };
            if dry_run == DryRun::No {
                if directly {
                    session.delete(Kind::Pod, (pod.namespace(), pod.name()), &options)?;
                } else {
                    session.api.evict(&caller, pod.namespace(), pod.name(), &options)?;
                }
                let done = if directly { "deleted" } else { "evicted" };
                waiting.push((super::delete::Awaited::of(&pod), format!("pod/{} {done}", pod.name())));
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
        ..ListOptions::default()
    };
    let pods = session.api.list(&session.client.caller, Kind::Pod, "", &options)?.items;
    let (mut evictable, mut daemons, mut local, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut warned_local, mut warned_bare) = (Vec::new(), Vec::new());
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
        if uses_local && !finished {
            if !flags.on("delete-emptydir-data") {
                local.push(name);
                continue;
            }
            warned_local.push(name.clone());
        }
        if owner.is_none() && !finished {
            if !flags.on("force") {
                bare.push(name);
                continue;
            }
            warned_bare.push(name);
        }
        evictable.push(pod);
    }
    let said =
        |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")));
    let kept_daemons: &[String] = if flags.on("ignore-daemonsets") { &[] } else { &daemons };
    // The words of the second are the real program's own.
    let reasons: Vec<String> = [
        said("cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", kept_daemons),
        said("cannot delete cannot delete Pods that declare no controller (use --force to override)", &bare),
        said("cannot delete Pods with local storage (use --delete-emptydir-data to override)", &local),
    ]
    .into_iter()
    .flatten()
    .collect();
    if reasons.is_empty() {
        let warnings: Vec<String> = [
            said("deleting Pods that declare no controller", &warned_bare),
            said("deleting Pods with local storage", &warned_local),
            said("ignoring DaemonSet-managed Pods", &daemons),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !warnings.is_empty() {
            session.warn(&warnings.join("; "));
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
