//! JSON as Go prints it: sorted keys, `<`, `>` and `&` escaped.

use std::fmt::Write;

use serde_json::Value;

use super::number::format_json_number;

/// As `-o json`: four spaces, a line end at the end.
pub fn to_json(value: &Value) -> String {
    let mut text = to_json_indented(value, "    ");
    text.push('\n');
    text
}

/// With such an indentation, without a line end at the end.
pub fn to_json_indented(value: &Value, indent: &str) -> String {
    let mut text = String::new();
    write(&mut text, value, Some(indent), 0);
    text
}

/// On one line, as Go's `json.Marshal`: last-applied annotations, jsonpath's maps, messages.
pub fn to_json_compact(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, None, 0);
    text
}

fn write(text: &mut String, value: &Value, indent: Option<&str>, depth: usize) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&format_json_number(number)),
        Value::String(string) => write_string(text, string),
        Value::Array(items) if items.is_empty() => text.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => text.push_str("{}"),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                next_line(text, index > 0, indent, depth + 1);
                write(text, item, indent, depth + 1);
            }
            next_line(text, false, indent, depth);
            text.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                next_line(text, index > 0, indent, depth + 1);
                write_string(text, key);
                text.push_str(if indent.is_some() { ": " } else { ":" });
                write(text, item, indent, depth + 1);
            }
            next_line(text, false, indent, depth);
            text.push('}');
        }
    }
}

fn next_line(text: &mut String, comma: bool, indent: Option<&str>, depth: usize) {
    if comma {
        text.push(',');
    }
    if let Some(indent) = indent {
        text.push('\n');
        for _ in 0..depth {
            text.push_str(indent);
        }
    }
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for letter in string.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
}
