//! The difference of two values, laid out as the API server prints it below some refusals.
//!
//! Two values become a tree of places ([`compare`]), the tree a text of lists in lists ([`report`]), the text lines ([`layout`]).
//! How much of a value is told depends on how deep it stands: every list, map or structure halves what those inside it may show.
//! Found by asking; the recorded answers are `pod-update-differences*` of the truth.

mod compare;
mod edits;
mod layout;
mod report;
mod strings;
mod tally;
mod value;

use super::go_value::GoValue;

/// The difference as text, each line ended.
#[must_use]
pub fn diff(old: &GoValue, new: &GoValue) -> String {
    let tree = compare::compare(Some(old), Some(new));
    report::difference(&tree, report::Style::START).print()
}
