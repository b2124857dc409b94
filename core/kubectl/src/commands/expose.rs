//! `kubectl expose`.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Container, Pod, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use model::metadata::StringMap;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::generate::label_map;
use crate::failure::{Result, client};
use crate::flags::Flags;
use crate::printers::Format;
use crate::resources::{self, Info};
use crate::session::{DryRun, Outcome, Session, refuse};
use crate::tasks::Task;
use crate::visits::{self, Visit, Visitor};
use crate::writing::{self, Reporter};

/// Runs the command.
pub fn run(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    refuse(flags, &["record"])?;
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?.map(Format::typed);
    let found = resources::find_named(session, flags, &flags.args)?;
    let exposing = Exposing(Reporter::new(format, dry_run));
    visits::each(session, flags, exposing, found.infos, found.failures)
}

/// Exposing one object after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exposing(Reporter);

impl Visitor for Exposing {
    type Subject = Info;
    const TASK: fn(Visit<Self>) -> Task = Task::Expose;

    fn visit(&mut self, session: &mut Session<'_, '_>, flags: &Flags, info: Info) -> Result<()> {
        let dry_run = self.0.dry_run;
        let mut value = service(session, flags, dry_run, &info.object)?;
        super::run::override_by(flags, &mut value, "Service")?;
        if flags.on("save-config") {
            value = writing::with_last_applied(value);
        }
        let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if dry_run != DryRun::Client {
            let options = dry_run.write_options();
            let strict = apiserver::decode::FieldValidation::Strict;
            value = writing::create(session, Kind::Service, value, strict, &options)?.to_value();
        }
        self.0.say(session, (Kind::Service, &name), &value, "exposed")
    }
}

fn service(session: &Session<'_, '_>, flags: &Flags, dry_run: DryRun, object: &Object) -> Result<Value> {
    let name = match flags.text("name") {
        "" => object.name(),
        name => name,
    };
    let selector = match flags.text("selector") {
        "" => selector_of(object)?,
        text => label_map(text).map_err(|_| client(format!("unable to parse the selector {text}")))?,
    };
    let labels = match flags.text("labels") {
        "" => object.labels().iter().map(|(key, value)| (key.clone(), value.clone().into())).collect(),
        text => label_map(text)?,
    };
    let mut spec = json!({ "ports": ports(flags, object)?, "selector": selector });
    for (flag, field) in [
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("session-affinity", "sessionAffinity"),
        ("load-balancer-ip", "loadBalancerIP"),
    ] {
        if !flags.text(flag).is_empty() {
            spec[field] = flags.text(flag).into();
        }
    }
    if !flags.text("external-ip").is_empty() {
        spec["externalIPs"] = json!(flags.text("external-ip").split(',').collect::<Vec<_>>());
    }
    let mut metadata = json!({ "creationTimestamp": null, "name": name });
    if !labels.is_empty() {
        metadata["labels"] = Value::Object(labels);
    }
    if dry_run != DryRun::Client || session.client.namespace_given {
        metadata["namespace"] = session.client.namespace.clone().into();
    }
    Ok(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": { "loadBalancer": {} },
    }))
}

fn selector_of(object: &Object) -> Result<Map<String, Value>> {
    let of_labels =
        |labels: &StringMap| labels.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
    let of_selector = |selector: &LabelSelector| {
        if selector.match_labels.iter().flatten().next().is_none() {
            let kind = object.info().name.to_lowercase();
            return Err(client(format!(
                "couldn't retrieve selectors via --selector flag or introspection: invalid {kind}: no selectors, therefore cannot be exposed"
            )));
        }
        if selector.match_expressions.iter().flatten().next().is_some() {
            let text = "couldn't convert expressions - \"[]\" to map-based selector format";
            return Err(client(format!(
                "couldn't retrieve selectors via --selector flag or introspection: {text}"
            )));
        }
        Ok(of_labels(&selector.match_labels.clone().unwrap_or_default()))
    };
    match object.kind() {
        Kind::Deployment => of_selector(&object.spec::<Deployment>().selector),
        Kind::ReplicaSet => of_selector(&object.spec::<ReplicaSet>().selector),
        Kind::Pod if object.labels().is_empty() => Err(client(
            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        )),
        Kind::Pod => Ok(of_labels(object.labels())),
        Kind::Service => match &object.spec::<Service>().selector {
            Some(labels) if !labels.is_empty() => Ok(of_labels(labels)),
            _ => Err(client(
                "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set",
            )),
        },
        kind => Err(client(format!("cannot expose a {}", kind.info().qualified_kind()))),
    }
}

fn ports(flags: &Flags, object: &Object) -> Result<Value> {
    let given = flags.text("port");
    let own: Vec<(i32, String)> = if given.is_empty() { ports_of(object) } else { Vec::new() };
    let protocol = flags.text("protocol");
    let numbers: Vec<(i32, String)> = if given.is_empty() {
        own
    } else {
        given
            .split(',')
            .map(|text| {
                let number = text.trim().parse().map_err(|_| {
                    client(format!(
                        "invalid port format {text:?}: strconv.Atoi: parsing {text:?}: invalid syntax"
                    ))
                })?;
                Ok((number, "TCP".to_owned()))
            })
            .collect::<Result<_>>()?
    };
    if numbers.is_empty() {
        return Err(client("couldn't find port via --port flag or introspection"));
    }
    let several = numbers.len() > 1;
    let target = flags.text("target-port");
    Ok(numbers
        .into_iter()
        .enumerate()
        .map(|(index, (port, own_protocol))| {
            let protocol = if protocol.is_empty() { own_protocol } else { protocol.to_owned() };
            let target = match target {
                "" => json!(port),
                text => text.parse::<i32>().map_or_else(|_| json!(text), |number| json!(number)),
            };
            let mut entry = json!({ "port": port, "protocol": protocol, "targetPort": target });
            if several {
                entry["name"] = format!("port-{}", index + 1).into();
            }
            entry
        })
        .collect())
}

fn ports_of(object: &Object) -> Vec<(i32, String)> {
    let of_containers = |containers: &[Container]| {
        let ports = containers.iter().flat_map(|container| container.ports.iter().flatten());
        ports
            .map(|port| (port.container_port, port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())))
            .collect()
    };
    match object.kind() {
        Kind::Deployment => object
            .spec::<Deployment>()
            .template
            .spec
            .as_ref()
            .map(|pod| of_containers(&pod.containers))
            .unwrap_or_default(),
        Kind::ReplicaSet => {
            let template = object.spec::<ReplicaSet>().template.as_ref();
            let pod = template.and_then(|template| template.spec.as_ref());
            pod.map(|pod| of_containers(&pod.containers)).unwrap_or_default()
        }
        Kind::Pod => of_containers(&object.spec::<Pod>().containers),
        Kind::Service => {
            let ports = object.spec::<Service>().ports.iter().flatten();
            ports.map(|port| (port.port, port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()))).collect()
        }
        _ => Vec::new(),
    }
}
