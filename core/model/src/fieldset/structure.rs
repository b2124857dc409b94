//! How values merge: by the built-in schema, or by a custom resource's OpenAPI schema.

use serde_json::{Map, Value};

use super::PathElement;
use crate::kind::Kind;
use crate::manifest::to_json_compact;
use crate::schema::{Field, ListKind, Schema, Shape, TypeId};

/// What is known of a value's type.
#[derive(Clone, Copy, Debug)]
pub enum Structure<'a> {
    /// A struct of the built-in schema.
    Type(TypeId),
    /// A field of the built-in schema, or what is left of its shape.
    Shape(&'static Shape, &'static Field),
    /// An OpenAPI schema of a `CustomResourceDefinition`.
    Open(&'a Value),
    /// Nothing: maps merge, lists have one owner.
    Unknown,
}

impl<'a> Structure<'a> {
    /// Of the objects of a kind.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        let info = kind.info();
        Schema::get().of_kind(info.group, info.version, info.name).map_or(Self::Unknown, Self::Type)
    }

    /// A custom resource's schema; its metadata is as every object's.
    pub fn custom(schema: Option<&'a Value>) -> Self {
        schema.map_or(Self::Unknown, Self::Open)
    }

    /// Of a field of this map or struct.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        let of_type = |id: TypeId| match Schema::get().type_of(id).field(name) {
            Some(field) => Self::Shape(&field.shape, field),
            None => Self::Unknown,
        };
        match self {
            Self::Type(id) => of_type(id),
            Self::Shape(Shape::Struct(id), _) => of_type(*id),
            Self::Shape(Shape::Map(item), field) => Self::Shape(item, field),
            Self::Open(schema) => match schema.pointer("/properties").and_then(|fields| fields.get(name)) {
                Some(field) => Self::Open(field),
                None => schema
                    .get("additionalProperties")
                    .filter(|it| it.is_object())
                    .map_or(Self::Unknown, Self::Open),
            },
            _ => Self::Unknown,
        }
    }

    /// Of an item of this list.
    #[must_use]
    pub fn item(self) -> Self {
        match self {
            Self::Shape(Shape::List(item), field) => match item.as_ref() {
                Shape::Struct(id) => Self::Type(*id),
                other => Self::Shape(other, field),
            },
            Self::Open(schema) => schema.get("items").map_or(Self::Unknown, Self::Open),
            _ => Self::Unknown,
        }
    }

    /// Whether a map has one owner as a whole.
    pub fn is_atomic_map(self) -> bool {
        match self {
            Self::Type(id) => Schema::get().type_of(id).atomic,
            Self::Shape(Shape::Struct(id), field) => field.atomic_map || Schema::get().type_of(*id).atomic,
            Self::Shape(Shape::Map(_), field) => field.atomic_map,
            Self::Shape(..) => true,
            Self::Open(schema) => schema.get("x-kubernetes-map-type").is_some_and(|kind| kind == "atomic"),
            Self::Unknown => false,
        }
    }

    /// A struct or list that is always there, if only empty: nobody owns it for itself.
    pub fn is_always_there(self) -> bool {
        match self {
            Self::Shape(Shape::Struct(_), field) => field.default == Some("{}"),
            Self::Shape(Shape::List(_), field) => field.required,
            _ => false,
        }
    }

    /// What identifies an item of a list; `None` if the list has one owner.
    pub fn element(self, item: &Value) -> Option<PathElement> {
        let keyed = |keys: Vec<&str>| {
            let mut id = Map::new();
            for key in keys {
                let default = || self.default_of(key);
                id.insert(key.to_owned(), item.get(key).cloned().or_else(default).unwrap_or(Value::Null));
            }
            Some(PathElement::Key(to_json_compact(&Value::Object(id))))
        };
        match self {
            Self::Shape(Shape::List(_), field) => match &field.list {
                ListKind::Atomic => None,
                ListKind::Set => Some(PathElement::Value(to_json_compact(item))),
                ListKind::Map(keys) => keyed(keys.clone()),
            },
            Self::Open(schema) => match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
                Some("set") => Some(PathElement::Value(to_json_compact(item))),
                Some("map") => {
                    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                    keyed(keys.into_iter().flatten().filter_map(Value::as_str).collect())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a list merges by its items.
    pub fn merges_list(self) -> bool {
        self.element(&Value::Null).is_some()
    }

    /// What a key of a list's items is when an item does not say it.
    pub(super) fn default_of(self, key: &str) -> Option<Value> {
        match self.item().field(key) {
            Self::Shape(shape, field) => match field.default {
                Some(default) => serde_json::from_str(default).ok(),
                None => shape.zero(),
            },
            Self::Open(schema) => schema.get("default").cloned(),
            _ => None,
        }
    }
}
