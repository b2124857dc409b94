//! Whether a configuration can be read by its schema, as server-side apply reads it: every field known, of the right shape, and every
//! item of a list told from the others.

use serde_json::Value;

use super::{PathElement, Structure};
use crate::manifest::{go_type, to_json_compact};
use crate::patch::go_value;
use crate::schema::{ListKind, Schema, Shape};

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as it is shown: `.spec.replicas`.
    pub path: String,
    /// What.
    pub message: String,
}

/// All problems in one text.
#[must_use]
pub fn problems_message(problems: &[Problem]) -> String {
    let text = |problem: &Problem| match problem.path.as_str() {
        "" => problem.message.clone(),
        path => format!("{path}: {}", problem.message),
    };
    match problems {
        [only] => text(only),
        several => {
            let lines: Vec<String> = several.iter().map(|problem| format!("\n  {}", text(problem))).collect();
            format!("errors:{}", lines.concat())
        }
    }
}

/// What the schema says against a configuration.
#[must_use]
pub fn check(configuration: &Value, structure: Structure<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    visit(configuration, structure, "", &mut problems);
    problems
}

fn visit(value: &Value, structure: Structure<'_>, path: &str, problems: &mut Vec<Problem>) {
    if value.is_null() {
        return;
    }
    let mut say = |message: String| problems.push(Problem { path: path.to_owned(), message });
    match structure {
        Structure::Type(_) | Structure::Shape(Shape::Struct(_) | Shape::Map(_), _) => match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let below = format!("{path}{}", PathElement::Field(name.clone()).shown());
                    if !knows(structure, name) {
                        // The rest of the map is not looked at.
                        let message = "field not declared in schema".to_owned();
                        problems.push(Problem { path: below, message });
                        return;
                    }
                    visit(value, structure.field(name), &below, problems);
                }
            }
            other => say(format!("expected map, got {}", pointer(other))),
        },
        Structure::Shape(Shape::List(_), field) => match value {
            Value::Array(items) => visit_items(items, structure, &field.list, path, problems),
            other => say(format!("expected list, got {}", pointer(other))),
        },
        Structure::Shape(shape, _) => {
            if let Some(message) = wrong_scalar(shape, value) {
                say(message);
            }
        }
        Structure::Open(_) | Structure::Unknown => {}
    }
}

fn visit_items(
    items: &[Value],
    structure: Structure<'_>,
    list: &ListKind,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let mut seen: Vec<PathElement> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if let ListKind::Map(keys) = list
            && let Some(why) = keyless(item, keys, structure)
        {
            let message = format!("element {index}: associative list with keys {why}");
            problems.push(Problem { path: path.to_owned(), message });
            continue;
        }
        let element = structure.element(item);
        if let Some(element) = element.clone() {
            if seen.contains(&element) {
                let message = format!("duplicate entries for key {}", element.shown());
                problems.push(Problem { path: path.to_owned(), message });
            }
            seen.push(element);
        }
        let element = element.unwrap_or(PathElement::Index(index));
        visit(item, structure.item(), &format!("{path}{}", element.shown()), problems);
    }
}

/// Why an item of a list that is a map cannot be told from the others.
fn keyless(item: &Value, keys: &[&str], structure: Structure<'_>) -> Option<String> {
    match item {
        Value::Null => Some("may not have a null element".to_owned()),
        Value::Object(fields) => {
            let lacks = |key: &&&str| !fields.contains_key(**key) && structure.default_of(key).is_none();
            let key = keys.iter().find(lacks)?;
            Some(format!("has an element that omits key field {key:?} (and doesn't have default value)"))
        }
        _ => Some("may not have non-map elements".to_owned()),
    }
}

fn knows(structure: Structure<'_>, name: &str) -> bool {
    let declared = |id| Schema::get().type_of(id).field(name).is_some();
    match structure {
        Structure::Type(id) => declared(id),
        Structure::Shape(Shape::Struct(id), _) => declared(*id),
        _ => true,
    }
}

fn wrong_scalar(shape: &Shape, value: &Value) -> Option<String> {
    match shape {
        Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime => {
            (!value.is_string()).then(|| format!("expected string, got {}", literal(value)))
        }
        Shape::Boolean => (!value.is_boolean()).then(|| format!("expected boolean, got {}", pointer(value))),
        Shape::Int32 | Shape::Int64 | Shape::Double => {
            (!value.is_number()).then(|| format!("expected numeric (int or float), got {}", go_type(value)))
        }
        Shape::Quantity | Shape::IntOrString => (value.is_object() || value.is_array())
            .then(|| format!("expected any scalar, got {}", pointer(value))),
        _ => None,
    }
}

/// Go's `%v` of a pointer to a value.
fn pointer(value: &Value) -> String {
    format!("&{{{}}}", go_value(value))
}

/// Go's `%#v` of a pointer to a value.
fn literal(value: &Value) -> String {
    format!("&value.valueUnstructured{{Value:{}}}", go_literal(value))
}

/// Go's `%#v`.
fn go_literal(value: &Value) -> String {
    let key = |name: &str| to_json_compact(&Value::from(name));
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_literal).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{}:{}", key(name), go_literal(value))).collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
        Value::Null => "interface {}(nil)".to_owned(),
        plain => to_json_compact(plain),
    }
}
