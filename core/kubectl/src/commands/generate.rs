//! `kubectl create KIND`: objects made from arguments.

mod config;
pub mod hash;
mod service;

use model::Kind;
use serde_json::{Map, Value, json};

pub use config::{config_map, docker_secret, generic_secret, tls_secret};
pub use service::{cluster_ip_service, external_name_service, load_balancer_service, node_port_service};

use crate::failure::{Failure, Result, client, usage};
use crate::flags::Flags;
use crate::printers::Format;
use crate::session::{DryRun, Flow, Outcome, Session};
use crate::writing;

/// The one name that a generator takes.
///
/// # Errors
/// If there is none, or more.
pub fn one_name<'a>(session: &Session<'_, '_>, flags: &'a Flags) -> Result<&'a str> {
    let before = flags.before_dashes.unwrap_or(flags.args.len());
    match &flags.args[..before] {
        [name] => Ok(name),
        names => {
            Err(usage(&session.client.command, format!("exactly one NAME is required, got {}", names.len())))
        }
    }
}

/// Sends a made object, or only shows it.
///
/// # Errors
/// What the server says.
pub fn create(session: &mut Session<'_, '_>, flags: &Flags, kind: Kind, mut value: Value) -> Outcome {
    let dry_run = DryRun::of(flags)?;
    let format = Format::of(session, flags, false)?.map(Format::typed);
    let mut name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if flags.knows("append-hash") && flags.on("append-hash") {
        name = format!("{name}-{}", hash::suffix(kind, &value));
        value["metadata"]["name"] = name.as_str().into();
    }
    if flags.knows("save-config") && flags.on("save-config") {
        value = writing::with_last_applied(value);
        writing::drop_empty_annotations(&mut value);
    }
    if kind.info().namespaced() && (dry_run != DryRun::Client || session.client.namespace_given) {
        value["metadata"]["namespace"] = session.client.namespace.clone().into();
    }
    let value_type = value["spec"]["type"].as_str().unwrap_or_default().to_owned();
    let shown = if dry_run == DryRun::Client {
        value
    } else {
        let validation = writing::validation(flags)?;
        let options = dry_run.write_options();
        let result = writing::create(session, kind, value, validation, &options);
        let created = result.map_err(|status| match creation_failure(kind, &value_type) {
            None => Failure::Server(status),
            Some(what) => Failure::failed(&what, &status),
        })?;
        super::get::value_of(session, flags, &created)
    };
    writing::Reporter::new(format, dry_run).say(session, (kind, &name), &shown, "created")?;
    Ok(Flow::Done)
}

/// Some generators say what failed.
fn creation_failure(kind: Kind, service_type: &str) -> Option<String> {
    let what = match kind {
        Kind::Secret => return Some("failed to create secret ".to_owned()),
        Kind::Service => return Some(format!("failed to create {service_type} service: ")),
        Kind::ConfigMap | Kind::ServiceAccount | Kind::Deployment | Kind::PriorityClass => {
            kind.info().singular.to_owned()
        }
        _ => return None,
    };
    Some(format!("failed to create {what}: "))
}

/// Runs `create namespace`.
pub fn namespace(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let value = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": { "creationTimestamp": null, "name": name },
        "spec": {}, "status": {},
    });
    create(session, flags, Kind::Namespace, value)
}

/// Runs `create serviceaccount`.
pub fn service_account(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let value = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "creationTimestamp": null, "name": name },
    });
    create(session, flags, Kind::ServiceAccount, value)
}

/// Runs `create priorityclass`.
pub fn priority_class(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    let name = one_name(session, flags)?;
    let mut value = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
        "metadata": { "creationTimestamp": null, "name": name },
        "value": flags.int("value"), "preemptionPolicy": flags.text("preemption-policy"),
    });
    if flags.on("global-default") {
        value["globalDefault"] = true.into();
    }
    if !flags.text("description").is_empty() {
        value["description"] = flags.text("description").into();
    }
    create(session, flags, Kind::PriorityClass, value)
}

/// Runs `create deployment`.
pub fn deployment(session: &mut Session<'_, '_>, flags: &Flags) -> Outcome {
    if flags.list("image").is_empty() {
        return Err(client("required flag(s) \"image\" not set"));
    }
    let name = one_name(session, flags)?;
    let images = flags.list("image");
    let command = flags.before_dashes.map_or(&[][..], |before| &flags.args[before..]);
    if images.len() > 1 && !command.is_empty() {
        return Err(client("cannot specify multiple --image options and command"));
    }
    let replicas = flags.int("replicas");
    let port = flags.int("port");
    let containers: Vec<Value> = images
        .iter()
        .map(|image| {
            let mut container = json!({ "image": image, "name": container_name(image), "resources": {} });
            if !command.is_empty() {
                container["command"] = json!(command);
            }
            if port >= 0 && flags.given("port") {
                container["ports"] = json!([{ "containerPort": port }]);
            }
            container
        })
        .collect();
    let labels = json!({ "app": name });
    let value = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "creationTimestamp": null, "labels": labels, "name": name },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": labels }, "strategy": {},
            "template": {
                "metadata": { "creationTimestamp": null, "labels": labels },
                "spec": { "containers": containers },
            },
        },
        "status": {},
    });
    create(session, flags, Kind::Deployment, value)
}

/// The image's last part, without tag and digest, as a name.
fn container_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    let last = last.split('@').next().unwrap_or(last);
    let last = last.split(':').next().unwrap_or(last);
    last.to_lowercase()
        .chars()
        .map(|letter| if letter == '_' || letter == '.' { '-' } else { letter })
        .collect()
}

/// `a=b,c=d` as a map.
///
/// # Errors
/// If it is not of that form.
pub fn label_map(text: &str) -> Result<Map<String, Value>> {
    text.split(',')
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.into())),
            _ => Err(client(format!("unexpected label spec: {text}"))),
        })
        .collect()
}
