//! An object's tree as it would come back from the store: quantities in canonical form, nothing where nothing is kept.

use serde_json::{Map, Value};

use super::{Field, Schema, Shape, TypeId};
use crate::manifest::format_json_number;
use crate::quantity::canonical;

impl Schema {
    /// Rewrites every quantity of an object: `cpu: 0.5` and `cpu: "0.5"` are `cpu: 500m`. What is none stays, for the check to refuse.
    /// A `null` among texts becomes the empty text; optional lists and maps that are empty go.
    pub fn canonicalize(&self, root: TypeId, value: &mut Value) {
        self.settle(&Shape::Struct(root), value);
    }

    fn settle(&self, shape: &Shape, value: &mut Value) {
        match (shape, value) {
            (Shape::Struct(id), Value::Object(fields)) => {
                let owner = self.type_of(*id);
                // A refused requirement shows an empty list of values as such.
                if !owner.name.ends_with("SelectorRequirement") {
                    let kept =
                        |field: &Field, value: &Value| field.required || !is_empty(&field.shape, value);
                    fields.retain(|name, value| owner.field(name).is_none_or(|field| kept(field, value)));
                }
                for (name, value) in fields.iter_mut().filter(|(_, value)| !value.is_null()) {
                    if let Some(field) = owner.field(name) {
                        self.settle(&field.shape, value);
                    }
                }
            }
            (Shape::List(item), Value::Array(values)) => {
                values.iter_mut().for_each(|value| self.settle(item, value));
            }
            (Shape::Map(item), Value::Object(values)) => {
                values.values_mut().for_each(|value| self.settle(item, value));
            }
            (Shape::Quantity, value) => {
                let text = match &*value {
                    Value::String(text) => text.trim().to_owned(),
                    Value::Number(number) => format_json_number(number),
                    _ => return,
                };
                // Upstream keeps a plain number as it was written: `+1`, `1.`.
                let written = text.trim_start_matches('+').trim_end_matches('.');
                if let Ok(canonical) = canonical(&text) {
                    *value = Value::String(if canonical == written { text } else { canonical });
                }
            }
            // Among a map's or a list's texts Go reads nothing as the empty one.
            (Shape::String, value @ Value::Null) => *value = Value::String(String::new()),
            _ => {}
        }
    }
}

/// Structs that are empty say something all the same: `emptyDir: {}`.
fn is_empty(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::List(_) => value.as_array().is_some_and(Vec::is_empty),
        Shape::Map(_) => value.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}
