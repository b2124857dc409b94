//! A pod's sandbox: its network namespace, its names and its resolver, and the files that say them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Pod;
use model::Object;
use network::Resolver;
use network::dns::{CLUSTER_DNS, CLUSTER_DOMAIN};
use serde::{Deserialize, Serialize};
use shell::file_system::{Mount, TreeId};
use shell::{ContextId, ContextSpec, Pid, Programs, Stdio};

use crate::worker::{Surroundings, Worker};

/// The longest host name that Linux takes.
const HOSTNAME_MAX: usize = 63;

/// The first process of a pod whose containers share their processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pause {
    pub(crate) context: ContextId,
    pid: Pid,
    tree: TreeId,
}

/// The image of sandboxes, as the container runtime is configured.
const SANDBOX_IMAGE: &str = "registry.k8s.io/pause:3.10";

impl Pause {
    fn start<P: Programs>(worker: &Worker, s: &mut Surroundings<'_, P>) -> Option<Self> {
        let image = s.images.named(SANDBOX_IMAGE)?;
        let command: Vec<String> = image.entrypoint.iter().chain(&image.command).cloned().collect();
        let variables: BTreeMap<String, String> = image.env.iter().cloned().collect();
        let storage = s.machine.storage_mut();
        let layer = image.layer(storage);
        let tree = storage.add_tree(Some(&layer), None);
        let context = s.machine.create_context(ContextSpec {
            hostname: worker.hostname.clone(),
            mounts: vec![Mount { read_only: true, ..Mount::new("/", tree) }],
            ..ContextSpec::default()
        });
        let pid = s.machine.spawn(context, command, variables, "/", [Stdio::Null; 3], s.now).ok()?;
        Some(Self { context, pid, tree })
    }

    fn end<P: Programs>(self, s: &mut Surroundings<'_, P>) {
        s.machine.remove_context(self.context, s.now);
        s.machine.forget(self.pid);
        s.machine.storage_mut().remove_tree(self.tree);
    }
}

/// Gives the pod its address and its network namespace.
pub(crate) fn create<P: Programs>(worker: &mut Worker, s: &mut Surroundings<'_, P>, pod: &Object) {
    if pod.spec::<Pod>().share_process_namespace == Some(true) {
        worker.pause = Pause::start(worker, s);
    }
    let resolver = resolver(worker, pod);
    let node = s.node.name.clone();
    if is_on_host(pod) {
        worker.address = Some(s.node.address);
        worker.netns = s.network.add_host_pod(&node, resolver);
        worker.hostname = s.node.machine_name.to_string();
        return;
    }
    let Some(address) = s.network.allocate_pod_address(&node) else { return };
    let mut resolver = resolver;
    resolver.hosts.push((address, names(pod)));
    worker.address = Some(address);
    worker.netns = Some(s.network.add_pod(&node, address, resolver));
    for container in &pod.spec::<Pod>().containers {
        for port in container.ports.iter().flatten() {
            let number = |port: i32| u16::try_from(port).ok().filter(|port| *port != 0);
            if let (Some(host), Some(own)) = (port.host_port.and_then(number), number(port.container_port)) {
                s.network.map_host_port(&node, host, (address, own));
            }
        }
    }
}

/// Takes the network and the volumes away.
pub(crate) fn remove<P: Programs>(worker: &mut Worker, s: &mut Surroundings<'_, P>) {
    if let Some(pause) = worker.pause.take() {
        pause.end(s);
    }
    let Some(namespace) = worker.netns.take() else { return };
    s.network.remove_namespace(namespace);
    if let Some(address) = worker.address.filter(|address| *address != s.node.address) {
        s.network.unmap_host_ports(address);
        s.network.release_pod_address(&s.node.name, address);
    }
}

fn is_on_host(pod: &Object) -> bool {
    pod.spec::<Pod>().host_network == Some(true)
}

/// The pod's host name: its own, or what `hostname` and `setHostnameAsFQDN` make of it.
pub(crate) fn hostname(pod: &Object) -> String {
    let spec = pod.spec::<Pod>();
    let short =
        spec.hostname.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| pod.name().to_owned());
    if spec.set_hostname_as_fqdn == Some(true)
        && let Some(full) = full_name(pod)
    {
        return full;
    }
    short.get(..HOSTNAME_MAX).map_or(short.clone(), |cut| cut.trim_end_matches(['-', '.']).to_owned())
}

fn full_name(pod: &Object) -> Option<String> {
    let spec = pod.spec::<Pod>();
    let subdomain = spec.subdomain.as_deref().filter(|name| !name.is_empty())?;
    let short = spec.hostname.as_deref().filter(|name| !name.is_empty()).unwrap_or(pod.name());
    Some(format!("{short}.{subdomain}.{}.svc.{CLUSTER_DOMAIN}", pod.namespace()))
}

/// The names that stand beside the pod's address.
fn names(pod: &Object) -> Vec<String> {
    let short = pod.spec::<Pod>().hostname.clone().filter(|name| !name.is_empty());
    let short = short.unwrap_or_else(|| pod.name().to_owned());
    full_name(pod).into_iter().chain([short]).collect()
}

/// How names are looked up in the pod.
fn resolver(worker: &Worker, pod: &Object) -> Resolver {
    let spec = pod.spec::<Pod>();
    let policy = match spec.dns_policy.as_deref() {
        Some("ClusterFirst") | None if is_on_host(pod) => "Default",
        Some("ClusterFirstWithHostNet") | None => "ClusterFirst",
        Some(policy) => policy,
    };
    let mut resolver = match policy {
        "ClusterFirst" => Resolver::cluster_first(pod.namespace()),
        "None" => Resolver { ndots: 1, nameservers: Vec::new(), ..Resolver::default() },
        _ => Resolver::node(),
    };
    if let Some(config) = &spec.dns_config {
        let servers = config.nameservers.iter().flatten();
        resolver.nameservers.extend(servers.filter_map(|server| server.parse::<Ipv4Addr>().ok()));
        resolver.searches.extend(config.searches.iter().flatten().cloned());
        let ndots = config.options.iter().flatten().find(|option| option.name.as_deref() == Some("ndots"));
        if let Some(ndots) = ndots.and_then(|option| option.value.as_ref()?.parse().ok()) {
            resolver.ndots = ndots;
        }
    }
    for alias in spec.host_aliases.iter().flatten() {
        if let Ok(address) = alias.ip.parse() {
            resolver.hosts.push((address, alias.hostnames.clone().unwrap_or_default()));
        }
    }
    let _ = worker;
    resolver
}

/// `/etc/resolv.conf`.
pub(crate) fn resolv_conf(pod: &Object) -> String {
    let spec = pod.spec::<Pod>();
    let policy = match spec.dns_policy.as_deref() {
        Some("ClusterFirst") | None if is_on_host(pod) => "Default",
        Some("ClusterFirstWithHostNet") | None => "ClusterFirst",
        Some(policy) => policy,
    };
    let (mut searches, mut servers, mut options) = match policy {
        "ClusterFirst" => {
            let mut searches = Resolver::cluster_first(pod.namespace()).searches;
            searches.push(NODE_SEARCH.to_owned());
            (searches, vec![CLUSTER_DNS.to_string()], vec![("ndots".to_owned(), Some("5".to_owned()))])
        }
        "None" => (Vec::new(), Vec::new(), Vec::new()),
        _ => (vec![NODE_SEARCH.to_owned()], vec![NODE_DNS.to_owned()], Vec::new()),
    };
    if let Some(config) = &spec.dns_config {
        servers.extend(config.nameservers.iter().flatten().cloned());
        searches.extend(config.searches.iter().flatten().cloned());
        for option in config.options.iter().flatten() {
            let Some(name) = option.name.clone() else { continue };
            match options.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1.clone_from(&option.value),
                None => options.push((name, option.value.clone())),
            }
        }
    }
    let mut text = String::new();
    if !searches.is_empty() {
        text.push_str(&format!("search {}\n", searches.join(" ")));
    }
    for server in servers {
        text.push_str(&format!("nameserver {server}\n"));
    }
    if !options.is_empty() {
        let option = |(name, value): (String, Option<String>)| {
            value.map_or(name.clone(), |value| format!("{name}:{value}"))
        };
        let options: Vec<String> = options.into_iter().map(option).collect();
        text.push_str(&format!("options {}\n", options.join(" ")));
    }
    text
}

/// The DNS server of the nodes, and what they append to names.
const NODE_DNS: &str = "192.168.49.1";
const NODE_SEARCH: &str = "example.internal";

/// `/etc/hosts`.
pub(crate) fn hosts_file(worker: &Worker, pod: &Object) -> String {
    const LOCAL: &str = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n\
                         fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";
    let mut text = if is_on_host(pod) {
        format!(
            "# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n127.0.1.1\t{}\n",
            worker.hostname
        )
    } else {
        let address = worker.address.map(|address| address.to_string()).unwrap_or_default();
        format!("# Kubernetes-managed hosts file.\n{LOCAL}{address}\t{}\n", names(pod).join("\t"))
    };
    let aliases = pod.spec::<Pod>().host_aliases.as_deref().unwrap_or_default();
    if !aliases.is_empty() {
        text.push_str("\n# Entries added by HostAliases.\n");
        for alias in aliases {
            let names = alias.hostnames.as_deref().unwrap_or_default();
            text.push_str(&format!("{}\t{}\n", alias.ip, names.join("\t")));
        }
    }
    text
}
