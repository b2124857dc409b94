//! Numbers as Go prints them: in JSON, in YAML, in messages.

use serde_json::{Number, Value};

/// A JSON number: whole ones below 1e21 without exponent, `1e+21`, `1e-7`.
pub fn format_json_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => {
            let size = float.abs();
            if float != 0.0 && !(1e-6..1e21).contains(&size) {
                exponent_form(float, 1)
            } else {
                format!("{float}")
            }
        }
        _ => number.to_string(),
    }
}

/// A float as Go's `%v` and its YAML writer print it: an exponent from 1e+21 on in the former, from 1e+06 on (`shortest`) in the latter.
pub fn format_go_float(float: f64, exponent_from: i32) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{float:e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    if exponent < -4 || exponent >= exponent_from { exponent_form(float, 2) } else { format!("{float}") }
}

/// Mantissa, `e`, sign, at least so many digits.
fn exponent_form(float: f64, digits: usize) -> String {
    let scientific = format!("{float:e}");
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{mantissa}e{sign}{power:0>digits$}")
}

/// A float as a JSON value: what has no fraction and fits is an integer, as after a trip through JSON text.
pub(super) fn float_value(float: f64) -> Value {
    let whole = float.fract() == 0.0 && float.abs() < 9.2e18;
    if whole { Value::from(float as i64) } else { Value::from(float) }
}

/// The name that Go's `%T` gives the type of a decoded value.
#[must_use]
pub fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
