//! What the fields of every built-in type are: the API server's OpenAPI schema, from one compact file.
//!
//! Strict checks, patches, server-side apply, `explain` and completion all read this one table. Custom kinds are not in it: look-ups
//! answer `None`, and callers treat such objects as plain values.

mod canonical;
mod check;
mod descriptions;
mod go_types;
mod identity;
mod load;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

pub use check::{Problem, ProblemKind, decoding_error};
pub use descriptions::{Source as Descriptions, describe_from};
pub use identity::identity_error;

static SCHEMA: OnceLock<Schema> = OnceLock::new();

/// A type's place in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u16);

/// The types of all built-in kinds.
#[derive(Debug)]
pub struct Schema {
    types: Vec<Type>,
    by_kind: BTreeMap<(&'static str, &'static str, &'static str), TypeId>,
    by_name: BTreeMap<&'static str, TypeId>,
}

/// A struct.
#[derive(Debug)]
pub struct Type {
    /// The full name, `io.k8s.api.core.v1.Container`.
    pub name: &'static str,
    /// Its fields, sorted by name.
    pub fields: Vec<Field>,
    /// Server-side apply treats it as one value.
    pub atomic: bool,
}

/// What a value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    String,
    /// Bytes, in base64.
    Bytes,
    /// True or false.
    Boolean,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer.
    Int64,
    /// A float.
    Double,
    /// An instant in whole seconds.
    Time,
    /// An instant in microseconds.
    MicroTime,
    /// An amount of a resource.
    Quantity,
    /// A port or a percentage.
    IntOrString,
    /// Anything.
    Any,
    /// A struct.
    Struct(TypeId),
    /// A list of such values.
    List(Box<Shape>),
    /// A map from texts to such values.
    Map(Box<Shape>),
}

/// How server-side apply merges a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    /// The whole list has one owner.
    #[default]
    Atomic,
    /// Its values are unique, each has owners.
    Set,
    /// Its items are known by the values of these fields.
    Map(Vec<&'static str>),
}

/// How `kubectl apply` and strategic merge patches treat a field (`patchStrategy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchStrategy {
    /// Lists are merged rather than replaced.
    pub merge: bool,
    /// A struct is replaced as one.
    pub replace: bool,
    /// Of a union, members that a patch does not name are dropped.
    pub retain_keys: bool,
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its JSON name.
    pub name: &'static str,
    /// Its values.
    pub shape: Shape,
    /// The schema demands it (many such fields have a default).
    pub required: bool,
    /// Its default, as JSON; `{}` marks structs that are always there (no pointers in Go).
    pub default: Option<&'static str>,
    /// How lists merge, for lists.
    pub list: ListKind,
    /// A map of one owner.
    pub atomic_map: bool,
    /// The field that identifies an item, for strategic merge patches.
    pub merge_key: Option<&'static str>,
    /// How strategic merge patches treat it.
    pub strategy: PatchStrategy,
    /// The values it may have, if the schema says so.
    pub values: Vec<&'static str>,
}

impl Schema {
    /// The schema, read at the first call.
    pub fn get() -> &'static Self {
        SCHEMA.get_or_init(|| load::load(include_str!("../data/schema.txt")))
    }

    /// The type of a kind, `("apps", "v1", "Deployment")`.
    pub fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<TypeId> {
        self.by_kind.get(&(group, version, kind)).copied()
    }

    /// The type of what an object says it is, `("apps/v1", "Deployment")`.
    pub fn of_object(&self, api_version: &str, kind: &str) -> Option<TypeId> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.of_kind(group, version, kind)
    }

    /// The type of that full name.
    pub fn of_name(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The type of every object's `metadata`.
    pub fn object_meta(&self) -> Option<TypeId> {
        self.of_name("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    }

    /// A type.
    pub fn type_of(&self, id: TypeId) -> &Type {
        &self.types[usize::from(id.0)]
    }

    /// The field at a path of names from a type; lists and maps on the way are stepped into.
    pub fn field_at(&self, root: TypeId, path: &[&str]) -> Option<&Field> {
        Some(self.owner_and_field_at(root, path)?.1)
    }

    /// The same, with the type that it is a field of.
    pub fn owner_and_field_at(&self, root: TypeId, path: &[&str]) -> Option<(TypeId, &Field)> {
        let (name, rest) = path.split_first()?;
        let field = self.type_of(root).field(name)?;
        if rest.is_empty() {
            return Some((root, field));
        }
        self.owner_and_field_at(field.shape.struct_type()?, rest)
    }

    /// The fields that may stand at a path: for completion and `explain`.
    pub fn fields_at(&self, root: TypeId, path: &[&str]) -> Option<&[Field]> {
        if path.is_empty() {
            return Some(&self.type_of(root).fields);
        }
        let inner = self.field_at(root, path)?.shape.struct_type()?;
        Some(&self.type_of(inner).fields)
    }

    /// A shape as `kubectl explain` names it: `[]Container`, `map[string]string`, `integer`.
    pub fn explain_name(&self, shape: &Shape) -> String {
        match shape {
            Shape::String | Shape::Bytes => "string".to_owned(),
            Shape::Boolean => "boolean".to_owned(),
            Shape::Int32 | Shape::Int64 => "integer".to_owned(),
            Shape::Double => "number".to_owned(),
            Shape::Time => "Time".to_owned(),
            Shape::MicroTime => "MicroTime".to_owned(),
            Shape::Quantity => "Quantity".to_owned(),
            Shape::IntOrString => "IntOrString".to_owned(),
            Shape::Any => "Object".to_owned(),
            Shape::Struct(id) => self.type_of(*id).short_name().to_owned(),
            Shape::List(item) => format!("[]{}", self.explain_name(item)),
            Shape::Map(item) => format!("map[string]{}", self.explain_name(item)),
        }
    }
}

impl Type {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let index = self.fields.binary_search_by(|field| field.name.cmp(name)).ok()?;
        Some(&self.fields[index])
    }

    /// The name without its package, `Container`.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// The name as Go prints it, `v1.Container`.
    pub fn go_name(&self) -> String {
        let mut parts = self.name.rsplit('.');
        let (name, package) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("{package}.{name}")
    }
}

impl Shape {
    /// What Go has where nothing is said, for the shapes that can be a key.
    pub fn zero(&self) -> Option<Value> {
        match self {
            Self::String => Some(Value::from("")),
            Self::Int32 | Self::Int64 => Some(Value::from(0)),
            Self::Boolean => Some(Value::from(false)),
            _ => None,
        }
    }

    /// The struct of this shape, or of the items of this list or map.
    pub fn struct_type(&self) -> Option<TypeId> {
        match self {
            Self::Struct(id) => Some(*id),
            Self::List(item) | Self::Map(item) => item.struct_type(),
            _ => None,
        }
    }
}
