//! Pods: the spec of one, wherever it stands.

use k8s_openapi::api::core::v1::{PodDNSConfig, PodSpec};

use super::container::{self, PodContext};
use super::error::ErrorList;
use super::names;
use super::path::Path;
use super::{address, meta, scheduling, security, text, volume};
use crate::metadata::Metadata;
use crate::pod;

const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// Looks at a pod's spec. Most are unbound and have nothing wrong with them: then the template says enough, and nothing is copied.
pub fn whole(spec: &pod::PodSpec, errors: &mut ErrorList, look: impl Fn(&PodSpec, &mut ErrorList)) {
    if spec.node_name.is_none() {
        let mut found = ErrorList::new();
        look(spec, &mut found);
        if found.is_empty() {
            return;
        }
    }
    look(&spec.clone().into_api(), errors);
}

/// A pod, new or changed.
pub fn pod(meta: &Metadata, spec: &PodSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    security::known_annotations(&meta.annotations, spec, errors);
    pod_spec(spec, &path, errors);
    security::app_armor_annotations(&meta.annotations, spec, &path, errors);
}

/// What only a new pod has to fulfil.
pub fn pod_create(spec: &PodSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    scheduling::gates_and_node(spec, &path, errors);
    if spec.ephemeral_containers.as_ref().is_some_and(|containers| !containers.is_empty()) {
        errors.forbidden(&path.child("ephemeralContainers"), "cannot be set on create");
    }
}

/// The spec of a pod or of a template.
pub fn pod_spec(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    let context = PodContext {
        volumes,
        grace_seconds: spec.termination_grace_period_seconds.unwrap_or(30),
        host_network: spec.host_network == Some(true),
        host_users: spec.host_users,
    };
    volume::volumes(volumes, path, errors);
    container::containers(&spec.containers, context, path, errors);
    container::init_containers(inits, &spec.containers, context, path, errors);
    container::host_ports(&spec.containers, path, errors);
    errors.one_of(&path.child("restartPolicy"), text(&spec.restart_policy), &RESTART_POLICIES);
    errors.one_of(&path.child("dnsPolicy"), text(&spec.dns_policy), &DNS_POLICIES);
    if let Some(selector) = &spec.node_selector {
        meta::labels(selector, &path.child("nodeSelector"), errors);
    }
    security::pod(spec, path, errors);
    if let Some(affinity) = &spec.affinity {
        scheduling::affinity(affinity, &path.child("affinity"), errors);
    }
    dns_config(text(&spec.dns_policy), spec.dns_config.as_ref(), &path.child("dnsConfig"), errors);
    for (index, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let at = path.item("readinessGates", index);
        let name = &gate.condition_type;
        errors.problems(&at.child("conditionType"), name, names::qualified_name_problems(name));
    }
    scheduling::gates(spec.scheduling_gates.as_deref().unwrap_or_default(), path, errors);
    scheduling::spread(spec.topology_spread_constraints.as_deref().unwrap_or_default(), path, errors);
    security::host_users(spec, path, errors);
    object_names(spec, path, errors);
    scheduling::tolerations(spec.tolerations.as_deref().unwrap_or_default(), path, errors);
    host_aliases(spec, path, errors);
    later_names(spec, path, errors);
    if let Some(policy) = spec.preemption_policy.as_deref() {
        errors.one_of(&path.child("preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
    security::os(spec, path, errors);
}

fn object_names(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let account = text(&spec.service_account_name);
    if !account.is_empty() {
        errors.problems(&path.child("serviceAccountName"), account, names::subdomain_problems(account));
    }
    let node = text(&spec.node_name);
    if !node.is_empty() {
        errors.problems(&path.child("nodeName"), node, names::subdomain_problems(node));
    }
    if let Some(seconds) = spec.active_deadline_seconds {
        errors.in_range(&path.child("activeDeadlineSeconds"), seconds, 1, i64::from(i32::MAX));
    }
    let hostname = text(&spec.hostname);
    if hostname.contains('.') {
        errors.invalid(&path.child("hostname"), hostname, "must not contain dots");
    } else if !hostname.is_empty() {
        errors.problems(&path.child("hostname"), hostname, names::label_problems(hostname));
    }
    let subdomain = text(&spec.subdomain);
    if !subdomain.is_empty() {
        errors.problems(&path.child("subdomain"), subdomain, names::label_problems(subdomain));
    }
}

fn later_names(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    for (field, name) in
        [("priorityClassName", &spec.priority_class_name), ("runtimeClassName", &spec.runtime_class_name)]
    {
        let name = text(name);
        if !name.is_empty() {
            errors.problems(&path.child(field), name, names::subdomain_problems(name));
        }
    }
}

fn host_aliases(spec: &PodSpec, path: &Path<'_>, errors: &mut ErrorList) {
    for (index, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let path = path.item("hostAliases", index);
        address::ip(&alias.ip, &path.child("ip"), errors);
        for (index, name) in alias.hostnames.iter().flatten().enumerate() {
            errors.problems(&path.item("hostnames", index), name, names::subdomain_problems(name));
        }
    }
}

fn dns_config(policy: &str, config: Option<&PodDNSConfig>, path: &Path<'_>, errors: &mut ErrorList) {
    let servers = config.and_then(|config| config.nameservers.as_deref()).unwrap_or_default();
    if policy == "None" {
        if config.is_none() {
            errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            errors.required(
                &path.child("nameservers"),
                "must provide at least one DNS nameserver when `dnsPolicy` is None",
            );
        }
    }
    let Some(config) = config else { return };
    if servers.len() > 3 {
        errors.invalid(
            &path.child("nameservers"),
            super::go::strings(servers),
            "must not have more than 3 nameservers",
        );
    }
    for (index, server) in servers.iter().enumerate() {
        address::ip(server, &path.item("nameservers", index), errors);
    }
    let searches = config.searches.as_deref().unwrap_or_default();
    if searches.len() > 32 {
        errors.invalid(
            &path.child("searches"),
            super::go::strings(searches),
            "must not have more than 32 search paths",
        );
    }
    for (index, search) in searches.iter().enumerate() {
        if search != "." {
            let name = search.strip_suffix('.').unwrap_or(search);
            errors.problems(&path.item("searches", index), name, names::search_problems(name));
        }
    }
    for (index, option) in config.options.iter().flatten().enumerate() {
        if text(&option.name).is_empty() {
            errors.required(&path.item("options", index), "must not be empty");
        }
    }
}
