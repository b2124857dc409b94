//! What the network needs to know of Services and their EndpointSlices, kept current from the store's log.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Change, Cursor, Key, Store};

const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// A port of a Service.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Port {
    /// Its name; empty if it is the only one.
    pub name: String,
    /// The port of the Service's addresses.
    pub port: u16,
    /// The port of every node's address.
    pub node_port: Option<u16>,
}

/// What is known of a Service.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Its own addresses: none if it is headless or an external name.
    pub cluster_ips: Vec<Ipv4Addr>,
    /// Addresses from outside: external IPs and a load balancer's.
    pub external_ips: Vec<Ipv4Addr>,
    /// Another name that it stands for.
    pub external_name: Option<String>,
    /// Its TCP ports.
    pub ports: Vec<Port>,
    /// How long a client stays with its endpoint.
    pub affinity_seconds: Option<u32>,
    /// Connections from within go to endpoints on the same node only.
    pub internal_local: bool,
    /// Connections from outside go to endpoints on the same node only.
    pub external_local: bool,
}

/// One endpoint of a slice.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its address.
    pub address: Ipv4Addr,
    /// Whether it takes connections.
    pub ready: bool,
    /// Whether it still takes them while it goes.
    pub serving: bool,
    /// Whether it is going.
    pub terminating: bool,
    /// The host name that the DNS knows it under.
    pub hostname: Option<String>,
    /// Its node.
    pub node: Option<String>,
}

/// What is known of an EndpointSlice.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SliceFacts {
    /// Its ports by name.
    pub ports: Vec<(String, u16)>,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// A Service with its slices; either may be there before the other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Entry {
    /// The Service.
    pub service: Option<ServiceFacts>,
    /// The slices by name.
    pub slices: BTreeMap<Arc<str>, SliceFacts>,
}

impl Entry {
    /// All endpoints with the number that a port of this name has in their slice.
    pub fn endpoints(&self, port_name: &str) -> impl Iterator<Item = (&Endpoint, u16)> {
        self.slices.values().flat_map(move |slice| {
            let port = slice.ports.iter().find(|(name, _)| name == port_name).map(|(_, port)| *port);
            slice.endpoints.iter().filter_map(move |endpoint| Some((endpoint, port?)))
        })
    }

    /// All endpoints whatever their ports.
    pub fn all_endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.slices.values().flat_map(|slice| &slice.endpoints)
    }
}

/// All Services.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Services {
    services: Cursor,
    slices: Cursor,
    namespaces_cursor: Cursor,
    #[serde(with = "engine::events::pairs")]
    entries: BTreeMap<Key, Entry>,
    namespaces: BTreeSet<Arc<str>>,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            services: Cursor::from_start(Kind::Service),
            slices: Cursor::from_start(Kind::EndpointSlice),
            namespaces_cursor: Cursor::from_start(Kind::Namespace),
            entries: BTreeMap::new(),
            namespaces: BTreeSet::new(),
        }
    }
}

impl Services {
    /// Reads what is new and says which Services that concerns.
    pub(crate) fn observe(&mut self, store: &Store) -> BTreeSet<Key> {
        let mut touched = BTreeSet::new();
        if self.namespaces_cursor.is_behind(store) {
            self.observe_namespaces(store);
        }
        for (key, new) in news(&mut self.services, store, &mut || {
            self.entries
                .iter()
                .filter(|(_, entry)| entry.service.is_some())
                .map(|(key, _)| key.clone())
                .collect()
        }) {
            self.entries.entry(key.clone()).or_default().service = new.map(|object| service_facts(&object));
            touched.insert(key);
        }
        let known = &self.entries;
        let slices = news(&mut self.slices, store, &mut || {
            let of = |(key, entry): (&Key, &Entry)| {
                let namespace = key.namespace.clone();
                let names: Vec<_> = entry.slices.keys().cloned().collect();
                names.into_iter().map(move |name| Key { namespace: namespace.clone(), name })
            };
            known.iter().flat_map(of).collect()
        });
        for (key, new) in slices {
            self.note_slice(&key, new.as_deref(), &mut touched);
        }
        for key in &touched {
            if self.entries.get(key).is_some_and(|entry| entry.service.is_none() && entry.slices.is_empty()) {
                self.entries.remove(key);
            }
        }
        touched
    }

    fn observe_namespaces(&mut self, store: &Store) {
        match self.namespaces_cursor.read(store) {
            Ok(changes) => {
                for change in changes {
                    if change.is_deletion() {
                        self.namespaces.remove(&change.key.name);
                    } else {
                        self.namespaces.insert(change.key.name.clone());
                    }
                }
            }
            Err(_) => {
                self.namespaces = store.list(Kind::Namespace).map(|object| object.name().into()).collect();
                self.namespaces_cursor.revision = store.revision();
            }
        }
    }

    fn note_slice(&mut self, key: &Key, new: Option<&Object>, touched: &mut BTreeSet<Key>) {
        let owner = new.and_then(|object| object.labels().get(SERVICE_NAME_LABEL));
        let owner = owner.map(|name| Key { namespace: key.namespace.clone(), name: name.as_str().into() });
        // A slice may have belonged to another Service of its namespace before.
        let from = Key { namespace: key.namespace.clone(), name: "".into() };
        let same_namespace = |entry: &(&Key, &mut Entry)| entry.0.namespace == key.namespace;
        for (service, entry) in self.entries.range_mut(from..).take_while(same_namespace) {
            if Some(service) != owner.as_ref() && entry.slices.remove(&key.name).is_some() {
                touched.insert(service.clone());
            }
        }
        if let (Some(owner), Some(object)) = (owner, new) {
            let facts = slice_facts(object.spec::<EndpointSlice>());
            self.entries.entry(owner.clone()).or_default().slices.insert(key.name.clone(), facts);
            touched.insert(owner);
        }
    }

    /// What is known of a Service.
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Entry> {
        self.entries.get(&Key::new(namespace, name))
    }

    /// What is known of a Service.
    pub(crate) fn get_key(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Whether there is a namespace of this name.
    pub(crate) fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }
}

/// What is new behind a cursor: the last object of each key. After a compaction, everything that is and everything that was known.
fn news(
    cursor: &mut Cursor,
    store: &Store,
    known: &mut dyn FnMut() -> BTreeSet<Key>,
) -> BTreeMap<Key, Option<Arc<Object>>> {
    if !cursor.is_behind(store) {
        return BTreeMap::new();
    }
    let kind = cursor.kind;
    if let Ok(changes) = cursor.read(store) {
        return changes.map(|change: &Change| (change.key.clone(), change.new.clone())).collect();
    }
    cursor.revision = store.revision();
    let mut all: BTreeMap<_, _> = known().into_iter().map(|key| (key, None)).collect();
    all.extend(store.list(kind).map(|object| (Key::of(object), Some(object.clone()))));
    all
}

fn service_facts(object: &Object) -> ServiceFacts {
    let spec = object.spec::<Service>();
    let addresses =
        |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect::<Vec<Ipv4Addr>>();
    let mut external_ips = addresses(spec.external_ips.as_deref().unwrap_or_default());
    let balancer = object.status::<Service>().load_balancer.as_ref();
    for ingress in balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default() {
        external_ips.extend(ingress.ip.as_ref().and_then(|ip| ip.parse::<Ipv4Addr>().ok()));
    }
    let cluster_ips = match (&spec.cluster_ips, &spec.cluster_ip) {
        (Some(all), _) if !all.is_empty() => addresses(all),
        (_, Some(one)) => addresses(std::slice::from_ref(one)),
        _ => Vec::new(),
    };
    let affinity = spec.session_affinity.as_deref() == Some("ClientIP");
    let affinity_seconds = affinity.then(|| {
        let config = spec.session_affinity_config.as_ref().and_then(|config| config.client_ip.as_ref());
        config
            .and_then(|client| client.timeout_seconds)
            .and_then(|secs| secs.try_into().ok())
            .unwrap_or(10_800)
    });
    ServiceFacts {
        cluster_ips,
        external_ips,
        external_name: spec.external_name.clone().filter(|_| spec.type_.as_deref() == Some("ExternalName")),
        ports: spec.ports.iter().flatten().filter_map(service_port).collect(),
        affinity_seconds,
        internal_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
        external_local: spec.external_traffic_policy.as_deref() == Some("Local"),
    }
}

fn service_port(port: &ServicePort) -> Option<Port> {
    if port.protocol.as_deref().is_some_and(|protocol| protocol != "TCP") {
        return None;
    }
    Some(Port {
        name: port.name.clone().unwrap_or_default(),
        port: port.port.try_into().ok()?,
        node_port: port.node_port.and_then(|port| port.try_into().ok()).filter(|port| *port != 0),
    })
}

fn slice_facts(slice: &EndpointSlice) -> SliceFacts {
    let ports = slice.ports.iter().flatten();
    let ports = ports.filter(|port| port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP"));
    let ports = ports.filter_map(|port| {
        let number = u16::try_from(port.port?).ok()?;
        Some((port.name.clone().unwrap_or_default(), number))
    });
    let endpoints = slice.endpoints.iter().filter_map(|endpoint| {
        let conditions = endpoint.conditions.clone().unwrap_or_default();
        let ready = conditions.ready.unwrap_or(true);
        Some(Endpoint {
            address: endpoint.addresses.first()?.parse().ok()?,
            ready,
            serving: conditions.serving.unwrap_or(ready),
            terminating: conditions.terminating.unwrap_or(false),
            hostname: endpoint.hostname.clone(),
            node: endpoint.node_name.clone(),
        })
    });
    SliceFacts { ports: ports.collect(), endpoints: endpoints.collect() }
}
