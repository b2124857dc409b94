//! The mirroring controller: Endpoints written by hand, for services without a selector, as slices.
//! Models `pkg/controller/endpointslicemirroring`.

use std::sync::Arc;

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::{self as core, EndpointAddress, EndpointSubset, Endpoints, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort};
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Key};

use crate::controller::{Again, Context, Controller, Queue};
use crate::endpointslice::reconciler::{Desired, Groups, RESERVED_LABELS, service_of};
use crate::services;

const MANAGED_BY: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Its own state: none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EndpointSliceMirroringController;

impl Controller for EndpointSliceMirroringController {
    /// Endpoints, and the service of the same name.
    type Key = Key;
    const NAME: &'static str = "endpointslicemirroring-controller";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Service, Kind::Endpoints, Kind::EndpointSlice]
    }

    fn observe(&mut self, change: &Change, _api: &ApiServer, queue: &mut Queue<'_, Key>) {
        match change.object().kind() {
            Kind::EndpointSlice => service_of(change, MANAGED_BY).into_iter().for_each(|key| queue.add(key)),
            _ => queue.add(change.key.clone()),
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, key: &Key) -> Result<Again> {
        let Some(endpoints) = context.get(Kind::Endpoints, key) else { return Ok(None) };
        let service = context.get(Kind::Service, key);
        let is_wanted =
            service.is_some_and(|service| is_without_selector(&service)) && is_mirrored(&endpoints);
        let groups = if is_wanted { groups(endpoints.spec::<Endpoints>()) } else { Groups::default() };
        desired(endpoints, key, groups).reconcile(context)?;
        Ok(None)
    }
}

fn is_without_selector(service: &Object) -> bool {
    service.spec::<Service>().selector.as_ref().is_none_or(|selector| selector.is_empty())
}

fn is_mirrored(endpoints: &Object) -> bool {
    endpoints.labels().get(SKIP).map(String::as_str) != Some("true")
        && !endpoints.annotations().contains_key(LEADER)
}

fn desired(endpoints: Arc<Object>, key: &Key, groups: Groups) -> Desired {
    let copied = |map: &model::metadata::StringMap, skipped: &[&str]| -> Vec<(String, String)> {
        let wanted = map.iter().filter(|(key, _)| !skipped.contains(&key.as_str()));
        wanted.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    Desired {
        service: key.name.to_string(),
        managed_by: MANAGED_BY,
        labels: copied(endpoints.labels(), &RESERVED_LABELS),
        annotations: copied(endpoints.annotations(), &[LAST_APPLIED, services::TRIGGER_TIME]),
        copies_annotations: true,
        trigger_time: endpoints.annotations().get(services::TRIGGER_TIME).cloned(),
        groups,
        keeps_placeholder: false,
        owner: endpoints,
    }
}

fn groups(endpoints: &Endpoints) -> Groups {
    let mut groups = Groups::default();
    for subset in endpoints.subsets.iter().flatten() {
        let ports: Vec<EndpointPort> = subset.ports.iter().flatten().map(port).collect();
        for (address, is_ready) in addresses(subset) {
            let address_type = if address.ip.contains(':') { "IPv6" } else { "IPv4" };
            groups.add(address_type, ports.clone(), endpoint(address, is_ready));
        }
    }
    groups
}

fn addresses(subset: &EndpointSubset) -> impl Iterator<Item = (&EndpointAddress, bool)> {
    let ready = subset.addresses.iter().flatten().map(|address| (address, true));
    ready.chain(subset.not_ready_addresses.iter().flatten().map(|address| (address, false)))
}

fn port(port: &core::EndpointPort) -> EndpointPort {
    EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        port: Some(port.port),
        protocol: port.protocol.clone(),
        app_protocol: port.app_protocol.clone(),
    }
}

fn endpoint(address: &EndpointAddress, is_ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![address.ip.clone()],
        conditions: Some(EndpointConditions { ready: Some(is_ready), ..EndpointConditions::default() }),
        hostname: address.hostname.clone().filter(|name| !name.is_empty()),
        node_name: address.node_name.clone(),
        target_ref: address.target_ref.clone(),
        ..Endpoint::default()
    }
}
