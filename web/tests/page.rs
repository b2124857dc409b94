//! Runs in Chromium, on the page that wasm-bindgen's runner serves.
#![cfg(target_arch = "wasm32")]

use protocol::{ClockCommand, Command};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web::app::stage::layout::{Layout, Needs, Size};
use web::app::text::{Language, Text};
use web::bridge::WorkerHandle;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_worker_takes_commands_while_it_lives() {
    let worker = WorkerHandle::start("data:text/javascript,", |_| {}).expect("a module worker starts");
    worker.send(&[Command::Clock(ClockCommand::Pause)]).expect("a worker takes a command");
}

/// Each message of one language is in the other, with the same variables.
#[wasm_bindgen_test]
fn both_languages_say_the_same() {
    let (ko, en) = (Text::new(Language::Ko), Text::new(Language::En));
    assert_eq!(ko.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for key in en.keys() {
        assert_eq!(variables(&ko.get(key)), variables(&en.get(key)), "{key}");
        assert!(!ko.get(key).is_empty() && !en.get(key).is_empty(), "{key} has no words");
    }
}

/// What the worker says by key can be said, with the same variables.
#[wasm_bindgen_test]
fn all_that_the_worker_says_has_words() {
    let text = Text::new(Language::En);
    for (key, names) in protocol::words::KEYS {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        assert_eq!(variables(&text.get(key)), names, "{key}");
        assert_ne!(text.get(key), *key, "{key} has no words");
    }
}

fn variables(message: &str) -> Vec<String> {
    let mut names: Vec<String> =
        message.split("{ $").skip(1).filter_map(|rest| Some(rest.split_once(" }")?.0.to_owned())).collect();
    names.sort();
    names
}

#[wasm_bindgen_test]
fn tiles_stand_in_their_rooms_and_apart() {
    for (pods, size) in [(4, Size::Large), (12, Size::Medium), (90, Size::Small)] {
        let needs =
            Needs { width: 1100.0, height: 520.0, rooms: vec![pods; 3], queue: 5, ..Needs::default() };
        let layout = Layout::new(&needs);
        assert_eq!(layout.size, size, "{pods} pods on each node");
        let mut places = Vec::new();
        for room in 0..3 {
            let rect = layout.rooms[room];
            for index in 0..pods {
                let (x, y) = layout.in_room(room, index);
                assert!(
                    x >= rect.x && x + layout.tile.0 <= rect.x + rect.w + 1.0,
                    "pod {index} leaves its room"
                );
                assert!(y >= rect.y && y + layout.tile.1 <= rect.y + rect.h, "pod {index} leaves its room");
                places.push((x as i64, y as i64));
            }
        }
        let count = places.len();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), count, "two pods stand in one place");
    }
}
