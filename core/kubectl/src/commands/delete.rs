//! `kubectl delete`: asks for deletion, then waits until the objects are gone. Models kubectl/pkg/cmd/delete/delete.go.

use std::collections::VecDeque;

use apiserver::{DeleteOptions, Propagation};
use engine::{Duration, Instant};
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, client, together, together_unmarked};
use crate::files;
use crate::flags::Flags;
use crate::resources::{self, Info, NOTHING_NAMED, Selection};
use crate::session::{DryRun, Flow, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing;

const FORCE_WARNING: &str = "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.";
/// As long as kubectl waits for objects to go when nothing else is said.
const WAIT_MAX: Duration = Duration::from_secs(168 * 3600);

/// Checks what can be checked without a cluster.
pub fn check(_io: &mut shell::Io<'_>, flags: &Flags) -> Result<()> {
    if !matches!(flags.text("output"), "" | "name") {
        return Err(client(format!(
            "unexpected -o output mode: {}. We only support '-o name'",
            flags.text("output")
        )));
    }
    if flags.args.is_empty() && !resources::names_files(flags) && flags.text("raw").is_empty() {
        return Err(client(match selects_lists(flags) {
            true => "at least one resource must be specified to use a selector",
            false => NOTHING_NAMED,
        }));
    }
    let (now, force, grace) = (flags.on("now"), flags.on("force"), flags.int("grace-period"));
    if now && grace != -1 {
        return Err(client("--now and --grace-period cannot be specified together"));
    }
    if force && grace > 0 {
        return Err(client("--force and --grace-period greater than 0 cannot be specified together"));
    }
    Ok(())
}

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if super::raw::asks(flags) {
        return super::raw::delete(session, flags);
    }
    refuse(flags, &["interactive"])?;
    let dry_run = DryRun::of(flags)?;
    delete_options(flags, dry_run)?;
    if flags.on("force") && dry_run == DryRun::No {
        session.warn(FORCE_WARNING);
    }
    let (objects, mut failures, unread) = named_objects(session, flags)?;
    if flags.on("ignore-not-found") || selects_lists(flags) {
        failures.retain(|failure| !failure.is_not_found());
    }
    let asking = Asking { dry_run, found: !objects.is_empty(), waiting: VecDeque::new(), unread };
    visits::each(session, flags, asking, objects, failures)
}

/// Asking one object after the other to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asking {
    dry_run: DryRun,
    /// Whether there was anything to delete.
    found: bool,
    waiting: VecDeque<Awaited>,
    /// What is wrong with the files.
    unread: Vec<Failure>,
}

impl Visitor for Asking {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Delete;

    fn visit(
        &mut self,
        session: &mut Session<'_, '_>,
        flags: &Flags,
        Info { object, source }: Info,
    ) -> Result<()> {
        match delete_one(session, flags, self.dry_run, &object) {
            Ok(true) => self.waiting.push_back(Awaited::of(&object)),
            Ok(false) => {}
            Err(failure)
                if failure.is_not_found() && (flags.on("ignore-not-found") || selects_lists(flags)) => {}
            Err(Failure::Server(status)) if !source.is_empty() => {
                return Err(writing::refused(status, "deleting", &source));
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    fn end(self, session: &mut Session<'_, '_>, flags: &Flags, mut failures: Vec<Failure>) -> Outcome {
        failures.extend(self.unread);
        if !self.found && failures.is_empty() && !flags.on("ignore-not-found") {
            session.line("No resources found");
        }
        if flags.on("ignore-not-found") {
            together_unmarked(failures)?;
        } else {
            together(failures)?;
        }
        if self.dry_run != DryRun::No || !flags.on("wait") || self.waiting.is_empty() {
            return Ok(Flow::Done);
        }
        let timeout =
            if flags.duration("timeout") == Duration::ZERO { WAIT_MAX } else { flags.duration("timeout") };
        Deleting { waiting: self.waiting, until: session.io.now() + timeout }.step(session)
    }
}

fn selects_lists(flags: &Flags) -> bool {
    flags.on("all") || !flags.text("selector").is_empty()
}

/// The objects to delete, what was not found, and what could not be read.
fn named_objects(
    session: &mut Session<'_, '_>,
    flags: &Flags,
) -> Result<(Vec<Info>, Vec<Failure>, Vec<Failure>)> {
    if !resources::names_files(flags)
        && let Selection::Kinds(_) = resources::select(&flags.args)?
        && flags.on("all-namespaces")
        && !flags.on("all")
        && flags.text("selector").is_empty()
        && flags.text("field-selector").is_empty()
    {
        return Err(client("resource(s) were provided, but no name was specified"));
    }
    if resources::names_files(flags) {
        let (named, unread) = files::load(session, flags)?;
        let (mut objects, mut failures) = (Vec::new(), Vec::new());
        for object in named {
            if object.name.is_empty() {
                let (source, why) = (&object.source, resources::NAME_EMPTY);
                failures.push(client(format!("error when deleting \"{source}\": {why}")));
                continue;
            }
            match session.api.get(&session.client.caller, object.kind, &object.namespace, &object.name) {
                Ok(live) => objects.push(Info { object: live, source: object.source }),
                Err(status) if status.is_not_found() => {
                    failures.push(crate::failure::while_doing(status, "deleting", &object.source));
                }
                Err(status) => failures.push(status.into()),
            }
        }
        return Ok((objects, failures, unread));
    }
    let found = resources::find_for_deletion(session, flags, &flags.args)?;
    Ok((found.infos, found.failures, Vec::new()))
}

/// The request's options, from the flags.
///
/// # Errors
/// If `--cascade` says something else.
pub fn delete_options(flags: &Flags, dry_run: DryRun) -> Result<DeleteOptions> {
    let propagation = match flags.text("cascade") {
        "background" | "true" => Propagation::Background,
        "foreground" => Propagation::Foreground,
        "orphan" | "false" => Propagation::Orphan,
        other => {
            return Err(client(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    let grace = flags.int("grace-period");
    let now = flags.knows("now") && flags.on("now");
    let grace_period_seconds = match grace {
        _ if now => Some(1),
        0 if flags.on("force") => Some(0),
        // Without --force nothing goes at once: the kubelet must confirm.
        0 => Some(1),
        grace if grace > 0 => Some(grace),
        _ if flags.on("force") => Some(0),
        _ => None,
    };
    Ok(DeleteOptions {
        grace_period_seconds,
        propagation: Some(propagation),
        dry_run: dry_run != DryRun::No,
        ..DeleteOptions::default()
    })
}

/// Deletes one object; true if it is still there.
fn delete_one(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    dry_run: DryRun,
    object: &Object,
) -> Result<bool> {
    let (kind, name) = (object.kind(), object.name());
    let options = delete_options(flags, dry_run)?;
    let left = if dry_run == DryRun::Client {
        None
    } else {
        session.delete(kind, (object.namespace(), name), &options)?
    };
    if flags.text("output") == "name" {
        session.line(&resources::kind_and_name(kind, name));
    } else {
        let how = if flags.on("force") { "force deleted" } else { "deleted" };
        session.line(&format!("{} \"{name}\" {how}{}", kind.info().qualified_singular(), dry_run.suffix()));
    }
    Ok(left.is_some())
}

/// An object that is to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Awaited {
    kind: Kind,
    namespace: String,
    name: String,
    uid: String,
}

impl Awaited {
    /// This very object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        Self {
            kind: object.kind(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
        }
    }

    /// Whether it is still there.
    #[must_use]
    pub fn is_there(&self, session: &Session<'_, '_>) -> bool {
        let found = session.api.get(&session.client.caller, self.kind, &self.namespace, &self.name);
        found.is_ok_and(|object| object.uid() == self.uid)
    }

    /// `pods/web`.
    #[must_use]
    pub fn resource_and_name(&self) -> String {
        format!("{}/{}", self.kind.info().plural, self.name)
    }
}

/// Waiting for objects to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deleting {
    waiting: VecDeque<Awaited>,
    until: Instant,
}

impl Deleting {
    /// Looks whether they are gone.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        while let Some(next) = self.waiting.front() {
            if !next.is_there(session) {
                self.waiting.pop_front();
                continue;
            }
            if session.io.now() >= self.until {
                return Err(client(format!(
                    "timed out waiting for the condition on {}",
                    next.resource_and_name()
                )));
            }
            let wait = Wait { until: Some(self.until), ..Wait::world() };
            return Ok(Flow::Block(Box::new(Task::AwaitDeletion(self)), wait));
        }
        Ok(Flow::Done)
    }
}

/// `drain` waiting for evicted pods to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draining {
    waiting: Vec<(Awaited, String)>,
    nodes: Vec<String>,
    until: Option<Instant>,
    suffix: String,
}

/// Waits for evicted pods to go, and says of each that it is.
///
/// # Errors
/// If they are not gone in time.
pub fn drain(
    session: &mut Session<'_, '_>,
    waiting: Vec<(Awaited, String)>,
    nodes: Vec<String>,
    timeout: Duration,
    suffix: &str,
) -> Outcome {
    let until = (timeout > Duration::ZERO).then(|| session.io.now() + timeout);
    Draining { waiting, nodes, until, suffix: suffix.to_owned() }.step(session)
}

impl Draining {
    /// Looks which pods are gone.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        let (left, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(pod, _)| pod.is_there(session));
        for (_, said) in gone {
            session.line(&said);
        }
        self.waiting = left;
        if self.waiting.is_empty() {
            for node in &self.nodes {
                let text = format!("node/{node} drained{}", self.suffix);
                session.line(&text);
            }
            return Ok(Flow::Done);
        }
        if self.until.is_some_and(|until| session.io.now() >= until) {
            return Err(client("drain did not complete within the given timeout"));
        }
        let wait = Wait { until: self.until, ..Wait::world() };
        Ok(Flow::Block(Box::new(Task::Drain(self)), wait))
    }
}
