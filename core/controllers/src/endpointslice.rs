//! The EndpointSlice controller: the pods behind every service with a selector, in slices.
//! Models `pkg/controller/endpointslice` and `k8s.io/endpointslice`.

use std::sync::Arc;

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::{Node, ObjectReference, Pod, Service, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointHints, EndpointPort, ForZone};
use model::status::Result;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Key, Store};

use crate::controller::{Again, Context, Controller, Queue};
use crate::triggers::Triggers;
use crate::{pods, services};

pub(crate) mod reconciler;

use reconciler::{Desired, Groups};

const MANAGED_BY: &str = "endpointslice-controller.k8s.io";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Its own state: what the last looks saw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EndpointSliceController {
    triggers: Triggers,
}

impl Controller for EndpointSliceController {
    /// A service.
    type Key = Key;
    const NAME: &'static str = "endpointslice-controller";
    const WORKERS: usize = 5;

    fn kinds() -> Vec<Kind> {
        vec![Kind::Service, Kind::Pod, Kind::EndpointSlice]
    }

    fn observe(&mut self, change: &Change, api: &ApiServer, queue: &mut Queue<'_, Key>) {
        match change.object().kind() {
            Kind::Service => queue.add(change.key.clone()),
            Kind::EndpointSlice => {
                reconciler::service_of(change, MANAGED_BY).into_iter().for_each(|key| queue.add(key));
            }
            _ => services::concerned_by_pod(change, api).into_iter().for_each(|key| queue.add(key)),
        }
    }

    fn reconcile(&mut self, context: &mut Context<'_>, key: &Key) -> Result<Again> {
        let Some(service) = context.get(Kind::Service, key) else {
            self.triggers.forget(key);
            return Ok(None);
        };
        let Some(selector) = services::selector(&service) else { return Ok(None) };
        let pods = services::selected_pods(context.store(), &key.namespace, &selector);
        let desired = Desired {
            owner: service.clone(),
            service: key.name.to_string(),
            managed_by: MANAGED_BY,
            labels: labels(&service),
            annotations: Vec::new(),
            copies_annotations: false,
            trigger_time: self.triggers.of(key, &service, &pods),
            groups: groups(context.store(), &service, &pods),
            keeps_placeholder: true,
        };
        desired.reconcile(context)?;
        Ok(None)
    }
}

fn labels(service: &Object) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> = service
        .labels()
        .iter()
        .filter(|(key, _)| !reconciler::RESERVED_LABELS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if services::is_headless(service.spec::<Service>()) {
        labels.push((services::HEADLESS.to_owned(), String::new()));
    }
    labels
}

/// The endpoints by their ports: pods that resolve a named port differently stand in different slices.
fn groups(store: &Store, service: &Object, pods: &[Arc<Object>]) -> Groups {
    let spec = service.spec::<Service>();
    let mut groups = Groups::default();
    for pod in pods.iter().filter(|pod| services::can_be_endpoint(pod, true)) {
        // A pod on a node that is not there is not reachable; it comes back once the node is.
        let Some(node) = store.get(Kind::Node, "", pods::node_name(pod)) else { continue };
        let ports = spec.ports.iter().flatten();
        let ports =
            ports.filter_map(|port| Some(endpoint_port(port, services::find_port(pod, port)?))).collect();
        groups.add("IPv4", ports, endpoint(service, pod, node));
    }
    groups
}

fn endpoint_port(port: &ServicePort, number: i32) -> EndpointPort {
    EndpointPort {
        // A port without a name has the empty one, said.
        name: Some(port.name.clone().unwrap_or_default()),
        port: Some(number),
        protocol: Some(services::protocol(port).to_owned()),
        app_protocol: port.app_protocol.clone(),
    }
}

fn endpoint(service: &Object, pod: &Object, node: &Object) -> Endpoint {
    let spec = service.spec::<Service>();
    let (serving, terminating) = (pods::is_ready(pod), pod.is_deleting());
    let ready = services::publishes_not_ready(spec) || (serving && !terminating);
    let zone = zone(node);
    let prefers_close = spec.traffic_distribution.as_deref() == Some("PreferClose");
    let hints = zone
        .clone()
        .filter(|_| prefers_close && ready)
        .map(|name| EndpointHints { for_zones: Some(vec![ForZone { name }]), ..EndpointHints::default() });
    Endpoint {
        addresses: pod.status::<Pod>().pod_ip.clone().into_iter().collect(),
        conditions: Some(EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        hostname: services::hostname(pod, service),
        node_name: Some(pods::node_name(pod).to_owned()),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: Some(pod.namespace().to_owned()),
            name: Some(pod.name().to_owned()),
            uid: Some(pod.uid().to_owned()),
            ..ObjectReference::default()
        }),
        zone,
        hints,
        ..Endpoint::default()
    }
}

fn zone(node: &Object) -> Option<String> {
    debug_assert_eq!(node.kind(), <Node as model::Resource>::KIND);
    node.labels().get(ZONE).cloned()
}
