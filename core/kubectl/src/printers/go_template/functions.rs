//! The functions of templates: Go's own and kubectl's `exists` and `base64decode`.

use std::cmp::Ordering;

use base64::Engine as _;
use model::manifest::go_type;
use serde_json::Value;

use super::super::go_value;

type Result<T> = std::result::Result<T, String>;

/// All functions with the fewest and the most arguments that they take.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("and", 1, MANY),
    ("base64decode", 1, 1),
    ("eq", 1, MANY),
    ("exists", 1, MANY),
    ("ge", 2, 2),
    ("gt", 2, 2),
    ("html", 0, MANY),
    ("index", 1, MANY),
    ("le", 2, 2),
    ("len", 1, 1),
    ("lt", 2, 2),
    ("ne", 2, 2),
    ("not", 1, 1),
    ("or", 1, MANY),
    ("print", 0, MANY),
    ("printf", 1, MANY),
    ("println", 0, MANY),
    ("slice", 1, 4),
    ("urlquery", 0, MANY),
];
const MANY: usize = usize::MAX;

/// Whether there is a function of that name.
pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, ..)| *known == name)
}

/// Whether a function takes so many arguments.
pub(super) fn check_count(name: &str, count: usize) -> Result<()> {
    match FUNCTIONS.iter().find(|(known, ..)| *known == name) {
        Some((_, least, MANY)) if count < *least => {
            Err(format!("wrong number of args for {name}: want at least {least} got {count}"))
        }
        Some((_, least, most)) if (count < *least || count > *most) && *most != MANY => {
            Err(format!("wrong number of args for {name}: want {least} got {count}"))
        }
        _ => Ok(()),
    }
}

/// What is wrong with the type of a function's first argument.
pub(super) fn check_type(name: &str, first: &Value) -> Result<()> {
    match (name, first) {
        ("printf" | "base64decode", value) if !value.is_string() => {
            Err(format!("wrong type for value; expected string; got {}", go_type(value)))
        }
        _ => Ok(()),
    }
}

/// Whether Go's templates take a value for true.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// What a function makes of its arguments.
pub(super) fn call(name: &str, values: Vec<Value>) -> Result<Value> {
    Ok(match (name, values.as_slice()) {
        ("and" | "or", _) => values.into_iter().last().unwrap_or_default(),
        ("not", [value]) => (!truth(value)).into(),
        ("print", _) => go_value::sprint(&values).into(),
        ("println", _) => format!("{}\n", texts(&values).join(" ")).into(),
        ("printf", [Value::String(format), rest @ ..]) => go_value::sprintf(format, rest).into(),
        ("base64decode", [Value::String(text)]) => decode(text)?,
        ("html", _) => escape_html(&go_value::sprint(&values)).into(),
        ("urlquery", _) => escape_query(&go_value::sprint(&values)).into(),
        ("len", [value]) => length(value)?.into(),
        ("index", [value, keys @ ..]) => keys.iter().try_fold(value.clone(), index)?,
        ("slice", [value, bounds @ ..]) => slice(value, bounds)?,
        ("exists", [value, keys @ ..]) => {
            keys.iter().try_fold(value.clone(), index).is_ok_and(|value| !value.is_null()).into()
        }
        ("eq", [one, rest @ ..]) => equals_any(one, rest)?.into(),
        ("ne", [one, other]) => (!equals(one, other)?).into(),
        ("lt", [one, other]) => (order(one, other)? == Ordering::Less).into(),
        ("le", [one, other]) => (order(one, other)? != Ordering::Greater).into(),
        ("gt", [one, other]) => (order(one, other)? == Ordering::Greater).into(),
        ("ge", [one, other]) => (order(one, other)? != Ordering::Less).into(),
        _ => return Err(format!("wrong number of args for {name}")),
    })
}

fn decode(text: &str) -> Result<Value> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let bytes = bytes.map_err(|error| format!("base64 decode failed: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().map(go_value::to_text).collect()
}

fn length(value: &Value) -> Result<usize> {
    match value {
        Value::Array(items) => Ok(items.len()),
        Value::Object(fields) => Ok(fields.len()),
        Value::String(text) => Ok(text.len()),
        Value::Null => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        other => Err(format!("len of type {}", go_type(other))),
    }
}

fn index(value: Value, key: &Value) -> Result<Value> {
    match (value, key) {
        (Value::Null, _) => Err("index of untyped nil".to_owned()),
        (Value::Object(mut fields), Value::String(name)) => Ok(fields.remove(name).unwrap_or_default()),
        (Value::Object(_), Value::Null) => Err("value is nil; should be of type string".to_owned()),
        (Value::Object(_), Value::Number(number)) if number.is_i64() => {
            Err("value has type int; should be string".to_owned())
        }
        (Value::Object(_), other) => Err(format!("value has type {}; should be string", go_type(other))),
        (Value::Array(mut items), Value::Number(number)) if number.is_i64() => {
            let at = number.as_i64().and_then(|at| usize::try_from(at).ok()).filter(|at| *at < items.len());
            at.map(|at| items.swap_remove(at)).ok_or_else(|| format!("index out of range: {number}"))
        }
        (Value::Array(_), Value::Null) => Err("cannot index slice/array with nil".to_owned()),
        (Value::Array(_), other) => Err(format!("cannot index slice/array with type {}", go_type(other))),
        (other, _) => Err(format!("can't index item of type {}", go_type(&other))),
    }
}

fn slice(value: &Value, bounds: &[Value]) -> Result<Value> {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::String(text) => text.len(),
        Value::Null => return Err("slice of untyped nil".to_owned()),
        other => return Err(format!("can't slice item of type {}", go_type(other))),
    };
    let bound = |at: usize, otherwise: usize| match bounds.get(at) {
        None => Ok(otherwise),
        Some(value) => {
            let number = value.as_i64().and_then(|number| usize::try_from(number).ok());
            let number = number.filter(|number| *number <= length);
            number.ok_or_else(|| format!("index out of range: {}", go_value::to_text(value)))
        }
    };
    let (start, end) = (bound(0, 0)?, bound(1, length)?);
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    Ok(match value {
        Value::Array(items) => items[start..end].to_vec().into(),
        Value::String(text) => text.get(start..end).unwrap_or_default().into(),
        _ => Value::Null,
    })
}

const INCOMPATIBLE: &str = "incompatible types for comparison";
const UNCOMPARABLE: &str = "invalid type for comparison";

/// The values that Go compares with one another.
#[derive(PartialEq)]
enum Basic<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    match value {
        Value::Bool(on) => Some(Basic::Bool(*on)),
        Value::Number(number) => match number.as_i64() {
            Some(int) if number.is_i64() => Some(Basic::Int(int)),
            _ => number.as_f64().map(Basic::Float),
        },
        Value::String(text) => Some(Basic::Text(text)),
        _ => None,
    }
}

fn equals_any(one: &Value, others: &[Value]) -> Result<bool> {
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        if equals(one, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(one: &Value, other: &Value) -> Result<bool> {
    match (one, other) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        _ => match (basic(one), basic(other)) {
            (Some(one), Some(other)) if std::mem::discriminant(&one) == std::mem::discriminant(&other) => {
                Ok(one == other)
            }
            (None, None) if std::mem::discriminant(one) == std::mem::discriminant(other) => {
                Err(format!("non-comparable type {}", go_type(one)))
            }
            _ => Err(INCOMPATIBLE.to_owned()),
        },
    }
}

fn order(one: &Value, other: &Value) -> Result<Ordering> {
    let (Some(one), Some(other)) = (basic(one), basic(other)) else { return Err(UNCOMPARABLE.to_owned()) };
    match (one, other) {
        (Basic::Int(one), Basic::Int(other)) => Ok(one.cmp(&other)),
        (Basic::Float(one), Basic::Float(other)) => Ok(one.partial_cmp(&other).unwrap_or(Ordering::Equal)),
        (Basic::Text(one), Basic::Text(other)) => Ok(one.cmp(other)),
        (Basic::Bool(_), Basic::Bool(_)) => Err(UNCOMPARABLE.to_owned()),
        _ => Err(INCOMPATIBLE.to_owned()),
    }
}

fn escape_html(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '"' => "&#34;".to_owned(),
            '\'' => "&#39;".to_owned(),
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

fn escape_query(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
