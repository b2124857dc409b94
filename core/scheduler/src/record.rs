//! Why a pod went where it went, or nowhere: the record of each attempt, for whoever asks.

use engine::Instant;
use serde::{Deserialize, Serialize};

use crate::framework::{Plugin, Rejection};

/// One attempt to place a pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When it was made.
    pub at: Instant,
    /// The revision of the cluster that it saw.
    pub revision: u64,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// What each node that was looked at got.
    pub nodes: Vec<NodeVerdict>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What one node got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeVerdict {
    /// The node.
    pub node: String,
    /// Why it was ruled out, if it was.
    pub rejection: Option<Rejection>,
    /// Each scoring plugin's normalised score times its weight.
    pub scores: Vec<(Plugin, i64)>,
}

impl NodeVerdict {
    /// The sum that is compared.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.scores.iter().map(|(_, score)| score).sum()
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// On this node, out of so many with the same best score.
    Placed {
        /// The node.
        node: String,
        /// How many nodes shared the best score.
        equals: usize,
    },
    /// Nowhere, and the text that says why.
    Unschedulable {
        /// The message of the event and of the pod's condition.
        message: String,
    },
}
