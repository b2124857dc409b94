//! Pods that are alike: of one namespace and with the same labels. Spreading counts these, not each pod.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Metadata;
use model::metadata::StringMap;
use serde::{Deserialize, Serialize};

/// Names a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct GroupId(u32);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Group {
    id: GroupId,
    pods: usize,
}

/// All groups that have pods on nodes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Groups {
    #[serde(with = "engine::events::pairs")]
    groups: BTreeMap<(String, StringMap), Group>,
    next: u32,
    /// How many pods of a group are in a zone.
    #[serde(with = "engine::events::pairs")]
    by_zone: BTreeMap<(GroupId, Arc<str>), usize>,
}

impl Groups {
    /// A pod comes to a node: its group. Pods that are going belong to none: they no longer count, though they keep their resources.
    pub(crate) fn join(&mut self, metadata: &Metadata) -> Option<GroupId> {
        let key = key(metadata)?;
        let next = &mut self.next;
        let group = self.groups.entry(key).or_insert_with(|| {
            *next += 1;
            Group { id: GroupId(*next), pods: 0 }
        });
        group.pods += 1;
        Some(group.id)
    }

    /// A pod that has joined goes.
    pub(crate) fn leave(&mut self, metadata: &Metadata) {
        let Some(key) = key(metadata) else { return };
        if let Some(group) = self.groups.get_mut(&key) {
            group.pods -= 1;
            if group.pods == 0 {
                self.groups.remove(&key);
            }
        }
    }

    /// A pod of a group comes to a node of a zone.
    pub(crate) fn enter_zone(&mut self, group: Option<GroupId>, zone: Option<&Arc<str>>) {
        if let (Some(group), Some(zone)) = (group, zone) {
            *self.by_zone.entry((group, zone.clone())).or_insert(0) += 1;
        }
    }

    /// A pod of a group goes from a node of a zone.
    pub(crate) fn leave_zone(&mut self, group: Option<GroupId>, zone: Option<&Arc<str>>) {
        let (Some(group), Some(zone)) = (group, zone) else { return };
        let place = (group, zone.clone());
        if let Some(count) = self.by_zone.get_mut(&place) {
            *count -= 1;
            if *count == 0 {
                self.by_zone.remove(&place);
            }
        }
    }

    /// How many pods of these groups are in a zone.
    pub(crate) fn in_zone(&self, groups: &[GroupId], zone: &str) -> i64 {
        let zone: Arc<str> = zone.into();
        let counts = groups.iter().filter_map(|group| self.by_zone.get(&(*group, zone.clone())));
        counts.map(|count| *count as i64).sum()
    }

    /// The groups of a namespace whose labels `wanted` accepts, in order.
    pub(crate) fn matching(&self, namespace: &str, wanted: impl Fn(&StringMap) -> bool) -> Vec<GroupId> {
        let from = (namespace.to_owned(), StringMap::new());
        let of_namespace = self.groups.range(from..).take_while(|((place, _), _)| place == namespace);
        let mut ids: Vec<GroupId> =
            of_namespace.filter(|((_, labels), _)| wanted(labels)).map(|(_, group)| group.id).collect();
        ids.sort_unstable();
        ids
    }
}

fn key(metadata: &Metadata) -> Option<(String, StringMap)> {
    (!metadata.is_deleting()).then(|| (metadata.namespace.clone(), metadata.labels.clone()))
}

/// How many pods of each group are on a node.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct GroupCounts(Vec<(GroupId, usize)>);

impl GroupCounts {
    pub(crate) fn add(&mut self, id: GroupId) {
        match self.0.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(place) => self.0[place].1 += 1,
            Err(place) => self.0.insert(place, (id, 1)),
        }
    }

    pub(crate) fn subtract(&mut self, id: GroupId) {
        if let Ok(place) = self.0.binary_search_by_key(&id, |(id, _)| *id) {
            self.0[place].1 -= 1;
            if self.0[place].1 == 0 {
                self.0.remove(place);
            }
        }
    }

    /// The pods of these groups, which are in order.
    pub(crate) fn count(&self, groups: &[GroupId]) -> i64 {
        let count =
            |id: &GroupId| self.0.binary_search_by_key(id, |(id, _)| *id).map_or(0, |at| self.0[at].1);
        groups.iter().map(|id| count(id) as i64).sum()
    }
}
