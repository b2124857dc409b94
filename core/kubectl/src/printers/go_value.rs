//! Values as Go's `%v` prints them: `map[a:b]`, `[1 2]`, `<nil>`.

use model::manifest::{format_go_float, go_type};
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

/// `fmt.Sprint`: spaces stand between values of which neither is a text.
#[must_use]
pub fn sprint(values: &[Value]) -> String {
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 && !value.is_string() && !values[index - 1].is_string() {
            text.push(' ');
        }
        text.push_str(&to_text(value));
    }
    text
}

/// `fmt.Sprintf`, with the verbs that make sense of such values.
#[must_use]
pub fn sprintf(format: &str, values: &[Value]) -> String {
    let mut text = String::new();
    let mut rest = values.iter();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut spec = String::new();
        while let Some(next) = letters.next_if(|next| "-+ 0123456789.#".contains(*next)) {
            spec.push(next);
        }
        match letters.next() {
            None => text.push_str("%!(NOVERB)"),
            Some('%') => text.push('%'),
            Some(verb) => match rest.next() {
                None => text.push_str(&format!("%!{verb}(MISSING)")),
                Some(value) => text.push_str(&padded(&spec, verb, value)),
            },
        }
    }
    let extra: Vec<String> = rest.map(|value| format!("{}={}", go_type(value), to_text(value))).collect();
    if !extra.is_empty() {
        text.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    text
}

/// One value by a verb with its flags, width and precision.
fn padded(spec: &str, verb: char, value: &Value) -> String {
    let flags: String = spec.chars().take_while(|letter| "-+ 0#".contains(*letter)).collect();
    let (width, precision) = match spec[flags.len()..].split_once('.') {
        Some((width, precision)) => (width, Some(precision.parse::<usize>().unwrap_or(0))),
        None => (&spec[flags.len()..], None),
    };
    let width = width.parse::<usize>().unwrap_or(0).min(1000);
    let body = match (verb, value) {
        ('s' | 'v', Value::String(text)) => match precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.clone(),
        },
        ('v', value) => to_text(value),
        ('s', Value::Array(_) | Value::Object(_)) => to_text(value),
        ('q', Value::String(text)) => format!("{text:?}"),
        ('t', Value::Bool(on)) => on.to_string(),
        ('d', Value::Number(number)) if number.is_i64() => number.to_string(),
        ('x', Value::Number(number)) if number.is_i64() => format!("{:x}", number.as_i64().unwrap_or(0)),
        ('x', Value::String(text)) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ('f', Value::Number(number)) if number.is_f64() => {
            format!("{:.*}", precision.unwrap_or(6).min(100), number.as_f64().unwrap_or(0.0))
        }
        ('g', Value::Number(number)) if number.is_f64() => to_text(value),
        ('T', value) => go_type(value).to_owned(),
        (verb, Value::Null) => format!("%!{verb}(<nil>)"),
        (verb, value) => format!("%!{verb}({}={})", go_type(value), to_text(value)),
    };
    let missing = width.saturating_sub(body.chars().count());
    match flags.as_str() {
        flags if flags.contains('-') => format!("{body}{}", " ".repeat(missing)),
        flags if flags.contains('0') && value.is_number() => format!("{}{body}", "0".repeat(missing)),
        _ => format!("{}{body}", " ".repeat(missing)),
    }
}
