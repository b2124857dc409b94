//! A Deployment's bands: one for each revision.

use apiserver::ApiServer;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::{Kind, Object};
use protocol::{DeploymentView, RevisionView};

use super::hue::hue_of;

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

pub(super) fn deployment_view(api: &ApiServer, object: &Object) -> DeploymentView {
    let (spec, status) = (object.spec::<Deployment>(), object.status::<Deployment>());
    let desired = spec.replicas.unwrap_or(1);
    let strategy = spec.strategy.as_ref();
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let share = |value: Option<&IntOrString>, up: bool| value.map_or(0, |value| resolve(value, desired, up));
    let progressing = status.conditions.iter().flatten().find(|condition| condition.type_ == "Progressing");
    let mut revisions: Vec<RevisionView> =
        api.store().owned_by(Kind::ReplicaSet, object.uid()).map(|set| revision_view(set)).collect();
    revisions.sort_by_key(|revision| std::cmp::Reverse(revision.revision));
    DeploymentView {
        key: object.uid().to_owned(),
        namespace: object.namespace().to_owned(),
        name: object.name().to_owned(),
        desired,
        updated: status.updated_replicas.unwrap_or(0),
        ready: status.ready_replicas.unwrap_or(0),
        available: status.available_replicas.unwrap_or(0),
        paused: spec.paused == Some(true),
        max_surge: share(rolling.and_then(|rolling| rolling.max_surge.as_ref()), true),
        max_unavailable: share(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()), false),
        strategy: strategy.and_then(|strategy| strategy.type_.clone()).unwrap_or_default(),
        progress: progressing
            .map(|condition| {
                (condition.reason.clone().unwrap_or_default(), condition.message.clone().unwrap_or_default())
            })
            .unwrap_or_default(),
        revisions,
    }
}

fn revision_view(set: &Object) -> RevisionView {
    let (spec, status) = (set.spec::<ReplicaSet>(), set.status::<ReplicaSet>());
    let containers =
        spec.template.as_ref().and_then(|template| template.spec.as_ref()).map(|pod| &pod.containers);
    let annotation = |name: &str| set.annotations().get(name);
    RevisionView {
        key: set.uid().to_owned(),
        name: set.name().to_owned(),
        revision: annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0),
        hue: hue_of(set.name()),
        images: containers.into_iter().flatten().filter_map(|container| container.image.clone()).collect(),
        change_cause: annotation(CHANGE_CAUSE).cloned().unwrap_or_default(),
        desired: spec.replicas.unwrap_or(1),
        current: status.replicas,
        ready: status.ready_replicas.unwrap_or(0),
    }
}

/// A number, or a percentage of the wanted replicas.
fn resolve(value: &IntOrString, of: i32, up: bool) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent: i32 = text.trim_end_matches('%').parse().unwrap_or(0);
            let hundredths = percent.saturating_mul(of);
            if up { (hundredths + 99) / 100 } else { hundredths / 100 }
        }
    }
}
