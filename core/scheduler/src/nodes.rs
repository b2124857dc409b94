//! The nodes by name, and in the order of their names: attempts go through them by their places, thousands of times a second.

use serde::{Deserialize, Serialize};

use crate::node_info::NodeInfo;

/// All nodes, in the order of their names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Nodes(Vec<NodeInfo>);

impl Nodes {
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|node| node.name().cmp(name))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&NodeInfo> {
        self.place(name).ok().map(|place| &self.0[place])
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut NodeInfo> {
        self.place(name).ok().map(|place| &mut self.0[place])
    }

    /// Adds a node in the place of the one that had its name.
    pub(crate) fn insert(&mut self, node: NodeInfo) {
        match self.place(node.name()) {
            Ok(place) => self.0[place] = node,
            Err(place) => self.0.insert(place, node),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<NodeInfo> {
        self.place(name).ok().map(|place| self.0.remove(place))
    }

    /// The node at a place, below [`len`](Self::len).
    pub(crate) fn at(&self, place: usize) -> &NodeInfo {
        &self.0[place]
    }

    /// The place of a node.
    pub(crate) fn place_of(&self, name: &str) -> Option<usize> {
        self.place(name).ok()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &NodeInfo> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
