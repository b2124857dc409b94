//! The endpoints controller: an Endpoints object for every service with a selector.
//! Models `pkg/controller/endpoint/endpoints_controller.go` and `pkg/api/v1/endpoints/util.go`.

use std::sync::Arc;

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, ObjectReference, Pod, Service, ServicePort,
};
use model::status::Result;
use model::{Kind, Metadata, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Key};

use crate::controller::{Again, Context, Controller, Queue};
use crate::triggers::Triggers;
use crate::{md5, pods, services};

/// More addresses than these are cut off.
const CAPACITY: usize = 1000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const MANAGED_BY: (&str, &str) = ("endpoints.kubernetes.io/managed-by", "endpoint-controller");

/// Its own state: what the last looks saw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EndpointController {
    triggers: Triggers,
}

impl Controller for EndpointController {
    type Key = Key;
    const NAME: &'static str = "endpoint-controller";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Service, Kind::Pod, Kind::Endpoints]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
        match change.object().kind() {
            Kind::Service => queue.add(change.key.clone()),
            Kind::Endpoints if change.is_deletion() => queue.add(change.key.clone()),
            Kind::Endpoints => {}
            _ => services::concerned_by_pod(change, api).into_iter().for_each(|key| queue.add(key)),
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, key: &Key) -> Result<Again> {
        let stored = context.get(Kind::Endpoints, key);
        let Some(service) = context.get(Kind::Service, key) else {
            self.triggers.forget(key);
            if stored.is_some() {
                let options = apiserver::DeleteOptions::default();
                context.api.delete(context.caller, Kind::Endpoints, &key.namespace, &key.name, &options)?;
            }
            return Ok(None);
        };
        let Some(selector) = services::selector(&service) else { return Ok(None) };
        let pods = services::selected_pods(context.store(), &key.namespace, &selector);
        let trigger = self.triggers.of(key, &service, &pods);
        let wanted = wanted(&service, &pods, stored.as_deref(), trigger);
        match stored {
            None => context.api.create(context.caller, wanted)?,
            Some(stored) if is_same(&stored, &wanted) => stored,
            Some(_) => context.api.update(context.caller, wanted)?,
        };
        Ok(None)
    }
}

fn is_same(stored: &Object, wanted: &Object) -> bool {
    let capacity = |object: &Object| object.annotations().contains_key(OVER_CAPACITY);
    stored.spec::<Endpoints>().subsets == wanted.spec::<Endpoints>().subsets
        && stored.labels() == wanted.labels()
        && capacity(stored) == capacity(wanted)
}

fn wanted(
    service: &Object,
    pods: &[Arc<Object>],
    stored: Option<&Object>,
    trigger: Option<String>,
) -> Object {
    let spec = service.spec::<Service>();
    let mut subsets = subsets(service, pods);
    let is_cut = truncate(&mut subsets);
    let endpoints = Endpoints { subsets: (!subsets.is_empty()).then_some(subsets), ..Endpoints::default() };
    let metadata = match stored {
        Some(stored) => Metadata::clone(&stored.metadata),
        None => Metadata::named(service.namespace(), service.name()),
    };
    let mut object = Object::new::<Endpoints>(metadata, endpoints);
    object.revision = stored.map_or(0, |stored| stored.revision);
    let metadata = object.metadata_mut();
    metadata.labels = service.labels().clone();
    metadata.labels.remove(services::HEADLESS);
    if services::is_headless(spec) {
        metadata.labels.insert(services::HEADLESS.to_owned(), String::new());
    }
    metadata.labels.insert(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned());
    metadata.annotations.remove(services::TRIGGER_TIME);
    if let Some(time) = trigger {
        metadata.annotations.insert(services::TRIGGER_TIME.to_owned(), time);
    }
    metadata.annotations.remove(OVER_CAPACITY);
    if is_cut {
        metadata.annotations.insert(OVER_CAPACITY.to_owned(), "truncated".to_owned());
    }
    object
}

/// The addresses of one pod, which share a set of ports with others.
#[derive(Default)]
struct Member {
    address: EndpointAddress,
    is_ready: bool,
    ports: Vec<EndpointPort>,
}

/// Addresses with the same ports stand in one subset; ready and other ones apart.
fn subsets(service: &Object, pods: &[Arc<Object>]) -> Vec<EndpointSubset> {
    let publishes = services::publishes_not_ready(service.spec::<Service>());
    let possible = pods.iter().filter(|pod| services::can_be_endpoint(pod, publishes));
    let mut groups: Vec<(Vec<EndpointPort>, EndpointSubset)> = Vec::new();
    for member in possible.filter_map(|pod| member(service, pod, publishes)) {
        let index = groups.iter().position(|(ports, _)| *ports == member.ports).unwrap_or_else(|| {
            groups.push((member.ports, EndpointSubset::default()));
            groups.len() - 1
        });
        let subset = &mut groups[index].1;
        let list = if member.is_ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
        list.get_or_insert_default().push(member.address);
    }
    let mut subsets: Vec<EndpointSubset> = groups.into_iter().map(with_ports).collect();
    subsets.sort_by_cached_key(|subset| subset.ports.iter().flatten().map(port_digest).collect::<Vec<_>>());
    for list in subsets.iter_mut().flat_map(|subset| [&mut subset.addresses, &mut subset.not_ready_addresses])
    {
        list.iter_mut().for_each(|list| list.sort_by_cached_key(address_order));
    }
    subsets
}

fn with_ports((mut ports, subset): (Vec<EndpointPort>, EndpointSubset)) -> EndpointSubset {
    ports.sort_by_cached_key(port_digest);
    EndpointSubset { ports: (!ports.is_empty()).then_some(ports), ..subset }
}

fn address_order(address: &EndpointAddress) -> (Vec<u8>, String) {
    // As bytes of the address, not as text: 10.0.0.9 comes before 10.0.0.10.
    let bytes = match address.ip.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => ip.octets().to_vec(),
        Ok(std::net::IpAddr::V6(ip)) => ip.octets().to_vec(),
        Err(_) => address.ip.clone().into_bytes(),
    };
    let uid = address.target_ref.as_ref().and_then(|target| target.uid.clone());
    (bytes, uid.unwrap_or_default())
}

fn member(service: &Object, pod: &Arc<Object>, publishes: bool) -> Option<Member> {
    let spec = service.spec::<Service>();
    let service_ports = spec.ports.as_deref().unwrap_or_default();
    let ports: Vec<EndpointPort> = service_ports
        .iter()
        .filter_map(|port| Some(endpoint_port(port, services::find_port(pod, port)?)))
        .collect();
    if ports.is_empty() && !(service_ports.is_empty() && services::is_headless(spec)) {
        return None;
    }
    let address = EndpointAddress {
        ip: pod.status::<Pod>().pod_ip.clone()?,
        hostname: services::hostname(pod, service),
        node_name: Some(pods::node_name(pod).to_owned()).filter(|name| !name.is_empty()),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: Some(pod.namespace().to_owned()),
            name: Some(pod.name().to_owned()),
            uid: Some(pod.uid().to_owned()),
            ..ObjectReference::default()
        }),
    };
    Some(Member { address, is_ready: publishes || pods::is_ready(pod), ports })
}

fn endpoint_port(port: &ServicePort, number: i32) -> EndpointPort {
    EndpointPort {
        name: port.name.clone().filter(|name| !name.is_empty()),
        port: number,
        protocol: Some(services::protocol(port).to_owned()),
        app_protocol: port.app_protocol.clone(),
    }
}

/// Upstream orders ports by a digest of how Go prints them.
fn port_digest(port: &EndpointPort) -> [u8; 16] {
    let text = format!(
        "(v1.EndpointPort){{Name:(string){} Port:(int32){} Protocol:(v1.Protocol){} AppProtocol:(*string){}}}",
        port.name.as_deref().unwrap_or_default(),
        port.port,
        port.protocol.as_deref().unwrap_or_default(),
        port.app_protocol.as_deref().unwrap_or("<nil>"),
    );
    md5::digest(text.as_bytes())
}

/// Cuts what is too much, addresses that are not ready first, and says whether it did.
fn truncate(subsets: &mut [EndpointSubset]) -> bool {
    let length = |list: &Option<Vec<EndpointAddress>>| list.as_ref().map_or(0, Vec::len);
    let total: usize =
        subsets.iter().map(|subset| length(&subset.addresses) + length(&subset.not_ready_addresses)).sum();
    let mut left = CAPACITY;
    let mut keep = |list: &mut Option<Vec<EndpointAddress>>| {
        if let Some(addresses) = list {
            addresses.truncate(left);
            left -= addresses.len();
        }
        if list.as_ref().is_some_and(Vec::is_empty) {
            *list = None;
        }
    };
    subsets.iter_mut().for_each(|subset| keep(&mut subset.addresses));
    subsets.iter_mut().for_each(|subset| keep(&mut subset.not_ready_addresses));
    total > CAPACITY
}
