//! Watches: a kind, a namespace and selectors, read from where the watcher stands. An object that comes to match is ADDED, one that
//! ceases to match is DELETED, and shown as it was when it still did. A watch from revision 0 begins with what is there.

use std::sync::Arc;

use model::selector::{FieldSelector, Selector};
use model::{Kind, Object, Status, status::Result};
use serde::{Deserialize, Serialize};
use store::Cursor;

use crate::fields;
use crate::options::ListOptions;
use crate::read::parse_labels;
use crate::server::ApiServer;

/// What happened to a watched object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum WatchEventType {
    /// It came, or came to match.
    Added,
    /// It changed.
    Modified,
    /// It went, or ceased to match.
    Deleted,
}

/// One thing that a watcher sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WatchEvent {
    /// What happened.
    pub event_type: WatchEventType,
    /// The object after it; of a deletion, as it last was.
    pub object: Arc<Object>,
}

/// Somebody's watch: plain data that its owner keeps and reads with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watcher {
    cursor: Cursor,
    /// Whether it still has to be shown what is there.
    starts_with_state: bool,
    namespace: String,
    label_selector: String,
    field_selector: String,
}

impl Watcher {
    pub(crate) fn new(kind: Kind, namespace: &str, options: &ListOptions, revision: u64) -> Self {
        Self {
            cursor: Cursor { kind, revision },
            starts_with_state: revision == 0,
            namespace: namespace.to_owned(),
            label_selector: options.label_selector.clone(),
            field_selector: options.field_selector.clone(),
        }
    }

    /// Whether there may be something new.
    #[must_use]
    pub fn is_behind(&self, api: &ApiServer) -> bool {
        self.starts_with_state || self.cursor.is_behind(&api.store)
    }

    /// What happened since the last call.
    ///
    /// # Errors
    /// 410 if the log no longer reaches back that far.
    pub fn read(&mut self, api: &ApiServer) -> Result<Vec<WatchEvent>> {
        let kind = self.cursor.kind;
        let from = self.cursor.revision;
        let labels = parse_labels(&self.label_selector)?;
        let fields = fields::parse(kind, &self.field_selector)?;
        if std::mem::take(&mut self.starts_with_state) {
            self.cursor.revision = api.store.revision();
            let there = api
                .store
                .list(kind)
                .filter(|object| self.namespace_matches(object) && selects(&labels, &fields, object));
            let added = |object: &Arc<Object>| WatchEvent {
                event_type: WatchEventType::Added,
                object: object.clone(),
            };
            return Ok(there.map(added).collect());
        }
        let changes = self.cursor.read(&api.store).map_err(|compacted| {
            Status::expired(format!("too old resource version: {from} ({})", compacted.oldest))
        })?;
        let matches =
            |object: &Arc<Object>| self.namespace_matches(object) && selects(&labels, &fields, object);
        let mut events = Vec::new();
        for change in changes {
            let was = change.old.as_ref().is_some_and(&matches);
            let is = change.new.as_ref().is_some_and(&matches);
            let event_type = match (was, is) {
                (false, false) => continue,
                (false, true) => WatchEventType::Added,
                (true, true) => WatchEventType::Modified,
                (true, false) => WatchEventType::Deleted,
            };
            let object = match (event_type, &change.old) {
                // It went, or left the selector: the watcher is shown it as it was, at the revision at which it left.
                (WatchEventType::Deleted, Some(old)) => {
                    Arc::new(Object { revision: change.revision, ..Object::clone(old) })
                }
                _ => change.object().clone(),
            };
            events.push(WatchEvent { event_type, object });
        }
        Ok(events)
    }

    fn namespace_matches(&self, object: &Object) -> bool {
        self.namespace.is_empty() || self.namespace == object.namespace()
    }
}

/// Whether an object is within both selectors.
pub(crate) fn selects(labels: &Selector, fields: &FieldSelector, object: &Object) -> bool {
    labels.matches(object.labels()) && fields::matches(fields, object)
}
