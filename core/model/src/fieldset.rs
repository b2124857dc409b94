//! Sets of fields (`managedFields`), and server-side apply over them, as structured-merge-diff behaves.

mod apply;
mod check;
mod compare;
mod structure;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use apply::{Applied, Conflict, Owner, apply, conflicts_message, update};
pub use check::{Problem, check, problems_message};
pub use compare::{Comparison, compare};
pub use structure::Structure;

/// One step of a field's path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PathElement {
    /// `f:spec`
    Field(String),
    /// `k:{"name":"main"}`: an item of a list that is a map; its keys as JSON.
    Key(String),
    /// `v:"x"`: a value of a set, as JSON.
    Value(String),
    /// `i:0`
    Index(usize),
}

impl PathElement {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        Some(match kind {
            "f" => Self::Field(rest.to_owned()),
            "k" => Self::Key(rest.to_owned()),
            "v" => Self::Value(rest.to_owned()),
            "i" => Self::Index(rest.parse().ok()?),
            _ => return None,
        })
    }

    fn to_text(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => format!("k:{keys}"),
            Self::Value(value) => format!("v:{value}"),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    /// As conflicts show it: `.image`, `[name="main"]`, `[="x"]`.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Field(name) => format!(".{name}"),
            Self::Value(value) => format!("[={value}]"),
            Self::Index(index) => format!("[{index}]"),
            Self::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let parts: Vec<_> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("[{}]", parts.join(","))
            }
        }
    }
}

/// A set of paths, as a tree. A node may be a member itself, have members below it, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSet {
    member: bool,
    children: BTreeMap<PathElement, FieldSet>,
}

impl FieldSet {
    /// The paths that a `fieldsV1` names.
    pub fn from_fields_v1(fields: &Value) -> Self {
        let mut set = Self::default();
        let Value::Object(fields) = fields else { return set };
        for (key, below) in fields {
            let Some(element) = PathElement::parse(key) else { continue };
            let mut child = Self::from_fields_v1(below);
            let below = below.as_object();
            child.member = below.is_none_or(|below| below.is_empty() || below.contains_key("."));
            set.children.insert(element, child);
        }
        set
    }

    /// Whether `fieldsV1` is well-formed: names that begin with no known letter are passed over, but keys and values must be JSON.
    pub fn can_read(fields: &Value) -> bool {
        let Value::Object(fields) = fields else { return false };
        fields.iter().all(|(key, below)| {
            let well_formed = match key.split_once(':') {
                Some(("k", text)) => serde_json::from_str::<Map<String, Value>>(text).is_ok(),
                Some(("v", text)) => serde_json::from_str::<Value>(text).is_ok(),
                Some(("i", text)) => text.parse::<u64>().is_ok(),
                _ => true,
            };
            well_formed && Self::can_read(below)
        })
    }

    /// The set as `fieldsV1`.
    pub fn to_fields_v1(&self) -> Value {
        let mut fields = Map::new();
        for (element, child) in &self.children {
            let mut below = child.to_fields_v1();
            if let Value::Object(below) = &mut below
                && child.member
                && !below.is_empty()
            {
                below.insert(".".to_owned(), Value::Object(Map::new()));
            }
            fields.insert(element.to_text(), below);
        }
        Value::Object(fields)
    }

    /// Whether the set has no path.
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Whether the path is in the set.
    pub fn contains(&self, path: &[PathElement]) -> bool {
        match path.split_first() {
            None => self.member,
            Some((first, rest)) => self.children.get(first).is_some_and(|child| child.contains(rest)),
        }
    }

    /// Adds a path.
    pub fn insert(&mut self, path: &[PathElement]) {
        match path.split_first() {
            None => self.member = true,
            Some((first, rest)) => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// The paths of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        result.member |= other.member;
        for (element, child) in &other.children {
            let merged = result.children.get(element).map_or_else(|| child.clone(), |own| own.union(child));
            result.children.insert(element.clone(), merged);
        }
        result
    }

    /// The paths of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut result = Self { member: self.member && other.member, children: BTreeMap::new() };
        for (element, child) in &self.children {
            if let Some(theirs) = other.children.get(element) {
                result.put(element, child.intersection(theirs));
            }
        }
        result
    }

    /// The paths that the other has not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut result = Self { member: self.member && !other.member, children: BTreeMap::new() };
        for (element, child) in &self.children {
            let rest =
                other.children.get(element).map_or_else(|| child.clone(), |theirs| child.difference(theirs));
            result.put(element, rest);
        }
        result
    }

    /// Without these paths and all below them.
    #[must_use]
    pub fn without_below(&self, other: &Self) -> Self {
        let mut result = Self { member: self.member && !other.member, children: BTreeMap::new() };
        for (element, child) in &self.children {
            match other.children.get(element) {
                Some(theirs) if theirs.member => {}
                Some(theirs) => result.put(element, child.without_below(theirs)),
                None => result.put(element, child.clone()),
            }
        }
        result
    }

    /// Every path, in order.
    pub fn paths(&self) -> Vec<Vec<PathElement>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    /// Every path as conflicts show it.
    pub fn shown(&self) -> Vec<String> {
        let shown = |path: Vec<PathElement>| path.iter().map(PathElement::shown).collect();
        self.paths().into_iter().map(shown).collect()
    }

    fn put(&mut self, element: &PathElement, child: Self) {
        if !child.is_empty() {
            self.children.insert(element.clone(), child);
        }
    }

    /// The paths that end at a level come before those that go on below it.
    fn collect(&self, path: &mut Vec<PathElement>, paths: &mut Vec<Vec<PathElement>>) {
        for (element, _) in self.children.iter().filter(|(_, child)| child.member) {
            paths.push(path.iter().chain([element]).cloned().collect());
        }
        for (element, child) in &self.children {
            path.push(element.clone());
            child.collect(path, paths);
            path.pop();
        }
    }
}
