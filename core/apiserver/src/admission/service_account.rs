//! ServiceAccount: every pod runs as an account, and finds its token, the cluster's CA and its namespace in a volume.

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector, Pod,
    PodSpec, ProjectedVolumeSource, ServiceAccount, ServiceAccountTokenProjection, Volume, VolumeMount,
    VolumeProjection,
};
use model::pod::TOKEN_VOLUME;
use model::{Kind, Object, Status, status::Result};

use crate::server::ApiServer;

const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const MIRROR: &str = "kubernetes.io/config.mirror";
/// An hour, and the odd seconds by which the kubelet's own tokens are told apart.
const EXPIRATION_SECONDS: i64 = 3607;
const DEFAULT_MODE: i32 = 0o644;

pub(super) fn admit(api: &mut ApiServer, object: &mut Object) -> Result<()> {
    if object.annotations().contains_key(MIRROR) {
        return Ok(());
    }
    let named = object.spec::<Pod>().service_account_name.clone().filter(|name| !name.is_empty());
    let name = named.unwrap_or_else(|| "default".to_owned());
    let account =
        api.store.get(Kind::ServiceAccount, object.namespace(), &name).cloned().ok_or_else(|| {
            let why = format!(
                "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
                object.namespace()
            );
            Status::forbidden(Kind::Pod, super::shown_name(object), &why)
        })?;
    let account = account.spec::<ServiceAccount>();
    let wants_token =
        object.spec::<Pod>().automount_service_account_token.or(account.automount_service_account_token)
            != Some(false);
    let suffix = if wants_token { api.random.name_suffix(5) } else { String::new() };
    let spec = object.spec_mut::<Pod>();
    spec.service_account_name = Some(name.clone());
    spec.service_account = Some(name);
    if spec.image_pull_secrets.as_deref().unwrap_or_default().is_empty() {
        spec.image_pull_secrets.clone_from(&account.image_pull_secrets);
    }
    if wants_token {
        let mut whole = std::mem::take(spec).into_api();
        mount_token(&mut whole, &format!("{TOKEN_VOLUME}-{suffix}"));
        *spec = whole.into();
    }
    Ok(())
}

/// Mounts the token where a container does not mount something of its own at that place.
fn mount_token(spec: &mut PodSpec, volume: &str) {
    let mut mounted = false;
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        let mounts = container.volume_mounts.get_or_insert_default();
        if mounts.iter().any(|mount| mount.mount_path == MOUNT_PATH) {
            continue;
        }
        mounted = true;
        mounts.push(VolumeMount {
            name: volume.to_owned(),
            read_only: Some(true),
            mount_path: MOUNT_PATH.to_owned(),
            ..VolumeMount::default()
        });
    }
    if mounted {
        spec.volumes.get_or_insert_default().push(token_volume(volume));
    }
}

fn token_volume(name: &str) -> Volume {
    let token = VolumeProjection {
        service_account_token: Some(ServiceAccountTokenProjection {
            expiration_seconds: Some(EXPIRATION_SECONDS),
            path: "token".to_owned(),
            audience: None,
        }),
        ..VolumeProjection::default()
    };
    let authority = VolumeProjection {
        config_map: Some(ConfigMapProjection {
            name: "kube-root-ca.crt".to_owned(),
            items: Some(vec![KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned(), mode: None }]),
            optional: None,
        }),
        ..VolumeProjection::default()
    };
    let namespace_field = ObjectFieldSelector {
        api_version: Some("v1".to_owned()),
        field_path: "metadata.namespace".to_owned(),
    };
    let namespace = VolumeProjection {
        downward_api: Some(DownwardAPIProjection {
            items: Some(vec![DownwardAPIVolumeFile {
                path: "namespace".to_owned(),
                field_ref: Some(namespace_field),
                ..DownwardAPIVolumeFile::default()
            }]),
        }),
        ..VolumeProjection::default()
    };
    Volume {
        name: name.to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(vec![token, authority, namespace]),
            default_mode: Some(DEFAULT_MODE),
        }),
        ..Volume::default()
    }
}
