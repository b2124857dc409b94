//! Quantities in canonical form, wherever the schema says that one stands.

use serde_json::Value;

use super::{Schema, Shape, TypeId};
use crate::manifest::format_json_number;
use crate::quantity::canonical;

impl Schema {
    /// Rewrites every quantity of an object: `cpu: 0.5` and `cpu: "0.5"` are `cpu: 500m`. What is none stays, for the check to refuse.
    /// A `null` among texts becomes the empty text.
    pub fn canonicalize_quantities(&self, root: TypeId, value: &mut Value) {
        self.canonicalize(&Shape::Struct(root), value);
    }

    fn canonicalize(&self, shape: &Shape, value: &mut Value) {
        match (shape, value) {
            (Shape::Struct(id), Value::Object(fields)) => {
                let owner = self.type_of(*id);
                for (name, value) in fields.iter_mut().filter(|(_, value)| !value.is_null()) {
                    if let Some(field) = owner.field(name) {
                        self.canonicalize(&field.shape, value);
                    }
                }
            }
            (Shape::List(item), Value::Array(values)) => {
                values.iter_mut().for_each(|value| self.canonicalize(item, value));
            }
            (Shape::Map(item), Value::Object(values)) => {
                values.values_mut().for_each(|value| self.canonicalize(item, value));
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
