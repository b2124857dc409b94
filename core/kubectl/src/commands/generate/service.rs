//! `kubectl create service ...`.

use model::Kind;
use serde_json::{Value, json};

use super::{create, one_name};
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::session::{Outcome, Session};

/// Runs `create service clusterip`.
pub fn cluster_ip_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
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
    let node_port = flags.int("node-port");
    let spec = ports(flags, (node_port > 0).then_some(node_port))?;
    if spec.get("ports").is_none() {
        return Err(client("at least one tcp port specifier must be provided"));
    }
    service(session, flags, "NodePort", spec)
}

/// Runs `create service loadbalancer`.
pub fn load_balancer_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let spec = ports(flags, None)?;
    if spec.get("ports").is_none() {
        return Err(client("at least one tcp port specifier must be provided"));
    }
    service(session, flags, "LoadBalancer", spec)
}

/// Runs `create service externalname`.
pub fn external_name_service(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let host = flags.text("external-name");
    if host.is_empty() {
        return Err(client("required flag(s) \"external-name\" not set"));
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
    for text in flags.list("tcp") {
        let (port, target) =
            text.split_once(':').map_or((text.as_str(), None), |(port, target)| (port, Some(target)));
        let number = |text: &str| {
            text.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| {
                client(format!(
                    "invalid port format {text:?}: strconv.Atoi: parsing {text:?}: invalid syntax"
                ))
            })
        };
        let mut entry = json!({ "name": text.replace(':', "-"), "port": number(port)?, "protocol": "TCP" });
        entry["targetPort"] = match target {
            None => json!(number(port)?),
            Some(target) => target.parse::<u16>().map_or_else(|_| json!(target), |number| json!(number)),
        };
        if let Some(node_port) = node_port {
            entry["nodePort"] = node_port.into();
        }
        ports.push(entry);
    }
    Ok(if ports.is_empty() { json!({}) } else { json!({ "ports": ports }) })
}
