//! Warnings: what the API server lets pass, but says something about (the `Warning` headers of its answers).
// Models pkg/api/pod/warnings.go, pkg/api/service/warnings.go and the strategies' WarningsOnCreate.

mod node_labels;

use std::sync::Arc;

use k8s_openapi::api::core::v1::{
    Container, KeyToPath, PodSpec, ProjectedVolumeSource, Secret, ServiceSpec, Volume, VolumeProjection,
};

use crate::kind::{Kind, types};
use crate::object::Object;
use crate::quantity::parse_or_zero;
use crate::validation::names::label_problems;

const ENDPOINTS: &str = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
const MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";
const NO_PEM_CERTIFICATE: &str = "tls: failed to find any PEM data in certificate input";
const PEM_BEGIN: &[u8] = b"-----BEGIN ";

/// Warnings about every request of a kind.
#[must_use]
pub fn of_kind(kind: Kind) -> Vec<String> {
    if kind == Kind::Endpoints { vec![ENDPOINTS.to_owned()] } else { Vec::new() }
}

/// Warnings about an object that is created, or replaces `old`, once it is found valid.
#[must_use]
pub fn of(object: &Object, old: Option<&Arc<Object>>) -> Vec<String> {
    let mut warnings = Vec::new();
    let same_spec = old.is_some_and(|old| object.body.same_parts(&old.body).0);
    if same_spec && !matches!(object.kind(), Kind::ServiceAccount | Kind::Service) {
        return warnings;
    }
    let mut warn = |text: String| warnings.push(text);
    match object.kind() {
        // An update warns only where the pod was not created so.
        Kind::Pod if old.is_none() => {
            host_name("the Pod's hostname", object.name(), &mut warn);
            pod("spec", object.spec::<types::Pod>(), &mut warn);
        }
        Kind::Deployment => {
            if old.is_none() {
                host_name("Pod names and hostnames", object.name(), &mut warn);
            }
            let template = &object.spec::<types::Deployment>().template;
            template.spec.iter().for_each(|spec| pod("spec.template.spec", spec, &mut warn));
        }
        Kind::ReplicaSet => {
            if old.is_none() {
                host_name("Pod names and hostnames", object.name(), &mut warn);
            }
            let template = object.spec::<types::ReplicaSet>().template.as_ref();
            let spec = template.and_then(|template| template.spec.as_ref());
            spec.iter().for_each(|spec| pod("spec.template.spec", spec, &mut warn));
        }
        Kind::EndpointSlice if object.spec::<types::EndpointSlice>().address_type == "FQDN" => {
            warn("spec.addressType: FQDN endpoints are deprecated".to_owned());
        }
        Kind::ServiceAccount if mountable(object) && !old.is_some_and(|old| mountable(old)) => {
            warn(format!(
                "metadata.annotations[{MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
            ));
        }
        Kind::Node if object.spec::<types::Node>().external_id.is_some() => {
            warn("spec.externalID: this field is deprecated, and is unused by Kubernetes".to_owned());
        }
        Kind::Service => service(object.spec::<types::Service>(), &mut warn),
        Kind::Secret => secret(object.spec::<types::Secret>(), &mut warn),
        _ => {}
    }
    warnings
}

/// What a Service says in vain.
fn service(spec: &ServiceSpec, warn: &mut impl FnMut(String)) {
    let external = spec.type_.as_deref() == Some("ExternalName");
    if external && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty()) {
        warn("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !external && spec.external_name.as_ref().is_some_and(|name| !name.is_empty()) {
        warn("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
}

/// Whether an account says which Secrets its pods may mount.
fn mountable(account: &Object) -> bool {
    account.annotations().contains_key(MOUNTABLE)
}

/// A name that is no DNS label, of what gives pods their host names.
fn host_name(used_in: &str, name: &str, warn: &mut impl FnMut(String)) {
    let problems = label_problems(name);
    if !problems.is_empty() {
        warn(format!(
            "metadata.name: this is used in {used_in}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            problems.join(" ")
        ));
    }
}

fn pod(path: &str, spec: &PodSpec, warn: &mut impl FnMut(String)) {
    if spec.node_selector.is_some() || spec.affinity.is_some() || spec.topology_spread_constraints.is_some() {
        node_labels::warn_about(path, spec, warn);
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        volume_warnings(&format!("{path}.volumes[{index}]"), volume, warn);
    }
    for (index, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        if secret.name.is_empty() {
            warn(format!("{path}.imagePullSecrets[{index}].name: invalid empty name \"\""));
        }
    }
    let init = spec.init_containers.as_deref().unwrap_or_default();
    for (field, containers) in [("initContainers", init), ("containers", spec.containers.as_slice())] {
        for (index, container) in containers.iter().enumerate() {
            let path = format!("{path}.{field}[{index}]");
            fractions_of_bytes(&path, container, warn);
            hidden_variables(&path, container, warn);
        }
    }
}

/// Bytes come whole.
fn fractions_of_bytes(path: &str, container: &Container, warn: &mut impl FnMut(String)) {
    let Some(resources) = &container.resources else { return };
    for (field, amounts) in [("limits", &resources.limits), ("requests", &resources.requests)] {
        for (name, amount) in amounts.iter().flatten() {
            let bytes = matches!(name.as_str(), "memory" | "ephemeral-storage");
            let quantity = parse_or_zero(amount);
            let whole =
                quantity.value().checked_mul(1000).is_none_or(|milli| milli == quantity.milli_value());
            if bytes && !whole {
                warn(format!(
                    "{path}.resources.{field}[{name}]: fractional byte value {:?} is invalid, must be an integer",
                    amount.0
                ));
            }
        }
    }
}

fn volume_warnings(path: &str, volume: &Volume, warn: &mut impl FnMut(String)) {
    if volume.git_repo.is_some() {
        warn(format!("{path}.gitRepo: deprecated in v1.11, and disabled by default in v1.33+"));
    }
    if let Some(projected) = &volume.projected {
        overlapping_paths(&volume.name, projected, warn);
    }
}

/// Paths of a projected volume of which one hides the other.
fn overlapping_paths(volume: &str, projected: &ProjectedVolumeSource, warn: &mut impl FnMut(String)) {
    let mut seen: Vec<(&str, String)> = Vec::new();
    let mut paths: Vec<(&str, String)> = Vec::new();
    for source in projected.sources.iter().flatten() {
        // Upstream looks at a source's paths once more where the next source names none.
        if let Some(named) = paths_of(source) {
            paths = named;
        }
        for (path, name) in &paths {
            for (other, its_name) in seen.iter().filter(|(other, _)| overlap(path, other)) {
                warn(format!(
                    "volume {volume:?} (Projected): overlapping paths: {path:?} ({name}) with {other:?} ({its_name})"
                ));
            }
            seen.push((*path, name.clone()));
        }
    }
}

/// The paths that a source names, each with the source; `None` if it names none.
fn paths_of(source: &VolumeProjection) -> Option<Vec<(&str, String)>> {
    if let Some(map) = &source.config_map {
        return keys(&map.items, &format!("ConfigMap {:?}", map.name));
    }
    if let Some(secret) = &source.secret {
        return keys(&secret.items, &format!("Secret {:?}", secret.name));
    }
    if let Some(downward) = &source.downward_api {
        let items = downward.items.as_ref()?.iter();
        return Some(items.map(|item| (item.path.trim_end_matches('/'), "DownwardAPI".to_owned())).collect());
    }
    let token = source.service_account_token.as_ref()?;
    Some(vec![(token.path.trim_end_matches('/'), "ServiceAccountToken".to_owned())])
}

fn keys<'a>(items: &'a Option<Vec<KeyToPath>>, name: &str) -> Option<Vec<(&'a str, String)>> {
    Some(items.as_ref()?.iter().map(|item| (item.path.trim_end_matches('/'), name.to_owned())).collect())
}

fn overlap(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(one, other) || within(other, one)
}

/// Variables of one name: the last holds, and apply may drop the others.
fn hidden_variables(path: &str, container: &Container, warn: &mut impl FnMut(String)) {
    let variables = container.env.as_deref().unwrap_or_default();
    for (index, variable) in variables.iter().enumerate() {
        if variables[..index].iter().any(|earlier| earlier.name == variable.name) {
            warn(format!(
                "{path}.env[{index}]: hides previous definition of {:?}, which may be dropped when using apply",
                variable.name
            ));
        }
    }
}

fn secret(secret: &Secret, warn: &mut impl FnMut(String)) {
    if secret.type_.as_deref() != Some("kubernetes.io/tls") {
        return;
    }
    let certificate = secret.data.as_ref().and_then(|data| data.get("tls.crt"));
    let found = certificate.is_some_and(|bytes| bytes.0.windows(PEM_BEGIN.len()).any(|at| at == PEM_BEGIN));
    if certificate.is_some() && !found {
        warn(NO_PEM_CERTIFICATE.to_owned());
    }
}
