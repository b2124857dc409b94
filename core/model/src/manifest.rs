//! Manifests in and out, as kubectl reads and prints them.
//!
//! In: YAML 1.1 by kubectl's scalar rules (`yes` and `y` are booleans, `0644` is 420, `<<` merges, the last of two equal keys
//! wins) or JSON, several documents in one text, each with the line and column of every value. Out: YAML as `-o yaml` and JSON
//! as `-o json` print it.

mod builder;
mod documents;
mod error;
mod json_reader;
mod json_writer;
mod number;
mod scalar;
mod spans;
mod tabs;
mod yaml_text;
mod yaml_writer;

use serde_json::Value;

pub use error::ManifestError;
pub use json_writer::{to_json, to_json_compact, to_json_indented};
pub use number::{format_go_float, format_json_number, go_type};
pub use spans::{Position, Spans, Step, parse_path};
pub use yaml_writer::to_yaml;

/// One document of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Where it says it.
    pub spans: Spans,
}

/// What was read of a manifest: kubectl handles the documents before the first broken one, then reports that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The documents, without empty ones.
    pub documents: Vec<Document>,
    /// Why reading ended early.
    pub error: Option<ManifestError>,
}

impl Manifest {
    /// All documents, or the error that hides some of them.
    pub fn into_result(self) -> Result<Vec<Document>, ManifestError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.documents),
        }
    }
}

/// Reads a manifest: JSON when the first letter is `{` (YAML's flow form too, if JSON it is not), else YAML.
pub fn read(text: &str) -> Manifest {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        let json = json_reader::read(text);
        if json.error.is_none() || !json.documents.is_empty() {
            return json;
        }
        let yaml = read_yaml(text);
        return if yaml.error.is_none() { yaml } else { json };
    }
    read_yaml(text)
}

fn read_yaml(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    for part in documents::split(text) {
        let document = part.and_then(|part| builder::build(part.text, part.first_line));
        match document {
            Ok(Some(document)) => manifest.documents.push(document),
            Ok(None) => {}
            Err(error) => {
                manifest.error = Some(error);
                break;
            }
        }
    }
    manifest
}

/// Reads the one value of a YAML or JSON text (a `--patch`, a value file); nothing is null.
pub fn read_value(text: &str) -> Result<Value, ManifestError> {
    let mut documents = read(text).into_result()?;
    Ok(if documents.is_empty() { Value::Null } else { documents.swap_remove(0).value })
}

/// Reads the one value of a JSON text.
pub fn read_json(text: &str) -> Result<Value, ManifestError> {
    let mut documents = json_reader::read(text).into_result()?;
    Ok(if documents.is_empty() { Value::Null } else { documents.swap_remove(0).value })
}

/// The objects of a `List` (also `PodList` and the like, whose items may leave their kind out), in order; else the object itself.
pub fn expand_list(value: Value) -> Vec<Value> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(item_kind) = kind.strip_suffix("List") else { return vec![value] };
    if !value.get("items").is_some_and(Value::is_array) {
        return vec![value];
    }
    let version = value.get("apiVersion").cloned();
    let Value::Object(mut fields) = value else { return Vec::new() };
    let Some(Value::Array(items)) = fields.remove("items") else { return Vec::new() };
    let complete = |mut item: Value| {
        if let Some(fields) = item.as_object_mut()
            && !item_kind.is_empty()
            && !fields.contains_key("kind")
        {
            fields.insert("kind".to_owned(), item_kind.into());
            if let Some(version) = &version {
                fields.insert("apiVersion".to_owned(), version.clone());
            }
        }
        item
    };
    items.into_iter().map(complete).flat_map(expand_list).collect()
}
