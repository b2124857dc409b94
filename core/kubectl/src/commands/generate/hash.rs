//! `--append-hash`: a name that changes with the content. Models kubectl/pkg/util/hash.

use model::Kind;
use serde_json::{Map, Value};
use shell::utilities::digest;

/// So many letters of the digest are used.
const LENGTH: usize = 10;

/// The suffix of a ConfigMap's or Secret's name.
pub fn suffix(kind: Kind, value: &Value) -> String {
    let empty = || Value::Object(Map::new());
    let mut hashed = Map::new();
    hashed.insert("kind".to_owned(), kind.info().name.into());
    hashed.insert("name".to_owned(), value["metadata"]["name"].clone());
    hashed.insert("data".to_owned(), value.get("data").cloned().unwrap_or_else(empty));
    if kind == Kind::Secret {
        hashed.insert("type".to_owned(), value.get("type").cloned().unwrap_or_else(|| "".into()));
    } else if let Some(binary) = value.get("binaryData") {
        hashed.insert("binaryData".to_owned(), binary.clone());
    }
    hashed.sort_keys();
    let text = model::manifest::to_json_compact(&Value::Object(hashed));
    digest::hex("sha256sum", text.as_bytes())[..LENGTH].chars().map(without_words).collect()
}

/// Letters that cannot make a word that nobody wants in a name.
fn without_words(letter: char) -> char {
    match letter {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    }
}
