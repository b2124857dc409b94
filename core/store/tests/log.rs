//! What a watcher sees of the log, before and after history is forgotten.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use model::{Kind, Metadata, Object};
use store::{Cursor, Store};

fn store() -> Store {
    let mut store = Store::default();
    let actor: Arc<str> = "someone".into();
    let secret = Object::new::<Secret>(Metadata::named("default", "idle"), Secret::default());
    store.put(secret, &actor, 0);
    for number in 0..10 {
        let metadata = Metadata::named("default", &format!("busy-{number}"));
        store.put(Object::new::<ConfigMap>(metadata, ConfigMap::default()), &actor, 0);
    }
    store
}

#[test]
fn a_kind_that_rests_keeps_its_revision_when_history_is_forgotten() {
    let mut store = store();
    assert_eq!(store.kind_revision(Kind::Secret), 2);
    store.compact(8);
    assert_eq!(store.kind_revision(Kind::Secret), 2);
    assert_eq!(store.kind_revision(Kind::ConfigMap), 12);
}

#[test]
fn only_who_missed_a_change_is_told_that_it_is_forgotten() {
    let mut store = store();
    let mut idle = Cursor { kind: Kind::Secret, revision: 2 };
    let mut behind = Cursor { kind: Kind::ConfigMap, revision: 2 };
    let mut new = Cursor::from_start(Kind::Secret);
    store.compact(8);
    assert!(!idle.is_behind(&store));
    assert_eq!(idle.read(&store).map(Iterator::count), Ok(0));
    assert_eq!(behind.read(&store).map(Iterator::count).map_err(|gone| gone.oldest), Err(8));
    assert!(new.read(&store).is_err());
    let mut from_there = Cursor { kind: Kind::ConfigMap, revision: 8 };
    assert_eq!(from_there.read(&store).map(Iterator::count), Ok(4));
}

#[test]
fn the_past_is_as_it_was_until_it_is_forgotten() {
    let mut store = store();
    let actor: Arc<str> = "someone".into();
    let key = store::Key::new("default", "busy-3");
    let first = store.get_key(Kind::ConfigMap, &key).map(|object| object.revision);
    let metadata = Metadata::named("default", "busy-3");
    store.put(Object::new::<ConfigMap>(metadata, ConfigMap::default()), &actor, 0);
    store.remove(Kind::ConfigMap, &key, &actor, 0);
    assert_eq!(store.list(Kind::ConfigMap).count(), 9);
    let then = store.list_at(Kind::ConfigMap, 12).expect("kept");
    assert_eq!(then.len(), 10);
    assert_eq!(then.get(&key).map(|object| object.revision), first);
    assert_eq!(store.list_at(Kind::ConfigMap, 5).expect("kept").len(), 3);
    store.compact(13);
    assert!(store.list_at(Kind::ConfigMap, 12).is_err());
}

#[test]
fn keys_are_in_the_order_of_their_text() {
    let mut keys = [("web", "a"), ("web-prod", "b"), ("web", "c"), ("a", "z"), ("", "node")]
        .map(|(namespace, name)| store::Key::new(namespace, name));
    keys.sort();
    let texts = keys.map(|key| key.path(Kind::Pod));
    let expected =
        ["node", "a/z", "web-prod/b", "web/a", "web/c"].map(|text| format!("/registry/pods/{text}"));
    assert_eq!(texts, expected);
}
