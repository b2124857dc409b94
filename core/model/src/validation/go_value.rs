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
    /// A text, number or flag, as printed.
    Scalar(String),
    /// A pointer to a value.
    Pointer(Box<GoValue>),
    /// A quantity, by its text.
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
            "map[string]string" => map(type_name, value, |text| Self::Scalar(go::quoted(text))),
            "resource.Quantity" => Self::Quantity(value.as_str().unwrap_or("0").to_owned()),
            "intstr.IntOrString" => int_or_string(value),
            "string" => Self::Scalar(go::quoted(value.as_str().unwrap_or(""))),
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
            Self::Scalar(text) => matches!(text.as_str(), "\"\"" | "0" | "false"),
            Self::Quantity(text) => text == "0",
            Self::Struct(_, fields) => fields.iter().all(|(_, value)| value.is_zero()),
            Self::Pointer(_) | Self::List(..) | Self::Map(..) => false,
        }
    }

    /// The value in one line, without types and unset fields.
    #[must_use]
    pub fn brief(&self) -> String {
        match self {
            Self::Nil => "nil".to_owned(),
            Self::Scalar(text) => text.clone(),
            Self::Pointer(inner) => format!("&{}", inner.brief()),
            Self::Quantity(text) => {
                format!("{{i: {{...}}, s: {}, Format: \"{}\"}}", go::quoted(text), quantity_format(text))
            }
            Self::List(_, items) => format!("{{{}}}", join(items.iter().map(Self::brief))),
            Self::Struct(_, fields) | Self::Map(_, fields) => {
                let set =
                    fields.iter().filter(|(_, value)| !value.is_zero() || matches!(self, Self::Map(..)));
                format!("{{{}}}", join(set.map(|(key, value)| format!("{key}: {}", value.brief()))))
            }
        }
    }

    /// The name of its type, where Go prints one before the braces.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Struct(name, _) | Self::List(name, _) | Self::Map(name, _) => name,
            Self::Pointer(inner) => inner.type_name(),
            Self::Nil | Self::Scalar(_) | Self::Quantity(_) => "",
        }
    }

    /// What stands between its braces, with types; `None` if it has none.
    pub(super) fn parts(&self) -> Option<Vec<(Option<&str>, &Self)>> {
        match self {
            Self::Struct(_, fields) => Some(
                fields
                    .iter()
                    .filter(|(_, it)| !it.is_zero())
                    .map(|(key, it)| (Some(key.as_str()), it))
                    .collect(),
            ),
            Self::Map(_, entries) => Some(entries.iter().map(|(key, it)| (Some(key.as_str()), it)).collect()),
            Self::List(_, items) => Some(items.iter().map(|it| (None, it)).collect()),
            Self::Pointer(inner) => inner.parts(),
            Self::Nil | Self::Scalar(_) | Self::Quantity(_) => None,
        }
    }

    /// The value in one line, with types (its own only if `typed`).
    #[must_use]
    pub fn full(&self, typed: bool) -> String {
        let name = if typed { self.type_name() } else { "" };
        let amp = if matches!(self, Self::Pointer(_)) { "&" } else { "" };
        match self {
            Self::Quantity(text) => quantity_full(text),
            Self::Pointer(inner) if inner.parts().is_none() => format!("&{}", inner.full(typed)),
            _ => match self.parts() {
                None => self.brief(),
                Some(parts) => {
                    // Elements of lists and maps go without their type, since the list's says it.
                    let elements = !matches!(self, Self::List(..) | Self::Map(..));
                    let texts = parts.into_iter().map(|(key, it)| match key {
                        Some(key) => format!("{key}: {}", it.full(elements)),
                        None => it.full(elements),
                    });
                    format!("{amp}{name}{{{}}}", join(texts))
                }
            },
        }
    }
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

fn quantity_format(text: &str) -> &'static str {
    if text.ends_with('i') { "BinarySI" } else { "DecimalSI" }
}

fn quantity_full(text: &str) -> String {
    let (value, scale) = go::amount(text);
    let scale = if scale == 0 { String::new() } else { format!(", scale: {scale}") };
    let format = quantity_format(text);
    format!(
        "{{i: resource.int64Amount{{value: {value}{scale}}}, s: {}, Format: \"{format}\"}}",
        go::quoted(text)
    )
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
    let fields = [("Type", kind.to_string()), ("IntVal", int.to_string()), ("StrVal", go::quoted(text))];
    let fields = fields.into_iter().map(|(key, text)| (key.to_owned(), GoValue::Scalar(text))).collect();
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
        Value::String(text) => GoValue::Scalar(go::quoted(text)),
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
