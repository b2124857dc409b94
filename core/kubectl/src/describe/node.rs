//! The description of a node: what it has, what runs on it, what of it is taken.

use std::collections::BTreeMap;

use apiserver::ListOptions;
use apiserver::printers::cluster::node_roles;
use apiserver::printers::human_duration;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Container, Node, NodeStatus, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;
use model::quantity::{Quantity, parse_or_zero};
use model::{Kind, Object};

use super::writer::{Writer, long_time};
use crate::session::Session;

/// Describes a node.
pub fn describe(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    let (spec, status) = (object.spec::<Node>(), object.status::<Node>());
    writer.field(0, "Name", object.name());
    let roles = node_roles(object);
    writer.field(0, "Roles", if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") });
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
    writer.field(0, "CreationTimestamp", long_time(object.metadata.creation_timestamp.as_ref()));
    let mut taints: Vec<_> = spec.taints.iter().flatten().collect();
    taints.sort_by_key(|taint| (&taint.effect, &taint.key));
    let taints: Vec<String> = taints.into_iter().map(super::super::commands::taint::text).collect();
    writer.lines(0, "Taints", &taints);
    writer.field(0, "Unschedulable", spec.unschedulable.unwrap_or(false));
    lease(writer, session, object);
    conditions(writer, status);
    writer.write(0, "Addresses:\n");
    for address in status.addresses.iter().flatten() {
        writer.field(1, &address.type_, &address.address);
    }
    amounts(writer, "Capacity", status.capacity.as_ref());
    amounts(writer, "Allocatable", status.allocatable.as_ref());
    system_info(writer, status);
    if let Some(cidr) = spec.pod_cidr.as_deref().filter(|cidr| !cidr.is_empty()) {
        writer.field(0, "PodCIDR", cidr);
    }
    if let Some(cidrs) = spec.pod_cidrs.as_ref().filter(|cidrs| !cidrs.is_empty()) {
        writer.field(0, "PodCIDRs", cidrs.join(","));
    }
    if let Some(provider) = spec.provider_id.as_deref().filter(|id| !id.is_empty()) {
        writer.field(0, "ProviderID", provider);
    }
    pods(writer, session, object, status);
}

fn lease(writer: &mut Writer, session: &Session<'_, '_>, object: &Object) {
    let lease = match session.api.get(&session.client.caller, Kind::Lease, "kube-node-lease", object.name()) {
        Ok(lease) => lease,
        Err(refused) => return writer.field(0, "Lease", format!("Failed to get lease: {}", refused.message)),
    };
    writer.write(0, "Lease:\n");
    let spec = lease.spec::<Lease>();
    let unset = || "<unset>".to_owned();
    writer.field(1, "HolderIdentity", spec.holder_identity.clone().unwrap_or_else(unset));
    let time = |time: &Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime>| {
        let whole = time.as_ref().map(|time| k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(time.0));
        long_time(whole.as_ref())
    };
    writer.field(1, "AcquireTime", time(&spec.acquire_time));
    writer.field(1, "RenewTime", time(&spec.renew_time));
}

fn conditions(writer: &mut Writer, status: &NodeStatus) {
    let Some(conditions) = status.conditions.as_ref().filter(|conditions| !conditions.is_empty()) else {
        return;
    };
    writer.write(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n");
    writer.write(1, "----\t------\t-----------------\t------------------\t------\t-------\n");
    // What Go makes of no time.
    let never = || "Mon, 01 Jan 0001 00:00:00 +0000".to_owned();
    for condition in conditions {
        writer.write(
            1,
            &format!(
                "{} \t{} \t{} \t{} \t{} \t{}\n",
                condition.type_,
                condition.status,
                condition.last_heartbeat_time.as_ref().map_or_else(never, |time| long_time(Some(time))),
                condition.last_transition_time.as_ref().map_or_else(never, |time| long_time(Some(time))),
                condition.reason.as_deref().unwrap_or_default(),
                condition.message.as_deref().unwrap_or_default()
            ),
        );
    }
}

fn amounts(writer: &mut Writer, title: &str, amounts: Option<&BTreeMap<String, RawQuantity>>) {
    let Some(amounts) = amounts.filter(|amounts| !amounts.is_empty()) else { return };
    writer.write(0, &format!("{title}:\n"));
    for (name, amount) in amounts {
        writer.field(1, name, &amount.0);
    }
}

fn system_info(writer: &mut Writer, status: &NodeStatus) {
    let info = status.node_info.clone().unwrap_or_default();
    writer.write(0, "System Info:\n");
    for (name, value) in [
        ("Machine ID", &info.machine_id),
        ("System UUID", &info.system_uuid),
        ("Boot ID", &info.boot_id),
        ("Kernel Version", &info.kernel_version),
        ("OS Image", &info.os_image),
        ("Operating System", &info.operating_system),
        ("Architecture", &info.architecture),
        ("Container Runtime Version", &info.container_runtime_version),
        ("Kubelet Version", &info.kubelet_version),
        ("Kube-Proxy Version", &info.kube_proxy_version),
    ] {
        writer.field(1, name, value);
    }
}

/// The four amounts of a pod: cpu and memory, each as requested and as limited.
struct Amounts {
    requests: BTreeMap<String, Quantity>,
    limits: BTreeMap<String, Quantity>,
}

/// What the containers of a pod ask for together with its sidecars, at least what any init container asks for beside the sidecars
/// that were started before it.
fn amounts_of(spec: &PodSpec) -> Amounts {
    let of = |limits: bool| {
        let (mut total, mut sidecars, mut most) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for container in &spec.containers {
            add(&mut total, container, limits);
        }
        for container in spec.init_containers.iter().flatten() {
            let mut at_this_time: BTreeMap<String, Quantity> = sidecars.clone();
            add(&mut at_this_time, container, limits);
            if container.restart_policy.as_deref() == Some("Always") {
                add(&mut total, container, limits);
                sidecars.clone_from(&at_this_time);
            }
            raise(&mut most, at_this_time);
        }
        raise(&mut total, most);
        total
    };
    Amounts { requests: of(false), limits: of(true) }
}

fn add(sum: &mut BTreeMap<String, Quantity>, container: &Container, limits: bool) {
    let Some(resources) = &container.resources else { return };
    let list = if limits { &resources.limits } else { &resources.requests };
    for (name, amount) in list.iter().flatten() {
        *sum.entry(name.clone()).or_default() += parse_or_zero(amount);
    }
}

fn raise(least: &mut BTreeMap<String, Quantity>, to: BTreeMap<String, Quantity>) {
    for (name, amount) in to {
        let entry = least.entry(name).or_default();
        *entry = (*entry).max(amount);
    }
}

fn pods(writer: &mut Writer, session: &Session<'_, '_>, node: &Object, status: &NodeStatus) {
    let options = ListOptions {
        field_selector: format!("spec.nodeName={},status.phase!=Failed,status.phase!=Succeeded", node.name()),
        ..ListOptions::default()
    };
    let list = session.api.list(&session.client.caller, Kind::Pod, "", &options);
    let pods = list.map(|list| list.items).unwrap_or_default();
    writer.write(0, &format!("Non-terminated Pods:\t({} in total)\n", pods.len()));
    writer.write(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n");
    writer.write(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n");
    let allocatable = |name: &str| {
        let amounts =
            status.allocatable.as_ref().filter(|amounts| !amounts.is_empty()).or(status.capacity.as_ref());
        amounts.and_then(|amounts| amounts.get(name)).map(parse_or_zero).unwrap_or_default()
    };
    let share = |amount: Quantity, name: &str| {
        let whole = allocatable(name).as_f64();
        let percent = if whole == 0.0 { 0 } else { (amount.as_f64() / whole * 100.0) as i64 };
        format!("{amount} ({percent}%)")
    };
    let mut requests: BTreeMap<String, Quantity> = BTreeMap::new();
    let mut limits: BTreeMap<String, Quantity> = BTreeMap::new();
    for pod in &pods {
        let own = amounts_of(pod.spec::<Pod>());
        let of = |amounts: &BTreeMap<String, Quantity>, name: &str| {
            share(amounts.get(name).copied().unwrap_or_default(), name)
        };
        let age = pod.metadata.creation_timestamp.as_ref().map_or_else(
            || "<unknown>".to_owned(),
            |time| human_duration(session.api.time().0.duration_since(time.0).as_secs()),
        );
        writer.write(
            1,
            &format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{age}\n",
                pod.namespace(),
                pod.name(),
                of(&own.requests, "cpu"),
                of(&own.limits, "cpu"),
                of(&own.requests, "memory"),
                of(&own.limits, "memory")
            ),
        );
        for (sum, list) in [(&mut requests, own.requests), (&mut limits, own.limits)] {
            for (name, amount) in list {
                *sum.entry(name).or_default() += amount;
            }
        }
    }
    writer.write(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n");
    writer.write(1, "Resource\tRequests\tLimits\n");
    writer.write(1, "--------\t--------\t------\n");
    let mut names = vec!["cpu", "memory", "ephemeral-storage"];
    names.extend(
        status
            .allocatable
            .iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .filter(|name| !["cpu", "memory", "ephemeral-storage", "pods"].contains(name)),
    );
    for name in names {
        let of = |amounts: &BTreeMap<String, Quantity>| {
            share(amounts.get(name).copied().unwrap_or_default(), name)
        };
        writer.write(1, &format!("{name}\t{}\t{}\n", of(&requests), of(&limits)));
    }
}
