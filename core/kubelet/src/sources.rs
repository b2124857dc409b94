//! Which pods have volumes made of which ConfigMaps and Secrets, so that a change of one finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Kind, Object};
use serde::{Deserialize, Serialize};
use store::{Cursor, Key, Store};

use crate::volumes;

/// The kinds that volumes are made of.
const KINDS: [Kind; 2] = [Kind::ConfigMap, Kind::Secret];

/// The objects that volumes are made of, and the pods that have them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sources {
    cursors: [Cursor; 2],
    #[serde(with = "engine::events::pairs")]
    pods: BTreeMap<(Kind, Key), BTreeSet<Arc<str>>>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { cursors: KINDS.map(Cursor::from_start), pods: BTreeMap::new() }
    }
}

impl Sources {
    /// Notes what a pod's volumes are made of.
    pub(crate) fn add(&mut self, uid: &Arc<str>, pod: &Object) {
        for (kind, name) in volumes::sources(pod) {
            let key = Key::new(pod.namespace(), &name);
            self.pods.entry((kind, key)).or_default().insert(uid.clone());
        }
    }

    /// The pods of which a volume is to be written anew. Those that are gone since are forgotten by `is_gone`.
    pub(crate) fn changed(
        &mut self,
        store: &Store,
        is_gone: impl Fn(&Arc<str>) -> bool,
    ) -> BTreeSet<Arc<str>> {
        let mut changed = BTreeSet::new();
        for cursor in &mut self.cursors {
            if !cursor.is_behind(store) {
                continue;
            }
            let kind = cursor.kind;
            let keys: Vec<Key> = match cursor.read(store) {
                Ok(changes) => {
                    changes.filter(|change| change.old.is_some()).map(|change| change.key.clone()).collect()
                }
                Err(_) => {
                    cursor.revision = store.revision();
                    store.list(kind).map(|object| Key::of(object)).collect()
                }
            };
            for key in keys {
                if let Some(pods) = self.pods.get_mut(&(kind, key)) {
                    pods.retain(|uid| !is_gone(uid));
                    changed.extend(pods.iter().cloned());
                }
            }
        }
        changed
    }
}
