//! Volumes of a pod.

use k8s_openapi::api::core::v1::{PodSpec, Volume, VolumeProjection};

use super::writer::Writer;

/// All volumes.
pub fn describe(writer: &mut Writer, depth: usize, spec: &PodSpec) {
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    if volumes.is_empty() {
        writer.field(depth, "Volumes", "<none>");
        return;
    }
    writer.write(depth, "Volumes:\n");
    let (half, inner) = if depth == 0 { ("  ", 2) } else { (" ", depth + 1) };
    for volume in volumes {
        writer.write(depth, &format!("{half}{}:\n", volume.name));
        one(writer, inner, volume);
    }
}

fn one(writer: &mut Writer, depth: usize, volume: &Volume) {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    if let Some(host) = &volume.host_path {
        writer.field(depth, "Type", "HostPath (bare host directory volume)");
        writer.field(depth, "Path", &host.path);
        writer.field(depth, "HostPathType", text(&host.type_));
    } else if let Some(empty) = &volume.empty_dir {
        writer.field(depth, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
        writer.field(depth, "Medium", text(&empty.medium));
        let limit = empty.size_limit.as_ref().map_or_else(|| "<unset>".to_owned(), |limit| limit.0.clone());
        writer.field(depth, "SizeLimit", limit);
    } else if let Some(map) = &volume.config_map {
        writer.field(depth, "Type", "ConfigMap (a volume populated by a ConfigMap)");
        writer.field(depth, "Name", &map.name);
        writer.field(depth, "Optional", map.optional.unwrap_or(false));
    } else if let Some(secret) = &volume.secret {
        writer.field(depth, "Type", "Secret (a volume populated by a Secret)");
        writer.field(depth, "SecretName", text(&secret.secret_name));
        writer.field(depth, "Optional", secret.optional.unwrap_or(false));
    } else if let Some(claim) = &volume.persistent_volume_claim {
        writer.field(
            depth,
            "Type",
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        );
        writer.field(depth, "ClaimName", &claim.claim_name);
        writer.field(depth, "ReadOnly", claim.read_only.unwrap_or(false));
    } else if let Some(downward) = &volume.downward_api {
        writer.field(depth, "Type", "DownwardAPI (a volume populated by information about the pod)");
        writer.write(depth, "Items:\n");
        for item in downward.items.iter().flatten() {
            if let Some(field) = &item.field_ref {
                writer.write(depth + 1, &format!("{} -> {}\n", field.field_path, item.path));
            }
            if let Some(resource) = &item.resource_field_ref {
                writer.write(depth + 1, &format!("{} -> {}\n", resource.resource, item.path));
            }
        }
    } else if let Some(projected) = &volume.projected {
        writer.field(depth, "Type", "Projected (a volume that contains injected data from multiple sources)");
        for source in projected.sources.iter().flatten() {
            projection(writer, depth, source);
        }
    } else {
        writer.field(depth, "Type", "<unknown>");
    }
}

fn projection(writer: &mut Writer, depth: usize, source: &VolumeProjection) {
    if let Some(secret) = &source.secret {
        writer.field(depth, "SecretName", &secret.name);
        writer.field(depth, "Optional", secret.optional.unwrap_or(false));
    } else if source.downward_api.is_some() {
        writer.field(depth, "DownwardAPI", true);
    } else if let Some(map) = &source.config_map {
        writer.field(depth, "ConfigMapName", &map.name);
        writer.field(depth, "Optional", map.optional.unwrap_or(false));
    } else if let Some(token) = &source.service_account_token {
        writer.field(depth, "TokenExpirationSeconds", token.expiration_seconds.unwrap_or(3600));
    }
}
