//! Quantities in canonical form, wherever the schema says that one stands.

use serde_json::Value;

use super::{Schema, Shape, TypeId};
use crate::manifest::format_json_number;
use crate::quantity::canonical;

impl Schema {
    /// Rewrites every quantity of an object: `cpu: 0.5` and `cpu: "0.5"` are `cpu: 500m`. What is none stays, for the check to refuse.
    pub fn canonicalize_quantities(&self, root: TypeId, value: &mut Value) {
        self.canonicalize(&Shape::Struct(root), value);
    }

    fn canonicalize(&self, shape: &Shape, value: &mut Value) {
        match (shape, value) {
            (Shape::Struct(id), Value::Object(fields)) => {
                let owner = self.type_of(*id);
                for (name, value) in fields.iter_mut() {
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
                if let Ok(text) = canonical(&text) {
                    *value = Value::String(text);
                }
            }
            _ => {}
        }
    }
}
