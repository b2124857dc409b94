//! One file a command, and the table that finds them.

pub mod annotate;
pub mod apply;
pub mod apply_last;
pub mod attach;
pub mod auth;
pub mod config;
pub mod config_property;
pub mod cp;
pub mod create;
pub mod delete;
pub mod describe;
pub mod diff;
pub mod discovery;
pub mod edit;
pub mod events;
pub mod exec;
pub mod explain;
pub mod expose;
pub mod generate;
pub mod get;
mod get_subresource;
pub mod kustomize;
pub mod label;
pub mod logs;
pub mod nodes;
pub mod patch;
pub mod port_forward;
pub mod proxy;
pub mod raw;
pub mod replace;
pub mod rollout;
pub mod rollout_history;
pub mod rollout_status;
pub mod run;
pub mod scale;
pub mod set;
pub mod set_env;
pub mod taint;
pub mod unserved;
pub mod version;
pub mod wait;

use model::{Object, Status};
use serde_json::Value;
use shell::Io;

use crate::command_table::CommandTable;
use crate::failure::Result;
use crate::flags::Flags;
use crate::session::{DryRun, Outcome, Session};

/// A command that talks to the cluster.
pub type Command = fn(&mut Session<'_, '_>, &Flags) -> Outcome;
/// A command that needs no cluster.
pub type LocalCommand = fn(&mut Io<'_>, &CommandTable, &Flags) -> Outcome;
/// What is checked before the cluster is asked.
pub type Check = fn(&mut Io<'_>, &Flags) -> Result<()>;

/// The annotation that says why a workload was changed.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

const COMMANDS: &[(&str, Command)] = &[
    ("annotate", annotate::run),
    ("api-resources", discovery::api_resources),
    ("api-versions", discovery::api_versions),
    ("apply", apply::run),
    ("apply edit-last-applied", apply_last::edit),
    ("apply set-last-applied", apply_last::set),
    ("apply view-last-applied", apply_last::view),
    ("attach", attach::run),
    ("auth can-i", auth::can_i),
    ("auth reconcile", unserved::bindings),
    ("auth whoami", auth::whoami),
    ("autoscale", unserved::autoscale),
    ("certificate approve", unserved::certificate),
    ("certificate deny", unserved::certificate),
    ("cluster-info", version::cluster_info),
    ("cordon", nodes::cordon),
    ("cp", cp::run),
    ("create", create::run),
    ("create configmap", generate::config_map),
    ("create deployment", generate::deployment),
    ("create namespace", generate::namespace),
    ("create priorityclass", generate::priority_class),
    ("create secret docker-registry", generate::docker_secret),
    ("create secret generic", generate::generic_secret),
    ("create secret tls", generate::tls_secret),
    ("create service clusterip", generate::cluster_ip_service),
    ("create service externalname", generate::external_name_service),
    ("create service loadbalancer", generate::load_balancer_service),
    ("create service nodeport", generate::node_port_service),
    ("create serviceaccount", generate::service_account),
    ("debug", unserved::debug),
    ("delete", delete::run),
    ("describe", describe::run),
    ("diff", diff::run),
    ("drain", nodes::drain),
    ("edit", edit::run),
    ("events", events::run),
    ("exec", exec::run),
    ("explain", explain::run),
    ("expose", expose::run),
    ("get", get::run),
    ("label", label::run),
    ("logs", logs::run),
    ("patch", patch::run),
    ("port-forward", port_forward::run),
    ("proxy", proxy::run),
    ("replace", replace::run),
    ("rollout history", rollout_history::history),
    ("rollout pause", rollout::pause),
    ("rollout restart", rollout::restart),
    ("rollout resume", rollout::resume),
    ("rollout status", rollout_status::run),
    ("rollout undo", rollout_history::undo),
    ("run", run::run),
    ("scale", scale::run),
    ("set env", set_env::run),
    ("set image", set::image),
    ("set resources", set::resources),
    ("set selector", set::selector),
    ("set serviceaccount", set::service_account),
    ("set subject", unserved::bindings),
    ("taint", taint::run),
    ("top node", version::top),
    ("top pod", version::top),
    ("uncordon", nodes::uncordon),
    ("wait", wait::run),
];

const LOCAL_COMMANDS: &[(&str, LocalCommand)] = &[
    ("completion", unserved::completion),
    ("config current-context", config::current_context),
    ("config delete-cluster", config::delete_cluster),
    ("config delete-context", config::delete_context),
    ("config delete-user", config::delete_user),
    ("config get-clusters", config::get_clusters),
    ("config get-contexts", config::get_contexts),
    ("config get-users", config::get_users),
    ("config rename-context", config::rename_context),
    ("config set", config_property::set),
    ("config set-cluster", config::set_cluster),
    ("config set-context", config::set_context),
    ("config set-credentials", config::set_credentials),
    ("config unset", config_property::unset),
    ("config use-context", config::use_context),
    ("config view", config::view),
    ("kustomize", kustomize::run),
    ("options", version::options),
    ("plugin list", version::plugins),
    ("version", version::version),
];

const CHECKS: &[(&str, Check)] = &[
    ("apply", apply::check),
    ("cp", cp::check),
    ("create", create::check),
    ("delete", delete::check),
    ("exec", exec::check),
    ("logs", logs::check),
    ("port-forward", port_forward::check),
    ("replace", replace::check),
    ("run", run::check),
    ("scale", scale::check),
];

fn look_up<T: Copy>(table: &[(&str, T)], path: &str) -> Option<T> {
    table.iter().find(|(name, _)| *name == path).map(|(_, found)| *found)
}

/// The command of that path.
#[must_use]
pub fn find(path: &str) -> Option<Command> {
    look_up(COMMANDS, path)
}

/// The command of that path, if it needs no cluster.
#[must_use]
pub fn local(path: &str) -> Option<LocalCommand> {
    look_up(LOCAL_COMMANDS, path)
}

/// What is checked first.
#[must_use]
pub fn check(path: &str) -> Option<Check> {
    look_up(CHECKS, path)
}

/// The change cause that `--record` asks to note.
#[must_use]
pub fn change_cause(session: &Session<'_, '_>, flags: &Flags) -> Option<String> {
    if !flags.given("record") || !flags.on("record") {
        return None;
    }
    let mut words = vec!["kubectl".to_owned(), session.client.command.clone()];
    words.extend(flags.args.iter().cloned());
    words.extend(flags.as_given());
    Some(words.join(" "))
}

/// Notes the change cause on an object that was just changed, if `--record` asks for it.
///
/// # Errors
/// What the server says.
pub fn record(
    session: &mut Session<'_, '_>,
    flags: &Flags,
    kind: model::Kind,
    (namespace, name): (&str, &str),
) -> std::result::Result<(), Status> {
    let Some(cause) = change_cause(session, flags) else { return Ok(()) };
    let patch = serde_json::json!({ "metadata": { "annotations": { CHANGE_CAUSE: cause } } });
    let options = apiserver::WriteOptions::default();
    session.patch(kind, (namespace, name, ""), apiserver::PatchKind::Merge, &patch, &options).map(|_| ())
}

/// Sends the difference between an object and what it should be; the object as it is if there is none.
///
/// # Errors
/// What the server says.
pub fn send_change(
    session: &mut Session<'_, '_>,
    object: &Object,
    wanted: &Value,
    dry_run: DryRun,
) -> std::result::Result<Value, Status> {
    let patch = model::patch::two_way_json_merge_patch(&object.to_value(), wanted);
    if dry_run == DryRun::Client {
        return Ok(wanted.clone());
    }
    let patched = session.patch(
        object.kind(),
        (object.namespace(), object.name(), ""),
        apiserver::PatchKind::Merge,
        &patch,
        &dry_run.write_options(),
    )?;
    Ok(patched.to_value())
}
