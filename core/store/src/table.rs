//! Objects under their keys, and the indexes that controllers look things up by.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use engine::Instant;
use k8s_openapi::api::core::v1::Pod;
use model::{Kind, Object};
use serde::{Deserialize, Serialize};

use crate::log::{Change, Compacted, Log};

/// Where an object of a kind stands: its namespace (empty for cluster-scoped kinds) and name. Keys are in etcd's order, which is that of
/// the text `namespace/name`: `web-prod/a` comes before `web/a`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Key {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.namespace == other.namespace {
            return self.name.cmp(&other.name);
        }
        self.namespace.bytes().chain(*b"/").cmp(other.namespace.bytes().chain(*b"/"))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Key {
    /// The key of a name in a namespace.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The key of an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        Self::new(object.namespace(), object.name())
    }

    /// The key as etcd has it: `/registry/pods/default/web`. Some old kinds do not go by their plural there.
    #[must_use]
    pub fn path(&self, kind: Kind) -> String {
        let folder = match kind {
            Kind::Node => "minions",
            Kind::Service => "services/specs",
            Kind::Endpoints => "services/endpoints",
            _ => kind.info().plural,
        };
        let namespace =
            if self.namespace.is_empty() { String::new() } else { format!("{}/", self.namespace) };
        format!("/registry/{folder}/{namespace}{}", self.name)
    }
}

/// The objects of one kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Table {
    #[serde(with = "model::shared::pairs")]
    objects: BTreeMap<Key, Arc<Object>>,
    /// Keys by the uid of each owner.
    by_owner: BTreeMap<Arc<str>, BTreeSet<Key>>,
    /// Keys by the node they are bound to; pods only.
    by_node: BTreeMap<Arc<str>, BTreeSet<Key>>,
    log: Log,
}

/// All objects of the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Store {
    revision: u64,
    now: Instant,
    tables: Vec<Table>,
}

impl Default for Store {
    fn default() -> Self {
        Self { revision: 1, now: Instant::ZERO, tables: vec![Table::default(); Kind::count()] }
    }
}

impl Store {
    /// Moves the clock by which changes are dated.
    pub fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// The revision of the last change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision of the last change of a kind.
    #[must_use]
    pub fn kind_revision(&self, kind: Kind) -> u64 {
        self.table(kind).log.last_revision()
    }

    /// The object under a name.
    #[must_use]
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.table(kind).objects.get(&Key::new(namespace, name))
    }

    /// The object under a key.
    #[must_use]
    pub fn get_key(&self, kind: Kind, key: &Key) -> Option<&Arc<Object>> {
        self.table(kind).objects.get(key)
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Arc<Object>> + use<'_> {
        self.table(kind).objects.values()
    }

    /// The objects of a kind in one namespace, by name.
    pub fn list_namespace(
        &self,
        kind: Kind,
        namespace: &str,
    ) -> impl Iterator<Item = &Arc<Object>> + use<'_> {
        let namespace: Arc<str> = namespace.into();
        let from = Key { namespace: namespace.clone(), name: "".into() };
        self.table(kind)
            .objects
            .range((Bound::Included(from), Bound::Unbounded))
            .take_while(move |(key, _)| key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// The objects of a kind as they were at a revision, by their keys.
    ///
    /// # Errors
    /// If what changed since is no longer kept.
    pub fn list_at(&self, kind: Kind, revision: u64) -> Result<BTreeMap<Key, Arc<Object>>, Compacted> {
        let table = self.table(kind);
        let since: Vec<&Change> = table.log.since(revision)?.collect();
        let mut objects = table.objects.clone();
        for change in since.into_iter().rev() {
            match &change.old {
                Some(old) => objects.insert(change.key.clone(), old.clone()),
                None => objects.remove(&change.key),
            };
        }
        Ok(objects)
    }

    /// How many objects of a kind there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.table(kind).objects.len()
    }

    /// The objects of a kind that name `uid` among their owners.
    pub fn owned_by(&self, kind: Kind, uid: &str) -> impl Iterator<Item = &Arc<Object>> + use<'_> {
        let table = self.table(kind);
        table.by_owner.get(uid).into_iter().flatten().filter_map(|key| table.objects.get(key))
    }

    /// The pods bound to a node.
    pub fn pods_on(&self, node: &str) -> impl Iterator<Item = &Arc<Object>> + use<'_> {
        let table = self.table(Kind::Pod);
        table.by_node.get(node).into_iter().flatten().filter_map(|key| table.objects.get(key))
    }

    /// The changes of a kind after `revision`, oldest first.
    ///
    /// # Errors
    /// If they are no longer kept.
    pub fn changes(
        &self,
        kind: Kind,
        revision: u64,
    ) -> Result<impl Iterator<Item = &Change> + use<'_>, Compacted> {
        self.table(kind).log.since(revision)
    }

    /// The changes of a kind that are kept, latest first.
    pub(crate) fn last_changes(&self, kind: Kind) -> impl Iterator<Item = &Change> {
        self.table(kind).log.latest()
    }

    /// Commits an object under its key at the next revision, which it then carries.
    pub fn put(&mut self, mut object: Object, actor: &Arc<str>, cause: u64) -> Arc<Object> {
        self.revision += 1;
        object.revision = self.revision;
        object.cause = cause;
        let kind = object.kind();
        let key = Key::of(&object);
        let object = Arc::new(object);
        let (revision, at) = (self.revision, self.now);
        let table = self.table_mut(kind);
        let old = table.objects.insert(key.clone(), object.clone());
        table.index(&key, old.as_deref(), Some(&object));
        let new = Some(object.clone());
        table.log.push(Change { revision, at, key, old, new, actor: actor.clone(), cause });
        object
    }

    /// Removes an object at the next revision; answers it with that revision, as a watcher sees it.
    pub fn remove(&mut self, kind: Kind, key: &Key, actor: &Arc<str>, cause: u64) -> Option<Arc<Object>> {
        let (revision, at) = (self.revision + 1, self.now);
        let table = self.table_mut(kind);
        let old = table.objects.remove(key)?;
        table.index(key, Some(&old), None);
        let last = Object { revision, ..Object::clone(&old) };
        let (key, actor) = (key.clone(), actor.clone());
        table.log.push(Change { revision, at, key, old: Some(old), new: None, actor, cause });
        self.revision = revision;
        Some(Arc::new(last))
    }

    /// Forgets the changes up to `revision`.
    pub fn compact(&mut self, revision: u64) {
        for table in &mut self.tables {
            table.log.compact(revision);
        }
    }

    /// How many changes the log holds.
    #[must_use]
    pub fn log_len(&self) -> usize {
        self.tables.iter().map(|table| table.log.len()).sum()
    }

    fn table(&self, kind: Kind) -> &Table {
        &self.tables[kind as usize]
    }

    fn table_mut(&mut self, kind: Kind) -> &mut Table {
        &mut self.tables[kind as usize]
    }
}

impl Table {
    /// Moves `key` in the indexes from where the old object stood to where the new one stands.
    fn index(&mut self, key: &Key, old: Option<&Object>, new: Option<&Object>) {
        let unchanged = |old: &Object, new: &Object| Arc::ptr_eq(&old.metadata, &new.metadata);
        if !matches!((old, new), (Some(old), Some(new)) if unchanged(old, new)) {
            for owner in old.iter().flat_map(|object| &object.metadata.owner_references) {
                leave(&mut self.by_owner, &owner.uid, key);
            }
            for owner in new.iter().flat_map(|object| &object.metadata.owner_references) {
                self.by_owner.entry(owner.uid.as_str().into()).or_default().insert(key.clone());
            }
        }
        let (was, is) = (old.and_then(node_name), new.and_then(node_name));
        if was != is {
            if let Some(node) = was {
                leave(&mut self.by_node, node, key);
            }
            if let Some(node) = is {
                self.by_node.entry(node.into()).or_default().insert(key.clone());
            }
        }
    }
}

fn leave(index: &mut BTreeMap<Arc<str>, BTreeSet<Key>>, value: &str, key: &Key) {
    if let Some(keys) = index.get_mut(value) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(value);
        }
    }
}

fn node_name(object: &Object) -> Option<&str> {
    if object.kind() != Kind::Pod {
        return None;
    }
    object.spec::<Pod>().node_name.as_deref()
}
