//! Eviction of a pod that wrote more to its node's disk than it may: the limits of its emptyDir volumes and of its containers.
//! Models `localStorageEviction` of pkg/kubelet/eviction/eviction_manager.go.

use engine::Instant;
use k8s_openapi::api::core::v1::{Container as Spec, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use model::Object;
use shell::Programs;

use super::{Surroundings, Verdict, Worker};
use crate::latency;

/// The reason of a pod that was evicted.
pub(super) const EVICTED: &str = "Evicted";

impl Worker {
    /// When the pod's use of the disk is looked at next; never if nothing limits it.
    pub(super) fn storage_check(&self, pod: &Object, now: Instant) -> Option<Instant> {
        let spec = pod.spec::<Pod>();
        let volumes = spec.volumes.iter().flatten();
        let mut limits = volumes.filter_map(|volume| volume.empty_dir.as_ref()?.size_limit.as_ref());
        let limited =
            limits.next().is_some() || spec.containers.iter().any(|container| limit(container).is_some());
        let period = latency::EVICTION_CHECK.as_micros();
        (limited && !self.finished && self.verdict.is_none()).then(|| Instant((now.0 / period + 1) * period))
    }

    /// Decides that the pod is evicted if it is time to look and it holds too much.
    pub(super) fn check_storage<P: Programs>(&mut self, s: &mut Surroundings<'_, P>, pod: &Object) {
        if self.storage_checked_at.is_some_and(|at| at <= s.now) {
            self.storage_checked_at = None;
            if let Some(message) = self.excess(s, pod) {
                s.event(pod, apiserver::EventType::Warning, EVICTED, &message);
                self.verdict = Some(Verdict { reason: EVICTED.to_owned(), message });
                return;
            }
        }
        if self.storage_checked_at.is_none() {
            self.storage_checked_at = self.storage_check(pod, s.now);
        }
    }

    /// Which limit the pod is over, in the kubelet's words.
    fn excess<P: Programs>(&self, s: &Surroundings<'_, P>, pod: &Object) -> Option<String> {
        let spec = pod.spec::<Pod>();
        let used_by = |tree| s.machine.storage().tree(tree).map_or(0, shell::file_system::Tree::used);
        let mut used = 0;
        for volume in spec.volumes.iter().flatten() {
            let Some(source) = &volume.empty_dir else { continue };
            let held = self.volumes.get(&volume.name).map_or(0, |tree| used_by(*tree));
            let over = source.size_limit.as_ref().filter(|limit| 0 < bytes(limit) && bytes(limit) < held);
            if let Some(limit) = over {
                return Some(format!(
                    "Usage of EmptyDir volume {:?} exceeds the limit {:?}. ",
                    volume.name, limit.0
                ));
            }
            used += if source.medium.as_deref() == Some("Memory") { 0 } else { held };
        }
        let layer = |name: &str| {
            let container = self.containers.iter().find(|container| container.name == name);
            let run = container.and_then(super::Container::run);
            run.and_then(|run| run.trees.first()).map_or(0, |tree| used_by(*tree))
        };
        used += spec.containers.iter().map(|container| layer(&container.name)).sum::<u64>();
        let total: u64 = spec.containers.iter().filter_map(limit).map(bytes).sum();
        if 0 < total && total < used {
            let limits: Vec<&Quantity> = spec.containers.iter().filter_map(limit).collect();
            let total = match limits.as_slice() {
                [one] => one.0.clone(),
                _ => total.to_string(),
            };
            return Some(format!(
                "Pod ephemeral local storage usage exceeds the total limit of containers {total}. "
            ));
        }
        let over =
            |container: &&Spec| limit(container).is_some_and(|limit| bytes(limit) < layer(&container.name));
        let container = spec.containers.iter().find(over)?;
        let limit = limit(container)?;
        Some(format!(
            "Container {} exceeded its local ephemeral storage limit {:?}. ",
            container.name, limit.0
        ))
    }
}

fn limit(container: &Spec) -> Option<&Quantity> {
    container.resources.as_ref()?.limits.as_ref()?.get("ephemeral-storage")
}

fn bytes(quantity: &Quantity) -> u64 {
    u64::try_from(model::quantity::parse_or_zero(quantity).value()).unwrap_or(0)
}
