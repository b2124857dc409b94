//! What upstream says of types and fields, from a text that the host may have.
//!
//! It is large and few ask for it, so it is no part of the program: the host names a function once, which is asked at the first need.
//! Its lines (`xtask/descriptions` writes them): `@TYPE TEXT` opens a type, `FIELD TEXT` follows for each field; in a text `\n` is a new
//! line and `\\` a backslash.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::{Field, Schema, Shape, TypeId};

/// Gives the whole text; nothing if it cannot be had now: it is asked again at the next need.
pub type Source = fn() -> Option<Cow<'static, str>>;

static SOURCE: OnceLock<Source> = OnceLock::new();
static TEXTS: OnceLock<Texts> = OnceLock::new();

/// For each type its lines, of which the first is its own text.
type Texts = BTreeMap<&'static str, &'static str>;

/// Says where descriptions come from, before anybody asks for one. The first source stays.
pub fn describe_from(source: Source) {
    SOURCE.get_or_init(|| source);
}

/// Only types are looked for: the lines of one are read when it is asked for.
fn texts() -> Option<&'static Texts> {
    if let Some(texts) = TEXTS.get() {
        return Some(texts);
    }
    let text: &'static str = match SOURCE.get()?()? {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => text.leak(),
    };
    Some(TEXTS.get_or_init(|| sections(text).collect()))
}

fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = text.strip_prefix('@').unwrap_or(text);
    text.split("\n@").filter_map(|section| section.split_once(' '))
}

fn of_type(name: &str) -> Option<String> {
    let first = texts()?.get(name)?.lines().next()?;
    (!first.is_empty()).then(|| unescaped(first))
}

fn of_field(name: &str, field: &str) -> Option<String> {
    let mut lines = texts()?.get(name)?.lines().skip(1);
    lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(' ')).map(unescaped)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => plain.extend(rest.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
            c => plain.push(c),
        }
    }
    plain
}

impl Schema {
    /// What is said of a type.
    pub fn description(&self, id: TypeId) -> Option<String> {
        of_type(self.type_of(id).name)
    }

    /// What is said of a type's field, and the values that it may have.
    pub fn field_description(&self, id: TypeId, field: &Field) -> Option<String> {
        let mut text = of_field(self.type_of(id).name, field.name)?;
        if !field.values.is_empty() {
            text.push_str("\n\nPossible enum values:");
            text.extend(field.values.iter().map(|value| format!("\n - `\"{value}\"`")));
        }
        Some(text)
    }

    /// What is said of the type of a field's values (of its items, if it is a list or a map).
    pub fn value_description(&self, field: &Field) -> Option<String> {
        self.shape_description(&field.shape, field.name)
    }

    fn shape_description(&self, shape: &Shape, field: &str) -> Option<String> {
        match shape {
            Shape::Struct(id) => self.description(*id),
            Shape::List(item) | Shape::Map(item) => self.shape_description(item, field),
            Shape::Time => of_type("io.k8s.apimachinery.pkg.apis.meta.v1.Time"),
            Shape::MicroTime => of_type("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"),
            Shape::Quantity => of_type("io.k8s.apimachinery.pkg.api.resource.Quantity"),
            Shape::IntOrString => of_type("io.k8s.apimachinery.pkg.util.intstr.IntOrString"),
            Shape::Any if field == "fieldsV1" => of_type("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"),
            _ => None,
        }
    }
}
