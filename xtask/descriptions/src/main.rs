//! Writes what upstream says of the types that the served kinds reach, from the schemas of `k8s-openapi`, as one text for
//! `model::schema`.
//!
//! A line `@NAME TEXT` opens a type; each of its fields follows as `NAME TEXT`, both sorted by name. In a text `\n` is a new line and `\\`
//! a backslash. What has no text has no line.

use std::collections::BTreeMap;
use std::process::ExitCode;

use k8s_openapi::api;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// Reads the rows of the registry of kinds: of each only the object's type.
macro_rules! kinds {
    ($($kind:ident $shape:ident $object:ty, $spec:ty, $status:ty { $($said:tt)* })*) => {
        fn add_kinds(generator: &mut SchemaGenerator) {
            $(generator.subschema_for::<$object>();)*
        }
    };
}
include!("../../../core/model/src/kind_table.rs");

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("usage: descriptions FILE");
        return ExitCode::from(2);
    };
    match std::fs::write(&file, text()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn text() -> String {
    let mut generator = SchemaGenerator::new(SchemaSettings::default());
    add_kinds(&mut generator);
    let mut text = String::new();
    let types: BTreeMap<_, _> = generator.definitions().iter().collect();
    for (name, schema) in types {
        text.push_str(&format!("@{name} {}\n", described(schema).unwrap_or_default()));
        let fields: BTreeMap<_, _> = schema["properties"].as_object().into_iter().flatten().collect();
        for (field, property) in fields {
            if let Some(described) = described(property) {
                text.push_str(&format!("{field} {described}\n"));
            }
        }
    }
    text
}

fn described(schema: &Value) -> Option<String> {
    Some(escaped(schema["description"].as_str()?))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}
