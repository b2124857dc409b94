//! `kubectl rollout pause|resume|restart`.

use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::{Failure, Result, client};
use crate::flags::Flags;
use crate::resources::{self, Info};
use crate::session::{Flow, Outcome, Session};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::Reporter;

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Runs `rollout pause`.
pub fn pause(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, Deed::Pause)
}

/// Runs `rollout resume`.
pub fn resume(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, Deed::Resume)
}

/// Runs `rollout restart`.
pub fn restart(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    change(session, flags, Deed::Restart)
}

/// What is done to a workload's rollout.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Deed {
    Pause,
    Resume,
    Restart,
}

impl Deed {
    fn done(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Restart => "restarted",
        }
    }

    fn doing(self) -> &'static str {
        match self {
            Self::Pause => "pausing",
            Self::Resume => "resuming",
            Self::Restart => "restarting",
        }
    }

    fn apply(self, object: &Object, value: &mut Value, now: &str) -> Result<()> {
        let paused = value["spec"]["paused"] == true;
        let refused = |why: &str| {
            Err(client(format!("error: {} \"{}\" {why}", object.info().resource(), object.name())))
        };
        match self {
            Self::Pause if paused => refused("is already paused"),
            Self::Resume if !paused => refused("is not paused"),
            Self::Restart if paused => refused("can't restart paused deployment (run rollout resume first)"),
            Self::Pause => {
                value["spec"]["paused"] = true.into();
                Ok(())
            }
            Self::Resume => {
                if let Some(spec) = value["spec"].as_object_mut() {
                    spec.remove("paused");
                }
                Ok(())
            }
            Self::Restart => restarted(object, &mut value["spec"]["template"]["metadata"], now),
        }
    }
}

fn restarted(object: &Object, template: &mut Value, now: &str) -> Result<()> {
    if template["annotations"][RESTARTED_AT].as_str() == Some(now) {
        return Err(client(format!(
            "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
            object.name()
        )));
    }
    if !template["annotations"].is_object() {
        template["annotations"] = json!({});
    }
    template["annotations"][RESTARTED_AT] = now.into();
    Ok(())
}

fn change(session: &mut Session<'_, '_>, flags: &Flags, deed: Deed) -> Outcome {
    if flags.args.is_empty() && !resources::names_files(flags) {
        return Err(client("required resource not specified"));
    }
    let reporter = Reporter::of(session, flags)?;
    let found = resources::find(session, flags, &flags.args, false)?;
    if found.infos.is_empty() && found.failures.is_empty() {
        let text = format!("No resources found in {} namespace.", session.client.namespace);
        session.error_line(&text);
        return Ok(Flow::Done);
    }
    visits::each(session, flags, Changing { deed, reporter }, found.infos, found.failures)
}

/// Changing the rollout of one workload after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changing {
    deed: Deed,
    reporter: Reporter,
}

impl Visitor for Changing {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Rollout;

    fn visit(&mut self, session: &mut Session<'_, '_>, _flags: &Flags, info: Info) -> Result<()> {
        let object = info.object;
        if object.kind() != Kind::Deployment {
            return Err(unsupported(&object, self.deed.doing()));
        }
        let mut value = object.to_value();
        let now = session.api.time().0.to_string();
        self.deed.apply(&object, &mut value, &now)?;
        let shown = super::send_change(session, &object, &value, self.reporter.dry_run)
            .map_err(|status| Failure::failed("failed to patch: ", &status))?;
        self.reporter.say(session, (object.kind(), object.name()), &shown, self.deed.done())
    }
}

fn unsupported(object: &Object, doing: &str) -> Failure {
    client(format!("error: {} \"{}\" {doing} is not supported", object.info().resource(), object.name()))
}
