//! The paths of a value, and the paths in which two values differ.

use serde_json::Value;

use super::{FieldSet, PathElement, Structure};

/// In what two values differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Only in the second.
    pub added: FieldSet,
    /// In both, but not equal.
    pub modified: FieldSet,
    /// Only in the first.
    pub removed: FieldSet,
}

impl FieldSet {
    /// The paths of an applied configuration: its leaves, and the items of its lists.
    pub fn of_value(value: &Value, structure: Structure<'_>) -> Self {
        let mut set = Self::default();
        let mut walk = Walk { path: Vec::new(), containers: false, in_item: false };
        walk.leaves(value, structure, &mut set);
        set
    }
}

/// The differences between two states of one object.
pub fn compare(before: &Value, after: &Value, structure: Structure<'_>) -> Comparison {
    let mut comparison = Comparison::default();
    Walk { path: Vec::new(), containers: true, in_item: false }.differences(
        before,
        after,
        structure,
        &mut comparison,
    );
    comparison
}

struct Walk {
    path: Vec<PathElement>,
    /// Maps that come or go are paths themselves, not only what is in them.
    containers: bool,
    /// Within an item that came or went as a whole: there nothing was there before.
    in_item: bool,
}

impl Walk {
    fn below(&mut self, element: PathElement, visit: impl FnOnce(&mut Self)) {
        self.path.push(element);
        visit(self);
        self.path.pop();
    }

    fn leaves(&mut self, value: &Value, structure: Structure<'_>, set: &mut FieldSet) {
        match parts(value, structure) {
            Some(parts) if !parts.is_empty() => {
                let in_list = value.is_array();
                let of_field = matches!(self.path.last(), Some(PathElement::Field(_)));
                let own = self.containers && of_field && (self.in_item || !structure.is_always_there());
                if own {
                    set.insert(&self.path);
                }
                for (element, value, structure) in parts {
                    self.below(element, |walk| {
                        if in_list {
                            set.insert(&walk.path);
                        }
                        let within = walk.in_item;
                        walk.in_item |= in_list;
                        walk.leaves(value, structure, set);
                        walk.in_item = within;
                    });
                }
            }
            _ if self.path.is_empty() => {}
            // A list that merges has owners by its items alone.
            Some(_) if value.is_array() && !self.containers => {}
            _ => set.insert(&self.path),
        }
    }

    fn differences(
        &mut self,
        before: &Value,
        after: &Value,
        structure: Structure<'_>,
        found: &mut Comparison,
    ) {
        if before == after {
            return;
        }
        let (Some(old), Some(new)) = (parts(before, structure), parts(after, structure)) else {
            found.modified.insert(&self.path);
            return;
        };
        let in_list = after.is_array();
        for (element, value, structure) in &new {
            let same = old.iter().find(|(other, ..)| other == element);
            self.below(element.clone(), |walk| match same {
                Some((_, before, _)) => walk.differences(before, value, *structure, found),
                None => {
                    if in_list {
                        found.added.insert(&walk.path);
                    }
                    walk.in_item = in_list;
                    walk.leaves(value, *structure, &mut found.added);
                    walk.in_item = false;
                }
            });
        }
        for (element, value, structure) in old {
            if !new.iter().any(|(other, ..)| *other == element) {
                self.below(element, |walk| {
                    found.removed.insert(&walk.path);
                    walk.in_item = in_list;
                    walk.leaves(value, structure, &mut found.removed);
                    walk.in_item = false;
                });
            }
        }
    }
}

/// The parts of a value that merges by parts; `None` of one that has one owner.
pub(super) fn parts<'v, 's>(
    value: &'v Value,
    structure: Structure<'s>,
) -> Option<Vec<(PathElement, &'v Value, Structure<'s>)>> {
    match value {
        Value::Object(fields) if !structure.is_atomic_map() => Some(
            fields
                .iter()
                .map(|(name, value)| (PathElement::Field(name.clone()), value, structure.field(name)))
                .collect(),
        ),
        Value::Array(items) if structure.merges_list() => {
            items.iter().map(|item| Some((structure.element(item)?, item, structure.item()))).collect()
        }
        _ => None,
    }
}
