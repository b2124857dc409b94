//! Tabs, where YAML 1.1 as kubectl reads it and our parser (YAML 1.2) differ: after a colon they separate, in front of a line they are wrong.

use saphyr_parser::ScanError;

use super::error::ManifestError;
use super::spans::Position;

/// The text with the tab that our parser refused after a colon as a space, if that is what it refused.
pub(super) fn forgive(text: &str, error: &ScanError) -> Option<String> {
    if !error.info().contains("must be followed by a valid YAML whitespace") {
        return None;
    }
    let mark = error.marker();
    let line_start: usize = text.split_inclusive('\n').take(mark.line().checked_sub(1)?).map(str::len).sum();
    let line = text.get(line_start..)?.split('\n').next()?;
    let tab = line.char_indices().map(|(at, _)| at).skip(mark.col().saturating_sub(1)).take(3);
    let at = line_start + tab.into_iter().find(|at| line[*at..].starts_with('\t'))?;
    let mut forgiven = text.to_owned();
    forgiven.replace_range(at..=at, " ");
    Some(forgiven)
}

/// The first tab that kubectl refuses and our parser does not. `inside` are the lines (from 1, first to last) of
/// quoted and block texts, where tabs may stand.
pub(super) fn misplaced(text: &str, inside: &[(usize, usize)], first_line: usize) -> Option<ManifestError> {
    if !text.contains('\t') {
        return None;
    }
    let mut before = "";
    for (number, line) in (1..).zip(text.split('\n')) {
        let in_text = inside.iter().any(|(first, last)| *first < number && number <= *last);
        let blank = &line[..line.len() - line.trim_start_matches([' ', '\t', '-']).len()];
        if !in_text && let Some(column) = blank.find('\t') {
            let words = match refusal(before, line, column) {
                Some(words) => words,
                None => continue,
            };
            let shown = if number > 1 { format!("line {number}: ") } else { String::new() };
            let position = Position { line: first_line + number, column: column + 1 };
            return Some(ManifestError::yaml(&format!("yaml: {shown}{words}"), position));
        }
        if !line.trim().is_empty() {
            before = line;
        }
    }
    None
}

fn refusal(before: &str, line: &str, column: usize) -> Option<&'static str> {
    let begins_line = line[..column].chars().all(|letter| letter == ' ');
    let value = before.trim_end();
    let after_plain = begins_line && !value.ends_with([':', '}', ']', '"', '\'']) && !value.is_empty();
    let deep = column > value.len() - value.trim_start_matches([' ', '-']).len();
    match (after_plain, deep) {
        (true, true) => None,
        (true, false) => Some("found a tab character that violates indentation"),
        (false, _) => Some("found character that cannot start any token"),
    }
}
