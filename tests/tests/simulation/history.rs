//! The history keeper: it reads every change once, and knows what may never change, what only grows, and who has ever been.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Event, Pod};
use model::{Kind, Object};
use sandbox::World;

/// What has been read so far.
pub struct History {
    seed: u64,
    revision: u64,
    /// Every uid that ever was, with the name of its object.
    names: BTreeMap<String, String>,
    /// The events that were read and not yet looked at.
    events: Vec<Arc<Object>>,
    /// Nothing is asked any more: only heartbeats may come.
    pub rests: bool,
}

impl History {
    /// Begins with what there is.
    pub fn new(world: &World, seed: u64) -> Self {
        let mut history =
            Self { seed, revision: 0, names: BTreeMap::new(), events: Vec::new(), rests: false };
        for kind in Kind::all() {
            for object in world.api().store().list(kind) {
                history.names.insert(object.uid().to_owned(), object.name().to_owned());
            }
        }
        history.revision = world.api().revision();
        history
    }

    /// Reads what came since the last call, and checks each change by itself.
    pub fn read(&mut self, world: &World) {
        let store = world.api().store();
        assert!(store.revision() >= self.revision, "seed {}: revisions rise", self.seed);
        if store.revision() == self.revision {
            return;
        }
        let mut revisions = BTreeSet::new();
        for kind in Kind::all() {
            let changes = store.changes(kind, self.revision).expect("history is read before it is forgotten");
            for change in changes {
                let object = change.object();
                self.names.insert(object.uid().to_owned(), object.name().to_owned());
                let about = format!("seed {}: {kind:?} {} at {}", self.seed, object.name(), change.revision);
                assert!(revisions.insert(change.revision), "{about}: two changes of one revision");
                let carries_it = object.revision == change.revision;
                assert_eq!(
                    carries_it,
                    !change.is_deletion(),
                    "{about}: what is written carries its revision"
                );
                assert!(change.cause < change.revision, "{about}: caused by {}", change.cause);
                if let (Some(old), Some(new)) = (&change.old, &change.new) {
                    assert!(old.revision < new.revision, "{about}: its revision rises");
                    check_update(old, new, &about);
                    assert!(!is_idle_write(old, new), "{about}: {} wrote what was there", change.actor);
                }
                if kind == Kind::Event && !change.is_deletion() {
                    self.events.push(object.clone());
                }
                if self.rests {
                    assert!(
                        is_heartbeat(kind, change.is_deletion()),
                        "{about}: {} does not rest",
                        change.actor
                    );
                }
            }
        }
        let count = usize::try_from(store.revision() - self.revision).unwrap_or(usize::MAX);
        assert_eq!(revisions.len(), count, "seed {}: each revision is one change", self.seed);
        self.revision = store.revision();
    }

    /// Each event is about something that is or has been, by its name and uid.
    pub fn check_events(&mut self, world: &World) {
        for event in std::mem::take(&mut self.events) {
            let about = &event.spec::<Event>().involved_object;
            // Nodes are told of by name, before and after they are registered.
            let Some(uid) = about.uid.as_ref().filter(|_| about.kind.as_deref() != Some("Node")) else {
                continue;
            };
            let known = self.names.get(uid);
            assert_eq!(
                known,
                about.name.as_ref(),
                "seed {}: event {} is about nothing",
                self.seed,
                event.name()
            );
            let place = about.namespace.as_deref().filter(|place| !place.is_empty()).unwrap_or("default");
            assert_eq!(
                event.namespace(),
                place,
                "seed {}: event {} stands elsewhere",
                self.seed,
                event.name()
            );
        }
        assert!(world.api().revision() >= self.revision);
    }
}

/// What an update may not do.
fn check_update(old: &Object, new: &Object, about: &str) {
    assert_eq!(old.uid(), new.uid(), "{about}: its uid changed");
    assert_eq!(old.metadata.creation_timestamp, new.metadata.creation_timestamp, "{about}: it was made anew");
    assert!(!old.is_deleting() || new.is_deleting(), "{about}: it is no longer to be deleted");
    assert!(old.generation <= new.generation, "{about}: its generation fell");
    let counts = matches!(new.kind(), Kind::Deployment | Kind::ReplicaSet);
    if counts && !old.body.equal_spec(&new.body) {
        assert!(old.generation < new.generation, "{about}: its spec changed within a generation");
    }
    if new.kind() == Kind::Pod {
        check_pod_update(old, new, about);
    }
}

fn check_pod_update(old: &Object, new: &Object, about: &str) {
    if let Some(node) = &old.spec::<Pod>().node_name {
        assert_eq!(Some(node), new.spec::<Pod>().node_name.as_ref(), "{about}: it moved");
    }
    let (was, is) = (old.status::<Pod>(), new.status::<Pod>());
    if let Some(phase @ ("Succeeded" | "Failed")) = was.phase.as_deref() {
        assert_eq!(is.phase.as_deref(), Some(phase), "{about}: it had ended");
    }
    if was.pod_ip.is_some() && is.phase.as_deref() == Some("Running") {
        assert_eq!(was.pod_ip, is.pod_ip, "{about}: its address changed");
    }
    for before in was.container_statuses.iter().flatten() {
        let mut after = is.container_statuses.iter().flatten().filter(|after| after.name == before.name);
        let restarts = after.next().map_or(i32::MAX, |after| after.restart_count);
        assert!(before.restart_count <= restarts, "{about}: restarts of {} fell", before.name);
    }
}

/// An update that changes nothing is not to be committed.
fn is_idle_write(old: &Object, new: &Object) -> bool {
    old.body.equal_spec(&new.body) && old.body.equal_status(&new.body) && old.metadata == new.metadata
}

fn is_heartbeat(kind: Kind, is_deletion: bool) -> bool {
    matches!(kind, Kind::Lease | Kind::Node) || (kind == Kind::Event && is_deletion)
}
