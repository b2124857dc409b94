//! Manifests: texts with what the real kubectl read from them or said of them (`kubectl annotate --local -f - zz=1 -o json`),
//! and one object with what it printed.

use model::manifest::{expand_list, parse_path, read, to_json, to_json_compact, to_yaml};
use serde_json::{Value, json};

#[test]
fn reads_as_kubectl() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/manifest_read.json")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let manifest = read(case["text"].as_str().unwrap());
        let documents: Vec<_> = manifest.documents.iter().map(|it| to_json_compact(&it.value)).collect();
        let error = manifest.error.map(|it| it.message);
        let expected: Vec<_> = case["documents"].as_array().unwrap().iter().map(to_json_compact).collect();
        if error.as_deref() != case["error"].as_str() || documents != expected {
            wrong.push(format!(
                "{}: {error:?} {documents:?}\n   expected {:?} {expected:?}",
                case["name"], case["error"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn prints_as_kubectl() {
    let value: Value = serde_json::from_str(include_str!("data/printed.json")).unwrap();
    for (printed, expected) in [
        (to_yaml(&value), include_str!("data/printed.yaml")),
        (to_json(&value), include_str!("data/printed.expected.json")),
    ] {
        let differing: Vec<_> =
            printed.lines().zip(expected.lines()).filter(|(a, b)| a != b).take(20).collect();
        assert!(printed == expected, "{differing:#?}");
    }
}

#[test]
fn knows_where_things_stand() {
    let text = "# two\nkind: A\n---\n\nkind: B\nspec:\n  containers:\n  - name: x\n    image: y\n";
    let documents = read(text).into_result().unwrap();
    let spans = &documents[1].spans;
    let anchor = |path: &str| {
        let place = spans.find(&parse_path(path)).unwrap().anchor();
        (place.line, place.column)
    };
    assert_eq!(anchor("kind"), (5, 1));
    assert_eq!(anchor("spec.containers"), (7, 3));
    assert_eq!(anchor("spec.containers[0]"), (8, 5));
    assert_eq!(anchor("spec.containers[0].image"), (9, 5));
    let inside = spans.find(&parse_path("spec.containers[0].image")).unwrap().start;
    assert_eq!(spans.path_at(inside), parse_path("spec.containers[0].image"));
    assert_eq!(spans.nearest(&parse_path("spec.containers[0].ports[1]")).anchor().line, 8);
}

#[test]
fn tabs_may_stand_within_texts() {
    for text in ["a: \"b\n  \tc\"\n", "a: |\n  b\n  \tc\n", "a:\tb\nc:\td\n"] {
        assert_eq!(read(text).error, None, "{text:?}");
    }
}

#[test]
fn lists_expand() {
    let list = json!({"kind": "List", "items": [{"kind": "A"}, {"kind": "BList", "apiVersion": "v1", "items": [{"x": 1}]}]});
    assert_eq!(expand_list(list), [json!({"kind": "A"}), json!({"kind": "B", "apiVersion": "v1", "x": 1})]);
}

#[test]
fn hostile_texts_are_errors() {
    let deep = "[".repeat(100_000);
    let bomb = (0..30).fold("a0: &a0 [x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let next = n + 1;
        format!("{text}a{next}: &a{next} [*a{n},*a{n},*a{n},*a{n},*a{n},*a{n}]\n")
    });
    for text in [deep, bomb, "{\"a\":".repeat(1000), "&a [*a]".to_owned()] {
        assert!(read(&text).error.is_some());
    }
}
