//! What a command that blocks goes on with, as plain data.

use apiserver::ConnectionId;
use serde::{Deserialize, Serialize};

use crate::commands::{
    cp, delete, diff, edit, events, exec, get, logs, port_forward, replace, rollout_status, run, scale, wait,
};
use crate::session::{Outcome, Session};

/// The rest of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    /// `get --watch`.
    Watch(get::Watching),
    /// `delete`, until the objects are gone.
    Delete(delete::Deleting),
    /// `cp`.
    Copy(cp::Copying),
    /// `diff`, until the other program has compared.
    Diff(diff::Comparing),
    /// `drain`, until the evicted pods are gone.
    Drain(delete::Draining),
    /// `replace --force`, until the old objects are gone.
    Recreate(replace::Recreating),
    /// `rollout status`.
    RolloutStatus(rollout_status::Following),
    /// `wait`.
    Wait(wait::Waiting),
    /// `logs`.
    Logs(logs::Reading),
    /// `events --watch`.
    Events(events::Watching),
    /// `exec` and `attach`.
    Exec(exec::Running),
    /// `edit`.
    Edit(Box<edit::Editing>),
    /// `run -it`, until the pod runs.
    Run(run::Starting),
    /// `port-forward`.
    PortForward(port_forward::Forwarding),
    /// `scale --timeout`.
    Scale(scale::Scaling),
}

impl Task {
    /// The connections that are open.
    pub fn connections(&self) -> Vec<ConnectionId> {
        match self {
            Self::Logs(task) => task.connections(),
            Self::Exec(task) => vec![task.connection()],
            Self::Copy(task) => vec![task.connection()],
            Self::PortForward(task) => task.connections(),
            Self::Run(task) => task.connection().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The next step.
    ///
    /// # Errors
    /// What makes the command fail.
    pub fn step(self, session: &mut Session<'_, '_>) -> Outcome {
        match self {
            Self::Watch(task) => task.step(session),
            Self::Delete(task) => task.step(session),
            Self::Copy(task) => task.step(session),
            Self::Diff(task) => task.step(session),
            Self::Drain(task) => task.step(session),
            Self::Recreate(task) => task.step(session),
            Self::RolloutStatus(task) => task.step(session),
            Self::Wait(task) => task.step(session),
            Self::Logs(task) => task.step(session),
            Self::Events(task) => task.step(session),
            Self::Exec(task) => task.step(session),
            Self::Edit(task) => (*task).step(session),
            Self::Run(task) => task.step(session),
            Self::PortForward(task) => task.step(session),
            Self::Scale(task) => task.step(session),
        }
    }
}
