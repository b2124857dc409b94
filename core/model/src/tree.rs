//! Values and the API's own types within a snapshot, written as trees that say themselves what they hold.
//!
//! The rest of a snapshot carries no names and no types, which is small and quick; the API's types leave fields out and read themselves
//! by names. As trees they need one reader and one writer, not one for each of hundreds of types. `#[serde(with = "model::tree")]` on a
//! field does it.

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// A value as it is read from a snapshot.
#[derive(Deserialize)]
enum Tree {
    Null,
    Bool(bool),
    Positive(u64),
    Negative(i64),
    Float(f64),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// A value as it is written: the same variants, borrowed.
#[derive(Serialize)]
enum TreeRef<'a> {
    Null,
    Bool(bool),
    Positive(u64),
    Negative(i64),
    Float(f64),
    String(&'a str),
    Array(Vec<TreeRef<'a>>),
    Object(Vec<(&'a str, TreeRef<'a>)>),
}

impl<'a> From<&'a Value> for TreeRef<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Self::Positive(number),
                (None, Some(number)) => Self::Negative(number),
                (None, None) => Self::Float(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Self::String(text),
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Object(fields.iter().map(|(name, value)| (name.as_str(), Self::from(value))).collect())
            }
        }
    }
}

impl From<Tree> for Value {
    fn from(tree: Tree) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(value) => Self::Bool(value),
            Tree::Positive(number) => number.into(),
            Tree::Negative(number) => number.into(),
            Tree::Float(number) => Number::from_f64(number).map_or(Self::Null, Self::Number),
            Tree::String(text) => Self::String(text),
            Tree::Array(items) => items.into_iter().map(Self::from).collect(),
            Tree::Object(fields) => Self::Object(
                fields.into_iter().map(|(name, tree)| (name, tree.into())).collect::<Map<_, _>>(),
            ),
        }
    }
}

/// Writes a part as a tree.
///
/// # Errors
/// Those of the serialiser, and if the part is none that JSON can show.
pub fn serialize<T: Serialize, S: Serializer>(part: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let value = serde_json::to_value(part).map_err(S::Error::custom)?;
    TreeRef::from(&value).serialize(serializer)
}

/// Reads a part from a tree.
///
/// # Errors
/// Those of the deserialiser, and if the tree is none of such a part.
pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::from(Tree::deserialize(deserializer)?);
    serde_json::from_value(value).map_err(D::Error::custom)
}
