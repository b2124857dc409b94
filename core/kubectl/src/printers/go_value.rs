//! Values as Go's `%v` prints them: `map[a:b]`, `[1 2]`, `<nil>`.

use model::manifest::format_go_float;
use serde_json::Value;

/// The text of a value.
#[must_use]
pub fn to_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(on) => on.to_string(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => format_go_float(float, 21),
            _ => number.to_string(),
        },
        Value::Array(items) => format!("[{}]", items.iter().map(to_text).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            let parts: Vec<String> =
                names.iter().map(|name| format!("{name}:{}", to_text(&fields[*name]))).collect();
            format!("map[{}]", parts.join(" "))
        }
    }
}
