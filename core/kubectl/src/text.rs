//! Small pieces of text that several commands print.

use model::metadata::StringMap;

/// `a=b,c=d`, or something else if there are none.
#[must_use]
pub fn labels(labels: &StringMap, nothing: &str) -> String {
    if labels.is_empty() {
        return nothing.to_owned();
    }
    // Sorted as they are written: `tier2=a` before `tier=a`.
    let mut pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.sort();
    pairs.join(",")
}

/// An error of the file system in Go's words: `no such file or directory`.
#[must_use]
pub fn go_error(error: shell::file_system::Errno) -> String {
    let text = error.to_string();
    text[..1].to_lowercase() + &text[1..]
}
