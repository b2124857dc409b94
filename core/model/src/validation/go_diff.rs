//! The difference of two values, laid out as the API server prints it below some refusals: changed lines marked, up to two equal
//! neighbours around them, the rest counted.

use super::go_value::GoValue;

/// How many equal neighbours of a change are shown on each side.
const CONTEXT: usize = 2;

/// A line up to this width is not broken.
const WIDTH: usize = 80;

/// Stands before a line's tabs, as recorded: the library that upstream prints with takes it now and then to keep machines from
/// reading its output.
const GAP: char = '\u{a0}';

/// The difference as text, each line ended.
#[must_use]
pub fn diff(old: &GoValue, new: &GoValue) -> String {
    let mut out = String::new();
    for line in changed("", old, new) {
        out.push(if line.mark == ' ' { GAP } else { line.mark });
        out.push(GAP);
        out.extend(std::iter::repeat_n('\t', line.depth));
        // The outermost brace ends the text and no line of a list.
        out.push_str(if line.depth == 0 { line.text.trim_end_matches(',') } else { &line.text });
        out.push('\n');
    }
    out
}

struct Line {
    mark: char,
    depth: usize,
    text: String,
}

/// What became of one field, element or entry.
enum Record<'a> {
    Same(Option<&'a str>, &'a GoValue),
    Removed(Option<&'a str>, &'a GoValue),
    Inserted(Option<&'a str>, &'a GoValue),
    Changed(Option<&'a str>, &'a GoValue, &'a GoValue),
}

/// A value that differs in parts: its braces around its records.
fn changed(key: &str, old: &GoValue, new: &GoValue) -> Vec<Line> {
    let head = if key.is_empty() { String::new() } else { format!("{key}: ") };
    let pointer = if matches!(new, GoValue::Pointer(_)) { "&" } else { "" };
    let (records, noun) = records(old, new);
    let mut lines = vec![Line { mark: ' ', depth: 0, text: format!("{head}{pointer}{}{{", new.type_name()) }];
    lines.extend(body(&records, noun));
    lines.push(Line { mark: ' ', depth: 0, text: "},".to_owned() });
    lines
}

fn records<'a>(old: &'a GoValue, new: &'a GoValue) -> (Vec<Record<'a>>, &'static str) {
    match (old, new) {
        (GoValue::Pointer(old), GoValue::Pointer(new)) => records(old, new),
        (GoValue::Struct(_, old), GoValue::Struct(_, new)) => (fields(old, new), "fields"),
        (GoValue::Map(_, old), GoValue::Map(_, new)) => (entries(old, new), "entries"),
        (GoValue::List(_, old), GoValue::List(_, new)) => (elements(old, new), "elements"),
        _ => (Vec::new(), "values"),
    }
}

fn pair<'a>(key: Option<&'a str>, old: &'a GoValue, new: &'a GoValue) -> Record<'a> {
    if old == new { Record::Same(key, new) } else { Record::Changed(key, old, new) }
}

fn fields<'a>(old: &'a [(String, GoValue)], new: &'a [(String, GoValue)]) -> Vec<Record<'a>> {
    old.iter().zip(new).map(|((key, old), (_, new))| pair(Some(key), old, new)).collect()
}

fn entries<'a>(old: &'a [(String, GoValue)], new: &'a [(String, GoValue)]) -> Vec<Record<'a>> {
    let mut keys: Vec<&str> = old.iter().chain(new).map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let find =
        |list: &'a [(String, GoValue)], key: &str| list.iter().find(|(it, _)| it == key).map(|(_, it)| it);
    let record = |key: &'a str| match (find(old, key), find(new, key)) {
        (Some(old), Some(new)) => Some(pair(Some(key), old, new)),
        (Some(old), None) => Some(Record::Removed(Some(key), old)),
        (None, Some(new)) => Some(Record::Inserted(Some(key), new)),
        (None, None) => None,
    };
    keys.into_iter().filter_map(record).collect()
}

/// The longest common subsequence stays; between its elements, equally many old and new ones of the same name changed.
fn elements<'a>(old: &'a [GoValue], new: &'a [GoValue]) -> Vec<Record<'a>> {
    let mut lengths = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i][j] = if old[i] == new[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut records) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            records.push(Record::Same(None, &new[j]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && j < new.len()
            && lengths[i + 1][j + 1] == lengths[i][j]
            && same_name(&old[i], &new[j])
        {
            records.push(Record::Changed(None, &old[i], &new[j]));
            (i, j) = (i + 1, j + 1);
        } else if j < new.len() && (i == old.len() || lengths[i][j + 1] > lengths[i + 1][j]) {
            records.push(Record::Inserted(None, &new[j]));
            j += 1;
        } else {
            records.push(Record::Removed(None, &old[i]));
            i += 1;
        }
    }
    records
}

fn same_name(old: &GoValue, new: &GoValue) -> bool {
    let first = |value: &GoValue| match value {
        GoValue::Struct(_, fields) => fields.first().map(|(_, value)| value.clone()),
        _ => None,
    };
    first(old).is_some_and(|name| Some(name) == first(new))
}

/// One line, or several, of one record, with what is needed to align it with its neighbours.
struct Block {
    key: String,
    lines: Vec<Line>,
}

fn body(records: &[Record<'_>], noun: &str) -> Vec<Line> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut index = 0;
    while index < records.len() {
        let equal = records[index..].iter().take_while(|it| matches!(it, Record::Same(..))).count();
        if equal == 0 {
            blocks.extend(blocks_of(&records[index]));
            index += 1;
            continue;
        }
        let after = if index == 0 { 0 } else { CONTEXT.min(equal) };
        let last = index + equal == records.len();
        let before = if last { 0 } else { CONTEXT.min(equal - after) };
        let hidden = equal - after - before;
        // One record is not worth a line that counts it.
        let (after, hidden) = if hidden == 1 { (after + 1, 0) } else { (after, hidden) };
        for record in &records[index..index + after] {
            blocks.extend(blocks_of(record));
        }
        if hidden > 0 {
            let text = format!("... // {hidden} identical {noun}");
            blocks.push(Block { key: String::new(), lines: vec![Line { mark: ' ', depth: 1, text }] });
        }
        for record in &records[index + after + hidden..index + equal] {
            blocks.extend(blocks_of(record));
        }
        index += equal;
    }
    align(&blocks)
}

fn blocks_of(record: &Record<'_>) -> Vec<Block> {
    match record {
        Record::Same(key, value) => vec![single(' ', *key, format!("{},", value.brief()))],
        Record::Removed(key, value) => vec![whole('-', *key, value)],
        Record::Inserted(key, value) => vec![whole('+', *key, value)],
        Record::Changed(key, old, new) if in_parts(old, new) => {
            let typed = key.is_some();
            let mut lines = changed(key.unwrap_or(""), old, new);
            if !typed && let Some(first) = lines.first_mut() {
                first.text = "{".to_owned();
            }
            for line in &mut lines {
                line.depth += 1;
            }
            vec![Block { key: String::new(), lines }]
        }
        Record::Changed(key, old, new) => vec![whole('-', *key, old), whole('+', *key, new)],
    }
}

/// Whether something of the value stayed, so that only its changed parts need marking.
fn in_parts(old: &GoValue, new: &GoValue) -> bool {
    records(old, new).0.iter().any(|it| matches!(it, Record::Same(..) | Record::Changed(..)))
        && !all_replaced(old, new)
}

/// Lists and maps of which no element stayed are shown as a whole.
fn all_replaced(old: &GoValue, new: &GoValue) -> bool {
    let collection = matches!(new, GoValue::Map(..) | GoValue::List(..));
    let replaced = |it: &Record<'_>| match it {
        Record::Same(..) => false,
        Record::Changed(_, old, new) => !in_parts(old, new),
        _ => true,
    };
    collection && records(old, new).0.iter().all(replaced)
}

fn single(mark: char, key: Option<&str>, text: String) -> Block {
    Block { key: key.unwrap_or("").to_owned(), lines: vec![Line { mark, depth: 1, text }] }
}

/// A value that came or went: in one line if it fits, else broken where it is too wide.
fn whole(mark: char, key: Option<&str>, value: &GoValue) -> Block {
    let text = value.full(key.is_some());
    if text.len() <= WIDTH || value.parts().is_none() {
        return single(mark, key, format!("{text},"));
    }
    let mut lines = Vec::new();
    broken(mark, 1, key, value, key.is_some(), &mut lines);
    Block { key: String::new(), lines }
}

fn broken(mark: char, depth: usize, key: Option<&str>, value: &GoValue, typed: bool, lines: &mut Vec<Line>) {
    let head = key.map_or_else(String::new, |key| format!("{key}: "));
    let text = value.full(typed);
    // What stands in a list or map is not broken further unless it holds lists of its own.
    let Some(parts) = value.parts().filter(|_| text.len() > WIDTH) else {
        lines.push(Line { mark, depth, text: format!("{head}{text},") });
        return;
    };
    let pointer = if matches!(value, GoValue::Pointer(_)) { "&" } else { "" };
    let name = if typed { value.type_name() } else { "" };
    lines.push(Line { mark, depth, text: format!("{head}{pointer}{name}{{") });
    let elements = !matches!(value, GoValue::List(..) | GoValue::Map(..));
    for (key, part) in parts {
        broken(mark, depth + 1, key, part, elements, lines);
    }
    lines.push(Line { mark, depth, text: "},".to_owned() });
}

/// Neighbouring lines of the form `key: value` have their values in one column.
fn align(blocks: &[Block]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut index = 0;
    while index < blocks.len() {
        let run = blocks[index..].iter().take_while(|block| !block.key.is_empty()).count().max(1);
        let width =
            blocks[index..index + run].iter().map(|block| block.key.chars().count()).max().unwrap_or(0);
        for block in &blocks[index..index + run] {
            for line in &block.lines {
                let text = if block.key.is_empty() {
                    line.text.clone()
                } else {
                    let padding = " ".repeat(width - block.key.chars().count());
                    format!("{}: {padding}{}", block.key, line.text)
                };
                lines.push(Line { mark: line.mark, depth: line.depth, text });
            }
        }
        index += run;
    }
    lines
}
