//! Events as a recorder leaves them: counted, combined, and held back when there are too many.

use apiserver::{ApiServer, Caller, EventType, Recorder, Settings};
use engine::Duration;
use k8s_openapi::api::core::v1::{ConfigMap, Event};
use model::{Kind, Metadata, Object};

fn cluster() -> (ApiServer, Object) {
    let mut api = ApiServer::new(Settings::default());
    let subject = Object::new::<ConfigMap>(Metadata::named("default", "subject"), ConfigMap::default());
    let created = api.create(&Caller::admin(), subject).expect("created");
    (api, Object::clone(&created))
}

/// Message and count of each event.
fn recorded(api: &ApiServer) -> Vec<(String, i32)> {
    let of = |event: &Event| (event.message.clone().unwrap_or_default(), event.count.unwrap_or(0));
    api.store().list(Kind::Event).map(|object| of(object.spec::<Event>())).collect()
}

#[test]
fn what_is_held_back_is_counted_when_the_next_one_passes() {
    let (mut api, subject) = cluster();
    let mut recorder = Recorder::new("tester", "");
    let caller = Caller::admin();
    for _ in 0..40 {
        recorder.event(&mut api, &caller, &subject, EventType::Warning, "BackOff", "again");
    }
    assert_eq!(recorded(&api), [("again".to_owned(), 25)]);
    api.set_now(api.now() + Duration::from_secs(299));
    recorder.event(&mut api, &caller, &subject, EventType::Warning, "BackOff", "again");
    assert_eq!(recorded(&api), [("again".to_owned(), 25)]);
    api.set_now(api.now() + Duration::from_secs(1));
    recorder.event(&mut api, &caller, &subject, EventType::Warning, "BackOff", "again");
    assert_eq!(recorded(&api), [("again".to_owned(), 42)]);
    // Held back from its first time on, it is stored later with its whole count.
    recorder.event(&mut api, &caller, &subject, EventType::Warning, "BackOff", "other");
    api.set_now(api.now() + Duration::from_secs(300));
    recorder.event(&mut api, &caller, &subject, EventType::Warning, "BackOff", "other");
    assert_eq!(recorded(&api), [("again".to_owned(), 42), ("other".to_owned(), 2)]);
}

#[test]
fn the_tenth_different_message_is_combined_with_what_follows() {
    let (mut api, subject) = cluster();
    let mut recorder = Recorder::new("tester", "");
    let caller = Caller::admin();
    for number in 1..=12 {
        let message = format!("message {number:02}");
        recorder.event(&mut api, &caller, &subject, EventType::Warning, "Failed", &message);
    }
    let combined = ("(combined from similar events): message 12".to_owned(), 3);
    let recorded = recorded(&api);
    assert_eq!(recorded.len(), 10);
    assert!(recorded.contains(&combined), "{recorded:?}");
}

#[test]
fn an_event_that_is_gone_comes_back_with_its_count() {
    let (mut api, subject) = cluster();
    let mut recorder = Recorder::new("tester", "");
    let caller = Caller::admin();
    let mut record = |api: &mut ApiServer| {
        recorder.event(api, &caller, &subject, EventType::Normal, "Seen", "once more");
    };
    record(&mut api);
    let name = api.store().list(Kind::Event).next().map(|event| event.name().to_owned()).expect("an event");
    api.delete(&Caller::admin(), Kind::Event, "default", &name, &apiserver::DeleteOptions::default())
        .expect("deleted");
    record(&mut api);
    assert_eq!(recorded(&api), [("once more".to_owned(), 2)]);
}

#[test]
fn events_do_not_change_the_names_of_others() {
    let name_after = |events: usize| {
        let (mut api, subject) = cluster();
        let mut recorder = Recorder::new("tester", "");
        for _ in 0..events {
            recorder.event(&mut api, &Caller::admin(), &subject, EventType::Normal, "Seen", "it");
        }
        api.random().name_suffix(5)
    };
    assert_eq!(name_after(0), name_after(3));
}
