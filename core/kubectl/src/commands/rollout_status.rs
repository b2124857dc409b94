//! `kubectl rollout status`. Models kubectl/pkg/polymorphichelpers/rollout_status.go.

use std::collections::VecDeque;

use apiserver::{ListOptions, WatchEventType, Watcher};
use engine::{Duration, Instant};
use k8s_openapi::api::apps::v1::Deployment;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use shell::Wait;

use crate::failure::{Failure, Result, client, together};
use crate::flags::Flags;
use crate::resources;
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;

/// The annotation that carries a workload's revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client("required resource not specified"));
    }
    if flags.int("revision") < 0 {
        return Err(client(format!("revision must be a positive integer: {}", flags.int("revision"))));
    }
    let found = resources::find(session, flags, &flags.args, false)?;
    let mut failures = found.failures;
    if found.infos.is_empty() && failures.is_empty() {
        let text = format!("No resources found in {} namespace.", session.client.namespace);
        session.error_line(&text);
        return Ok(Flow::Done);
    }
    let mut waiting = VecDeque::new();
    for info in &found.infos {
        if info.object.kind() != Kind::Deployment {
            let kind = info.object.info().qualified_kind();
            failures.push(client(format!("no status viewer has been implemented for {kind}")));
            continue;
        }
        waiting.push_back((info.object.namespace().to_owned(), info.object.name().to_owned()));
    }
    let timeout = flags.duration("timeout");
    let following = Following {
        waiting,
        failures,
        watcher: None,
        revision: flags.int("revision"),
        follow: flags.on("watch"),
        until: (timeout > Duration::ZERO).then(|| session.io.now() + timeout),
    };
    following.step(session)
}

/// Following rollouts, one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Following {
    waiting: VecDeque<(String, String)>,
    failures: Vec<Failure>,
    watcher: Option<Watcher>,
    revision: i64,
    follow: bool,
    until: Option<Instant>,
}

impl Following {
    /// Says what is new of the rollout at hand.
    pub fn step(mut self, session: &mut Session<'_, '_>) -> Outcome {
        while let Some((namespace, name)) = self.waiting.front().cloned() {
            let late = self.until.is_some_and(|until| session.io.now() >= until);
            match self.look(session, &namespace, &name) {
                Ok(false) if self.follow && late => {
                    self.failures.push(client("timed out waiting for the condition"));
                }
                Ok(false) if self.follow => {
                    let wait = Wait { until: self.until, ..Wait::world() };
                    return Ok(Flow::Block(Box::new(Task::RolloutStatus(self)), wait));
                }
                Ok(_) => {}
                Err(failure) => self.failures.push(failure),
            }
            self.waiting.pop_front();
            self.watcher = None;
        }
        together(self.failures)?;
        Ok(Flow::Done)
    }

    /// Prints each state since the last look; true if the rollout is complete.
    fn look(&mut self, session: &mut Session<'_, '_>, namespace: &str, name: &str) -> Result<bool> {
        let caller = session.client.caller.clone();
        let Some(watcher) = &mut self.watcher else {
            let object = session.api.get(&caller, Kind::Deployment, namespace, name)?;
            let options =
                ListOptions { field_selector: format!("metadata.name={name}"), ..ListOptions::default() };
            let since = session.api.revision();
            self.watcher = Some(session.api.watch(&caller, Kind::Deployment, namespace, &options, since)?);
            return self.show(session, &object);
        };
        for event in watcher.read(session.api)? {
            if event.event_type == WatchEventType::Deleted {
                return Err(client("object has been deleted"));
            }
            if self.show(session, &event.object)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn show(&self, session: &mut Session<'_, '_>, object: &Object) -> Result<bool> {
        let (text, done) = status(object, self.revision)?;
        session.io.out(&text);
        Ok(done)
    }
}

/// What is said of a deployment's rollout, and whether it is complete.
fn status(object: &Object, revision: i64) -> Result<(String, bool)> {
    let name = object.name();
    if revision > 0 {
        let running =
            object.annotations().get(REVISION).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        if running != revision {
            return Err(client(format!(
                "desired revision ({revision}) is different from the running revision ({running})"
            )));
        }
    }
    let (spec, status) = (object.spec::<Deployment>(), object.status::<Deployment>());
    if object.generation > status.observed_generation.unwrap_or(0) {
        return Ok(("Waiting for deployment spec update to be observed...\n".to_owned(), false));
    }
    let late = status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "Progressing" && condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
    });
    if late {
        return Err(Failure::Client(format!("deployment \"{name}\" exceeded its progress deadline")));
    }
    let count = |number: Option<i32>| number.unwrap_or(0);
    let (wanted, updated) = (spec.replicas.unwrap_or(1), count(status.updated_replicas));
    let (all, available) = (count(status.replicas), count(status.available_replicas));
    let waiting = format!("Waiting for deployment \"{name}\" rollout to finish:");
    Ok(if updated < wanted {
        (format!("{waiting} {updated} out of {wanted} new replicas have been updated...\n"), false)
    } else if all > updated {
        (format!("{waiting} {} old replicas are pending termination...\n", all - updated), false)
    } else if available < updated {
        (format!("{waiting} {available} of {updated} updated replicas are available...\n"), false)
    } else {
        (format!("deployment \"{name}\" successfully rolled out\n"), true)
    })
}
