//! Containers and pod templates.

use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStatus, EnvVar, PodSpec, PodTemplateSpec, Probe,
    ResourceFieldSelector,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use model::Object;
use model::quantity::{Quantity, parse_or_zero};

use super::pod::tolerations;
use super::volumes;
use super::writer::{Writer, long_time};

/// A pod template, as workloads show it.
pub fn describe(writer: &mut Writer, template: &PodTemplateSpec) {
    writer.write(0, "Pod Template:\n");
    let metadata = template.metadata.clone().unwrap_or_default();
    writer.labels(1, "Labels", metadata.labels.as_ref());
    if metadata.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty()) {
        writer.annotations(1, "Annotations", metadata.annotations.as_ref());
    }
    let Some(spec) = &template.spec else { return };
    if let Some(account) = spec.service_account_name.as_deref().filter(|name| !name.is_empty()) {
        writer.field(1, "Service Account", account);
    }
    if spec.init_containers.iter().flatten().next().is_some() {
        containers(
            writer,
            1,
            "Init Containers",
            spec.init_containers.as_deref().unwrap_or_default(),
            None,
            None,
        );
    }
    containers(writer, 1, "Containers", &spec.containers, None, None);
    volumes::describe(writer, 1, spec);
    if spec.priority_class_name.as_deref().is_some_and(|name| !name.is_empty()) {
        writer.field(1, "Priority Class Name", spec.priority_class_name.as_deref().unwrap_or_default());
    }
    placement(writer, 1, spec);
}

/// Node selectors and tolerations.
pub fn placement(writer: &mut Writer, depth: usize, spec: &PodSpec) {
    writer.labels(depth, "Node-Selectors", spec.node_selector.as_ref());
    writer.lines(depth, "Tolerations", &tolerations(spec));
}

/// Containers, with their statuses and the pod if they are a pod's.
pub fn containers(
    writer: &mut Writer,
    depth: usize,
    title: &str,
    containers: &[Container],
    statuses: Option<&[ContainerStatus]>,
    pod: Option<&Object>,
) {
    if containers.is_empty() {
        writer.write(depth, &format!("{title}: <none>\n"));
        return;
    }
    writer.write(depth, &format!("{title}:\n"));
    // In a template names stand half a level in.
    let half = if depth == 0 { "  " } else { " " };
    for container in containers {
        let status = statuses.and_then(|all| all.iter().find(|status| status.name == container.name));
        writer.write(depth, &format!("{half}{}:\n", container.name));
        one(writer, depth, container, status, pod);
    }
}

fn one(
    writer: &mut Writer,
    depth: usize,
    container: &Container,
    status: Option<&ContainerStatus>,
    pod: Option<&Object>,
) {
    let inner = if depth == 0 { 2 } else { depth + 1 };
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    if let Some(status) = status {
        writer.field(inner, "Container ID", text(&status.container_id));
    }
    writer.field(inner, "Image", text(&container.image));
    if let Some(status) = status {
        writer.field(inner, "Image ID", &status.image_id);
    }
    let ports = container.ports.as_deref().unwrap_or_default();
    let list = |of: &dyn Fn(usize) -> String| {
        if ports.is_empty() {
            "<none>".to_owned()
        } else {
            (0..ports.len()).map(of).collect::<Vec<_>>().join(", ")
        }
    };
    let protocol = |index: usize| ports[index].protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    let many = if ports.len() > 1 { "s" } else { "" };
    let shown = list(&|index| format!("{}/{}", ports[index].container_port, protocol(index)));
    writer.field(inner, &format!("Port{many}"), shown);
    let shown = list(&|index| format!("{}/{}", ports[index].host_port.unwrap_or(0), protocol(index)));
    writer.field(inner, &format!("Host Port{many}"), shown);
    words(writer, inner, "Command", container.command.as_deref());
    words(writer, inner, "Args", container.args.as_deref());
    if let Some(status) = status {
        state(writer, inner, "State", status.state.as_ref());
        if status.last_state.as_ref().is_some_and(|last| last.terminated.is_some()) {
            state(writer, inner, "Last State", status.last_state.as_ref());
        }
        writer.field(inner, "Ready", if status.ready { "True" } else { "False" });
        writer.field(inner, "Restart Count", status.restart_count);
    }
    resources(writer, inner, container);
    probe(writer, inner, "Liveness", container.liveness_probe.as_ref());
    probe(writer, inner, "Readiness", container.readiness_probe.as_ref());
    probe(writer, inner, "Startup", container.startup_probe.as_ref());
    environment(writer, inner, container, pod);
    mounts(writer, inner, container);
}

fn words(writer: &mut Writer, depth: usize, title: &str, words: Option<&[String]>) {
    let Some(words) = words.filter(|words| !words.is_empty()) else { return };
    writer.write(depth, &format!("{title}:\n"));
    for word in words {
        for line in word.split('\n') {
            writer.write(depth + 1, &format!("{line}\n"));
        }
    }
}

fn state(writer: &mut Writer, depth: usize, title: &str, state: Option<&ContainerState>) {
    let state = state.cloned().unwrap_or_default();
    if let Some(running) = state.running {
        writer.field(depth, title, "Running");
        writer.field(depth + 1, "Started", long_time(running.started_at.as_ref()));
    } else if let Some(ended) = state.terminated {
        writer.field(depth, title, "Terminated");
        said(writer, depth + 1, "Reason", ended.reason);
        said(writer, depth + 1, "Message", ended.message);
        writer.field(depth + 1, "Exit Code", ended.exit_code);
        if let Some(signal) = ended.signal.filter(|signal| *signal > 0) {
            writer.field(depth + 1, "Signal", signal);
        }
        writer.field(depth + 1, "Started", long_time(ended.started_at.as_ref()));
        writer.field(depth + 1, "Finished", long_time(ended.finished_at.as_ref()));
    } else {
        writer.field(depth, title, "Waiting");
        said(writer, depth + 1, "Reason", state.waiting.and_then(|waiting| waiting.reason));
    }
}

fn said(writer: &mut Writer, depth: usize, name: &str, text: Option<String>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        writer.field(depth, name, text);
    }
}

fn resources(writer: &mut Writer, depth: usize, container: &Container) {
    let resources = container.resources.clone().unwrap_or_default();
    for (title, list) in [("Limits", resources.limits), ("Requests", resources.requests)] {
        let Some(list) = list.filter(|list| !list.is_empty()) else { continue };
        writer.write(depth, &format!("{title}:\n"));
        for (name, quantity) in list {
            writer.field(depth + 1, &name, quantity.0);
        }
    }
}

fn probe(writer: &mut Writer, depth: usize, title: &str, probe: Option<&Probe>) {
    let Some(probe) = probe else { return };
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds.unwrap_or(0),
        probe.timeout_seconds.unwrap_or(0),
        probe.period_seconds.unwrap_or(0),
        probe.success_threshold.unwrap_or(0),
        probe.failure_threshold.unwrap_or(0)
    );
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    let what = if let Some(exec) = &probe.exec {
        format!("exec [{}]", exec.command.clone().unwrap_or_default().join(" "))
    } else if let Some(http) = &probe.http_get {
        format!(
            "http-get {}://{}:{}{}",
            http.scheme.as_deref().unwrap_or("HTTP").to_lowercase(),
            http.host.as_deref().unwrap_or_default(),
            port(&http.port),
            slashed(http.path.as_deref().unwrap_or_default())
        )
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("tcp-socket {}:{}", tcp.host.as_deref().unwrap_or_default(), port(&tcp.port))
    } else if let Some(grpc) = &probe.grpc {
        format!("grpc <pod>:{} {}", grpc.port, grpc.service.as_deref().unwrap_or_default())
    } else {
        "unknown".to_owned()
    };
    writer.field(depth, title, format!("{what} {attributes}"));
}

fn slashed(path: &str) -> String {
    if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn environment(writer: &mut Writer, depth: usize, container: &Container, pod: Option<&Object>) {
    let from = container.env_from.as_deref().unwrap_or_default();
    if !from.is_empty() {
        writer.write(depth, "Environment Variables from:\n");
        for source in from {
            let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
                (Some(map), _) => ("ConfigMap", map.name.clone(), map.optional),
                (None, Some(secret)) => ("Secret", secret.name.clone(), secret.optional),
                (None, None) => continue,
            };
            let prefix = source.prefix.as_deref().filter(|prefix| !prefix.is_empty());
            let prefix = prefix.map(|prefix| format!(" with prefix '{prefix}'")).unwrap_or_default();
            writer.write(
                depth + 1,
                &format!("{name}\t{kind}{prefix}\tOptional: {}\n", optional.unwrap_or(false)),
            );
        }
    }
    let variables = container.env.as_deref().unwrap_or_default();
    if variables.is_empty() {
        writer.field(depth, "Environment", "<none>");
        return;
    }
    writer.write(depth, "Environment:\n");
    for variable in variables {
        writer.field(depth + 1, &variable.name, value_of(variable, container, pod));
    }
}

fn value_of(variable: &EnvVar, container: &Container, pod: Option<&Object>) -> String {
    let Some(source) = &variable.value_from else {
        return variable.value.clone().unwrap_or_default().replace('\n', "\n\t");
    };
    if let Some(field) = &source.field_ref {
        let value = pod.map(|pod| field_of(pod, &field.field_path)).unwrap_or_default();
        return format!("{value} ({}:{})", field.api_version.as_deref().unwrap_or("v1"), field.field_path);
    }
    if let Some(resource) = &source.resource_field_ref {
        return format!("{} ({})", amount_of(resource, container), resource.resource);
    }
    if let Some(key) = &source.secret_key_ref {
        return format!(
            "<set to the key '{}' in secret '{}'>\tOptional: {}",
            key.key,
            key.name,
            key.optional.unwrap_or(false)
        );
    }
    if let Some(key) = &source.config_map_key_ref {
        return format!(
            "<set to the key '{}' of config map '{}'>\tOptional: {}",
            key.key,
            key.name,
            key.optional.unwrap_or(false)
        );
    }
    String::new()
}

/// What a pod's field holds, of those that the client looks up: `metadata.name`, `metadata.labels['app']`.
fn field_of(pod: &Object, path: &str) -> String {
    if !path.starts_with("metadata.") {
        return String::new();
    }
    let value = pod.to_value();
    let (path, key) = match path.split_once("['") {
        Some((path, key)) => (path, key.strip_suffix("']")),
        None => (path, None),
    };
    let found = path.split('.').fold(&value, |value, name| &value[name]);
    let found = key.map_or(found, |key| &found[key]);
    match found {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(entries) => {
            let lines =
                entries.iter().map(|(key, value)| format!("{key}={:?}", value.as_str().unwrap_or_default()));
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// How often the divisor fits into a container's resource; limits that are not set are those of the node.
fn amount_of(selector: &ResourceFieldSelector, container: &Container) -> String {
    let (list, name) = selector.resource.split_once('.').unwrap_or_default();
    let resources = container.resources.clone().unwrap_or_default();
    let amounts = if list == "limits" { resources.limits } else { resources.requests };
    let amount = amounts.and_then(|amounts| amounts.get(name).map(parse_or_zero)).unwrap_or_default();
    if amount.is_zero() && matches!(selector.resource.as_str(), "limits.cpu" | "limits.memory") {
        return "node allocatable".to_owned();
    }
    let divisor = selector.divisor.as_ref().map(parse_or_zero).filter(|divisor| !divisor.is_zero());
    let divisor = divisor.unwrap_or_else(|| Quantity::from_milli(1000));
    let (amount, divisor) = (amount.milli_value(), divisor.milli_value().max(1));
    (amount.saturating_add(divisor - 1) / divisor).to_string()
}

fn mounts(writer: &mut Writer, depth: usize, container: &Container) {
    let mut mounts = container.volume_mounts.clone().unwrap_or_default();
    if mounts.is_empty() {
        writer.field(depth, "Mounts", "<none>");
        return;
    }
    mounts.sort_by(|one, other| one.mount_path.cmp(&other.mount_path));
    writer.write(depth, "Mounts:\n");
    for mount in mounts {
        let mode = if mount.read_only == Some(true) { "ro" } else { "rw" };
        let path = mount.sub_path.filter(|path| !path.is_empty());
        let path = path.map(|path| format!(",path=\"{path}\"")).unwrap_or_default();
        writer.write(depth + 1, &format!("{} from {} ({mode}{path})\n", mount.mount_path, mount.name));
    }
}
