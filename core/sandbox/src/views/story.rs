//! How an object came to be as it is: each write of it, and what woke the writer.

use apiserver::ApiServer;
use apiserver::printers::pod::pod_status;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use protocol::{Selection, StoryStep, Words};
use store::Change;

/// No story is longer.
const STEPS_MAX: usize = 60;

/// The story of an object, oldest first.
pub(super) fn story(api: &ApiServer, kind: Kind, namespace: &str, name: &str) -> Vec<StoryStep> {
    let Ok(changes) = api.store().changes(kind, oldest(api, kind)) else { return Vec::new() };
    let mine = |change: &&Change| &*change.key.name == name && &*change.key.namespace == namespace;
    let steps: Vec<StoryStep> = changes.filter(mine).map(|change| step(api, change)).collect();
    let skipped = steps.len().saturating_sub(STEPS_MAX);
    steps.into_iter().skip(skipped).collect()
}

fn oldest(api: &ApiServer, kind: Kind) -> u64 {
    match api.store().changes(kind, 0) {
        Ok(_) => 0,
        Err(compacted) => compacted.oldest,
    }
}

fn step(api: &ApiServer, change: &Change) -> StoryStep {
    let cause = (change.cause != 0).then(|| find(api, change.cause)).flatten();
    StoryStep {
        revision: change.revision,
        at_ms: change.at.0 / 1000,
        actor: actor_name(&change.actor),
        what: what(change),
        because: cause.map(|cause| (what(cause), selection(cause.object()))),
    }
}

/// The change of a revision, of whatever kind.
fn find(api: &ApiServer, revision: u64) -> Option<&Change> {
    Kind::all().find_map(|kind| {
        let mut changes = api.store().changes(kind, revision.saturating_sub(1)).ok()?;
        changes.next().filter(|change| change.revision == revision)
    })
}

/// It, to be picked.
pub(super) fn selection(object: &Object) -> Selection {
    Selection {
        kind: object.info().name.to_owned(),
        namespace: object.namespace().to_owned(),
        name: object.name().to_owned(),
    }
}

/// Who acts, in a word: `deployment-controller`, `kubelet worker-1`, `kubernetes-admin`.
pub(super) fn actor_name(user: &str) -> String {
    if let Some(node) = user.strip_prefix("system:node:") {
        return format!("kubelet {node}");
    }
    let account = user.strip_prefix("system:serviceaccount:kube-system:");
    account.or_else(|| user.strip_prefix("system:")).unwrap_or(user).to_owned()
}

/// What a change changed.
fn what(change: &Change) -> Words {
    match (&change.old, &change.new) {
        (None, _) => Words::new("did-create", &[]),
        (_, None) => Words::new("did-delete", &[]),
        (Some(old), Some(new)) => difference(old, new),
    }
}

fn difference(old: &Object, new: &Object) -> Words {
    if !old.is_deleting() && new.is_deleting() {
        return Words::new("did-begin-delete", &[]);
    }
    if new.kind() == Kind::Pod {
        let node = |pod: &Object| pod.spec::<Pod>().node_name.clone();
        if let (None, Some(node)) = (node(old), node(new)) {
            return Words::new("did-bind", &[("node", &node)]);
        }
        let (from, to) = (pod_status(old), pod_status(new));
        if from != to {
            return Words::new("did-turn", &[("from", &from), ("to", &to)]);
        }
    }
    if let (Some(from), Some(to)) = (replicas(old), replicas(new))
        && from != to
    {
        return Words::new("did-scale", &[("from", &from.to_string()), ("to", &to.to_string())]);
    }
    let parts = [
        (!old.body.equal_spec(&new.body), "spec"),
        (!old.body.equal_status(&new.body), "status"),
        (old.metadata != new.metadata, "metadata"),
    ];
    let changed: Vec<&str> =
        parts.into_iter().filter(|(changed, _)| *changed).map(|(_, name)| name).collect();
    Words::new("did-change", &[("parts", &changed.join(", "))])
}

/// How many pods it wants, of what wants some.
fn replicas(object: &Object) -> Option<i32> {
    match object.kind() {
        Kind::Deployment => object.spec::<Deployment>().replicas,
        Kind::ReplicaSet => object.spec::<ReplicaSet>().replicas,
        _ => None,
    }
}
