//! The objects that every new cluster has, as recorded from one.

use k8s_openapi::api::core::v1::{
    ConfigMap, EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Namespace, NamespaceSpec, Service,
    ServicePort, ServiceSpec,
};
use k8s_openapi::api::discovery::v1::{self as discovery, EndpointSlice};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use model::{Metadata, Object};

use crate::caller::Caller;
use crate::server::ApiServer;

const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
const PRIORITY_CLASSES: [(&str, i32, &str); 2] = [
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
];
/// The address on which the API server itself listens.
pub const API_SERVER_ADDRESS: &str = "192.168.49.1";
/// The port on which the API server itself listens.
pub const API_SERVER_PORT: i32 = 6443;

/// Creates them.
pub(crate) fn install(api: &mut ApiServer) {
    let caller = Caller::apiserver();
    let objects = NAMESPACES
        .iter()
        .map(|name| namespace(name))
        .chain(PRIORITY_CLASSES.iter().map(priority_class))
        .chain([authentication_config()])
        .chain(kubernetes_service(api));
    for object in objects.collect::<Vec<_>>() {
        let created = api.create(&caller, object);
        debug_assert!(created.is_ok(), "{created:?}");
    }
}

/// The service through which pods find the API server, and its endpoints in both forms.
#[must_use]
pub fn kubernetes_service(api: &ApiServer) -> [Object; 3] {
    [service(api.settings().service_network), kubernetes_endpoints(), kubernetes_slice()]
}

fn namespace(name: &str) -> Object {
    Object::new::<Namespace>(Metadata::named("", name), NamespaceSpec::default())
}

fn priority_class((name, value, description): &(&str, i32, &str)) -> Object {
    let class = PriorityClass {
        value: *value,
        description: Some((*description).to_owned()),
        preemption_policy: Some("PreemptLowerPriority".to_owned()),
        ..PriorityClass::default()
    };
    Object::new::<PriorityClass>(Metadata::named("", name), class)
}

fn authentication_config() -> Object {
    let data = [
        ("requestheader-allowed-names", "[\"front-proxy-client\"]"),
        ("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]"),
        ("requestheader-group-headers", "[\"X-Remote-Group\"]"),
        ("requestheader-username-headers", "[\"X-Remote-User\"]"),
    ];
    let data = data.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let metadata = Metadata::named("kube-system", "extension-apiserver-authentication");
    Object::new::<ConfigMap>(metadata, ConfigMap { data: Some(data), ..ConfigMap::default() })
}

fn kubernetes_metadata() -> Metadata {
    Metadata::named("default", "kubernetes")
}

fn service((first, second): (u8, u8)) -> Object {
    let mut metadata = kubernetes_metadata();
    for (key, value) in [("component", "apiserver"), ("provider", "kubernetes")] {
        metadata.labels.insert(key.to_owned(), value.to_owned());
    }
    let spec = ServiceSpec {
        cluster_ip: Some(format!("{first}.{second}.0.1")),
        ports: Some(vec![ServicePort {
            name: Some("https".to_owned()),
            protocol: Some("TCP".to_owned()),
            port: 443,
            target_port: Some(IntOrString::Int(API_SERVER_PORT)),
            ..ServicePort::default()
        }]),
        type_: Some("ClusterIP".to_owned()),
        ..ServiceSpec::default()
    };
    Object::new::<Service>(metadata, spec)
}

fn kubernetes_endpoints() -> Object {
    let mut metadata = kubernetes_metadata();
    metadata.labels.insert("endpointslice.kubernetes.io/skip-mirror".to_owned(), "true".to_owned());
    let subset = EndpointSubset {
        addresses: Some(vec![EndpointAddress {
            ip: API_SERVER_ADDRESS.to_owned(),
            ..EndpointAddress::default()
        }]),
        ports: Some(vec![EndpointPort {
            name: Some("https".to_owned()),
            port: API_SERVER_PORT,
            protocol: Some("TCP".to_owned()),
            app_protocol: None,
        }]),
        not_ready_addresses: None,
    };
    Object::new::<Endpoints>(metadata, Endpoints { subsets: Some(vec![subset]), ..Endpoints::default() })
}

fn kubernetes_slice() -> Object {
    let mut metadata = kubernetes_metadata();
    metadata.labels.insert("kubernetes.io/service-name".to_owned(), "kubernetes".to_owned());
    let slice = EndpointSlice {
        address_type: "IPv4".to_owned(),
        endpoints: vec![discovery::Endpoint {
            addresses: vec![API_SERVER_ADDRESS.to_owned()],
            conditions: Some(discovery::EndpointConditions {
                ready: Some(true),
                ..discovery::EndpointConditions::default()
            }),
            ..discovery::Endpoint::default()
        }],
        ports: Some(vec![discovery::EndpointPort {
            name: Some("https".to_owned()),
            port: Some(API_SERVER_PORT),
            protocol: Some("TCP".to_owned()),
            app_protocol: None,
        }]),
        ..EndpointSlice::default()
    };
    Object::new::<EndpointSlice>(metadata, slice)
}
