//! Cluster IPs and node ports of services.

use std::collections::BTreeMap;

use engine::Stream;
use k8s_openapi::api::core::v1::{LoadBalancerIngress, LoadBalancerStatus, Service, ServiceSpec};
use model::{Kind, Object, Status, status::Result};

use crate::server::ApiServer;

/// Node ports are drawn from here.
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30_000..=32_767;
/// The low end of the service network is left to those who ask for an address: dynamic ones come from above.
const DYNAMIC_FROM: u32 = 256;
const NETWORK_SIZE: u32 = 65_536;

/// Gives the service its addresses and ports, and gives back those it no longer wants.
///
/// All or nothing: a refused request, or one that only asks, takes nothing.
pub(super) fn allocate(
    api: &mut ApiServer,
    object: &mut Object,
    old: Option<&Object>,
    dry_run: bool,
) -> Result<()> {
    let held = (api.allocated_ips.clone(), api.allocated_node_ports.clone());
    let result = take(api, object, old);
    if dry_run || result.is_err() {
        (api.allocated_ips, api.allocated_node_ports) = held;
    }
    result
}

fn take(api: &mut ApiServer, object: &mut Object, old: Option<&Object>) -> Result<()> {
    let name = object.name().to_owned();
    let before = old.map(|old| old.spec::<Service>().clone()).unwrap_or_default();
    let mut spec = object.spec::<Service>().clone();
    if wants_ip(&spec) {
        choose_families(&name, &mut spec)?;
        allocate_ip(api, &name, &mut spec, &before)?;
    } else {
        spec.cluster_ip = None;
        spec.cluster_ips = None;
    }
    if wants_node_ports(&spec) {
        allocate_node_ports(api, &name, &mut spec, &before)?;
    }
    if needs_health_port(&spec) {
        allocate_health_port(api, &name, &mut spec, &before)?;
    }
    release_unwanted(api, &before, &spec);
    *object.spec_mut::<Service>() = spec;
    Ok(())
}

/// How a load balancer's addresses are meant, where it did not say.
pub(super) fn default_status(object: &mut Object, old: &Object) {
    if !is_load_balancer(old) {
        return;
    }
    let silent = |ingress: &LoadBalancerIngress| ingress.ip.is_some() && ingress.ip_mode.is_none();
    let balancer = |object: &Object| object.status::<Service>().load_balancer.clone().unwrap_or_default();
    if !balancer(object).ingress.iter().flatten().any(silent) {
        return;
    }
    let status = object.status_mut::<Service>();
    let ingress = status.load_balancer.iter_mut().flat_map(|balancer| balancer.ingress.iter_mut().flatten());
    for ingress in ingress.filter(|ingress| silent(ingress)) {
        ingress.ip_mode = Some("VIP".to_owned());
    }
}

/// A service that is no load balancer any more forgets the addresses that it had as one.
pub(super) fn drop_unneeded_status(object: &mut Object, old: &Object) {
    let has_some = object.status::<Service>().load_balancer.as_ref().is_some_and(|it| it.ingress.is_some());
    if has_some && is_load_balancer(old) && !is_load_balancer(object) {
        object.status_mut::<Service>().load_balancer = Some(LoadBalancerStatus::default());
    }
}

fn is_load_balancer(object: &Object) -> bool {
    object.spec::<Service>().type_.as_deref() == Some("LoadBalancer")
}

/// Gives back all that a removed service had.
pub(super) fn release(api: &mut ApiServer, object: &Object) {
    release_unwanted(api, object.spec::<Service>(), &ServiceSpec::default());
}

fn wants_ip(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() != Some("ExternalName")
}

fn wants_node_ports(spec: &ServiceSpec) -> bool {
    match spec.type_.as_deref() {
        Some("NodePort") => true,
        Some("LoadBalancer") => spec.allocate_load_balancer_node_ports != Some(false),
        _ => false,
    }
}

fn needs_health_port(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() == Some("LoadBalancer") && spec.external_traffic_policy.as_deref() == Some("Local")
}

/// The cluster has IPv4 only; a headless service without a selector may still name both families, for others fill in its endpoints.
fn choose_families(name: &str, spec: &mut ServiceSpec) -> Result<()> {
    let headless = spec.cluster_ip.as_deref() == Some("None");
    let selects = spec.selector.as_ref().is_some_and(|selector| !selector.is_empty());
    let families = spec.ip_families.get_or_insert_default();
    if headless && !selects {
        let policy = spec.ip_family_policy.get_or_insert_with(|| "RequireDualStack".to_owned());
        if families.is_empty() {
            families.push("IPv4".to_owned());
        }
        if policy != "SingleStack" && families.len() == 1 {
            families.push(if families[0] == "IPv4" { "IPv6" } else { "IPv4" }.to_owned());
        }
        return Ok(());
    }
    let policy = spec.ip_family_policy.get_or_insert_with(|| "SingleStack".to_owned());
    if policy == "RequireDualStack" {
        let why = "this cluster is not configured for dual-stack services";
        return Err(invalid(name, "spec.ipFamilyPolicy", "\"RequireDualStack\"", why));
    }
    if families.len() > 1 && policy == "SingleStack" {
        let why = "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified";
        return Err(invalid(name, "spec.ipFamilyPolicy", "\"SingleStack\"", why));
    }
    if let Some(index) = families.iter().position(|family| family != "IPv4") {
        let (field, value) = (format!("spec.ipFamilies[{index}]"), format!("{:?}", families[index]));
        return Err(invalid(name, &field, &value, "not configured on this cluster"));
    }
    if families.is_empty() {
        families.push("IPv4".to_owned());
    }
    Ok(())
}

fn allocate_ip(api: &mut ApiServer, name: &str, spec: &mut ServiceSpec, before: &ServiceSpec) -> Result<()> {
    let asked = spec.cluster_ip.clone().unwrap_or_default();
    let address = match asked.as_str() {
        "None" => "None".to_owned(),
        "" => {
            let offset = draw_offset(api).ok_or_else(|| full(name, "cluster IPs"))?;
            api.allocated_ips.insert(offset);
            address_of(api, offset)
        }
        asked if Some(asked) == before.cluster_ip.as_deref() => asked.to_owned(),
        asked => {
            let offset = offset_of(api, asked).ok_or_else(|| out_of_network(name, asked))?;
            if api.allocated_ips.contains(&offset) {
                return Err(ip_refused(
                    name,
                    asked,
                    &format!("failed to allocate IP {asked}: provided IP is already allocated"),
                ));
            }
            api.allocated_ips.insert(offset);
            asked.to_owned()
        }
    };
    spec.cluster_ip = Some(address.clone());
    spec.cluster_ips = Some(vec![address]);
    Ok(())
}

fn allocate_health_port(
    api: &mut ApiServer,
    name: &str,
    spec: &mut ServiceSpec,
    before: &ServiceSpec,
) -> Result<()> {
    let asked = spec.health_check_node_port.unwrap_or(0);
    if asked != 0 && before.health_check_node_port == Some(asked) {
        return Ok(());
    }
    let number = if asked == 0 {
        draw_node_port(api).ok_or_else(|| full(name, "node ports"))?
    } else {
        check_node_port(api, name, "spec.healthCheckNodePort", asked)?
    };
    api.allocated_node_ports.insert(number);
    spec.health_check_node_port = Some(i32::from(number));
    Ok(())
}

/// Ports of one number share their node port, whatever their protocols.
fn allocate_node_ports(
    api: &mut ApiServer,
    name: &str,
    spec: &mut ServiceSpec,
    before: &ServiceSpec,
) -> Result<()> {
    let held: Vec<i32> = before.ports.iter().flatten().filter_map(|port| port.node_port).collect();
    let mut by_port: BTreeMap<i32, i32> = BTreeMap::new();
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        let asked = port.node_port.unwrap_or(0);
        let shared = by_port.get(&port.port).copied().filter(|number| asked == 0 || asked == *number);
        let number = match shared {
            Some(number) => number,
            None if asked != 0 && held.contains(&asked) => asked,
            None => {
                let number = if asked == 0 {
                    draw_node_port(api).ok_or_else(|| full(name, "node ports"))?
                } else {
                    check_node_port(api, name, &format!("spec.ports[{index}].nodePort"), asked)?
                };
                api.allocated_node_ports.insert(number);
                i32::from(number)
            }
        };
        port.node_port = Some(number);
        by_port.insert(port.port, number);
    }
    Ok(())
}

fn check_node_port(api: &ApiServer, name: &str, field: &str, asked: i32) -> Result<u16> {
    let number = u16::try_from(asked).ok().filter(|number| NODE_PORTS.contains(number));
    let why = match number {
        None => format!(
            "provided port is not in the valid range. The range of valid ports is {}-{}",
            NODE_PORTS.start(),
            NODE_PORTS.end()
        ),
        Some(number) if api.allocated_node_ports.contains(&number) => {
            "provided port is already allocated".to_owned()
        }
        Some(number) => return Ok(number),
    };
    Err(invalid(name, field, &asked.to_string(), &why))
}

fn release_unwanted(api: &mut ApiServer, before: &ServiceSpec, after: &ServiceSpec) {
    if before.cluster_ip != after.cluster_ip
        && let Some(offset) = before.cluster_ip.as_deref().and_then(|ip| offset_of(api, ip))
    {
        api.allocated_ips.remove(&offset);
    }
    let ports = |spec: &ServiceSpec| -> Vec<i32> {
        let numbers = spec.ports.iter().flatten().filter_map(|port| port.node_port);
        numbers.chain(spec.health_check_node_port).collect()
    };
    let kept = ports(after);
    for port in ports(before).into_iter().filter(|port| !kept.contains(port)) {
        if let Ok(port) = u16::try_from(port) {
            api.allocated_node_ports.remove(&port);
        }
    }
}

fn draw_offset(api: &mut ApiServer) -> Option<u32> {
    let room = NETWORK_SIZE - DYNAMIC_FROM - 1;
    let start = u32::try_from(api.random.below(Stream::Allocation, u64::from(room))).unwrap_or(0);
    (0..room)
        .map(|step| DYNAMIC_FROM + (start + step) % room)
        .find(|offset| !api.allocated_ips.contains(offset))
}

fn draw_node_port(api: &mut ApiServer) -> Option<u16> {
    let room = NODE_PORTS.end() - NODE_PORTS.start() + 1;
    let start = u16::try_from(api.random.below(Stream::Allocation, u64::from(room))).unwrap_or(0);
    (0..room)
        .map(|step| NODE_PORTS.start() + (start + step) % room)
        .find(|port| !api.allocated_node_ports.contains(port))
}

fn address_of(api: &ApiServer, offset: u32) -> String {
    let (first, second) = api.settings.service_network;
    format!("{first}.{second}.{}.{}", offset / 256, offset % 256)
}

fn offset_of(api: &ApiServer, address: &str) -> Option<u32> {
    let numbers: Vec<u8> = address.split('.').map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
    let [first, second, third, fourth] = numbers.try_into().ok()?;
    let offset = u32::from(third) * 256 + u32::from(fourth);
    ((first, second) == api.settings.service_network && offset != 0).then_some(offset)
}

fn out_of_network(name: &str, asked: &str) -> Status {
    let why = format!("failed to allocate IP {asked}: the provided network does not match the current range");
    ip_refused(name, asked, &why)
}

fn ip_refused(name: &str, asked: &str, why: &str) -> Status {
    let value = format!("[]string{{\"{asked}\"}}");
    let message = format!("spec.clusterIPs: Invalid value: {value}: {why}");
    refused(name, "spec.clusterIPs", &message)
}

fn invalid(name: &str, field: &str, value: &str, why: &str) -> Status {
    refused(name, field, &format!("{field}: Invalid value: {value}: {why}"))
}

fn refused(name: &str, field: &str, message: &str) -> Status {
    let detail = message.strip_prefix(&format!("{field}: ")).unwrap_or(message).to_owned();
    let cause = model::status::Cause {
        reason: "FieldValueInvalid".to_owned(),
        message: detail,
        field: field.to_owned(),
    };
    Status::invalid(Kind::Service, name, message, vec![cause])
}

fn full(name: &str, what: &str) -> Status {
    Status::internal(format!("failed to allocate {what} for service \"{name}\": range is full"))
}
