//! Values as Go's types hold them: fields in their order of declaration, pointers told from plain values. A difference that the API
//! server prints is one of these.

use serde_json::{Map, Value};

use super::go;

/// One type a line: its name, then `GoName jsonName type` of each field; `.` as JSON name means that the fields are the parent's.
static TYPES: &str = include_str!("go_types.txt");

/// A value in Go's notation.
#[derive(Clone, Debug, PartialEq)]
pub enum GoValue {
    /// No pointer, list or map.
    Nil,
    /// A number or flag, as printed.
    Scalar(String),
    /// A string.
    Text(String),
    /// A pointer to a value.
    Pointer(Box<GoValue>),
    /// A quantity, by its canonical text; empty if unset.
    Quantity(String),
    /// Type and fields.
    Struct(String, Vec<(String, GoValue)>),
    /// Type and elements.
    List(String, Vec<GoValue>),
    /// Type and entries, keys as printed.
    Map(String, Vec<(String, GoValue)>),
}

impl GoValue {
    /// Reads a JSON value as a Go type.
    #[must_use]
    pub fn read(type_name: &str, value: &Value) -> Self {
        if let Some(inner) = type_name.strip_prefix('*') {
            return if value.is_null() {
                Self::Nil
            } else {
                Self::Pointer(Box::new(Self::read(inner, value)))
            };
        }
        if let Some(inner) = type_name.strip_prefix("[]") {
            let Some(items) = value.as_array() else { return Self::Nil };
            return Self::List(type_name.to_owned(), items.iter().map(|it| Self::read(inner, it)).collect());
        }
        match type_name {
            "core.ResourceList" => map(type_name, value, |text| Self::Quantity(text.to_owned())),
            "map[string]string" => map(type_name, value, |text| Self::Text(text.to_owned())),
            "resource.Quantity" => Self::Quantity(value.as_str().unwrap_or("").to_owned()),
            "intstr.IntOrString" => int_or_string(value),
            "string" => Self::Text(value.as_str().unwrap_or("").to_owned()),
            "core.ResourceName" => Self::Scalar(format!("s{}", go::quoted(value.as_str().unwrap_or("")))),
            "int" => Self::Scalar(value.as_i64().unwrap_or(0).to_string()),
            "bool" => Self::Scalar(value.as_bool().unwrap_or(false).to_string()),
            _ => structure(type_name, value),
        }
    }

    /// Whether it is what an unset field holds.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::Scalar(text) => matches!(text.as_str(), "0" | "false"),
            Self::Text(text) | Self::Quantity(text) => text.is_empty(),

            Self::Struct(_, fields) => fields.iter().all(|(_, value)| value.is_zero()),
            Self::Pointer(_) | Self::List(..) | Self::Map(..) => false,
        }
    }

    /// The name of its type, where Go prints one before the braces.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Struct(name, _) | Self::List(name, _) | Self::Map(name, _) => name,
            Self::Pointer(inner) => inner.type_name(),
            Self::Nil | Self::Scalar(_) | Self::Text(_) | Self::Quantity(_) => "",
        }
    }
}

fn map(type_name: &str, value: &Value, read: impl Fn(&str) -> GoValue) -> GoValue {
    let Some(entries) = value.as_object() else { return GoValue::Nil };
    // Keys of a named string type are printed with the conversion that the server's printer uses.
    let prefix = if type_name == "core.ResourceList" { "s" } else { "" };
    let entries = entries
        .iter()
        .map(|(key, it)| (format!("{prefix}{}", go::quoted(key)), read(it.as_str().unwrap_or(""))));
    GoValue::Map(type_name.to_owned(), entries.collect())
}

fn int_or_string(value: &Value) -> GoValue {
    let (kind, int, text) = match value.as_str() {
        Some(text) => (1, 0, text),
        None => (0, value.as_i64().unwrap_or(0), ""),
    };
    let number = |number: i64| GoValue::Scalar(number.to_string());
    let fields =
        [("Type", number(kind)), ("IntVal", number(int)), ("StrVal", GoValue::Text(text.to_owned()))];
    let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    GoValue::Struct("intstr.IntOrString".to_owned(), fields)
}

fn structure(type_name: &str, value: &Value) -> GoValue {
    let line = TYPES.lines().find_map(|line| line.strip_prefix(type_name)?.strip_prefix(": "));
    let Some(line) = line else { return untabled(type_name, value) };
    let fields = line.split(", ").filter_map(|field| {
        let mut words = field.split(' ');
        let (name, json, type_name) = (words.next()?, words.next()?, words.next()?);
        let part = if json == "." { value } else { value.get(json).unwrap_or(&Value::Null) };
        Some((name.to_owned(), GoValue::read(type_name, part)))
    });
    GoValue::Struct(type_name.to_owned(), fields.collect())
}

/// A type that the table does not have: strings are scalars under their own type, structures show their fields as JSON has them.
fn untabled(type_name: &str, value: &Value) -> GoValue {
    match value {
        Value::Null => GoValue::Nil,
        Value::String(text) => GoValue::Text(text.clone()),
        Value::Object(fields) => GoValue::Struct(type_name.to_owned(), json_fields(fields)),
        Value::Array(items) => {
            GoValue::List(type_name.to_owned(), items.iter().map(|it| untabled("", it)).collect())
        }
        plain => GoValue::Scalar(plain.to_string()),
    }
}

fn json_fields(fields: &Map<String, Value>) -> Vec<(String, GoValue)> {
    let capital = |key: &str| {
        let mut letters = key.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    fields.iter().map(|(key, value)| (capital(key), untabled("", value))).collect()
}
