//! Two values laid on one another: a tree of the places at which one of them, or both, have something.

use super::super::go_value::GoValue;
use super::edits::{Edit, Likeness, edits};

/// What stands below a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Leaf,
    Pointer,
    Fields,
    Elements,
    Entries,
}

impl Shape {
    /// The word for one part.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Elements => "element",
            Self::Entries => "entry",
            Self::Leaf | Self::Pointer | Self::Fields => "field",
        }
    }
}

/// A place in both values.
pub(super) struct Place<'a> {
    pub shape: Shape,
    pub old: Option<&'a GoValue>,
    pub new: Option<&'a GoValue>,
    /// Each with its name, empty for elements.
    pub parts: Vec<(&'a str, Place<'a>)>,
    /// How many leaves are equal.
    pub same: usize,
    /// How many are not.
    pub differing: usize,
    /// How many places the longest way to a leaf passes.
    pub height: usize,
    /// How many places stand below.
    pub below: usize,
}

impl Place<'_> {
    /// What became of it.
    pub(super) fn edit(&self) -> Edit {
        match (self.old, self.new) {
            _ if self.differing == 0 => Edit::Same,
            (Some(_), None) => Edit::Removed,
            (None, Some(_)) => Edit::Inserted,
            _ => Edit::Changed,
        }
    }

    /// Whether no place below has a neighbour: then the old and the new value are told as a whole.
    pub(super) fn is_chain(&self) -> bool {
        self.below == self.height
    }
}

/// Compares what stands at one place.
pub(super) fn compare<'a>(old: Option<&'a GoValue>, new: Option<&'a GoValue>) -> Place<'a> {
    let (shape, parts) = match (old, new) {
        (Some(GoValue::Pointer(old)), Some(GoValue::Pointer(new))) => {
            (Shape::Pointer, vec![("", compare(Some(old), Some(new)))])
        }
        (Some(GoValue::Struct(_, old)), Some(GoValue::Struct(_, new))) => (Shape::Fields, fields(old, new)),
        (Some(GoValue::Map(_, old)), Some(GoValue::Map(_, new))) => (Shape::Entries, entries(old, new)),
        (Some(GoValue::List(_, old)), Some(GoValue::List(_, new))) => (Shape::Elements, elements(old, new)),
        _ => return leaf(old, new),
    };
    let mut place = Place { shape, old, new, parts: Vec::new(), same: 0, differing: 0, height: 0, below: 0 };
    for (_, part) in &parts {
        place.same += part.same;
        place.differing += part.differing;
        place.height = place.height.max(part.height + 1);
        place.below += part.below + 1;
    }
    place.parts = parts;
    place
}

fn leaf<'a>(old: Option<&'a GoValue>, new: Option<&'a GoValue>) -> Place<'a> {
    let same = usize::from(old == new);
    let parts = Vec::new();
    Place { shape: Shape::Leaf, old, new, parts, same, differing: 1 - same, height: 0, below: 0 }
}

type Fields = [(String, GoValue)];

fn fields<'a>(old: &'a Fields, new: &'a Fields) -> Vec<(&'a str, Place<'a>)> {
    old.iter().zip(new).map(|((key, old), (_, new))| (key.as_str(), compare(Some(old), Some(new)))).collect()
}

fn entries<'a>(old: &'a Fields, new: &'a Fields) -> Vec<(&'a str, Place<'a>)> {
    let mut keys: Vec<&str> = old.iter().chain(new).map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let find = |list: &'a Fields, key: &str| list.iter().find(|(it, _)| it == key).map(|(_, it)| it);
    keys.into_iter().map(|key| (key, compare(find(old, key), find(new, key)))).collect()
}

fn elements<'a>(old: &'a [GoValue], new: &'a [GoValue]) -> Vec<(&'a str, Place<'a>)> {
    let likeness = |i: usize, j: usize| {
        let pair = compare(old.get(i), new.get(j));
        match pair.differing {
            0 => Likeness::Equal,
            differing if differing <= pair.same + 1 => Likeness::Similar,
            _ => Likeness::Unlike,
        }
    };
    let (mut olds, mut news) = (old.iter(), new.iter());
    edits(old.len(), new.len(), likeness)
        .into_iter()
        .map(|edit| {
            let old = if edit == Edit::Inserted { None } else { olds.next() };
            let new = if edit == Edit::Removed { None } else { news.next() };
            ("", compare(old, new))
        })
        .collect()
}
