//! Where in an object something is wrong: `spec.containers[0].ports[1].containerPort`, `metadata.labels[key]`.

use std::fmt;

/// A path to a field. It borrows its parent, so that walking an object that has no fault costs no allocation.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'a str,
    place: Place<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Field,
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// A field of the object itself.
    #[must_use]
    pub fn root(name: &'a str) -> Self {
        Self { parent: None, name, place: Place::Field }
    }

    /// The object as a whole, which the API server prints as `[]`.
    #[must_use]
    pub fn whole() -> Self {
        Self { parent: None, name: "", place: Place::Key("") }
    }

    /// A field of this field.
    #[must_use]
    pub fn child(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), name, place: Place::Field }
    }

    /// An element of a list below this field; an empty name means that this field is the list.
    #[must_use]
    pub fn item(&'a self, name: &'a str, index: usize) -> Self {
        Self { parent: Some(self), name, place: Place::Index(index) }
    }

    /// An entry of a map below this field; an empty name means that this field is the map.
    #[must_use]
    pub fn entry(&'a self, name: &'a str, key: &'a str) -> Self {
        Self { parent: Some(self), name, place: Place::Key(key) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if !self.name.is_empty() {
                f.write_str(".")?;
            }
        }
        f.write_str(self.name)?;
        match self.place {
            Place::Field => Ok(()),
            Place::Index(index) => write!(f, "[{index}]"),
            Place::Key(key) => write!(f, "[{key}]"),
        }
    }
}
