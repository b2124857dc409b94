//! A pod's tile.

use apiserver::ApiServer;
use apiserver::printers::pod::pod_status;
use k8s_openapi::api::core::v1::Container;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod, PodSpec};
use model::quantity::{Quantity, parse_or_zero};
use model::{Kind, Object};
use protocol::{ContainerView, Phase, PodView};

use super::hue::hue_of;

/// Its tile; `order` is how many pods came before.
pub(super) fn pod_view(api: &ApiServer, pod: &Object, order: u64) -> PodView {
    let spec = pod.spec::<Pod>();
    let status = pod_status(pod);
    let owner = pod.metadata.controller();
    let workload = owner.map_or_else(
        || pod.name().to_owned(),
        |owner| {
            let set = api.store().get(Kind::ReplicaSet, pod.namespace(), &owner.name);
            let above = set.and_then(|set| set.metadata.controller().map(|owner| owner.name.clone()));
            above.unwrap_or_else(|| owner.name.clone())
        },
    );
    let phase = phase(pod, &status);
    PodView {
        key: pod.uid().to_owned(),
        order,
        namespace: pod.namespace().to_owned(),
        name: pod.name().to_owned(),
        node: spec.node_name.clone().unwrap_or_default(),
        phase,
        hue: hue_of(owner.map_or(pod.name(), |owner| owner.name.as_str())),
        owner: owner.map(|owner| owner.uid.clone()).unwrap_or_default(),
        workload,
        ip: pod.status::<Pod>().pod_ip.clone().unwrap_or_default(),
        cpu_milli: requested(spec, "cpu").map(|amount| amount.milli_value()).sum(),
        memory_bytes: requested(spec, "memory").map(|amount| amount.value()).sum(),
        back_off_until_ms: None,
        containers: containers(pod),
        status,
    }
}

/// What its containers request of something, one by one.
pub(super) fn requested<'a>(spec: &'a PodSpec, name: &'a str) -> impl Iterator<Item = Quantity> + 'a {
    let requests = |container: &'a Container| container.resources.as_ref()?.requests.as_ref()?.get(name);
    spec.containers.iter().filter_map(requests).map(parse_or_zero)
}

/// How its tile looks, given its STATUS.
pub(super) fn phase(pod: &Object, status: &str) -> Phase {
    let (spec, state) = (pod.spec::<Pod>(), pod.status::<Pod>());
    if pod.is_deleting() {
        return Phase::Terminating;
    }
    if status.ends_with("BackOff") {
        return Phase::BackOff;
    }
    match state.phase.as_deref() {
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        Some("Unknown") => Phase::Unknown,
        Some("Pending") if spec.node_name.is_none() => Phase::Pending,
        Some("Pending")
            if status == "ContainerCreating"
                || status == "Pending"
                || status.starts_with("Init:")
                || status == "PodInitializing" =>
        {
            Phase::Creating
        }
        Some("Pending") => Phase::Failed,
        _ if status == "Error" => Phase::Failed,
        _ if is_ready(pod) => Phase::Running,
        _ => Phase::NotReady,
    }
}

/// Whether the pod's Ready condition holds.
pub(super) fn is_ready(pod: &Object) -> bool {
    let conditions = pod.status::<Pod>().conditions.iter().flatten();
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn containers(pod: &Object) -> Vec<ContainerView> {
    let (spec, status) = (pod.spec::<Pod>(), pod.status::<Pod>());
    let init = spec.init_containers.iter().flatten();
    let init_statuses = status.init_container_statuses.as_deref().unwrap_or_default();
    let statuses = status.container_statuses.as_deref().unwrap_or_default();
    init.map(|container| container_view(container, init_statuses, true))
        .chain(spec.containers.iter().map(|container| container_view(container, statuses, false)))
        .collect()
}

fn container_view(container: &Container, statuses: &[ContainerStatus], init: bool) -> ContainerView {
    let status = statuses.iter().find(|status| status.name == container.name);
    ContainerView {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        ready: status.is_some_and(|status| status.ready),
        state: status.and_then(|status| status.state.as_ref()).map(state).unwrap_or_default(),
        restarts: status.map_or(0, |status| status.restart_count),
        init,
    }
}

fn state(state: &ContainerState) -> String {
    if state.running.is_some() {
        return "running".to_owned();
    }
    let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.clone());
    let ended = state
        .terminated
        .as_ref()
        .map(|ended| ended.reason.clone().unwrap_or_else(|| format!("exit {}", ended.exit_code)));
    waiting.or(ended).unwrap_or_default()
}
