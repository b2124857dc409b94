//! Running a template's nodes over a value.

use std::borrow::Cow;

use serde_json::Value;

use super::{ExecutionError, Node, Slice, filter};
use crate::manifest;

/// What a step found: mostly parts of the value, sometimes constants.
pub(super) type Found<'a> = Vec<Cow<'a, Value>>;

/// A template's nodes, of which `range` repeats those up to its `end`.
pub(super) struct Nodes<'n> {
    nodes: &'n [Node],
    strict: bool,
}

impl<'n> Nodes<'n> {
    /// `strict`: a field that is not there is an error.
    pub(super) fn new(nodes: &'n [Node], strict: bool) -> Self {
        Self { nodes, strict }
    }

    pub(super) fn run(&self, value: &Value) -> Result<Vec<Vec<Value>>, ExecutionError> {
        let mut results = Vec::new();
        self.block(0, value, false, &mut results)?;
        Ok(results)
    }

    /// Runs the nodes from a place to the end of its block; returns the place behind that.
    fn block(
        &self,
        start: usize,
        value: &Value,
        in_range: bool,
        results: &mut Vec<Vec<Value>>,
    ) -> Result<usize, ExecutionError> {
        let mut at = start;
        while let Some(node) = self.nodes.get(at) {
            at += 1;
            match node {
                Node::Action(steps) if starts_with(steps, "end") => {
                    if in_range {
                        return Ok(at);
                    }
                    return Err(ExecutionError("not in range, nothing to end".to_owned()));
                }
                Node::Action(steps) if starts_with(steps, "range") => {
                    let found = self.walk(value, &steps[1..])?;
                    let mut end = None;
                    for item in &found {
                        end = Some(self.block(at, item, true, results)?);
                    }
                    // Nothing to repeat: its nodes run over nothing, for their end's place and their mistakes.
                    at = match end {
                        Some(end) => end,
                        None => self.block(at, &Value::Null, true, &mut Vec::new())?,
                    };
                }
                node => {
                    let found = self.walk(value, std::slice::from_ref(node))?;
                    results.push(found.into_iter().map(Cow::into_owned).collect());
                }
            }
        }
        Ok(at)
    }

    fn walk<'a>(&self, value: &'a Value, steps: &[Node]) -> Result<Found<'a>, ExecutionError> {
        let mut found: Found<'a> = vec![Cow::Borrowed(value)];
        let steps = match steps {
            [Node::Action(steps)] => steps,
            steps => steps,
        };
        for node in steps {
            let before = found.len();
            found = step(found, node)?;
            if let Node::Field(name) = node
                && self.strict
                && before > 0
                && found.is_empty()
            {
                return Err(ExecutionError(format!("{name} is not found")));
            }
        }
        Ok(found)
    }
}

fn starts_with(steps: &[Node], word: &str) -> bool {
    matches!(steps.first(), Some(Node::Identifier(name)) if name == word)
}

/// Each step works on all that the one before found.
pub(super) fn walk<'a>(input: Found<'a>, steps: &[Node]) -> Result<Found<'a>, ExecutionError> {
    steps.iter().try_fold(input, step)
}

fn step<'a>(input: Found<'a>, node: &Node) -> Result<Found<'a>, ExecutionError> {
    Ok(match node {
        Node::Text(text) => vec![Cow::Owned(Value::from(text.as_str()))],
        Node::Constant(value) => vec![Cow::Owned(value.clone())],
        Node::Action(steps) => walk(input, steps)?,
        Node::Field(name) => input.into_iter().flat_map(|value| children(value, Some(name))).collect(),
        Node::Wildcard => input.into_iter().flat_map(|value| children(value, None)).collect(),
        Node::Recursive => {
            let mut found = Vec::new();
            input.into_iter().for_each(|value| descend(value, &mut found));
            found
        }
        Node::Slice(slice) => {
            let mut found = Vec::new();
            for value in input.into_iter().filter(|value| !value.is_null()) {
                found.extend(select(value, *slice)?);
            }
            found
        }
        Node::Union(members) => {
            let mut found = Vec::new();
            for member in members {
                found.extend(walk(input.clone(), member)?);
            }
            found
        }
        Node::Filter { left, comparison } => filter::filter(input, left, comparison.as_ref())?,
        Node::Identifier(name) => return Err(ExecutionError(format!("unrecognized identifier {name}"))),
    })
}

/// The field of that name, or all fields or items.
fn children<'a>(value: Cow<'a, Value>, name: Option<&str>) -> Found<'a> {
    let part = |key: &str| name.is_none_or(|name| name == key);
    match value {
        Cow::Borrowed(Value::Object(fields)) => match name {
            Some(name) => fields.get(name).map(Cow::Borrowed).into_iter().collect(),
            None => fields.values().map(Cow::Borrowed).collect(),
        },
        Cow::Borrowed(Value::Array(items)) if name.is_none() => items.iter().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Object(fields)) => {
            fields.into_iter().filter(|(key, _)| part(key)).map(|(_, value)| Cow::Owned(value)).collect()
        }
        Cow::Owned(Value::Array(items)) if name.is_none() => items.into_iter().map(Cow::Owned).collect(),
        _ => Vec::new(),
    }
}

/// A value and all within it; numbers, truths and what is empty do not count.
fn descend<'a>(value: Cow<'a, Value>, found: &mut Found<'a>) {
    if let Value::String(text) = value.as_ref() {
        if !text.is_empty() {
            found.push(value);
        }
        return;
    }
    let inner = children(value.clone(), None);
    if !inner.is_empty() {
        found.push(value);
        inner.into_iter().for_each(|value| descend(value, found));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what is found keeps the lifetime of the value")]
fn select(value: Cow<'_, Value>, slice: Slice) -> Result<Found<'_>, ExecutionError> {
    let Value::Array(items) = value.as_ref() else {
        return Err(ExecutionError(format!("{} is not array or slice", go_type(&value))));
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from_end = |number: i64| if number < 0 { number + length } else { number };
    let start = from_end(slice.start.unwrap_or(0));
    let end = match slice.end {
        None => length,
        Some(0) if slice.single => length,
        Some(end) => from_end(end),
    };
    if start == end {
        return Ok(Vec::new());
    }
    let outside = |index: i64| {
        Err(ExecutionError(format!("array index out of bounds: index {index}, length {length}")))
    };
    if start >= length || start < 0 {
        return outside(start);
    }
    if end > length || end < 0 {
        return outside(end - 1);
    }
    if start > end {
        return Err(ExecutionError(format!("starting index {start} is greater than ending index {end}")));
    }
    let step = match usize::try_from(slice.step.unwrap_or(1)) {
        Ok(step) if step > 0 => step,
        _ => return Err(ExecutionError("step must be > 0".to_owned())),
    };
    // Both lie within the list's length.
    let places = (start as usize..end as usize).step_by(step);
    Ok(match &value {
        Cow::Borrowed(Value::Array(items)) => places.map(|at| Cow::Borrowed(&items[at])).collect(),
        _ => places.map(|at| Cow::Owned(items[at].clone())).collect(),
    })
}

/// The type as reflection names it, which sees an absent value as what could hold any.
fn go_type(value: &Value) -> &'static str {
    if value.is_null() { "interface {}" } else { manifest::go_type(value) }
}
