//! `kubectl create service ...`.

use model::Kind;
use model::validation::names;
use serde_json::{Value, json};

use super::{create, one_name};
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::session::{Outcome, Session};

/// Runs `create service clusterip`.
pub fn cluster_ip_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    one_name(session, flags)?;
    let mut spec = ports(flags, None)?;
    let address = flags.text("clusterip");
    if spec.get("ports").is_none() && address != "None" {
        return Err(client("at least one tcp port specifier must be provided"));
    }
    if !address.is_empty() {
        spec["clusterIP"] = address.into();
    }
    service(session, flags, "ClusterIP", spec)
}

/// Runs `create service nodeport`.
pub fn node_port_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    one_name(session, flags)?;
    let node_port = flags.int("node-port");
    let spec = ports(flags, (node_port != 0).then_some(node_port))?;
    if spec.get("ports").is_none() {
        return Err(client("at least one tcp port specifier must be provided"));
    }
    service(session, flags, "NodePort", spec)
}

/// Runs `create service loadbalancer`.
pub fn load_balancer_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    one_name(session, flags)?;
    let spec = ports(flags, None)?;
    if spec.get("ports").is_none() {
        return Err(client("at least one tcp port specifier must be provided"));
    }
    service(session, flags, "LoadBalancer", spec)
}

/// Runs `create service externalname`.
pub fn external_name_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let host = flags.text("external-name");
    if !flags.given("external-name") {
        return Err(client("required flag(s) \"external-name\" not set"));
    }
    one_name(session, flags)?;
    if !names::subdomain_problems(host).is_empty() {
        return Err(client(format!("invalid service external name {host}")));
    }
    let mut spec = ports(flags, None)?;
    spec["externalName"] = host.into();
    service(session, flags, "ExternalName", spec)
}

fn service(session: &mut Session<'_, '_>, flags: &Flags, kind: &str, mut spec: Value) -> Outcome {
    let name = one_name(session, flags)?;
    let labels = json!({ "app": name });
    spec["selector"] = labels.clone();
    spec["type"] = kind.into();
    let value = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "creationTimestamp": null, "labels": labels, "name": name },
        "spec": spec, "status": { "loadBalancer": {} },
    });
    create(session, flags, Kind::Service, value)
}

/// A spec with the ports of `--tcp`.
fn ports(flags: &Flags, node_port: Option<i64>) -> Result<Value> {
    let mut ports = Vec::new();
    for text in flags.list("tcp").iter().filter(|text| !text.is_empty()) {
        let mut parts = text.split(':');
        let port = number(parts.next().unwrap_or_default())?;
        let mut entry = json!({ "name": text.replace(':', "-"), "port": port, "protocol": "TCP" });
        entry["targetPort"] = match parts.next() {
            None => json!(port),
            Some(name) => target(name)?,
        };
        if let Some(node_port) = node_port {
            entry["nodePort"] = node_port.into();
        }
        ports.push(entry);
    }
    Ok(if ports.is_empty() { json!({}) } else { json!({ "ports": ports }) })
}

/// A port's number; whether it is one that there can be is left to the server.
fn number(text: &str) -> Result<u16> {
    text.parse().map_err(|_| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let why = if digits { "value out of range" } else { "invalid syntax" };
        client(format!("strconv.ParseUint: parsing {text:?}: {why}"))
    })
}

/// A port's number or name.
fn target(text: &str) -> Result<Value> {
    if let Ok(number) = text.parse::<i64>() {
        return match u16::try_from(number) {
            Ok(number) if number > 0 => Ok(json!(number)),
            _ => Err(client(names::PORT_RANGE)),
        };
    }
    let problems = names::port_name_problems(text);
    if problems.is_empty() { Ok(json!(text)) } else { Err(client(problems.join(","))) }
}
