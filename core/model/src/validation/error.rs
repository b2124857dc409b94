//! What is wrong with an object: a list of typed causes, worded as the API server words them.

use std::fmt;

use super::go;
use super::path::Path;
use crate::kind::Kind;
use crate::status::{Cause, Status};

/// What kind of fault a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It is missing.
    Required,
    /// It has a value that it may not have.
    Invalid,
    /// It has a value outside of a fixed set.
    NotSupported,
    /// Its value is taken by a sibling.
    Duplicate,
    /// It may not be set, or not be changed, here.
    Forbidden,
    /// It is longer than it may be.
    TooLong,
    /// It has more elements than it may have.
    TooMany,
    /// What it names is not there.
    NotFound,
    /// The check itself failed.
    Internal,
}

impl ErrorKind {
    /// The machine-readable word: `FieldValueRequired`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::NotFound => "FieldValueNotFound",
            Self::Internal => "InternalError",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Required => "Required value",
            Self::Invalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::NotFound => "Not found",
            Self::Internal => "Internal error",
        }
    }

    fn shows_value(self) -> bool {
        !matches!(self, Self::Required | Self::Forbidden | Self::TooLong | Self::Internal)
    }
}

/// A bad value as a message shows it: texts quoted, numbers plain, structures in Go's notation.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shown(String);

impl Shown {
    /// A value that is written already.
    pub fn raw(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        Self(go::quoted(text))
    }
}

impl From<&String> for Shown {
    fn from(text: &String) -> Self {
        Self(go::quoted(text))
    }
}

macro_rules! shown_plain {
    ($($plain:ty)*) => {
        $(impl From<$plain> for Shown {
            fn from(value: $plain) -> Self {
                Self(value.to_string())
            }
        })*
    };
}
shown_plain!(i32 i64 usize bool);

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// What kind of fault.
    pub kind: ErrorKind,
    /// Where.
    pub field: String,
    /// The value in question, as the message shows it.
    pub value: Shown,
    /// What would be right.
    pub detail: String,
}

impl FieldError {
    /// The message without the field: `Invalid value: "x": must be ...`.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = self.kind.words().to_owned();
        if self.kind.shows_value() {
            body.push_str(": ");
            body.push_str(&self.value.0);
        }
        if !self.detail.is_empty() {
            body.push_str(": ");
            body.push_str(&self.detail);
        }
        body
    }

    fn cause(&self) -> Cause {
        Cause { reason: self.kind.reason().to_owned(), message: self.body(), field: self.field.clone() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}

/// All that is wrong with an object, in the order in which the API server tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorList {
    errors: Vec<FieldError>,
}

impl ErrorList {
    /// Nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// How many faults.
    #[must_use]
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// The faults.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.errors.iter()
    }

    /// Adds the faults of another list.
    pub fn extend(&mut self, other: Self) {
        self.errors.extend(other.errors);
    }

    fn push(&mut self, kind: ErrorKind, path: &Path<'_>, value: Shown, detail: impl Into<String>) {
        self.errors.push(FieldError { kind, field: path.to_string(), value, detail: detail.into() });
    }

    /// The field is missing.
    pub fn required(&mut self, path: &Path<'_>, detail: &str) {
        self.push(ErrorKind::Required, path, Shown::default(), detail);
    }

    /// The field has a wrong value.
    pub fn invalid(&mut self, path: &Path<'_>, value: impl Into<Shown>, detail: impl Into<String>) {
        self.push(ErrorKind::Invalid, path, value.into(), detail);
    }

    /// The field's value is none of the supported ones, which are told in the given order.
    pub fn not_supported(&mut self, path: &Path<'_>, value: impl Into<Shown>, supported: &[&str]) {
        let list = supported.iter().map(|it| go::quoted(it)).collect::<Vec<_>>().join(", ");
        self.push(ErrorKind::NotSupported, path, value.into(), format!("supported values: {list}"));
    }

    /// The field's value is a sibling's.
    pub fn duplicate(&mut self, path: &Path<'_>, value: impl Into<Shown>) {
        self.push(ErrorKind::Duplicate, path, value.into(), "");
    }

    /// The field may not be set.
    pub fn forbidden(&mut self, path: &Path<'_>, detail: impl Into<String>) {
        self.push(ErrorKind::Forbidden, path, Shown::default(), detail);
    }

    /// The field is longer than so many bytes.
    pub fn too_long(&mut self, path: &Path<'_>, bytes: usize) {
        self.push(ErrorKind::TooLong, path, Shown::default(), format!("may not be more than {bytes} bytes"));
    }

    /// The field has more than so many elements.
    pub fn too_many(&mut self, path: &Path<'_>, actual: usize, most: usize) {
        self.push(ErrorKind::TooMany, path, actual.into(), format!("must have at most {most} items"));
    }

    /// What the field names is not there.
    pub fn not_found(&mut self, path: &Path<'_>, value: impl Into<Shown>) {
        self.push(ErrorKind::NotFound, path, value.into(), "");
    }

    /// Everything that is wrong with a text, each in its own line.
    pub fn problems(&mut self, path: &Path<'_>, value: &str, problems: Vec<String>) {
        for problem in problems {
            self.invalid(path, value, problem);
        }
    }

    /// The text must be one of these.
    pub fn one_of(&mut self, path: &Path<'_>, value: &str, supported: &[&str]) {
        if !supported.contains(&value) {
            self.not_supported(path, value, supported);
        }
    }

    /// The same, but an empty text is told as missing, with this detail.
    pub fn one_of_or_required(&mut self, path: &Path<'_>, value: &str, supported: &[&str], detail: &str) {
        if value.is_empty() {
            self.required(path, detail);
        } else {
            self.one_of(path, value, supported);
        }
    }

    /// The number must be in the range.
    pub fn in_range(&mut self, path: &Path<'_>, value: i64, least: i64, most: i64) {
        if value < least || value > most {
            self.invalid(path, value, format!("must be between {least} and {most}, inclusive"));
        }
    }

    /// The number, where given, must not be negative.
    pub fn non_negative(&mut self, path: &Path<'_>, value: impl Into<Option<i64>>) {
        if let Some(value) = value.into().filter(|value| *value < 0) {
            self.invalid(path, value, "must be greater than or equal to 0");
        }
    }

    /// The text after `... is invalid: `: one cause plain, several in brackets, none twice.
    #[must_use]
    pub fn message(&self) -> String {
        let mut texts: Vec<String> = Vec::with_capacity(self.errors.len());
        for error in &self.errors {
            let text = error.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        match texts.as_slice() {
            [single] => single.clone(),
            _ => format!("[{}]", texts.join(", ")),
        }
    }

    /// The causes that a `Status` carries.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause> {
        self.errors.iter().map(FieldError::cause).collect()
    }

    /// The 422 with which the API server refuses the object; `None` if nothing is wrong with it.
    #[must_use]
    pub fn to_status(&self, kind: Kind, name: &str) -> Option<Box<Status>> {
        (!self.is_empty()).then(|| Box::new(Status::invalid(kind, name, &self.message(), self.causes())))
    }
}
