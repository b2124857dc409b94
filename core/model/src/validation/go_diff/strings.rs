//! Strings: short ones quoted, several lines between triple quotes, and where two long ones differ. Lists of numbers are told
//! like strings.

use std::collections::BTreeSet;

use super::super::go::{printable, quoted_bytes};
use super::super::go_value::GoValue;
use super::compare::Place;
use super::edits::{Edit, Likeness, edits};
use super::layout::{Item, Mark, Text};
use super::report::Style;
use super::tally::{Tally, runs, shown};

/// Strings of so many bytes, and lists of so many numbers, are told by what differs in them.
const LONG: usize = 32;

/// So many numbers stand in one line.
const NUMBERS: usize = 8;

/// So many bytes of a long line stand in one line.
const CHUNK_BYTES: usize = 64;

/// So many bytes of what is no text stand in one line.
const HEX_BYTES: usize = 16;

/// From so many lines on, lines are told one by one.
const MANY_LINES: usize = 4;

/// A longer line is not told as one.
const LONGEST_LINE: usize = 1024;

const QUOTES: &str = "\"\"\"";

/// One string, as far as the detail goes.
pub(super) fn string(text: &str, style: Style) -> Text {
    if style.mark.is_change()
        && let Some(lines) = printable_lines(text)
    {
        return triple_quoted(limited_lines(&lines, style));
    }
    let most = (1 << style.detail) << 5;
    if text.len() > most + "...".len() {
        return Text::Line(format!("{}...", literal(&text.as_bytes()[..most])));
    }
    Text::Line(literal(text.as_bytes()))
}

/// A string's lines, if there are many and all can stand between triple quotes.
fn printable_lines(text: &str) -> Option<Vec<&str>> {
    let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').map(uncarriaged).collect();
    (lines.len() >= MANY_LINES && lines.iter().all(|line| stands_bare(line))).then_some(lines)
}

fn uncarriaged(line: &str) -> &str {
    let line = line.strip_suffix('\r').unwrap_or(line);
    line.strip_prefix('\r').unwrap_or(line)
}

fn stands_bare(line: &str) -> bool {
    !line.starts_with(QUOTES)
        && !line.starts_with("...")
        && line.chars().all(|character| printable(character) || character == '\t')
}

fn limited_lines(lines: &[&str], style: Style) -> Vec<Item> {
    let most = (1 << style.detail) << 2;
    // Where some are left out, the line that counts them is one of those that fit.
    let told = if lines.len() <= most { lines.len() } else { most - 1 };
    let mut items: Vec<Item> = lines[..told].iter().map(|line| Item::bare(style.mark, line)).collect();
    if told < lines.len() {
        items.push(Item::rest(style.mark, Some(format!("{} elided lines", lines.len() - told))));
    }
    items.insert(0, Item::bare(style.mark, QUOTES));
    items.push(Item::bare(style.mark, QUOTES));
    items
}

fn triple_quoted(items: Vec<Item>) -> Text {
    Text::Wrap("(".to_owned(), Box::new(Text::List(items)), ")")
}

/// In double quotes, or in backquotes where that needs no escapes.
fn literal(bytes: &[u8]) -> String {
    let quoted = quoted_bytes(bytes);
    if quoted.len() == bytes.len() + 2 {
        return quoted;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|it| it != '`' && (it == '\t' || printable(it))) => format!("`{text}`"),
        _ => quoted,
    }
}

/// Two values that are told by what differs in them.
enum Pair<'a> {
    Strings(&'a str, &'a str),
    Numbers(&'a str, &'a [GoValue], &'a [GoValue]),
}

/// Whether a place holds two long strings, or lists of numbers, that differ.
pub(super) fn applies(place: &Place<'_>) -> bool {
    pair(place).is_some()
}

fn pair<'a>(place: &Place<'a>) -> Option<Pair<'a>> {
    let long = |old: usize, new: usize| old >= LONG && new >= LONG;
    match (place.old?, place.new?) {
        (GoValue::Text(old), GoValue::Text(new)) if old != new && long(old.len(), new.len()) => {
            Some(Pair::Strings(old, new))
        }
        (GoValue::List(name, old), GoValue::List(_, new))
            if name == "[]int64"
                && place.differing > 0
                && !old.is_empty()
                && !new.is_empty()
                && (place.differing > place.same || long(old.len(), new.len())) =>
        {
            Some(Pair::Numbers(name, old, new))
        }
        _ => None,
    }
}

/// Where two such values differ.
pub(super) fn difference(place: &Place<'_>, style: Style) -> Option<Text> {
    if style.mark != Mark::Mixed {
        return None;
    }
    let most = (1 << style.detail) << 2;
    match pair(place)? {
        Pair::Strings(old, new) => Some(strings(old, new, most)),
        Pair::Numbers(name, old, new) => {
            let row = |mark: Mark, numbers: &[GoValue]| {
                let texts: Vec<&str> = numbers
                    .iter()
                    .map(|number| if let GoValue::Scalar(text) = number { text.as_str() } else { "0" })
                    .collect();
                Item::new(mark, "", Text::Line(texts.join(", ")))
            };
            Some(style.typed(name, pieces(old, new, NUMBERS, most, "int64", &row)))
        }
    }
}

/// Where two long strings differ: line by line, piece by piece, or byte by byte.
fn strings(old: &str, new: &str, most: usize) -> Text {
    if by_lines(old, new) {
        return lines(old, new, most);
    }
    let mostly_text = is_mostly_text(old, new);
    let (old, new) = (old.as_bytes(), new.as_bytes());
    if mostly_text {
        let quoted = |mark: Mark, chunk: &[u8]| Item::new(mark, "", Text::Line(literal(chunk)));
        let items = pieces(old, new, CHUNK_BYTES, most, "byte", &quoted);
        return Text::Wrap("strings.Join({".to_owned(), Box::new(Text::List(items)), "}, \"\")");
    }
    let items = pieces(old, new, HEX_BYTES, most, "byte", &hex);
    Text::Wrap("string{".to_owned(), Box::new(Text::List(items)), "}")
}

/// Whether lines tell what differs: all is printable, there are several of none too long, and either many of them stayed, or the
/// text would hold many escapes.
fn by_lines(old: &str, new: &str) -> bool {
    let mut ends =
        old.bytes().chain(new.bytes()).enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
    let mut start = 0;
    let mut count = 0;
    let short = ends.all(|end| {
        let length = end - start;
        (start, count) = (end + 1, count + 1);
        length <= LONGEST_LINE
    });
    let plain = old.chars().chain(new.chars()).all(is_text);
    if !plain || !short || count < MANY_LINES {
        return false;
    }
    let (olds, news): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let by_lines = edited(&olds, &news);
    let by_bytes = edited(old.as_bytes(), new.as_bytes());
    let steps = |edits: &[Edit]| edits.iter().filter(|edit| **edit != Edit::Same).count();
    let bytes = old.len() + new.len();
    let quoted = quoted_bytes(old.as_bytes()).len() + quoted_bytes(new.as_bytes()).len() - 2;
    steps(&by_lines) * by_bytes.len() < 4 * steps(&by_bytes) * by_lines.len() || quoted * 10 > bytes * 11
}

fn is_text(character: char) -> bool {
    (printable(character) || character.is_whitespace()) && character != char::REPLACEMENT_CHARACTER
}

fn is_mostly_text(old: &str, new: &str) -> bool {
    let characters = || old.chars().chain(new.chars());
    characters().filter(|character| is_text(*character)).count() > characters().count() * 9 / 10
}

fn edited<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Edit> {
    edits(old.len(), new.len(), |i, j| if old[i] == new[j] { Likeness::Equal } else { Likeness::Unlike })
}

/// Line by line: bare between triple quotes, unless that would hide what differs.
fn lines(old: &str, new: &str, most: usize) -> Text {
    let (olds, news): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let bare = |mark: Mark, line: &[&str]| Item::bare(mark, uncarriaged(&line.concat()));
    let mut items = pieces(&olds, &news, 1, most, "line", &bare);
    if stand_apart(&items) {
        if items.last().is_some_and(|it| it.mark == Mark::Same && it.text == Text::Line(String::new())) {
            items.pop();
        }
        items.insert(0, Item::bare(Mark::Mixed, QUOTES));
        items.push(Item::bare(Mark::Mixed, QUOTES));
        return triple_quoted(items);
    }
    let quoted =
        |mark: Mark, line: &[&str]| Item::new(mark, "", Text::Line(literal(line.concat().as_bytes())));
    let items = pieces(&olds, &news, 1, most, "line", &quoted);
    Text::Wrap("strings.Join({".to_owned(), Box::new(Text::List(items)), "}, \"\\n\")")
}

/// Whether bare lines can be told from quotes and gaps, and no removed line from an inserted one by blanks only.
fn stand_apart(items: &[Item]) -> bool {
    let (mut removed, mut inserted) = (BTreeSet::new(), BTreeSet::new());
    items.iter().all(|item| {
        let Text::Line(line) = &item.text else { return false };
        let blankless: String = line.chars().filter(|it| !it.is_whitespace()).collect();
        let apart = match item.mark {
            Mark::Removed => {
                let apart = !inserted.contains(&blankless);
                removed.insert(blankless);
                apart
            }
            Mark::Inserted => {
                let apart = !removed.contains(&blankless);
                inserted.insert(blankless);
                apart
            }
            Mark::Mixed | Mark::Same => {
                removed.clear();
                inserted.clear();
                true
            }
        };
        item.note.is_some() || (apart && stands_bare(line))
    })
}

/// Two sequences, `unit` elements a line: what differs marked, with neighbours around it, the rest counted.
fn pieces<T: PartialEq>(
    old: &[T],
    new: &[T],
    unit: usize,
    most: usize,
    noun: &str,
    item: &impl Fn(Mark, &[T]) -> Item,
) -> Vec<Item> {
    let runs = trimmed(bridged(runs(edited(old, new).into_iter()), unit / 4), old, new);
    let mut items = Vec::new();
    let (mut old_at, mut new_at, mut told) = (0, 0, 0);
    let mut untold = Tally::default();
    for (index, run) in runs.iter().enumerate() {
        if told >= most {
            untold.add(run);
            continue;
        }
        let (olds, news) = (&old[old_at..old_at + run.olds()], &new[new_at..new_at + run.news()]);
        (old_at, new_at) = (old_at + run.olds(), new_at + run.news());
        if run.differing() > 0 {
            let before = items.len();
            items.extend(olds.chunks(unit).map(|chunk| item(Mark::Removed, chunk)));
            items.extend(news.chunks(unit).map(|chunk| item(Mark::Inserted, chunk)));
            told += items.len() - before;
            continue;
        }
        let shown = shown(run.same, unit, index == 0, index + 1 == runs.len());
        items.extend(olds[..shown.before].chunks(unit).map(|chunk| item(Mark::Same, chunk)));
        if shown.hidden > 0 {
            let hidden = Tally { same: shown.hidden, ..Tally::default() };
            items.push(Item::rest(Mark::Mixed, hidden.told(noun)));
        }
        items.extend(olds[shown.before + shown.hidden..].chunks(unit).map(|chunk| item(Mark::Same, chunk)));
    }
    if let Some(note) = untold.told(noun) {
        items.push(Item::rest(Mark::Mixed, Some(note)));
    }
    items
}

/// Changes with few equal elements between them are one, where something goes and something comes.
fn bridged(runs: Vec<Tally>, few: usize) -> Vec<Tally> {
    let mut out: Vec<Tally> = Vec::new();
    for run in runs {
        if let [.., before, between] = out.as_mut_slice()
            && run.differing() > 0
            && between.same <= few
            && before.removed + run.removed > 0
            && before.inserted + run.inserted > 0
        {
            before.add(between);
            before.add(&run);
            out.pop();
        } else {
            out.push(run);
        }
    }
    out
}

/// What is equal at the ends of a bridged change goes to its neighbours.
fn trimmed<T: PartialEq>(runs: Vec<Tally>, old: &[T], new: &[T]) -> Vec<Tally> {
    let mut out: Vec<Tally> = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for run in runs {
        let (olds, news) = (&old[old_at..old_at + run.olds()], &new[new_at..new_at + run.news()]);
        (old_at, new_at) = (old_at + run.olds(), new_at + run.news());
        if run.differing() == 0 {
            push_same(&mut out, run.same);
            continue;
        }
        let leading = olds.iter().zip(news).take_while(|(old, new)| old == new).count();
        let trailing = olds.iter().rev().zip(news.iter().rev()).take_while(|(old, new)| old == new).count();
        if leading + trailing == 0 {
            out.push(run);
            continue;
        }
        push_same(&mut out, leading);
        let (removed, inserted) =
            (olds.len().saturating_sub(leading + trailing), news.len().saturating_sub(leading + trailing));
        out.push(Tally { removed, inserted, ..Tally::default() });
        push_same(&mut out, trailing);
    }
    out
}

/// Adds equal elements to a run of such.
fn push_same(runs: &mut Vec<Tally>, same: usize) {
    match runs.last_mut() {
        _ if same == 0 => {}
        Some(last) if last.differing() == 0 => last.same += same,
        _ => runs.push(Tally { same, ..Tally::default() }),
    }
}

/// Bytes in hexadecimal, beside them what of them is text.
fn hex(mark: Mark, bytes: &[u8]) -> Item {
    let codes: Vec<String> = bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
    let shown = bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' });
    let sign = match mark {
        Mark::Removed => '-',
        Mark::Inserted => '+',
        Mark::Mixed | Mark::Same => ' ',
    };
    let note = format!("{sign}|{}|", shown.collect::<String>());
    Item { note: Some(note), ..Item::new(mark, "", Text::Line(codes.join(", "))) }
}
