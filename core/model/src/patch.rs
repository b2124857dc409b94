//! Patches: JSON patch (RFC 6902), JSON merge patch (RFC 7386), strategic merge patch; and the making of the last two, as
//! `kubectl apply` and `kubectl edit` make them from what was, what is and what should be.

mod diff;
mod json_merge;
mod json_patch;
mod order;
mod strategic;

use std::fmt;

pub use diff::{three_way_strategic_patch, two_way_strategic_patch};
pub use json_merge::{apply_json_merge, three_way_json_merge_patch, two_way_json_merge_patch};
pub use json_patch::apply_json_patch;
pub use strategic::apply_strategic;

use serde_json::Value;

use crate::manifest::format_go_float;

/// Why a patch does not apply, in the API server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchError(pub String);

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatchError {}

/// A value as Go's `%v` prints it: `map[a:1 b:[x y]]`.
pub fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_value).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| key.as_str());
            let fields: Vec<_> =
                fields.into_iter().map(|(key, value)| format!("{key}:{}", go_value(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
        Value::Number(number) if number.is_f64() => format_go_float(number.as_f64().unwrap_or_default(), 21),
        plain => plain.to_string(),
    }
}
