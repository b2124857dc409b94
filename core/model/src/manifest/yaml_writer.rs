//! YAML as `-o yaml` prints it: keys in natural order, lists not indented under their key.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::number::format_go_float;
use super::yaml_text::{Style, style_of, write_text};

/// Longer keys are written with `?`.
const SIMPLE_KEY_BYTES_MAX: usize = 128;

/// The whole document, with a line end at its end.
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0, 0);
    out.push('\n');
    out
}

/// Writes a value whose first line is already begun at `indent`; nested collections continue on that line.
fn write_value(out: &mut String, value: &Value, indent: usize, text_indent: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (index, (key, field)) in in_natural_order(fields).into_iter().enumerate() {
                start_line(out, index, indent);
                write_field(out, key, field, indent);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                start_line(out, index, indent);
                out.push_str("- ");
                write_value(out, item, indent + 2, indent + 2);
            }
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&format_number(number)),
        Value::String(text) => {
            let column = column_of(out);
            write_text(out, text, text_indent, column, true);
        }
    }
}

fn write_field(out: &mut String, key: &str, value: &Value, indent: usize) {
    let simple = key.len() <= SIMPLE_KEY_BYTES_MAX && !key.contains('\n') && style_of(key) != Style::Literal;
    if simple {
        write_text(out, key, indent + 2, indent, false);
    } else {
        out.push_str("? ");
        write_text(out, key, indent + 2, indent + 2, true);
        start_line(out, 1, indent);
    }
    out.push(':');
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            start_line(out, 1, indent + 2);
            write_value(out, value, indent + 2, indent + 2);
        }
        Value::Array(items) if !items.is_empty() => {
            start_line(out, 1, indent);
            write_value(out, value, indent, indent);
        }
        plain => {
            out.push(' ');
            write_value(out, plain, indent, indent + 2);
        }
    }
}

fn start_line(out: &mut String, index: usize, indent: usize) {
    if index > 0 {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn column_of(out: &str) -> usize {
    out.rsplit('\n').next().unwrap_or_default().chars().count()
}

fn format_number(number: &Number) -> String {
    match number.as_f64() {
        // kubectl's way to YAML leads through JSON, where a whole float looks like an integer.
        Some(float) if number.is_f64() && (float.fract() != 0.0 || float.abs() >= u64::MAX as f64) => {
            format_go_float(float, 6)
        }
        Some(float) if number.is_f64() => format!("{float}"),
        _ => number.to_string(),
    }
}

/// Sorted by insertion: the order is kubectl's and not a total one (`a10` < `a1a` < `a2` < `a10`), which the standard sort refuses.
fn in_natural_order(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<(&String, &Value)> = Vec::with_capacity(fields.len());
    for field in fields {
        let place = sorted.partition_point(|(key, _)| natural_order(key, field.0) != Ordering::Greater);
        sorted.insert(place, field);
    }
    sorted
}

/// Letters after everything else, digits by their number: `a2` before `a10`, `_` before `A`.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(index) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (one, other) = (a[index], b[index]);
    match (one.is_alphabetic(), other.is_alphabetic()) {
        (true, true) => return one.cmp(&other),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Zeros within a number that has begun weigh as digits, leading ones only as length.
    let begun = (one == '0' || other == '0')
        && a[..index].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let (one_number, one_length) = digits_value(&a[index..], begun);
    let (other_number, other_length) = digits_value(&b[index..], begun);
    one_number.cmp(&other_number).then(one_length.cmp(&other_length)).then(one.cmp(&other))
}

fn digits_value(letters: &[char], begun: bool) -> (u64, usize) {
    let digits = letters.iter().take_while(|letter| letter.is_ascii_digit());
    let number = digits.clone().fold(u64::from(begun), |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit.to_digit(10).unwrap_or(0)))
    });
    (number, digits.count())
}
