//! A pod's volumes.

use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, KeyToPath, PersistentVolumeClaimTemplate, ProjectedVolumeSource, Volume,
    VolumeProjection,
};

use super::env::{resource_field, volume_field};
use super::error::ErrorList;
use super::names;
use super::path::Path;
use super::text;
use crate::quantity::Quantity;

const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// `volumes`.
pub fn volumes(volumes: &[Volume], path: &Path<'_>, errors: &mut ErrorList) {
    // As upstream has it, the name of a volume in which something is wrong may be taken again.
    let mut taken: Vec<&str> = Vec::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = path.item("volumes", index);
        let at = path.child("name");
        let before = errors.len();
        source(volume, &path, errors);
        if volume.name.is_empty() {
            errors.required(&at, "");
        } else {
            errors.problems(&at, &volume.name, names::label_problems(&volume.name));
        }
        if taken.contains(&volume.name.as_str()) {
            errors.duplicate(&at, &volume.name);
        }
        if errors.len() == before {
            taken.push(&volume.name);
        }
    }
}

/// Names of the sources that are given, in the order of the checks.
fn sources(volume: &Volume) -> impl Iterator<Item = &'static str> {
    [
        ("emptyDir", volume.empty_dir.is_some()),
        ("hostPath", volume.host_path.is_some()),
        ("gitRepo", volume.git_repo.is_some()),
        ("gcePersistentDisk", volume.gce_persistent_disk.is_some()),
        ("awsElasticBlockStore", volume.aws_elastic_block_store.is_some()),
        ("secret", volume.secret.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("iscsi", volume.iscsi.is_some()),
        ("glusterfs", volume.glusterfs.is_some()),
        ("flocker", volume.flocker.is_some()),
        ("persistentVolumeClaim", volume.persistent_volume_claim.is_some()),
        ("rbd", volume.rbd.is_some()),
        ("cinder", volume.cinder.is_some()),
        ("cephfs", volume.cephfs.is_some()),
        ("quobyte", volume.quobyte.is_some()),
        ("downwardAPI", volume.downward_api.is_some()),
        ("fc", volume.fc.is_some()),
        ("flexVolume", volume.flex_volume.is_some()),
        ("configMap", volume.config_map.is_some()),
        ("azureFile", volume.azure_file.is_some()),
        ("vsphereVolume", volume.vsphere_volume.is_some()),
        ("photonPersistentDisk", volume.photon_persistent_disk.is_some()),
        ("portworxVolume", volume.portworx_volume.is_some()),
        ("azureDisk", volume.azure_disk.is_some()),
        ("storageos", volume.storageos.is_some()),
        ("projected", volume.projected.is_some()),
        ("scaleIO", volume.scale_io.is_some()),
        ("csi", volume.csi.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("image", volume.image.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, given)| given.then_some(name))
}

fn source(volume: &Volume, path: &Path<'_>, errors: &mut ErrorList) {
    let mut given = sources(volume);
    let Some(first) = given.next() else {
        errors.required(path, "must specify a volume type");
        return;
    };
    one_source(volume, first, path, errors);
    for name in given {
        errors.forbidden(&path.child(name), "may not specify more than 1 volume type");
    }
}

fn one_source(volume: &Volume, name: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let path = path.child(name);
    if let Some(source) = &volume.empty_dir {
        let negative = source
            .size_limit
            .as_ref()
            .and_then(|raw| Quantity::try_from(raw).ok())
            .is_some_and(|size| size.is_negative());
        if negative {
            errors.forbidden(&path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
        }
    } else if let Some(source) = &volume.host_path {
        host_path(&source.path, text(&source.type_), &path, errors);
    } else if let Some(source) = &volume.secret {
        required(text(&source.secret_name), &path.child("secretName"), errors);
        mode(source.default_mode, &path.child("defaultMode"), errors);
        items(source.items.as_deref(), &path, errors);
    } else if let Some(source) = &volume.nfs {
        nfs(&source.server, &source.path, &path, errors);
    } else if let Some(source) = &volume.persistent_volume_claim {
        required(&source.claim_name, &path.child("claimName"), errors);
    } else if let Some(source) = &volume.downward_api {
        mode(source.default_mode, &path.child("defaultMode"), errors);
        for file in source.items.iter().flatten() {
            downward_file(file, &path, errors);
        }
    } else if let Some(source) = &volume.config_map {
        required(&source.name, &path.child("name"), errors);
        mode(source.default_mode, &path.child("defaultMode"), errors);
        items(source.items.as_deref(), &path, errors);
    } else if let Some(source) = &volume.projected {
        projected(source, &path, errors);
    } else if let Some(source) = &volume.csi {
        csi_driver(&source.driver, &path.child("driver"), errors);
    } else if let Some(source) = &volume.ephemeral {
        match &source.volume_claim_template {
            Some(template) => claim_template(template, &path.child("volumeClaimTemplate"), errors),
            None => errors.required(&path.child("volumeClaimTemplate"), ""),
        }
    }
}

fn required(value: &str, path: &Path<'_>, errors: &mut ErrorList) {
    if value.is_empty() {
        errors.required(path, "");
    }
}

/// `hostPath` of a pod's volume or of a PersistentVolume.
pub fn host_path(value: &str, kind: &str, path: &Path<'_>, errors: &mut ErrorList) {
    let at = path.child("path");
    if value.is_empty() {
        errors.required(&at, "");
        return;
    }
    if let Some(problem) = names::no_back_steps(value) {
        errors.invalid(&at, value, problem);
    }
    errors.one_of(&path.child("type"), kind, &HOST_PATH_TYPES);
}

/// `nfs` of a pod's volume or of a PersistentVolume.
pub fn nfs(server: &str, directory: &str, path: &Path<'_>, errors: &mut ErrorList) {
    required(server, &path.child("server"), errors);
    required(directory, &path.child("path"), errors);
    if !directory.starts_with('/') {
        errors.invalid(&path.child("path"), directory, "must be an absolute path");
    }
}

/// The name of a CSI driver.
pub fn csi_driver(driver: &str, path: &Path<'_>, errors: &mut ErrorList) {
    required(driver, path, errors);
    for problem in names::too_long(driver, 63) {
        errors.invalid(path, driver, problem);
    }
    errors.problems(path, driver, names::subdomain_problems(&driver.to_lowercase()));
}

fn mode(mode: Option<i32>, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn items(items: Option<&[KeyToPath]>, path: &Path<'_>, errors: &mut ErrorList) {
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.item("items", index);
        required(&item.key, &path.child("key"), errors);
        local_path(&item.path, &path.child("path"), errors);
        mode(item.mode, &path.child("mode"), errors);
    }
}

/// A file's path below the mount: not empty, not leaving it, not one of the volume's own names.
fn local_path(value: &str, path: &Path<'_>, errors: &mut ErrorList) {
    if value.is_empty() {
        errors.required(path, "");
        return;
    }
    errors.problems(path, value, names::local_path_problems(value));
    if value.starts_with("..") && !value.split('/').any(|step| step == "..") {
        errors.invalid(path, value, "must not start with '..'");
    }
}

fn downward_file(file: &DownwardAPIVolumeFile, path: &Path<'_>, errors: &mut ErrorList) {
    local_path(&file.path, &path.child("path"), errors);
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), resource) => {
            volume_field(field, &path.child("fieldRef"), errors);
            if resource.is_some() {
                errors.invalid(
                    path,
                    "resource",
                    "fieldRef and resourceFieldRef can not be specified simultaneously",
                );
            }
        }
        (None, Some(resource)) => resource_field(resource, true, &path.child("resourceFieldRef"), errors),
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(file.mode, &path.child("mode"), errors);
}

fn projected(source: &ProjectedVolumeSource, path: &Path<'_>, errors: &mut ErrorList) {
    mode(source.default_mode, &path.child("defaultMode"), errors);
    for (index, projection) in source.sources.iter().flatten().enumerate() {
        one_projection(projection, &path.item("sources", index), errors);
    }
}

fn one_projection(projection: &VolumeProjection, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(secret) = &projection.secret {
        let path = path.child("secret");
        required(&secret.name, &path.child("name"), errors);
        items(secret.items.as_deref(), &path, errors);
    }
    if let Some(config_map) = &projection.config_map {
        let path = path.child("configMap");
        required(&config_map.name, &path.child("name"), errors);
        items(config_map.items.as_deref(), &path, errors);
    }
    if let Some(downward) = &projection.downward_api {
        for file in downward.items.iter().flatten() {
            downward_file(file, &path.child("downwardAPI"), errors);
        }
    }
    if let Some(token) = &projection.service_account_token {
        let path = path.child("serviceAccountToken");
        let at = path.child("expirationSeconds");
        match token.expiration_seconds.unwrap_or(3600) {
            seconds if seconds < 600 => {
                errors.invalid(&at, seconds, "may not specify a duration less than 10 minutes");
            }
            seconds if seconds > 1 << 32 => {
                errors.invalid(&at, seconds, "may not specify a duration larger than 2^32 seconds");
            }
            _ => {}
        }
        required(&token.path, &path.child("path"), errors);
    }
}

fn claim_template(template: &PersistentVolumeClaimTemplate, path: &Path<'_>, errors: &mut ErrorList) {
    if let Some(meta) = &template.metadata {
        let at = path.child("metadata");
        if let Some(labels) = &meta.labels {
            super::meta::labels(labels, &at.child("labels"), errors);
        }
        if let Some(annotations) = &meta.annotations {
            super::meta::annotations(annotations, &at.child("annotations"), errors);
        }
    }
    super::claim::claim_spec(&template.spec, &path.child("spec"), errors);
}
