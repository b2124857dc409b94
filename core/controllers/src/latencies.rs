//! How long the manager's work takes in virtual time.

use std::collections::BTreeMap;

use engine::Duration;
use serde::{Deserialize, Serialize};

/// Modelled latencies of the controllers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Latencies {
    /// How long a worker is busy with one key.
    pub sync: Duration,
    /// The same for single controllers, by name (`replicaset-controller`).
    pub sync_of: BTreeMap<String, Duration>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { sync: Duration::from_millis(10), sync_of: BTreeMap::new() }
    }
}

impl Latencies {
    /// How long a worker of this controller is busy with one key.
    #[must_use]
    pub fn sync_of(&self, controller: &str) -> Duration {
        self.sync_of.get(controller).copied().unwrap_or(self.sync)
    }
}
