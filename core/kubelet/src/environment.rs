//! A container's variables and command line: the image's, those of Services, of ConfigMaps and Secrets, of the pod itself; and `$(NAME)`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container as Spec, EnvVar, EnvVarSource, ObjectFieldSelector, Pod, ResourceFieldSelector, Service,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use model::{Kind, Object, quantity};
use shell::Programs;
use store::Store;

use crate::images::Image;
use crate::source_data::SourceData;
use crate::worker::{NodeState, Surroundings, Worker};

/// The variables of a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    /// All that the process gets.
    pub(crate) all: BTreeMap<String, String>,
    /// Those that `$(NAME)` may name.
    pub(crate) declared: BTreeMap<String, String>,
}

/// The variables of a container.
///
/// # Errors
/// If something that they come from is missing, worded as the kubelet words it.
pub(crate) fn of_container<P: Programs>(
    s: &Surroundings<'_, P>,
    pod: &Object,
    spec: &Spec,
    worker: &Worker,
    digest: &str,
) -> Result<Variables, String> {
    let store = s.api.store();
    let enable_links = pod.spec::<Pod>().enable_service_links.unwrap_or(true);
    let mut declared = service_variables(store, pod.namespace(), enable_links);
    for source in spec.env_from.iter().flatten() {
        let prefix = source.prefix.as_deref().unwrap_or_default();
        let map = source.config_map_ref.as_ref();
        let map = map.map(|reference| SourceData::config_map(&reference.name, reference.optional));
        let secret = source.secret_ref.as_ref();
        let secret = secret.map(|reference| SourceData::secret(&reference.name, reference.optional));
        for source in map.into_iter().chain(secret) {
            for (name, value) in source.texts(store, pod.namespace())?.unwrap_or_default() {
                declared.insert(format!("{prefix}{name}"), value);
            }
        }
    }
    for variable in spec.env.iter().flatten() {
        if let Some(value) = value_of(s, pod, spec, worker, variable, &declared)? {
            declared.insert(variable.name.clone(), value);
        }
    }
    let mut all: BTreeMap<String, String> =
        s.images.get(digest).map(|image| image.env.iter().cloned().collect()).unwrap_or_default();
    all.insert("HOSTNAME".to_owned(), worker.hostname.clone());
    all.extend(declared.clone());
    all.entry("HOME".to_owned()).or_insert_with(|| "/root".to_owned());
    Ok(Variables { all, declared })
}

fn value_of<P: Programs>(
    s: &Surroundings<'_, P>,
    pod: &Object,
    spec: &Spec,
    worker: &Worker,
    variable: &EnvVar,
    declared: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let Some(source) = &variable.value_from else {
        return Ok(Some(expand(variable.value.as_deref().unwrap_or_default(), declared)));
    };
    let store = s.api.store();
    let namespace = pod.namespace();
    match source {
        EnvVarSource { config_map_key_ref: Some(key), .. } => {
            let source = SourceData::config_map(&key.name, key.optional);
            value_of_key(store, namespace, &source, &key.key)
        }
        EnvVarSource { secret_key_ref: Some(key), .. } => {
            value_of_key(store, namespace, &SourceData::secret(&key.name, key.optional), &key.key)
        }
        EnvVarSource { field_ref: Some(field), .. } => {
            let address = worker.address.map(|address| address.to_string()).unwrap_or_default();
            let node = s.node.address.to_string();
            pod_field(pod, field, &address, &node).map(Some)
        }
        EnvVarSource { resource_field_ref: Some(field), .. } => {
            resource_field(pod, spec, field, s.node).map(Some)
        }
        _ => Ok(Some(String::new())),
    }
}

/// What one key holds; `None` if it may be missing and is.
fn value_of_key(
    store: &Store,
    namespace: &str,
    source: &SourceData<'_>,
    key: &str,
) -> Result<Option<String>, String> {
    let Some(mut data) = source.texts(store, namespace)? else { return Ok(None) };
    match data.remove(key) {
        None if !source.optional => {
            let (kind, name) = (source.kind, source.name);
            Err(format!("couldn't find key {key} in {kind} {namespace}/{name}"))
        }
        value => Ok(value),
    }
}

/// A field of the pod as the downward API gives it.
///
/// # Errors
/// If there is no such field.
pub(crate) fn pod_field(
    pod: &Object,
    field: &ObjectFieldSelector,
    address: &str,
    node_address: &str,
) -> Result<String, String> {
    let path = field.field_path.as_str();
    let spec = pod.spec::<Pod>();
    if let Some((of, key)) = path.strip_suffix("']").and_then(|path| path.split_once("['")) {
        let map = if of == "metadata.labels" { pod.labels() } else { pod.annotations() };
        return Ok(map.get(key).cloned().unwrap_or_default());
    }
    Ok(match path {
        "metadata.name" => pod.name().to_owned(),
        "metadata.namespace" => pod.namespace().to_owned(),
        "metadata.uid" => pod.uid().to_owned(),
        "metadata.labels" => written_map(pod.labels()),
        "metadata.annotations" => written_map(pod.annotations()),
        "spec.nodeName" => spec.node_name.clone().unwrap_or_default(),
        "spec.serviceAccountName" => spec.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => node_address.to_owned(),
        "status.podIP" | "status.podIPs" => address.to_owned(),
        other => return Err(format!("unsupported fieldPath: {other}")),
    })
}

/// `key="value"` lines, escaped.
fn written_map(map: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = map.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    lines.join("\n")
}

/// What a container may use, as the downward API gives it.
///
/// # Errors
/// If there is no such container or resource.
pub(crate) fn resource_field(
    pod: &Object,
    own: &Spec,
    field: &ResourceFieldSelector,
    node: &NodeState,
) -> Result<String, String> {
    let name = field.container_name.as_deref().unwrap_or(&own.name);
    let spec = pod.spec::<Pod>();
    let mut all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let container =
        all.find(|container| container.name == name).ok_or_else(|| format!("container {name} not found"))?;
    let (of, resource) = field
        .resource
        .split_once('.')
        .ok_or_else(|| format!("unsupported container resource : {}", field.resource))?;
    let resources = container.resources.as_ref();
    let amounts = match of {
        "limits" => resources.and_then(|resources| resources.limits.as_ref()),
        _ => resources.and_then(|resources| resources.requests.as_ref()),
    };
    let amount = amounts.and_then(|amounts| amounts.get(resource)).map(quantity::parse_or_zero);
    // Without a limit there is all that the node has.
    let of_node = (of == "limits").then(|| match resource {
        "cpu" => quantity::parse_or_zero(&Quantity(node.cpus.to_string())),
        "memory" => quantity::parse_or_zero(&Quantity(node.memory.to_string())),
        _ => quantity::Quantity::default(),
    });
    let amount = amount.or(of_node).unwrap_or_default();
    let divisor = field.divisor.as_ref().map(quantity::parse_or_zero).filter(|divisor| !divisor.is_zero());
    let (amount, divisor) = if resource == "cpu" {
        (amount.milli_value(), divisor.map_or(1000, |divisor| divisor.milli_value()))
    } else {
        (amount.value(), divisor.map_or(1, |divisor| divisor.value()))
    };
    Ok((amount + divisor - 1).checked_div(divisor).unwrap_or(0).to_string())
}

/// The variables of the Services of a namespace, and of `kubernetes`.
fn service_variables(store: &Store, namespace: &str, links: bool) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut add = |service: &Object| {
        let spec = service.spec::<Service>();
        let address = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "None");
        let (Some(address), Some(ports)) = (address, spec.ports.as_ref().filter(|ports| !ports.is_empty()))
        else {
            return;
        };
        let name = service.name().to_ascii_uppercase().replace('-', "_");
        variables.insert(format!("{name}_SERVICE_HOST"), address.to_owned());
        variables.insert(format!("{name}_SERVICE_PORT"), ports[0].port.to_string());
        for (index, port) in ports.iter().enumerate() {
            let (number, protocol) = (port.port, port.protocol.as_deref().unwrap_or("TCP"));
            if let Some(port_name) = port.name.as_deref().filter(|name| !name.is_empty()) {
                let port_name = port_name.to_ascii_uppercase().replace('-', "_");
                variables.insert(format!("{name}_SERVICE_PORT_{port_name}"), number.to_string());
            }
            let url = format!("{}://{address}:{number}", protocol.to_ascii_lowercase());
            if index == 0 {
                variables.insert(format!("{name}_PORT"), url.clone());
            }
            let prefix = format!("{name}_PORT_{number}_{protocol}");
            variables.insert(format!("{prefix}_PROTO"), protocol.to_ascii_lowercase());
            variables.insert(format!("{prefix}_PORT"), number.to_string());
            variables.insert(format!("{prefix}_ADDR"), address.to_owned());
            variables.insert(prefix, url);
        }
    };
    if let Some(kubernetes) = store.get(Kind::Service, "default", "kubernetes") {
        add(kubernetes);
    }
    if links {
        store.list_namespace(Kind::Service, namespace).for_each(|service| add(service));
    }
    variables
}

/// What a container runs: its own command and arguments over the image's.
pub(crate) fn command_line(spec: &Spec, image: &Image, declared: &BTreeMap<String, String>) -> Vec<String> {
    let expanded = |words: &[String]| words.iter().map(|word| expand(word, declared)).collect::<Vec<_>>();
    let command = spec.command.as_deref().unwrap_or_default();
    let args = spec.args.as_deref().unwrap_or_default();
    let mut line = if command.is_empty() { image.entrypoint.clone() } else { expanded(command) };
    if !args.is_empty() {
        line.extend(expanded(args));
    } else if command.is_empty() {
        line.extend(image.command.iter().cloned());
    }
    line
}

/// Puts variables in for `$(NAME)`; `$$` is a dollar, and what names no variable stays.
pub(crate) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match variables.get(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::expand;

    #[test]
    fn variables_are_put_in() {
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        for (text, expected) in
            [("x$(A)y", "x1y"), ("$(B)", "$(B)"), ("$$(A)", "$(A)"), ("$A $", "$A $"), ("$(A", "$(A")]
        {
            assert_eq!(expand(text, &variables), expected);
        }
    }
}
