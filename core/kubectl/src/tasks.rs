//! What a command that blocks goes on with, as plain data.

use apiserver::ConnectionId;
use serde::{Deserialize, Serialize};

use crate::commands::{
    apply, apply_last, cp, create, delete, diff, edit, events, exec, expose, get, label, logs, nodes, patch,
    port_forward, proxy, raw, replace, rollout, rollout_history, rollout_status, run, scale, set, taint,
    wait,
};
use crate::session::{Outcome, Session};
use crate::visits::Visit;

/// The rest of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    /// `get --watch`.
    Watch(get::Watching),
    /// `apply`, from one object to the next.
    Apply(Visit<apply::Applying>),
    /// `apply set-last-applied`.
    SetLastApplied(Visit<apply_last::SettingLastApplied>),
    /// `cordon` and `uncordon`.
    Cordon(Visit<nodes::Cordoning>),
    /// `create -f`.
    Create(Visit<create::Creating>),
    /// `delete`.
    Delete(Visit<delete::Asking>),
    /// `expose`.
    Expose(Visit<expose::Exposing>),
    /// `label` and `annotate`.
    Label(Visit<label::Labelling>),
    /// `patch`.
    Patch(Visit<patch::Patching>),
    /// `replace`.
    Replace(Visit<replace::Replacing>),
    /// `replace --force`, while the old objects are asked to go.
    Clear(Visit<replace::Clearing>),
    /// `replace --force`, while the new ones are made.
    Remake(Visit<replace::Remaking>),
    /// `rollout pause`, `resume` and `restart`.
    Rollout(Visit<rollout::Changing>),
    /// `rollout undo`.
    Undo(Visit<rollout_history::Undoing>),
    /// `scale`.
    Resize(Visit<scale::Resizing>),
    /// `set`.
    Set(Visit<set::Setting>),
    /// `taint`.
    Taint(Visit<taint::Tainting>),
    /// `delete`, until the objects are gone.
    AwaitDeletion(delete::Deleting),
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
    /// `get --raw` of a watch.
    Raw(raw::Streaming),
    /// `events --watch`.
    Events(events::Watching),
    /// `exec` and `attach`.
    Exec(exec::Running),
    /// `edit`.
    Edit(Box<edit::Editing>),
    /// `run -it`, until the pod runs.
    Run(run::Starting),
    /// `proxy`.
    Proxy(proxy::Proxying),
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
            Self::Apply(visit) => visit.step(session),
            Self::SetLastApplied(visit) => visit.step(session),
            Self::Cordon(visit) => visit.step(session),
            Self::Create(visit) => visit.step(session),
            Self::Delete(visit) => visit.step(session),
            Self::Expose(visit) => visit.step(session),
            Self::Label(visit) => visit.step(session),
            Self::Patch(visit) => visit.step(session),
            Self::Replace(visit) => visit.step(session),
            Self::Clear(visit) => visit.step(session),
            Self::Remake(visit) => visit.step(session),
            Self::Rollout(visit) => visit.step(session),
            Self::Undo(visit) => visit.step(session),
            Self::Resize(visit) => visit.step(session),
            Self::Set(visit) => visit.step(session),
            Self::Taint(visit) => visit.step(session),
            Self::AwaitDeletion(task) => task.step(session),
            Self::Copy(task) => task.step(session),
            Self::Diff(task) => task.step(session),
            Self::Drain(task) => task.step(session),
            Self::Recreate(task) => task.step(session),
            Self::RolloutStatus(task) => task.step(session),
            Self::Wait(task) => task.step(session),
            Self::Logs(task) => task.step(session),
            Self::Raw(task) => task.step(session),
            Self::Events(task) => task.step(session),
            Self::Exec(task) => task.step(session),
            Self::Edit(task) => (*task).step(session),
            Self::Run(task) => task.step(session),
            Self::PortForward(task) => task.step(session),
            Self::Proxy(task) => task.step(session),
            Self::Scale(task) => task.step(session),
        }
    }
}
