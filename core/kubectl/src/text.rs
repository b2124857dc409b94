//! Small pieces of text that several commands print.

use model::metadata::StringMap;

/// `a=b,c=d`, or something else if there are none.
#[must_use]
pub fn labels(labels: &StringMap, nothing: &str) -> String {
    if labels.is_empty() {
        return nothing.to_owned();
    }
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
