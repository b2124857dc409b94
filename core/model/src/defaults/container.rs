//! Containers.

use k8s_openapi::api::core::v1::{
    Container, EnvVar, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;

use super::{Tidy, canonical_quantities, canonical_quantity, default_number, default_text};

/// A container of a pod or template.
pub fn container(container: &mut Container) {
    let policy = pull_policy(container.image.as_deref().unwrap_or(""));
    default_text(&mut container.image_pull_policy, policy);
    default_text(&mut container.termination_message_path, "/dev/termination-log");
    default_text(&mut container.termination_message_policy, "File");
    for port in container.ports.iter_mut().flatten() {
        default_text(&mut port.protocol, "TCP");
    }
    for var in container.env.iter_mut().flatten() {
        env(var);
    }
    let probes =
        [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe];
    for given in probes.into_iter().flatten() {
        probe(given);
    }
    if let Some(hooks) = &mut container.lifecycle {
        lifecycle(hooks);
    }
    resources(container.resources.get_or_insert_default());
    tidy(container);
}

fn tidy(container: &mut Container) {
    for flag in [&mut container.stdin, &mut container.stdin_once, &mut container.tty] {
        flag.tidy();
    }
    container.working_dir.tidy();
    container.command.tidy();
    container.args.tidy();
    container.ports.tidy();
    container.env.tidy();
    container.env_from.tidy();
    container.volume_mounts.tidy();
    for var in container.env.iter_mut().flatten() {
        var.value.tidy();
    }
    for mount in container.volume_mounts.iter_mut().flatten() {
        mount.read_only.tidy();
        mount.sub_path.tidy();
        mount.sub_path_expr.tidy();
    }
}

/// `Always` where the image may move under its name: no tag, or `latest`.
#[must_use]
pub fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, "latest")) => "Always",
        None if digest.is_none() => "Always",
        _ => "IfNotPresent",
    }
}

/// What is not asked for, but limited, is asked for.
pub fn requests_from_limits(resources: &mut ResourceRequirements) {
    let Some(limits) = &resources.limits else { return };
    let requests = resources.requests.get_or_insert_default();
    for (name, limit) in limits {
        requests.entry(name.clone()).or_insert_with(|| limit.clone());
    }
}

pub(super) fn resources(resources: &mut ResourceRequirements) {
    canonical_quantities(&mut resources.limits);
    canonical_quantities(&mut resources.requests);
}

fn env(var: &mut EnvVar) {
    let Some(source) = &mut var.value_from else { return };
    if let Some(field) = &mut source.field_ref {
        default_text(&mut field.api_version, "v1");
    }
    if let Some(resource) = &mut source.resource_field_ref {
        divisor(&mut resource.divisor);
    }
}

/// No divisor is shown as `0`.
pub(super) fn divisor(divisor: &mut Option<RawQuantity>) {
    canonical_quantity(divisor.get_or_insert_with(|| RawQuantity("0".to_owned())));
}

fn probe(probe: &mut Probe) {
    default_number(&mut probe.timeout_seconds, 1);
    default_number(&mut probe.period_seconds, 10);
    default_number(&mut probe.success_threshold, 1);
    default_number(&mut probe.failure_threshold, 3);
    if let Some(action) = &mut probe.http_get {
        http_get(action);
    }
    if let Some(action) = &mut probe.grpc {
        action.service.get_or_insert_default();
    }
}

fn http_get(action: &mut HTTPGetAction) {
    default_text(&mut action.path, "/");
    default_text(&mut action.scheme, "HTTP");
}

/// `stopSignal` is behind a gate that is off in v1.33, so it is dropped.
fn lifecycle(lifecycle: &mut Lifecycle) {
    lifecycle.stop_signal = None;
    let hooks: [&mut Option<LifecycleHandler>; 2] = [&mut lifecycle.post_start, &mut lifecycle.pre_stop];
    for hook in hooks.into_iter().flatten() {
        if let Some(action) = &mut hook.http_get {
            http_get(action);
        }
    }
}
