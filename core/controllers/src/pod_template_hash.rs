//! The `pod-template-hash` of a pod template: upstream's own number, so that ReplicaSets get the names that a real cluster gives them.
//!
//! The hash is FNV-1a (32 bits) over the template as Go prints it with types (`{Name:(string)web ...}`), in Go's order of fields, then
//! written in the alphabet of generated names. `pod_template_fields.txt` holds that order: a type's name, then a line for each field
//! with its name, its type, and its name in the API (none if it is embedded), as reflection over `k8s.io/api` v0.33.1 tells them.
//! Simplified: quantities of more than 18 digits print otherwise in Go; their templates get another hash here.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::LazyLock;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Map, Value};

/// The digits of a hash: no vowels and no digits that look like one.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

static FIELDS: LazyLock<BTreeMap<&str, Vec<Field>>> = LazyLock::new(read_fields);

/// One field of a Go type.
struct Field {
    name: &'static str,
    go_type: &'static str,
    /// Its name in the API; `None` for an embedded struct, whose fields stand in its parent's place.
    key: Option<&'static str>,
}

/// The hash of a template, with the number of collisions so far.
#[must_use]
pub fn compute_hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let mut hasher = Fnv32a::new();
    let value = serde_json::to_value(template).unwrap_or_default();
    // Writing to a hasher cannot fail.
    let _ = print_typed(&mut hasher, "v1.PodTemplateSpec", Some(&value));
    if let Some(collisions) = collisions {
        hasher.update(&u64::from(collisions.unsigned_abs()).to_le_bytes());
    }
    safe_encode(&hasher.0.to_string())
}

/// The text in the alphabet of generated names, so that no word comes about.
#[must_use]
pub fn safe_encode(text: &str) -> String {
    text.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}

/// A hash that text can be written to.
struct Fnv32a(u32);

impl Fnv32a {
    fn new() -> Self {
        Self(0x811C_9DC5)
    }

    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}

impl Write for Fnv32a {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.update(text.as_bytes());
        Ok(())
    }
}

/// `(type)value`.
fn print_typed(out: &mut impl Write, go_type: &str, value: Option<&Value>) -> fmt::Result {
    write!(out, "({go_type})")?;
    print_value(out, go_type, value)
}

fn print_value(out: &mut impl Write, go_type: &str, value: Option<&Value>) -> fmt::Result {
    let value = value.filter(|value| !value.is_null());
    if let Some(target) = go_type.strip_prefix('*') {
        return match value {
            Some(value) => print_value(out, target, Some(value)),
            None => out.write_str("<nil>"),
        };
    }
    if let Some(element) = go_type.strip_prefix("[]") {
        return print_slice(out, element, value.and_then(Value::as_array));
    }
    match go_type {
        "map[string]string" => print_map(out, "string", value.and_then(Value::as_object)),
        "v1.ResourceList" => print_map(out, "resource.Quantity", value.and_then(Value::as_object)),
        "resource.Quantity" => print_quantity(out, value.and_then(Value::as_str).unwrap_or("0")),
        "intstr.IntOrString" => print_int_or_string(out, value),
        "v1.Time" => {
            out.write_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}")
        }
        "bool" => write!(out, "{}", value.and_then(Value::as_bool).unwrap_or(false)),
        "int32" | "int64" => write!(out, "{}", value.and_then(Value::as_i64).unwrap_or(0)),
        _ => match FIELDS.get(go_type) {
            Some(fields) => print_struct(out, fields, value),
            None => out.write_str(value.and_then(Value::as_str).unwrap_or_default()),
        },
    }
}

fn print_struct(out: &mut impl Write, fields: &[Field], value: Option<&Value>) -> fmt::Result {
    out.write_char('{')?;
    for (index, field) in fields.iter().enumerate() {
        let separator = if index == 0 { "" } else { " " };
        write!(out, "{separator}{}:", field.name)?;
        let inner = match field.key {
            Some(key) => value.and_then(|value| value.get(key)),
            None => value,
        };
        print_typed(out, field.go_type, inner)?;
    }
    out.write_char('}')
}

/// An empty slice is none: it does not survive the way through etcd.
fn print_slice(out: &mut impl Write, element: &str, items: Option<&Vec<Value>>) -> fmt::Result {
    let Some(items) = items.filter(|items| !items.is_empty()) else { return out.write_str("<nil>") };
    out.write_char('[')?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_char(' ')?;
        }
        print_value(out, element, Some(item))?;
    }
    out.write_char(']')
}

fn print_map(out: &mut impl Write, element: &str, map: Option<&Map<String, Value>>) -> fmt::Result {
    let Some(map) = map.filter(|map| !map.is_empty()) else { return out.write_str("<nil>") };
    let sorted: BTreeMap<&String, &Value> = map.iter().collect();
    out.write_str("map[")?;
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        let separator = if index == 0 { "" } else { " " };
        write!(out, "{separator}{key}:")?;
        print_value(out, element, Some(value))?;
    }
    out.write_char(']')
}

fn print_int_or_string(out: &mut impl Write, value: Option<&Value>) -> fmt::Result {
    let text = value.and_then(Value::as_str);
    let number = value.and_then(Value::as_i64).unwrap_or(0);
    let go_type = u8::from(text.is_some());
    let text = text.unwrap_or_default();
    write!(out, "{{Type:(intstr.Type){go_type} IntVal:(int32){number} StrVal:(string){text}}}")
}

fn print_quantity(out: &mut impl Write, text: &str) -> fmt::Result {
    let text = model::quantity::canonical(text).unwrap_or_else(|_| text.to_owned());
    let number_length = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    let (number, suffix) = text.split_at(number_length);
    let number: i64 = number.parse().unwrap_or(0);
    let (value, scale, format) = scaled(number, suffix);
    // Go remembers the text it read but for whole multiples of eight with a binary suffix.
    let remembered = if format == "BinarySI" && number % 8 == 0 { "" } else { text.as_str() };
    write!(
        out,
        "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
         d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){remembered} Format:(resource.Format){format}}}"
    )
}

/// The integer and power of ten by which Go keeps a quantity, and the name of its format.
fn scaled(number: i64, suffix: &str) -> (i64, i32, &'static str) {
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    if let Some(power) = BINARY.iter().position(|unit| *unit == suffix) {
        return (number.saturating_mul(1 << (10 * (power + 1))), 0, "BinarySI");
    }
    if let Some((_, scale)) = DECIMAL.iter().find(|(unit, _)| *unit == suffix) {
        return (number, *scale, "DecimalSI");
    }
    let exponent = suffix.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (number, exponent, "DecimalExponent")
}

fn read_fields() -> BTreeMap<&'static str, Vec<Field>> {
    let mut types: BTreeMap<&str, Vec<Field>> = BTreeMap::new();
    let mut current = "";
    for line in include_str!("pod_template_fields.txt").lines() {
        let mut words = line.split_whitespace();
        let (Some(name), go_type) = (words.next(), words.next()) else { continue };
        match go_type {
            None => current = name,
            Some(go_type) => {
                types.entry(current).or_default().push(Field { name, go_type, key: words.next() });
            }
        }
    }
    types
}
