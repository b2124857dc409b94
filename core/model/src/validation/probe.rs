//! Probes and lifecycle hooks.

use k8s_openapi::api::core::v1::{
    ExecAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction, TCPSocketAction,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::error::ErrorList;
use super::names;
use super::path::Path;
use super::text;

/// Which of a container's probes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    /// `livenessProbe`.
    Liveness,
    /// `readinessProbe`.
    Readiness,
    /// `startupProbe`.
    Startup,
}

/// One probe.
pub fn probe(probe: &Probe, kind: ProbeKind, path: &Path<'_>, errors: &mut ErrorList) {
    let handlers = Handlers {
        exec: probe.exec.as_ref(),
        http_get: probe.http_get.as_ref(),
        tcp_socket: probe.tcp_socket.as_ref(),
        grpc: probe.grpc.as_ref().map(|grpc| grpc.port),
        sleep: None,
    };
    handlers.check(0, path, errors);
    for (field, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        errors.non_negative(&path.child(field), value.map(i64::from));
    }
    let grace = path.child("terminationGracePeriodSeconds");
    match probe.termination_grace_period_seconds {
        Some(seconds) if kind == ProbeKind::Readiness => {
            errors.invalid(&grace, seconds, "must not be set for readinessProbes");
        }
        Some(seconds) if seconds <= 0 => errors.invalid(&grace, seconds, "must be greater than 0"),
        _ => {}
    }
    let successes = probe.success_threshold.unwrap_or(1);
    if kind != ProbeKind::Readiness && successes != 1 {
        errors.invalid(&path.child("successThreshold"), successes, "must be 1");
    }
}

/// `lifecycle`.
pub fn lifecycle(lifecycle: &Lifecycle, grace_seconds: i64, path: &Path<'_>, errors: &mut ErrorList) {
    for (field, handler) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
        if let Some(handler) = handler {
            hook(handler).check(grace_seconds, &path.child(field), errors);
        }
    }
}

fn hook(handler: &LifecycleHandler) -> Handlers<'_> {
    Handlers {
        exec: handler.exec.as_ref(),
        http_get: handler.http_get.as_ref(),
        tcp_socket: handler.tcp_socket.as_ref(),
        grpc: None,
        sleep: handler.sleep.as_ref(),
    }
}

/// What a probe or hook may do, of which exactly one is given.
struct Handlers<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_socket: Option<&'a TCPSocketAction>,
    grpc: Option<i32>,
    sleep: Option<&'a SleepAction>,
}

impl Handlers<'_> {
    fn check(&self, grace_seconds: i64, path: &Path<'_>, errors: &mut ErrorList) {
        let mut count = 0;
        let mut first = |field: &str, errors: &mut ErrorList| {
            count += 1;
            if count > 1 {
                errors.forbidden(&path.child(field), "may not specify more than 1 handler type");
            }
            count == 1
        };
        if let Some(exec) = self.exec
            && first("exec", errors)
            && exec.command.as_ref().is_none_or(|command| command.is_empty())
        {
            errors.required(&path.child("exec").child("command"), "");
        }
        if let Some(action) = self.http_get
            && first("httpGet", errors)
        {
            http_get(action, &path.child("httpGet"), errors);
        }
        if let Some(action) = self.tcp_socket
            && first("tcpSocket", errors)
        {
            port(&action.port, &path.child("tcpSocket").child("port"), errors);
        }
        if let Some(number) = self.grpc
            && first("grpc", errors)
        {
            port(&IntOrString::Int(number), &path.child("grpc").child("port"), errors);
        }
        if let Some(action) = self.sleep
            && first("sleep", errors)
            && (action.seconds < 0 || action.seconds > grace_seconds)
        {
            let detail =
                format!("must be non-negative and less than terminationGracePeriodSeconds ({grace_seconds})");
            errors.invalid(&path.child("sleep"), action.seconds, detail);
        }
        if count == 0 {
            errors.required(path, "must specify a handler type");
        }
    }
}

fn http_get(action: &HTTPGetAction, path: &Path<'_>, errors: &mut ErrorList) {
    if text(&action.path).is_empty() {
        errors.required(&path.child("path"), "");
    }
    port(&action.port, &path.child("port"), errors);
    errors.one_of(&path.child("scheme"), text(&action.scheme), &["HTTP", "HTTPS"]);
    for header in action.http_headers.iter().flatten() {
        errors.problems(&path.child("httpHeaders"), &header.name, names::http_header_problems(&header.name));
    }
}

/// A port by number or name.
pub fn port(port: &IntOrString, path: &Path<'_>, errors: &mut ErrorList) {
    match port {
        IntOrString::Int(number) => errors.in_range(path, i64::from(*number), 1, 65535),
        IntOrString::String(name) => errors.problems(path, name, names::port_name_problems(name)),
    }
}
