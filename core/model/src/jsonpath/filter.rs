//! Filters: `[?(@.type=="Ready")]`.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::evaluate::{Found, walk};
use super::{ExecutionError, Node};
use crate::patch::go_value;

pub(super) fn filter<'a>(
    input: Found<'a>,
    left: &[Node],
    comparison: Option<&(String, Vec<Node>)>,
) -> Result<Found<'a>, ExecutionError> {
    let mut found = Vec::new();
    for value in input.into_iter().filter(|value| !value.is_null()) {
        let items: Found<'a> = match value {
            Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
            Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
            other => {
                let shown = go_value(&other);
                return Err(ExecutionError(format!("{shown} is not array or slice and cannot be filtered")));
            }
        };
        for item in items {
            if passes(&item, left, comparison)? {
                found.push(item);
            }
        }
    }
    Ok(found)
}

fn passes(
    item: &Value,
    left: &[Node],
    comparison: Option<&(String, Vec<Node>)>,
) -> Result<bool, ExecutionError> {
    let lefts = walk(vec![Cow::Borrowed(item)], left)?;
    let Some((operator, right)) = comparison else { return Ok(!lefts.is_empty()) };
    if lefts.is_empty() {
        return Ok(false);
    }
    let rights = walk(vec![Cow::Borrowed(item)], right)?;
    if lefts.len() > 1 || rights.len() > 1 {
        return Err(ExecutionError("can only compare one element at a time".to_owned()));
    }
    let Some(right) = rights.first() else { return Ok(false) };
    let order = compare(&lefts[0], right)?;
    Ok(match operator.as_str() {
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ">" => order == Some(Ordering::Greater),
        ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        other => return Err(ExecutionError(format!("unrecognized filter operator {other}"))),
    })
}

/// Only values of one sort compare: an integer and a float do not.
fn compare(left: &Value, right: &Value) -> Result<Option<Ordering>, ExecutionError> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(Some(left.cmp(right))),
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(right))),
        (Value::Number(left), Value::Number(right)) if left.is_f64() == right.is_f64() => {
            match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Ok(Some(left.cmp(&right))),
                _ => Ok(left.as_f64().partial_cmp(&right.as_f64())),
            }
        }
        (Value::Null | Value::Array(_) | Value::Object(_), _)
        | (_, Value::Null | Value::Array(_) | Value::Object(_)) => {
            Err(ExecutionError("invalid type for comparison".to_owned()))
        }
        _ => Err(ExecutionError("incompatible types for comparison".to_owned())),
    }
}
