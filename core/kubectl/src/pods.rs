//! Which pod and which of its containers a command means.

use std::sync::Arc;

use apiserver::ListOptions;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, Service};
use model::selector::format_label_selector;
use model::{Kind, Object};

use crate::failure::{Failure, Result, client};
use crate::resources::{self, Selection};
use crate::session::Session;

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The one pod that `NAME` or `TYPE/NAME` means; says so if it was chosen among several.
///
/// # Errors
/// If there is none.
pub fn one_of(session: &mut Session<'_, '_>, text: &str, for_logs: bool) -> Result<Arc<Object>> {
    let owner = owner(session, text, for_logs)?;
    if owner.kind() == Kind::Pod {
        return Ok(owner);
    }
    let mut pods = pods_of(session, &owner, for_logs)?;
    // Those that run and are ready come first, then the oldest.
    pods.sort_by_key(|pod| (!is_ready(pod), pod.metadata.creation_timestamp.as_ref().map(|time| time.0)));
    if for_logs && pods.len() > 1 {
        let text = format!("Found {} pods, using pod/{}", pods.len(), pods[0].name());
        session.error_line(&text);
    }
    pods.into_iter().next().ok_or_else(|| client("timed out waiting for the condition"))
}

/// All pods that `TYPE/NAME` means.
///
/// # Errors
/// If there is no such object.
pub fn all_of(session: &mut Session<'_, '_>, text: &str) -> Result<Vec<Arc<Object>>> {
    let owner = owner(session, text, true)?;
    if owner.kind() == Kind::Pod { Ok(vec![owner]) } else { pods_of(session, &owner, true) }
}

fn owner(session: &mut Session<'_, '_>, text: &str, for_logs: bool) -> Result<Arc<Object>> {
    let namespace = session.client.namespace.clone();
    let (kind, name) = if text.contains('/') {
        match resources::select(&[text.to_owned()])? {
            Selection::Names(names) => names[0].clone(),
            Selection::Kinds(_) => return Err(client("TYPE/NAME must name one object")),
        }
    } else {
        (Kind::Pod, text.to_owned())
    };
    session.api.get(&session.client.caller, kind, &namespace, &name).map_err(|status| {
        if for_logs && status.is_not_found() {
            return Failure::Client(format!(
                "error from server (NotFound): {} in namespace \"{namespace}\"",
                status.message
            ));
        }
        status.into()
    })
}

fn pods_of(session: &Session<'_, '_>, owner: &Object, for_logs: bool) -> Result<Vec<Arc<Object>>> {
    let selector = match owner.kind() {
        Kind::Deployment => format_label_selector(Some(&owner.spec::<Deployment>().selector)),
        Kind::ReplicaSet => format_label_selector(Some(&owner.spec::<ReplicaSet>().selector)),
        Kind::Service => match &owner.spec::<Service>().selector {
            Some(labels) if !labels.is_empty() => crate::text::labels(labels, ""),
            _ => {
                return Err(client(format!(
                    "invalid service '{}': Service is defined without a selector",
                    owner.name()
                )));
            }
        },
        kind => {
            let doing = if for_logs { "get the logs from" } else { "attach to" };
            let sort = format!("*{}.{kind}", kind.info().version);
            return Err(client(format!("cannot {doing} {sort}: selector for {sort} not implemented")));
        }
    };
    let options = ListOptions { label_selector: selector, ..ListOptions::default() };
    Ok(session.api.list(&session.client.caller, Kind::Pod, owner.namespace(), &options)?.items)
}

fn is_ready(pod: &Object) -> bool {
    let conditions = pod.status::<Pod>().conditions.iter().flatten();
    !pod.is_deleting()
        && conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// All containers, init containers first.
#[must_use]
pub fn all_containers(pod: &Object) -> Vec<String> {
    let spec = pod.spec::<Pod>();
    let init = spec.init_containers.iter().flatten().map(|container| container.name.clone());
    init.chain(spec.containers.iter().map(|container| container.name.clone())).collect()
}

/// What a container is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To read its log.
    Logs,
    /// To run a program in it.
    Exec,
    /// To join its main process.
    Attach,
}

/// The container that is meant: the one named, the one that an annotation names, or the first.
///
/// # Errors
/// If the pod has no such container.
pub fn container_of(
    session: &mut Session<'_, '_>,
    pod: &Object,
    named: &str,
    purpose: Purpose,
) -> Result<String> {
    let spec = pod.spec::<Pod>();
    if !named.is_empty() {
        let known = all_containers(pod).iter().any(|name| name == named);
        return match purpose {
            Purpose::Logs if !known => {
                Err(client(format!("container {named} is not valid for pod {}", pod.name())))
            }
            Purpose::Attach if !known => Err(client(format!(
                "cannot attach to the container: container {named} not found in pod {}",
                pod.name()
            ))),
            // What is executed where is for the server to check.
            _ => Ok(named.to_owned()),
        };
    }
    if let Some(name) = pod.annotations().get(DEFAULT_CONTAINER).filter(|name| !name.is_empty()) {
        if all_containers(pod).contains(name) {
            return Ok(name.clone());
        }
        session.warn(&format!("Default container name \"{name}\" not found in pod {}", pod.name()));
    }
    let first = spec.containers.first().map(|container| container.name.clone()).unwrap_or_default();
    let mut names: Vec<String> = spec.containers.iter().map(|container| container.name.clone()).collect();
    names.extend(spec.init_containers.iter().flatten().map(|container| format!("{} (init)", container.name)));
    if names.len() > 1 {
        session.error_line(&format!("Defaulted container \"{first}\" out of: {}", names.join(", ")));
    }
    Ok(first)
}
