//! What the inspector shows of one thing.

use serde::{Deserialize, Serialize};

use crate::words::Words;

/// What is picked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Selection {
    /// Its kind: `Pod`.
    pub kind: String,
    /// Its namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// All that is shown of it. Sent again whenever it changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InspectorView {
    /// What it is.
    pub selection: Selection,
    /// Whether it still exists.
    pub exists: bool,
    /// What is wrong with it, if anything is.
    pub cause: Option<CauseView>,
    /// Short facts, label and value: `Status`, `Running`.
    pub summary: Vec<(String, String)>,
    /// The object as YAML.
    pub yaml: String,
    /// What `kubectl describe` says.
    pub describe: String,
    /// Its events, newest last.
    pub events: Vec<EventView>,
    /// Its owners, the nearest first.
    pub owners: Vec<OwnerView>,
    /// What it owns.
    pub dependents: Vec<OwnerView>,
    /// How it came to be as it is, oldest first.
    pub story: Vec<StoryStep>,
    /// Of a pod: the scheduler's attempts, newest first.
    pub decisions: Vec<DecisionView>,
}

/// Why something is not as it should be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CauseView {
    /// What is wrong.
    pub what: Words,
    /// How often each reason was found, where there are several: nodes ruled out by each filter, pods in each state.
    pub counts: Vec<(usize, String)>,
    /// What Kubernetes says of it; empty if it says no more than that.
    pub said: String,
    /// What the program said last before it ended.
    pub log: String,
}

/// An event of the object.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventView {
    /// Whether it is a warning.
    pub warning: bool,
    /// Its reason.
    pub reason: String,
    /// Its message.
    pub message: String,
    /// Who said so.
    pub source: String,
    /// How often.
    pub count: i32,
    /// How long ago: `5s`.
    pub age: String,
}

/// An owner or a dependent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OwnerView {
    /// It, to be picked.
    pub selection: Selection,
    /// A word on how it is: `3/3 ready`.
    pub detail: String,
}

/// One write of the object, and what woke the writer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoryStep {
    /// The revision.
    pub revision: u64,
    /// When, in milliseconds since the world began; 0 if that is not known.
    pub at_ms: u64,
    /// Who wrote.
    pub actor: String,
    /// What changed.
    pub what: Words,
    /// What woke the writer: what changed, and of what, to be picked. Nothing for a request from outside.
    pub because: Option<(Words, Selection)>,
}

/// One attempt of the scheduler.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DecisionView {
    /// When, in milliseconds since the world began.
    pub at_ms: u64,
    /// The node that was chosen; empty if none.
    pub node: String,
    /// How many nodes were as good.
    pub equals: u32,
    /// Why there was none.
    pub message: String,
    /// Each node that was looked at.
    pub nodes: Vec<NodeScore>,
}

/// What a node got in an attempt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NodeScore {
    /// The node.
    pub node: String,
    /// Which plugin ruled it out and why; empty if none did.
    pub rejection: String,
    /// Each plugin's weighted score.
    pub scores: Vec<(String, i64)>,
    /// Their sum.
    pub total: i64,
}
