//! PersistentVolumes and StorageClasses.

use k8s_openapi::api::core::v1::PersistentVolumeSpec;
use k8s_openapi::api::storage::v1::StorageClass;

use super::claim::access_modes;
use super::error::{ErrorList, Shown};
use super::path::Path;
use super::scheduling::node_selector;
use super::volume::{csi_driver, host_path, nfs};
use super::{go, names, text};
use crate::quantity::parse_or_zero;

/// A PersistentVolume's spec.
pub fn persistent_volume(spec: &PersistentVolumeSpec, errors: &mut ErrorList) {
    let path = Path::root("spec");
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        errors.required(&path.child("accessModes"), "");
    }
    access_modes(modes, &path.child("accessModes"), errors);
    capacity(spec, &path.child("capacity"), errors);
    let policy = text(&spec.persistent_volume_reclaim_policy);
    if !policy.is_empty() {
        let at = path.child("persistentVolumeReclaimPolicy");
        errors.one_of(&at, policy, &["Delete", "Recycle", "Retain"]);
    }
    if let Some(required) = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref()) {
        let at = path.child("nodeAffinity");
        node_selector(required, &at.child("required"), errors);
    }
    source(spec, &path, errors);
    let class = text(&spec.storage_class_name);
    if !class.is_empty() {
        errors.problems(&path.child("storageClassName"), class, names::subdomain_problems(class));
    }
    if let Some(mode) = spec.volume_mode.as_deref() {
        errors.one_of(&path.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
}

fn capacity(spec: &PersistentVolumeSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let given = spec.capacity.as_ref().filter(|capacity| !capacity.is_empty());
    if given.is_none() {
        errors.required(path, "");
    }
    let storage = given.and_then(|capacity| capacity.get("storage"));
    if storage.is_none() || given.is_some_and(|capacity| capacity.len() > 1) {
        let shown = match given {
            None => "core.ResourceList(nil)".to_owned(),
            Some(capacity) => {
                let entries = capacity
                    .iter()
                    .map(|(name, raw)| format!("{}:{}", go::quoted(name), go::quantity(&raw.0, &raw.0)));
                format!("core.ResourceList{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        };
        errors.not_supported(path, Shown::raw(shown), &["storage"]);
    }
    if let Some(raw) = storage {
        let size = parse_or_zero(raw);
        if size.is_zero() || size.is_negative() {
            let name = path.to_string();
            errors.invalid(
                &Path::root(&name).entry("", "storage"),
                &size.to_string(),
                "must be greater than zero",
            );
        }
    }
}

fn source(spec: &PersistentVolumeSpec, path: &Path<'_>, errors: &mut ErrorList) {
    let sources = [
        ("hostPath", spec.host_path.is_some()),
        ("gcePersistentDisk", spec.gce_persistent_disk.is_some()),
        ("awsElasticBlockStore", spec.aws_elastic_block_store.is_some()),
        ("glusterfs", spec.glusterfs.is_some()),
        ("flocker", spec.flocker.is_some()),
        ("nfs", spec.nfs.is_some()),
        ("rbd", spec.rbd.is_some()),
        ("quobyte", spec.quobyte.is_some()),
        ("cephFS", spec.cephfs.is_some()),
        ("iscsi", spec.iscsi.is_some()),
        ("cinder", spec.cinder.is_some()),
        ("fc", spec.fc.is_some()),
        ("flexVolume", spec.flex_volume.is_some()),
        ("azureFile", spec.azure_file.is_some()),
        ("vsphereVolume", spec.vsphere_volume.is_some()),
        ("photonPersistentDisk", spec.photon_persistent_disk.is_some()),
        ("portworxVolume", spec.portworx_volume.is_some()),
        ("azureDisk", spec.azure_disk.is_some()),
        ("scaleIO", spec.scale_io.is_some()),
        ("local", spec.local.is_some()),
        ("storageos", spec.storageos.is_some()),
        ("csi", spec.csi.is_some()),
    ];
    let mut given = sources.iter().filter(|(_, given)| *given).map(|(name, _)| *name);
    let Some(first) = given.next() else {
        errors.required(path, "must specify a volume type");
        return;
    };
    for name in given {
        errors.forbidden(&path.child(name), "may not specify more than 1 volume type");
    }
    let at = path.child(first);
    if let Some(source) = &spec.host_path {
        host_path(&source.path, text(&source.type_), &at, errors);
    } else if let Some(source) = &spec.nfs {
        nfs(&source.server, &source.path, &at, errors);
    } else if let Some(source) = &spec.local {
        if source.path.is_empty() {
            errors.required(&at.child("path"), "");
        }
        if spec.node_affinity.is_none() {
            errors.required(&path.child("nodeAffinity"), "Local volume requires node affinity");
        }
    } else if let Some(source) = &spec.csi {
        csi_driver(&source.driver, &at.child("driver"), errors);
        if source.volume_handle.is_empty() {
            errors.required(&at.child("volumeHandle"), "");
        }
    }
}

/// A StorageClass.
pub fn storage_class(class: &StorageClass, errors: &mut ErrorList) {
    let provisioner = class.provisioner.as_str();
    let at = Path::root("provisioner");
    if provisioner.is_empty() {
        errors.required(&at, "");
    } else {
        errors.problems(&at, provisioner, names::qualified_name_problems(&provisioner.to_lowercase()));
    }
    if class.parameters.iter().flatten().any(|(key, _)| key.is_empty()) {
        errors.invalid(&Path::root("parameters"), "", "field can not be empty.");
    }
    let policy = text(&class.reclaim_policy);
    if !policy.is_empty() {
        errors.one_of(&Path::root("reclaimPolicy"), policy, &["Delete", "Retain"]);
    }
    let mode = text(&class.volume_binding_mode);
    let modes = ["Immediate", "WaitForFirstConsumer"];
    errors.one_of_or_required(&Path::root("volumeBindingMode"), mode, &modes, "");
}

/// What may not change of a StorageClass.
pub fn storage_class_update(new: &StorageClass, old: &StorageClass, errors: &mut ErrorList) {
    for (field, changed) in [
        ("parameters", new.parameters != old.parameters),
        ("provisioner", new.provisioner != old.provisioner),
        ("reclaimPolicy", new.reclaim_policy != old.reclaim_policy),
    ] {
        if changed {
            errors.forbidden(&Path::root(field), format!("updates to {field} are forbidden."));
        }
    }
    if new.volume_binding_mode != old.volume_binding_mode {
        let mode = text(&new.volume_binding_mode);
        errors.invalid(&Path::root("volumeBindingMode"), mode, "field is immutable");
    }
}
