//! `--sort-by`: numbers as numbers, quantities as quantities, texts with the numbers in them as numbers.

use std::cmp::Ordering;

use model::quantity::Quantity;
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::paths;

/// The order in which trees stand when sorted by what a path finds; `None` if it finds nothing in any of them.
///
/// # Errors
/// If the path is wrong, or finds what has no order.
pub fn order(path: &str, values: &[Value]) -> Result<Option<Vec<usize>>> {
    let template = paths::relaxed(path)?;
    let keys: Vec<Option<Value>> = values
        .iter()
        .map(|value| paths::find(&template, value).ok().and_then(|found| found.into_iter().next()))
        .map(|key| key.filter(|key| !key.is_null()))
        .collect();
    if keys.iter().all(Option::is_none) {
        return Ok(None);
    }
    if let Some(odd) = keys.iter().flatten().find(|key| key.is_array() || key.is_object()) {
        let sort = if odd.is_array() { "[]interface {}" } else { "map[string]interface {}" };
        return Err(Failure::Plain(format!(
            "F1124 00:00:00.000000       1 sorter.go:329] Field {{{}}} in *unstructured.Unstructured is an unsortable type: interface, err: unsortable type: {sort}",
            template.text().trim_start_matches('{').trim_end_matches('}')
        )));
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| compare(keys[*one].as_ref(), keys[*other].as_ref()));
    Ok(Some(order))
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::Bool(one)), Some(Value::Bool(other))) => one.cmp(other),
        (Some(one), Some(other)) => {
            let (one, other) = (text(one), text(other));
            match (one.parse::<Quantity>(), other.parse::<Quantity>()) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                _ => natural(&one, &other),
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `a2` before `a10`.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (first, second) = (digits(one), digits(other));
        if first > 0 && second > 0 {
            let number = |text: &str, length: usize| text[..length].trim_start_matches('0').to_owned();
            let (a, b) = (number(one, first), number(other, second));
            match a.len().cmp(&b.len()).then_with(|| a.cmp(&b)) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
            (one, other) = (&one[first..], &other[second..]);
            continue;
        }
        match (one.chars().next(), other.chars().next()) {
            (Some(a), Some(b)) if a == b => (one, other) = (&one[a.len_utf8()..], &other[b.len_utf8()..]),
            (a, b) => return a.cmp(&b),
        }
    }
}
