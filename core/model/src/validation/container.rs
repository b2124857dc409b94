//! Containers: main, init and ephemeral.

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, ContainerResizePolicy, Volume, VolumeDevice, VolumeMount,
};

use super::env;
use super::error::{ErrorList, Shown};
use super::names;
use super::path::Path;
use super::probe::{ProbeKind, lifecycle, probe};
use super::{resources, security, text};

/// What of a pod matters to its containers.
#[derive(Clone, Copy)]
pub struct PodContext<'a> {
    /// The pod's volumes.
    pub volumes: &'a [Volume],
    /// `terminationGracePeriodSeconds`.
    pub grace_seconds: i64,
    /// Whether the pod uses its node's network.
    pub host_network: bool,
    /// `hostUsers`.
    pub host_users: Option<bool>,
}

/// `containers`, of which there is at least one.
pub fn containers(containers: &[Container], pod: PodContext<'_>, path: &Path<'_>, errors: &mut ErrorList) {
    if containers.is_empty() {
        errors.required(&path.child("containers"), "");
        return;
    }
    for (index, container) in containers.iter().enumerate() {
        let path = path.item("containers", index);
        if containers[..index].iter().any(|it| it.name == container.name) && !container.name.is_empty() {
            errors.duplicate(&path.child("name"), &container.name);
        }
        common(container, pod, &path, errors);
        if let Some(hooks) = &container.lifecycle {
            lifecycle(hooks, pod.grace_seconds, &path.child("lifecycle"), errors);
        }
        probes(container, &path, errors);
        if container.restart_policy.is_some() {
            errors.forbidden(&path.child("restartPolicy"), "may not be set for non-init containers");
        }
    }
}

/// `initContainers`; one that always restarts is a sidecar and may have probes.
pub fn init_containers(
    inits: &[Container],
    others: &[Container],
    pod: PodContext<'_>,
    path: &Path<'_>,
    errors: &mut ErrorList,
) {
    for (index, container) in inits.iter().enumerate() {
        let path = path.item("initContainers", index);
        common(container, pod, &path, errors);
        if let Some(policy) = container.restart_policy.as_deref()
            && policy != "Always"
        {
            errors.not_supported(&path.child("restartPolicy"), policy, &["Always"]);
        }
        let taken = others.iter().chain(&inits[..index]).any(|it| it.name == container.name);
        if taken && !container.name.is_empty() {
            errors.duplicate(&path.child("name"), &container.name);
        }
        if container.restart_policy.as_deref() == Some("Always") {
            if let Some(hooks) = &container.lifecycle {
                lifecycle(hooks, pod.grace_seconds, &path.child("lifecycle"), errors);
            }
            probes(container, &path, errors);
            continue;
        }
        for (field, given) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if given {
                errors.forbidden(
                    &path.child(field),
                    "may not be set for init containers without restartPolicy=Always",
                );
            }
        }
    }
}

fn probes(container: &Container, path: &Path<'_>, errors: &mut ErrorList) {
    for (field, kind, given) in [
        ("livenessProbe", ProbeKind::Liveness, &container.liveness_probe),
        ("readinessProbe", ProbeKind::Readiness, &container.readiness_probe),
        ("startupProbe", ProbeKind::Startup, &container.startup_probe),
    ] {
        if let Some(given) = given {
            probe(given, kind, &path.child(field), errors);
        }
    }
}

/// What holds for a container of any sort.
fn common(container: &Container, pod: PodContext<'_>, path: &Path<'_>, errors: &mut ErrorList) {
    if container.name.is_empty() {
        errors.required(&path.child("name"), "");
    } else {
        errors.problems(&path.child("name"), &container.name, names::label_problems(&container.name));
    }
    let image = text(&container.image);
    if image.is_empty() {
        errors.required(&path.child("image"), "");
    } else if image.trim() != image {
        errors.invalid(&path.child("image"), image, "must not have leading or trailing whitespace");
    }
    let policy = text(&container.termination_message_policy);
    errors.one_of(&path.child("terminationMessagePolicy"), policy, &["File", "FallbackToLogsOnError"]);
    ports(container.ports.as_deref().unwrap_or_default(), pod.host_network, path, errors);
    env::env(container.env.as_deref().unwrap_or_default(), path, errors);
    env::env_from(container.env_from.as_deref().unwrap_or_default(), path, errors);
    mounts(container, pod.volumes, path, errors);
    devices(container, pod.volumes, path, errors);
    errors.one_of(
        &path.child("imagePullPolicy"),
        text(&container.image_pull_policy),
        &["Always", "IfNotPresent", "Never"],
    );
    if let Some(requirements) = &container.resources {
        resources::requirements(requirements, &path.child("resources"), errors);
    }
    resize_policy(container.resize_policy.as_deref().unwrap_or_default(), path, errors);
    if let Some(context) = &container.security_context {
        security::container(context, pod.host_users, &path.child("securityContext"), errors);
    }
}

fn ports(ports: &[ContainerPort], host_network: bool, path: &Path<'_>, errors: &mut ErrorList) {
    for (index, port) in ports.iter().enumerate() {
        let path = path.item("ports", index);
        let name = text(&port.name);
        if !name.is_empty() {
            let problems = names::port_name_problems(name);
            if problems.is_empty() && ports[..index].iter().any(|it| text(&it.name) == name) {
                errors.duplicate(&path.child("name"), name);
            }
            errors.problems(&path.child("name"), name, problems);
        }
        if port.container_port == 0 {
            errors.required(&path.child("containerPort"), "");
        } else {
            errors.in_range(&path.child("containerPort"), i64::from(port.container_port), 1, 65535);
        }
        let host_port = port.host_port.unwrap_or(0);
        if host_port != 0 {
            errors.in_range(&path.child("hostPort"), i64::from(host_port), 1, 65535);
            if host_network && host_port != port.container_port {
                errors.invalid(
                    &path.child("hostPort"),
                    host_port,
                    "must match `containerPort` when `hostNetwork` is true",
                );
            }
        }
        errors.one_of(&path.child("protocol"), text(&port.protocol), &["SCTP", "TCP", "UDP"]);
    }
}

/// Two ports of the pod's containers want the same port of the node.
pub fn host_ports(containers: &[Container], path: &Path<'_>, errors: &mut ErrorList) {
    let mut taken: Vec<(String, i32, String)> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        let path = path.item("containers", index);
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let Some(number) = port.host_port.filter(|number| *number != 0) else { continue };
            let key = (text(&port.protocol).to_owned(), number, text(&port.host_ip).to_owned());
            if taken.contains(&key) {
                let shown = format!("{}/{}/{}", key.0, key.2, key.1);
                errors.duplicate(&path.item("ports", index).child("hostPort"), &shown);
            } else {
                taken.push(key);
            }
        }
    }
}

fn mounts(container: &Container, volumes: &[Volume], path: &Path<'_>, errors: &mut ErrorList) {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    let privileged =
        container.security_context.as_ref().is_some_and(|context| context.privileged == Some(true));
    // Some of upstream's messages name the list, not the element.
    let list = path.child("volumeMounts");
    for (index, mount) in mounts.iter().enumerate() {
        let at = path.item("volumeMounts", index);
        let name = at.child("name");
        if mount.name.is_empty() {
            errors.required(&name, "");
        }
        if !volumes.iter().any(|volume| volume.name == mount.name) {
            errors.not_found(&name, &mount.name);
        }
        if mount.mount_path.is_empty() {
            errors.required(&at.child("mountPath"), "");
        } else if mounts[..index].iter().any(|it| it.mount_path == mount.mount_path) {
            errors.invalid(&at.child("mountPath"), &mount.mount_path, "must be unique");
        }
        if devices.iter().any(|device| device.name == mount.name) {
            errors.invalid(&name, &mount.name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|device| device.device_path == mount.mount_path) {
            errors.invalid(
                &at.child("mountPath"),
                &mount.mount_path,
                "must not already exist as a path in volumeDevices",
            );
        }
        sub_path(mount, &at, &list, errors);
        propagation(mount, privileged, &list, errors);
        recursive_read_only(mount, &list, errors);
    }
}

fn sub_path(mount: &VolumeMount, at: &Path<'_>, list: &Path<'_>, errors: &mut ErrorList) {
    let plain = text(&mount.sub_path);
    if !plain.is_empty() {
        errors.problems(&list.child("subPath"), plain, names::local_path_problems(plain));
    }
    let expression = text(&mount.sub_path_expr);
    if !expression.is_empty() {
        if !plain.is_empty() {
            errors.invalid(
                &at.child("subPathExpr"),
                expression,
                "subPathExpr and subPath are mutually exclusive",
            );
        }
        errors.problems(&list.child("subPathExpr"), expression, names::local_path_problems(expression));
    }
}

fn propagation(mount: &VolumeMount, privileged: bool, list: &Path<'_>, errors: &mut ErrorList) {
    let Some(mode) = mount.mount_propagation.as_deref() else { return };
    let at = list.child("mountPropagation");
    errors.one_of(&at, mode, &["Bidirectional", "HostToContainer", "None"]);
    if mode == "Bidirectional" && !privileged {
        errors.forbidden(&at, "Bidirectional mount propagation is available only to privileged containers");
    }
}

fn recursive_read_only(mount: &VolumeMount, list: &Path<'_>, errors: &mut ErrorList) {
    let at = list.child("recursiveReadOnly");
    match mount.recursive_read_only.as_deref() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount.read_only != Some(true) {
                errors.forbidden(&at, "may only be specified when readOnly is true");
            }
            if !matches!(mount.mount_propagation.as_deref(), None | Some("None")) {
                errors.forbidden(&at, "may only be specified when mountPropagation is None or not specified");
            }
        }
        Some(other) => errors.not_supported(&at, other, &["Disabled", "Enabled", "IfPossible"]),
    }
}

fn devices(container: &Container, volumes: &[Volume], path: &Path<'_>, errors: &mut ErrorList) {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    for (index, device) in devices.iter().enumerate() {
        let at = path.item("volumeDevices", index);
        device_name(device, volumes, &at, errors);
        let device_path = at.child("devicePath");
        if device.device_path.is_empty() {
            errors.required(&device_path, "");
        } else if devices[..index].iter().any(|it| it.device_path == device.device_path) {
            errors.invalid(&device_path, &device.device_path, "must be unique");
        } else if let Some(problem) = names::no_back_steps(&device.device_path) {
            errors.invalid(&device_path, &device.device_path, problem);
        }
        if devices[..index].iter().any(|it| it.name == device.name) {
            errors.invalid(&at.child("name"), &device.name, "must be unique");
        }
        if mounts.iter().any(|mount| mount.name == device.name) {
            errors.invalid(&at.child("name"), &device.name, "must not already exist in volumeMounts");
        }
    }
}

fn device_name(device: &VolumeDevice, volumes: &[Volume], at: &Path<'_>, errors: &mut ErrorList) {
    let name = at.child("name");
    if device.name.is_empty() {
        errors.required(&name, "");
        return;
    }
    match volumes.iter().find(|volume| volume.name == device.name) {
        None => errors.not_found(&name, &device.name),
        Some(volume) if volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none() => {
            errors.invalid(
                &name,
                &device.name,
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
            );
        }
        Some(_) => {}
    }
}

const RESIZABLE: [&str; 2] = ["cpu", "memory"];

fn resize_policy(policies: &[ContainerResizePolicy], path: &Path<'_>, errors: &mut ErrorList) {
    let list = path.child("resizePolicy");
    for (index, policy) in policies.iter().enumerate() {
        if policies[..index].iter().any(|it| it.resource_name == policy.resource_name) {
            errors.duplicate(&path.item("resizePolicy", index), Shown::raw(&policy.resource_name));
        }
        if !RESIZABLE.contains(&policy.resource_name.as_str()) {
            errors.not_supported(&list, Shown::raw(&policy.resource_name), &RESIZABLE);
        }
        if policy.restart_policy.is_empty() {
            errors.required(&list, "");
        } else {
            errors.one_of(&list, &policy.restart_policy, &["NotRequired", "RestartContainer"]);
        }
    }
}
