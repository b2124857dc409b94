//! A Service and where it sends to.

use apiserver::ApiServer;
use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use model::{Kind, Object};
use protocol::ServiceView;

/// The label by which a slice names its service.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";

pub(super) fn service_view(api: &ApiServer, object: &Object) -> ServiceView {
    let spec = object.spec::<Service>();
    let (mut ready_pods, mut unready_pods) = (Vec::new(), Vec::new());
    let slices = api.store().list_namespace(Kind::EndpointSlice, object.namespace());
    let mine = |slice: &&std::sync::Arc<Object>| {
        slice.labels().get(SERVICE_NAME).map(String::as_str) == Some(object.name())
    };
    for endpoint in slices.filter(mine).flat_map(|slice| &slice.spec::<EndpointSlice>().endpoints) {
        let Some(uid) = endpoint.target_ref.as_ref().and_then(|target| target.uid.clone()) else { continue };
        let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true);
        if ready { ready_pods.push(uid) } else { unready_pods.push(uid) }
    }
    ServiceView {
        key: object.uid().to_owned(),
        namespace: object.namespace().to_owned(),
        name: object.name().to_owned(),
        service_type: spec.type_.clone().unwrap_or_default(),
        cluster_ip: spec.cluster_ip.clone().unwrap_or_default(),
        ports: spec.ports.iter().flatten().map(port).collect(),
        ready_pods,
        unready_pods,
    }
}

fn port(port: &ServicePort) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    port.node_port.map_or_else(
        || format!("{}/{protocol}", port.port),
        |node_port| format!("{}:{node_port}/{protocol}", port.port),
    )
}
