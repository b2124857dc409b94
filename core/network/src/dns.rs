//! Names: the resolver of each namespace, and the cluster's zone as CoreDNS serves it.
//!
//! The specification is <https://github.com/kubernetes/dns/blob/master/docs/specification.md>; only addresses are asked for here.

use std::net::Ipv4Addr;

use engine::{Random, Stream};
use serde::{Deserialize, Serialize};

use crate::Network;
use crate::namespace::NetworkNamespace;
use crate::services::{Endpoint, Entry};

/// The address of the cluster's DNS.
pub const CLUSTER_DNS: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 10);
/// The zone that the cluster's DNS is the authority for.
pub const CLUSTER_DOMAIN: &str = "cluster.local";
/// How many names may stand for one another.
const CHAIN_MAX: usize = 8;

/// An answer to a look-up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Resolved {
    /// The name that has the addresses, and these, at least one.
    Addresses(String, Vec<Ipv4Addr>),
    /// There is no such name.
    NotFound,
    /// No server answered.
    Timeout,
}

/// How names are looked up: what `/etc/resolv.conf` and `/etc/hosts` say.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Resolver {
    /// Whom to ask; empty for a node, which asks whatever is outside.
    pub nameservers: Vec<Ipv4Addr>,
    /// What to append to names.
    pub searches: Vec<String>,
    /// A name with so many dots is tried as it is first.
    pub ndots: usize,
    /// Names that are known without asking.
    pub hosts: Vec<(Ipv4Addr, Vec<String>)>,
}

impl Resolver {
    /// A node's own.
    #[must_use]
    pub fn node() -> Self {
        Self { ndots: 1, ..Self::default() }
    }

    /// That of a pod whose `dnsPolicy` is ClusterFirst.
    #[must_use]
    pub fn cluster_first(namespace: &str) -> Self {
        let searches = vec![
            format!("{namespace}.svc.{CLUSTER_DOMAIN}"),
            format!("svc.{CLUSTER_DOMAIN}"),
            CLUSTER_DOMAIN.to_owned(),
        ];
        Self { nameservers: vec![CLUSTER_DNS], searches, ndots: 5, hosts: Vec::new() }
    }

    /// The full names to try, in order.
    fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(full) = name.strip_suffix('.') {
            return vec![full.to_owned()];
        }
        let dots = name.matches('.').count();
        let mut names: Vec<String> = self.searches.iter().map(|search| format!("{name}.{search}")).collect();
        let at = if dots >= self.ndots { 0 } else { names.len() };
        names.insert(at, name.to_owned());
        names
    }
}

impl Network {
    /// Looks a name up with the resolver of a namespace; a literal address is its own answer.
    pub fn resolve(&self, random: &mut Random, namespace: NetworkNamespace, name: &str) -> Resolved {
        if let Ok(address) = name.parse() {
            return Resolved::Addresses(name.to_owned(), vec![address]);
        }
        let name = name.to_ascii_lowercase();
        if name == "localhost" {
            return Resolved::Addresses(name, vec![Ipv4Addr::LOCALHOST]);
        }
        let Some(here) = self.namespaces.get(&namespace) else { return Resolved::Timeout };
        if let Some((address, _)) = here.resolver.hosts.iter().find(|(_, names)| names.contains(&name)) {
            return Resolved::Addresses(name, vec![*address]);
        }
        if here.resolver.nameservers.is_empty() {
            // The world outside knows the nodes and nothing else.
            let node = self.nodes.get(name.trim_end_matches('.'));
            return node
                .map_or(Resolved::NotFound, |node| Resolved::Addresses(name.clone(), vec![node.address]));
        }
        if !here.resolver.nameservers.contains(&CLUSTER_DNS) || !self.has_cluster_dns() {
            return Resolved::Timeout;
        }
        for candidate in here.resolver.candidates(&name) {
            if let Some((name, mut addresses)) = self.lookup(&candidate) {
                shuffle(random, &mut addresses);
                return Resolved::Addresses(name, addresses);
            }
        }
        Resolved::NotFound
    }

    /// Gives a namespace another resolver.
    pub fn set_resolver(&mut self, namespace: NetworkNamespace, resolver: Resolver) {
        if let Some(namespace) = self.namespaces.get_mut(&namespace) {
            namespace.resolver = resolver;
        }
    }

    /// A cluster whose DNS is a Service needs one of its endpoints; in one without that Service the DNS stands outside.
    fn has_cluster_dns(&self) -> bool {
        let entry = self.services.get("kube-system", "kube-dns");
        entry.is_none_or(|entry| {
            entry.service.is_none() || entry.all_endpoints().any(|endpoint| endpoint.ready)
        })
    }

    /// The addresses of a full name in the cluster's zone, and the name at the end of the chain of those that stand for it.
    fn lookup(&self, name: &str) -> Option<(String, Vec<Ipv4Addr>)> {
        let mut name = name.to_owned();
        for _ in 0..CHAIN_MAX {
            match self.lookup_once(&name)? {
                Record::Alias(target) => name = target,
                Record::Addresses(addresses) => {
                    return Some((name, addresses)).filter(|(_, found)| !found.is_empty());
                }
            }
        }
        None
    }

    fn lookup_once(&self, name: &str) -> Option<Record> {
        let local = name.strip_suffix(CLUSTER_DOMAIN)?.strip_suffix('.')?;
        let labels: Vec<&str> = local.split('.').collect();
        match labels[..] {
            [service, namespace, "svc"] => service_record(self.services.get(namespace, service)?),
            [host, service, namespace, "svc"] => {
                let entry = self.services.get(namespace, service)?;
                entry.service.as_ref()?;
                let of_host = |endpoint: &&Endpoint| endpoint.ready && host_name(endpoint) == host;
                let addresses =
                    entry.all_endpoints().filter(of_host).map(|endpoint| endpoint.address).collect();
                Some(Record::Addresses(addresses))
            }
            [.., address, namespace, "pod"] if self.services.has_namespace(namespace) => {
                let address = address.replace('-', ".").parse().ok()?;
                Some(Record::Addresses(vec![address]))
            }
            _ => None,
        }
    }
}

enum Record {
    Addresses(Vec<Ipv4Addr>),
    Alias(String),
}

fn service_record(entry: &Entry) -> Option<Record> {
    let service = entry.service.as_ref()?;
    if let Some(target) = &service.external_name {
        return Some(Record::Alias(target.trim_end_matches('.').to_ascii_lowercase()));
    }
    if !service.cluster_ips.is_empty() {
        return Some(Record::Addresses(service.cluster_ips.clone()));
    }
    let mut addresses: Vec<_> =
        entry.all_endpoints().filter(|endpoint| endpoint.ready).map(|endpoint| endpoint.address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Some(Record::Addresses(addresses))
}

/// The label of an endpoint's own name: its host name, or its address with dashes.
fn host_name(endpoint: &Endpoint) -> String {
    endpoint.hostname.clone().unwrap_or_else(|| endpoint.address.to_string().replace('.', "-"))
}

fn shuffle(random: &mut Random, addresses: &mut [Ipv4Addr]) {
    for last in (1..addresses.len()).rev() {
        let other = random.below(Stream::Routing, last as u64 + 1) as usize;
        addresses.swap(last, other);
    }
}
