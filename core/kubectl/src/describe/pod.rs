//! The description of a pod.

use apiserver::printers::since;
use k8s_openapi::api::core::v1::{Pod, PodSpec, Toleration};
use k8s_openapi::jiff::Timestamp;
use model::Object;

use super::template;
use super::volumes;
use super::writer::{Writer, long_time};

/// Describes a pod.
pub fn describe(writer: &mut Writer, object: &Object, now: Timestamp) {
    let (spec, status) = (object.spec::<Pod>().clone().into_api(), object.status::<Pod>());
    header(writer, object, now);
    let containers = |list: &Option<Vec<_>>| list.clone().unwrap_or_default();
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        let statuses = containers(&status.init_container_statuses);
        template::containers(writer, 0, "Init Containers", init, Some(&statuses), Some(object));
    }
    let statuses = containers(&status.container_statuses);
    template::containers(writer, 0, "Containers", &spec.containers, Some(&statuses), Some(object));
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if let Some(gates) = spec.readiness_gates.as_deref().filter(|gates| !gates.is_empty()) {
        writer.write(0, "Readiness Gates:\n  Type\tStatus\n");
        for gate in gates {
            let found = conditions.iter().find(|condition| condition.type_ == gate.condition_type);
            let state = found.map_or("<none>", |condition| condition.status.as_str());
            writer.write(1, &format!("{} \t{state} \n", gate.condition_type));
        }
    }
    if !conditions.is_empty() {
        writer.write(0, "Conditions:\n  Type\tStatus\n");
        for condition in conditions {
            writer.write(1, &format!("{} \t{} \n", condition.type_, condition.status));
        }
    }
    volumes::describe(writer, 0, &spec);
    writer.field(0, "QoS Class", status.qos_class.clone().unwrap_or_default());
    template::placement(writer, 0, &spec);
    spread(writer, &spec);
}

fn header(writer: &mut Writer, object: &Object, now: Timestamp) {
    let (spec, status) = (object.spec::<Pod>(), object.status::<Pod>());
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    writer.field(0, "Name", object.name());
    writer.field(0, "Namespace", object.namespace());
    if let Some(priority) = spec.priority {
        writer.field(0, "Priority", priority);
    }
    for (name, value) in [
        ("Priority Class Name", text(&spec.priority_class_name)),
        ("Runtime Class Name", text(&spec.runtime_class_name)),
        ("Service Account", text(&spec.service_account_name)),
    ] {
        if !value.is_empty() {
            writer.field(0, name, value);
        }
    }
    let node = text(&spec.node_name);
    if node.is_empty() {
        writer.field(0, "Node", "<none>");
    } else {
        writer.field(0, "Node", format!("{node}/{}", text(&status.host_ip)));
    }
    if status.start_time.is_some() {
        writer.field(0, "Start Time", long_time(status.start_time.as_ref()));
    }
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
    if object.is_deleting() && !matches!(status.phase.as_deref(), Some("Failed" | "Succeeded")) {
        let at = object.metadata.deletion_timestamp.as_ref().map(|time| time.0);
        writer.field(0, "Status", format!("Terminating (lasts {})", since(at, now)));
        writer.field(
            0,
            "Termination Grace Period",
            format!("{}s", object.metadata.deletion_grace_period_seconds.unwrap_or(0)),
        );
    } else {
        writer.field(0, "Status", text(&status.phase));
    }
    for (name, value) in [("Reason", text(&status.reason)), ("Message", text(&status.message))] {
        if !value.is_empty() {
            writer.field(0, name, value);
        }
    }
    if let Some(profile) = spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref())
    {
        writer.field(0, "SeccompProfile", &profile.type_);
    }
    writer.field(0, "IP", text(&status.pod_ip));
    let ips = status.pod_ips.as_deref().unwrap_or_default();
    if ips.is_empty() {
        writer.field(0, "IPs", "<none>");
    } else {
        writer.write(0, "IPs:\n");
        for ip in ips {
            writer.field(1, "IP", &ip.ip);
        }
    }
    if let Some(owner) = object.metadata.controller() {
        writer.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    if let Some(nominated) = status.nominated_node_name.as_deref().filter(|name| !name.is_empty()) {
        writer.field(0, "NominatedNodeName", nominated);
    }
}

fn spread(writer: &mut Writer, spec: &PodSpec) {
    let Some(constraints) = spec.topology_spread_constraints.as_deref().filter(|all| !all.is_empty()) else {
        return;
    };
    let lines: Vec<String> = constraints
        .iter()
        .map(|constraint| {
            let selector = model::selector::format_label_selector(constraint.label_selector.as_ref());
            let selector =
                if selector.is_empty() { String::new() } else { format!(" for selector {selector}") };
            format!(
                "{}:{} when max skew {} is exceeded{selector}",
                constraint.topology_key, constraint.when_unsatisfiable, constraint.max_skew
            )
        })
        .collect();
    writer.lines(0, "Topology Spread Constraints", &lines);
}

/// Tolerations, sorted by key.
#[must_use]
pub fn tolerations(spec: &PodSpec) -> Vec<String> {
    let mut all: Vec<&Toleration> = spec.tolerations.iter().flatten().collect();
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all.into_iter().map(toleration).collect()
}

fn toleration(toleration: &Toleration) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let (mut line, value, effect) =
        (text(&toleration.key), text(&toleration.value), text(&toleration.effect));
    if !value.is_empty() {
        line.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        line.push_str(&format!(":{effect}"));
    }
    let exists = toleration.operator.as_deref() == Some("Exists");
    if exists && value.is_empty() {
        line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        line.push_str(&format!(" for {seconds}s"));
    }
    line
}
