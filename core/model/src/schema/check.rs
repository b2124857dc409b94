//! Checking a value against a type: unknown fields, wrong types, missing fields, all at once, as the API server words them.

use serde_json::{Map, Number, Value};

use super::go_types::go_type;
use super::{Field, Schema, Shape, TypeId};
use crate::manifest::{Step, format_json_number};
use crate::quantity::Quantity;

/// What is wrong with a value at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place: of an unknown field itself; of the owner of a missing one.
    pub path: Vec<Step>,
    /// The sort of mistake.
    pub kind: ProblemKind,
    /// In the API server's words: `unknown field "spec.foo"`.
    pub message: String,
}

/// The sorts of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// No such field: refused by strict decoding (kubectl's default), a warning or nothing else.
    UnknownField,
    /// The value can't be decoded: always refused.
    WrongType,
    /// The schema demands the field and has no default: decoding lets it pass, validation refuses most of these.
    MissingField,
}

/// What the API server's decoder says of these problems: the first wrong type, else, if `strict`, all unknown fields.
pub fn decoding_error(problems: &[Problem], strict: bool) -> Option<String> {
    let of = |kind| problems.iter().filter(move |problem| problem.kind == kind);
    if let Some(problem) = of(ProblemKind::WrongType).next() {
        return Some(problem.message.clone());
    }
    let unknown: Vec<&str> = of(ProblemKind::UnknownField).map(|problem| problem.message.as_str()).collect();
    (strict && !unknown.is_empty()).then(|| format!("strict decoding error: {}", unknown.join(", ")))
}

impl Schema {
    /// Every mistake in an object of that type, in the order of decoding.
    pub fn check(&self, root: TypeId, value: &Value) -> Vec<Problem> {
        let mut check = Check { schema: self, path: Vec::new(), problems: Vec::new() };
        match value {
            Value::Object(fields) => check.fields(root, fields),
            other => {
                let message = format!(
                    "json: cannot unmarshal {} into Go value of type {}",
                    json_name(other),
                    self.type_of(root).go_name()
                );
                check.report(ProblemKind::WrongType, message);
            }
        }
        check.problems
    }
}

struct Check<'a> {
    schema: &'a Schema,
    path: Vec<Step>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn report(&mut self, kind: ProblemKind, message: String) {
        self.problems.push(Problem { path: self.path.clone(), kind, message });
    }

    fn fields(&mut self, owner: TypeId, fields: &Map<String, Value>) {
        let schema = self.schema;
        let owner = schema.type_of(owner);
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort_by_key(|(name, _)| name.as_str());
        for (name, value) in sorted {
            self.path.push(Step::Key(name.clone()));
            match owner.field(name) {
                None => self.report(ProblemKind::UnknownField, format!("unknown field {:?}", self.place())),
                Some(_) if value.is_null() => {}
                Some(field) => self.value(owner.short_name(), field, &field.shape, value),
            }
            self.path.pop();
        }
        let missing = |field: &&Field| {
            let has_default = field.default.is_some_and(|default| !matches!(default, "\"\"" | "0" | "{}"));
            field.required && !has_default && fields.get(field.name).is_none_or(Value::is_null)
        };
        for field in owner.fields.iter().filter(missing) {
            let message = format!("missing required field {:?}", field.name);
            self.report(ProblemKind::MissingField, message);
        }
    }

    fn value(&mut self, owner: &str, field: &Field, shape: &Shape, value: &Value) {
        match (shape, value) {
            (Shape::Any, _)
            | (Shape::String, Value::String(_))
            | (Shape::Boolean, Value::Bool(_))
            | (Shape::Double, Value::Number(_)) => {}
            (Shape::List(_) | Shape::Map(_) | Shape::Struct(_), Value::Null) => {}
            (Shape::Struct(id), Value::Object(fields)) => self.fields(*id, fields),
            (Shape::List(item), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate().filter(|(_, value)| !value.is_null()) {
                    self.path.push(Step::Index(index));
                    self.value(owner, field, item, value);
                    self.path.pop();
                }
            }
            (Shape::Map(item), Value::Object(values)) => {
                for (key, value) in values.iter().filter(|(_, value)| !value.is_null()) {
                    self.path.push(Step::Key(key.clone()));
                    self.value(owner, field, item, value);
                    self.path.pop();
                }
            }
            (Shape::Int32, Value::Number(number)) => {
                self.integer(owner, field, shape, number, i64::from(i32::MIN)..=i64::from(i32::MAX));
            }
            (Shape::Int64, Value::Number(number)) => {
                self.integer(owner, field, shape, number, i64::MIN..=i64::MAX);
            }
            (Shape::Quantity | Shape::Time | Shape::MicroTime | Shape::IntOrString, value) => {
                if let Some(message) = custom_error(shape, value) {
                    self.report(ProblemKind::WrongType, message);
                }
            }
            (Shape::Bytes, Value::String(text)) => {
                if let Some(message) = base64_error(text) {
                    self.report(ProblemKind::WrongType, message);
                }
            }
            (shape, value) => self.wrong_type(owner, field, shape, json_name(value)),
        }
    }

    fn integer(
        &mut self,
        owner: &str,
        field: &Field,
        shape: &Shape,
        number: &Number,
        range: std::ops::RangeInclusive<i64>,
    ) {
        if !number.as_i64().is_some_and(|number| range.contains(&number)) {
            self.wrong_type(owner, field, shape, &format!("number {}", format_json_number(number)));
        }
    }

    fn wrong_type(&mut self, owner: &str, field: &Field, shape: &Shape, found: &str) {
        let expected = go_type(self.schema, owner, field, shape);
        let names = self.field_names(field);
        let message =
            format!("json: cannot unmarshal {found} into Go struct field {owner}.{names} of type {expected}");
        self.report(ProblemKind::WrongType, message);
    }

    /// The path as Go's decoder names it: fields only, up to the one whose value is wrong.
    fn field_names(&self, field: &Field) -> String {
        let mut names: Vec<&str> = self
            .path
            .iter()
            .filter_map(|step| match step {
                Step::Key(name) => Some(name.as_str()),
                Step::Index(_) => None,
            })
            .collect();
        // A map's key is no field.
        if names.last().is_some_and(|last| *last != field.name) {
            names.pop();
        }
        names.join(".")
    }

    fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step {
                Step::Key(name) if place.is_empty() => place.push_str(name),
                Step::Key(name) => {
                    place.push('.');
                    place.push_str(name);
                }
                Step::Index(index) => place.push_str(&format!("[{index}]")),
            }
        }
        place
    }
}

fn json_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Types that decode themselves say what is wrong, but not where.
fn custom_error(shape: &Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (Shape::Quantity, Value::String(text)) => {
            text.trim().parse::<Quantity>().err().map(|error| error.to_string())
        }
        (Shape::Quantity, Value::Number(number)) => {
            format_json_number(number).parse::<Quantity>().err().map(|error| error.to_string())
        }
        (Shape::Quantity, _) => Some(crate::quantity::QuantityError::Format.to_string()),
        (Shape::IntOrString, Value::String(_)) => None,
        (Shape::IntOrString, Value::Number(number)) => {
            let fits = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
            let shown = format_json_number(number);
            (!fits).then(|| format!("json: cannot unmarshal number {shown} into Go value of type int32"))
        }
        (Shape::IntOrString, other) => {
            Some(format!("json: cannot unmarshal {} into Go value of type int32", json_name(other)))
        }
        (_, Value::String(text)) => {
            let layout = if *shape == Shape::Time {
                "2006-01-02T15:04:05Z07:00"
            } else {
                "2006-01-02T15:04:05.000000Z07:00"
            };
            if text.parse::<jiff::Timestamp>().is_err() {
                return Some(format!(
                    "parsing time {text:?} as {layout:?}: cannot parse {text:?} as \"2006\""
                ));
            }
            // A time in microseconds has just so many digits.
            let rest = text.get("2006-01-02T15:04:05".len()..).filter(|_| *shape != Shape::Time)?;
            let digits =
                rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
            if digits > 6 {
                let rest = rest.get(".000000".len()..)?;
                return Some(format!(
                    "parsing time {text:?} as {layout:?}: cannot parse {rest:?} as \"Z07:00\""
                ));
            }
            (digits < 6)
                .then(|| format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as \".000000\""))
        }
        (_, other) => {
            Some(format!("json: cannot unmarshal {} into Go value of type string", json_name(other)))
        }
    }
}

/// As Go's decoder says it: where a byte does not belong, or the group of four begins that is not full.
fn base64_error(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let error = |place: usize| Some(format!("illegal base64 data at input byte {place}"));
    let (mut at, mut filled) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => filled = (filled + 1) % 4,
            byte if is_break(byte) => {}
            b'=' if filled >= 2 => {
                let breaks = |from: usize| bytes[from..].iter().take_while(|byte| is_break(byte)).count();
                if filled == 2 {
                    at += breaks(at);
                    match bytes.get(at) {
                        None => return error(at),
                        Some(b'=') => at += 1,
                        Some(_) => return error(at - 1),
                    }
                }
                at += breaks(at);
                return if at < bytes.len() { error(at) } else { None };
            }
            _ => return error(at - 1),
        }
    }
    if filled == 0 { None } else { error(at - filled) }
}
