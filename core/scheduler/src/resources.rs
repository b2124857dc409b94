//! Amounts of resources: what a node offers, what pods on it ask for.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use model::quantity::parse_or_zero;
use serde::{Deserialize, Serialize};

/// What a container that says nothing counts as when nodes are scored: 100 millicores...
const DEFAULT_MILLI_CPU: i64 = 100;
/// ...and 200 MiB.
const DEFAULT_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// Amounts by resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// How many pods; of a node only.
    pub pods: i64,
    /// Everything else: huge pages, extended resources.
    pub scalar: BTreeMap<String, i64>,
}

impl Resources {
    /// From a list of quantities.
    #[must_use]
    pub fn from_list(list: &BTreeMap<String, Quantity>) -> Self {
        let mut resources = Self::default();
        for (name, amount) in list {
            let amount = parse_or_zero(amount);
            match name.as_str() {
                "cpu" => resources.milli_cpu = amount.milli_value(),
                "memory" => resources.memory = amount.value(),
                "ephemeral-storage" => resources.ephemeral_storage = amount.value(),
                "pods" => resources.pods = amount.value(),
                _ => {
                    resources.scalar.insert(name.clone(), amount.value());
                }
            }
        }
        resources
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.milli_cpu += other.milli_cpu;
        self.memory += other.memory;
        self.ephemeral_storage += other.ephemeral_storage;
        for (name, amount) in &other.scalar {
            *self.scalar.entry(name.clone()).or_insert(0) += amount;
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.milli_cpu -= other.milli_cpu;
        self.memory -= other.memory;
        self.ephemeral_storage -= other.ephemeral_storage;
        for (name, amount) in &other.scalar {
            *self.scalar.entry(name.clone()).or_insert(0) -= amount;
        }
    }

    fn raise_to(&mut self, other: &Self) {
        self.milli_cpu = self.milli_cpu.max(other.milli_cpu);
        self.memory = self.memory.max(other.memory);
        self.ephemeral_storage = self.ephemeral_storage.max(other.ephemeral_storage);
        for (name, amount) in &other.scalar {
            let held = self.scalar.entry(name.clone()).or_insert(0);
            *held = (*held).max(*amount);
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.milli_cpu == 0
            && self.memory == 0
            && self.ephemeral_storage == 0
            && self.scalar.values().all(|amount| *amount == 0)
    }
}

/// What a pod asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PodRequest {
    /// As it says.
    pub(crate) asked: Resources,
    /// CPU with the default for containers that say nothing.
    pub(crate) nonzero_milli_cpu: i64,
    /// Memory with the default for containers that say nothing.
    pub(crate) nonzero_memory: i64,
}

impl PodRequest {
    /// The larger of what the containers need together and what any init container needs beside the sidecars started before it.
    pub(crate) fn of(spec: &PodSpec) -> Self {
        let exact = total(spec, requests);
        let nonzero = total(spec, |container| {
            let mut amounts = requests(container);
            let says = |name: &str| {
                let resources = container.resources.as_ref();
                resources
                    .and_then(|resources| resources.requests.as_ref())
                    .is_some_and(|list| list.contains_key(name))
            };
            if !says("cpu") {
                amounts.milli_cpu = DEFAULT_MILLI_CPU;
            }
            if !says("memory") {
                amounts.memory = DEFAULT_MEMORY_BYTES;
            }
            amounts
        });
        Self { asked: exact, nonzero_milli_cpu: nonzero.milli_cpu, nonzero_memory: nonzero.memory }
    }
}

fn total(spec: &PodSpec, of: impl Fn(&Container) -> Resources) -> Resources {
    let mut total = Resources::default();
    for container in &spec.containers {
        total.add(&of(container));
    }
    let mut sidecars = Resources::default();
    let mut peak = Resources::default();
    for container in spec.init_containers.iter().flatten() {
        let amounts = of(container);
        let mut with_sidecars = sidecars.clone();
        with_sidecars.add(&amounts);
        peak.raise_to(&with_sidecars);
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars.add(&amounts);
        }
    }
    total.add(&sidecars);
    total.raise_to(&peak);
    if let Some(overhead) = &spec.overhead {
        total.add(&Resources::from_list(overhead));
    }
    total
}

fn requests(container: &Container) -> Resources {
    let list = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    list.map(Resources::from_list).unwrap_or_default()
}
