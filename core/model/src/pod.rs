//! A pod's spec and status as they are stored: what pods of one template have in common is one shared part, and what is a pod's own stands
//! beside it.
//!
//! The pods of a ReplicaSet differ in the node they are bound to and in the random end of the name of the volume that holds their token;
//! once they run, in their addresses. The rest, kilobytes of the API's types, is the same, and is kept once. Both types read like the
//! API's (`spec.containers`, `status.conditions`); a change of what is shared copies it first.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use k8s_openapi::api::core::v1 as api;
use serde::{Deserialize, Serialize};

/// What the volume that holds a pod's token is called in a template...
pub const TOKEN_VOLUME: &str = "kube-api-access";
/// ...and so many random characters tell that of a pod from that of another: `kube-api-access-x7k2p`.
const SUFFIX_LENGTH: usize = 5;

/// A pod's spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodSpec {
    /// The node that the pod is bound to.
    pub node_name: Option<String>,
    /// The end of the name of the volume that holds the pod's token; the template calls that volume [`TOKEN_VOLUME`].
    token_suffix: Option<[u8; SUFFIX_LENGTH]>,
    /// Everything else; what stands beside it is empty here.
    #[serde(with = "crate::shared")]
    template: Arc<api::PodSpec>,
}

impl PodSpec {
    /// The API's type, with what is the pod's own in its place.
    #[must_use]
    pub fn into_api(self) -> api::PodSpec {
        let suffix = self.suffix();
        let mut spec = Arc::unwrap_or_clone(self.template);
        spec.node_name = self.node_name;
        if let Some(suffix) = suffix {
            rename_volume(&mut spec, TOKEN_VOLUME, &format!("{TOKEN_VOLUME}-{suffix}"));
        }
        spec
    }

    /// The name of a volume as the API shows it.
    #[must_use]
    pub fn volume_name(&self, name: &str) -> String {
        match self.suffix() {
            Some(suffix) if name == TOKEN_VOLUME => format!("{name}-{suffix}"),
            _ => name.to_owned(),
        }
    }

    fn suffix(&self) -> Option<String> {
        self.token_suffix.map(|suffix| suffix.into_iter().map(char::from).collect())
    }
}

impl From<api::PodSpec> for PodSpec {
    fn from(mut spec: api::PodSpec) -> Self {
        let node_name = spec.node_name.take().filter(|name| !name.is_empty());
        let token_suffix = take_token_suffix(&mut spec);
        Self { node_name, token_suffix, template: Arc::new(spec) }
    }
}

impl Deref for PodSpec {
    type Target = api::PodSpec;

    fn deref(&self) -> &api::PodSpec {
        &self.template
    }
}

impl DerefMut for PodSpec {
    fn deref_mut(&mut self) -> &mut api::PodSpec {
        Arc::make_mut(&mut self.template)
    }
}

/// A pod's status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodStatus {
    /// The pod's address.
    pub pod_ip: Option<String>,
    /// The pod's addresses.
    pub pod_ips: Option<Vec<api::PodIP>>,
    /// The address of its node.
    pub host_ip: Option<String>,
    /// The addresses of its node.
    pub host_ips: Option<Vec<api::HostIP>>,
    /// Everything else; what stands beside it is empty here.
    #[serde(with = "crate::shared")]
    common: Arc<api::PodStatus>,
}

impl PodStatus {
    /// The API's type, with what is the pod's own in its place.
    #[must_use]
    pub fn into_api(self) -> api::PodStatus {
        let Self { pod_ip, pod_ips, host_ip, host_ips, common } = self;
        api::PodStatus { pod_ip, pod_ips, host_ip, host_ips, ..Arc::unwrap_or_clone(common) }
    }
}

impl From<api::PodStatus> for PodStatus {
    fn from(mut status: api::PodStatus) -> Self {
        Self {
            pod_ip: status.pod_ip.take(),
            pod_ips: status.pod_ips.take(),
            host_ip: status.host_ip.take(),
            host_ips: status.host_ips.take(),
            common: Arc::new(status),
        }
    }
}

impl Deref for PodStatus {
    type Target = api::PodStatus;

    fn deref(&self) -> &api::PodStatus {
        &self.common
    }
}

impl DerefMut for PodStatus {
    fn deref_mut(&mut self) -> &mut api::PodStatus {
        Arc::make_mut(&mut self.common)
    }
}

/// What has something in common with others of its kind.
pub(crate) trait Common {
    /// What that is.
    type Part: PartialEq;
    fn common(&self) -> &Arc<Self::Part>;
    fn common_mut(&mut self) -> &mut Arc<Self::Part>;
}

impl Common for PodSpec {
    type Part = api::PodSpec;

    fn common(&self) -> &Arc<api::PodSpec> {
        &self.template
    }

    fn common_mut(&mut self) -> &mut Arc<api::PodSpec> {
        &mut self.template
    }
}

impl Common for PodStatus {
    type Part = api::PodStatus;

    fn common(&self) -> &Arc<api::PodStatus> {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Arc<api::PodStatus> {
        &mut self.common
    }
}

/// Equal parts become one.
pub(crate) fn share<T: PartialEq>(part: &mut Arc<T>, other: &Arc<T>) {
    if !Arc::ptr_eq(part, other) && part == other {
        part.clone_from(other);
    }
}

/// Parts that have something in common have it once.
pub(crate) fn share_common<T: Common + PartialEq + Clone>(part: &mut Arc<T>, other: &Arc<T>) {
    share(part, other);
    let common = other.common();
    if !Arc::ptr_eq(part.common(), common) && part.common() == common {
        Arc::make_mut(part).common_mut().clone_from(common);
    }
}

/// Whether a volume looks like the one that admission gave a pod for its token.
pub(crate) fn is_token_volume(name: &str) -> bool {
    name.strip_prefix(TOKEN_VOLUME).is_some_and(|end| end.starts_with('-'))
}

/// Takes the random end off the name of the token's volume, if it is plain which volume that is.
fn take_token_suffix(spec: &mut api::PodSpec) -> Option<[u8; SUFFIX_LENGTH]> {
    let suffix_of = |name: &str| {
        let suffix = name.strip_prefix(TOKEN_VOLUME)?.strip_prefix('-')?;
        <[u8; SUFFIX_LENGTH]>::try_from(suffix.as_bytes()).ok().filter(|suffix| suffix.is_ascii())
    };
    let volumes = spec.volumes.iter().flatten();
    let mut found = volumes.filter_map(|volume| Some((volume.name.clone(), suffix_of(&volume.name)?)));
    let (name, suffix) = found.next().filter(|_| found.next().is_none())?;
    drop(found);
    let mut is_taken = false;
    each_volume_name(spec, |name| is_taken |= name == TOKEN_VOLUME);
    if is_taken {
        return None;
    }
    rename_volume(spec, &name, TOKEN_VOLUME);
    Some(suffix)
}

fn rename_volume(spec: &mut api::PodSpec, from: &str, to: &str) {
    each_volume_name(spec, |name| {
        if name == from {
            to.clone_into(name);
        }
    });
}

/// Every place of a spec where a volume is named.
fn each_volume_name(spec: &mut api::PodSpec, mut see: impl FnMut(&mut String)) {
    spec.volumes.iter_mut().flatten().for_each(|volume| see(&mut volume.name));
    let containers = spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten());
    let mounts = containers.map(|container| &mut container.volume_mounts);
    let ephemeral = spec.ephemeral_containers.iter_mut().flatten();
    let mounts = mounts.chain(ephemeral.map(|container| &mut container.volume_mounts));
    mounts.flatten().flatten().for_each(|mount| see(&mut mount.name));
}
