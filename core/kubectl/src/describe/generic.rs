//! Any other kind: its fields with their names in words.

use model::Object;
use serde_json::Value;

use super::writer::Writer;

/// Fields that are shown in the header or not at all.
const SKIPPED: &[&str] = &[
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

/// Describes an object by its tree.
pub fn describe(writer: &mut Writer, object: &Object) {
    writer.field(0, "Name", object.name());
    writer.field(0, "Namespace", object.namespace());
    writer.labels(0, "Labels", Some(object.labels()));
    writer.annotations(0, "Annotations", Some(object.annotations()));
    write_fields(writer, 0, &object.to_value(), "");
}

fn write_fields(writer: &mut Writer, depth: usize, value: &Value, path: &str) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let title = title(name);
        match value {
            Value::Object(_) => {
                writer.write(depth, &format!("{title}:\n"));
                write_fields(writer, depth + 1, value, &path);
            }
            Value::Array(items) => {
                writer.write(depth, &format!("{title}:\n"));
                for item in items {
                    if item.is_object() {
                        write_fields(writer, depth + 1, item, &path);
                    } else {
                        writer.write(depth + 1, &format!("{}\n", scalar(item)));
                    }
                }
            }
            other => writer.field(depth, &title, scalar(other)),
        }
    }
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| crate::printers::go_value::to_text(value), str::to_owned)
}

/// `holderIdentity` is `Holder Identity`, `apiVersion` is `API Version`.
fn title(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_uppercase() || word.chars().last().is_some_and(char::is_uppercase) => {
                word.push(letter);
            }
            _ => words.push(letter.to_uppercase().to_string()),
        }
    }
    let acronyms = ["Api", "Uid", "Ip", "Dns"];
    words
        .into_iter()
        .map(|word| if acronyms.contains(&word.as_str()) { word.to_uppercase() } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}
