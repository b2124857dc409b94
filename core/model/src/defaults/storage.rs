//! PersistentVolumes, StorageClasses, LimitRanges and ResourceQuotas.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{LimitRangeSpec, PersistentVolumeSpec, ResourceQuotaSpec};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;

use super::{canonical_quantities, default_text};

type Amounts = BTreeMap<String, RawQuantity>;

/// A PersistentVolume's spec.
pub fn persistent_volume(spec: &mut PersistentVolumeSpec) {
    default_text(&mut spec.persistent_volume_reclaim_policy, "Retain");
    default_text(&mut spec.volume_mode, "Filesystem");
    canonical_quantities(&mut spec.capacity);
    if let Some(source) = &mut spec.host_path {
        source.type_.get_or_insert_default();
    }
    if let Some(source) = &mut spec.iscsi {
        default_text(&mut source.iscsi_interface, "default");
    }
    if let Some(source) = &mut spec.azure_disk {
        default_text(&mut source.caching_mode, "ReadWrite");
        default_text(&mut source.kind, "Shared");
        default_text(&mut source.fs_type, "ext4");
        source.read_only.get_or_insert(false);
    }
}

/// A StorageClass.
pub fn storage_class(class: &mut StorageClass) {
    default_text(&mut class.reclaim_policy, "Delete");
    default_text(&mut class.volume_binding_mode, "Immediate");
}

/// A LimitRange's spec: a container's limit defaults to its most, its request to that limit or, failing that, to its least.
pub fn limit_range(spec: &mut LimitRangeSpec) {
    for limit in &mut spec.limits {
        for amounts in [
            &mut limit.min,
            &mut limit.max,
            &mut limit.default,
            &mut limit.default_request,
            &mut limit.max_limit_request_ratio,
        ] {
            canonical_quantities(amounts);
        }
        if limit.type_ != "Container" {
            continue;
        }
        fill(&mut limit.default, limit.max.as_ref());
        fill(&mut limit.default_request, limit.default.as_ref());
        fill(&mut limit.default_request, limit.min.as_ref());
    }
}

fn fill(amounts: &mut Option<Amounts>, from: Option<&Amounts>) {
    for (name, amount) in from.into_iter().flatten() {
        amounts.get_or_insert_default().entry(name.clone()).or_insert_with(|| amount.clone());
    }
}

/// A ResourceQuota's spec.
pub fn resource_quota(spec: &mut ResourceQuotaSpec) {
    canonical_quantities(&mut spec.hard);
}
