//! Where in its text each value of a document stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A place in a text; line and column count letters from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A mapping's key.
    Key(String),
    /// A list's index.
    Index(usize),
}

/// The places of a value and of all within it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// Where the value's key begins, for values of a mapping.
    pub key: Option<Position>,
    /// Where the value begins.
    pub start: Position,
    /// Where it ends (exclusive).
    pub end: Position,
    pub(super) fields: BTreeMap<String, Spans>,
    pub(super) items: Vec<Spans>,
}

impl Spans {
    /// The places of what the path leads to.
    pub fn find(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |spans, step| spans.child(step))
    }

    /// The places of the deepest value that the path reaches: for errors about absent fields.
    pub fn nearest(&self, path: &[Step]) -> &Self {
        let mut spans = self;
        for step in path {
            match spans.child(step) {
                Some(child) => spans = child,
                None => break,
            }
        }
        spans
    }

    /// Where an error about this value is best shown: at its key, if it has one.
    pub fn anchor(&self) -> Position {
        self.key.unwrap_or(self.start)
    }

    /// The path of the innermost value whose text holds the position: for hovers and completion.
    pub fn path_at(&self, position: Position) -> Vec<Step> {
        let holds = |spans: &Self| spans.anchor() <= position && position < spans.end;
        let field = self.fields.iter().find(|(_, spans)| holds(spans));
        let item = self.items.iter().enumerate().find(|(_, spans)| holds(spans));
        let (step, spans) = match (field, item) {
            (Some((key, spans)), _) => (Step::Key(key.clone()), spans),
            (None, Some((index, spans))) => (Step::Index(index), spans),
            (None, None) => return Vec::new(),
        };
        let mut path = vec![step];
        path.extend(spans.path_at(position));
        path
    }

    fn child(&self, step: &Step) -> Option<&Self> {
        match step {
            Step::Key(key) => self.fields.get(key),
            Step::Index(index) => self.items.get(*index),
        }
    }
}

/// The steps of a field path as error messages write it: `spec.containers[0].image`, `metadata.labels[example.com/a]`.
pub fn parse_path(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (word, after) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(
                word.parse().map_or_else(|_| Step::Key(word.trim_matches('"').to_owned()), Step::Index),
            );
            rest = after;
        } else {
            let from = rest.strip_prefix('.').unwrap_or(rest);
            let (word, after) = from.split_at(from.find(['.', '[']).unwrap_or(from.len()));
            if !word.is_empty() {
                steps.push(Step::Key(word.to_owned()));
            }
            rest = if word.is_empty() { after.trim_start_matches('.') } else { after };
        }
    }
    steps
}
