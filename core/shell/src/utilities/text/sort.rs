//! sort: lines in order, by whole lines or by keys, as in the C locale.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec, quoted};
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "sort",
    short: "bcCdfghik:Mmno:rRsS:t:T:uVz",
    long: &[
        ("ignore-leading-blanks", 'b', Argument::No),
        ("check", 'c', Argument::Optional),
        ("dictionary-order", 'd', Argument::No),
        ("ignore-case", 'f', Argument::No),
        ("general-numeric-sort", 'g', Argument::No),
        ("human-numeric-sort", 'h', Argument::No),
        ("key", 'k', Argument::Required),
        ("month-sort", 'M', Argument::No),
        ("merge", 'm', Argument::No),
        ("numeric-sort", 'n', Argument::No),
        ("output", 'o', Argument::Required),
        ("reverse", 'r', Argument::No),
        ("random-sort", 'R', Argument::No),
        ("stable", 's', Argument::No),
        ("field-separator", 't', Argument::Required),
        ("unique", 'u', Argument::No),
        ("version-sort", 'V', Argument::No),
        ("zero-terminated", 'z', Argument::No),
    ],
    status: 2,
};

/// sort.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sort {
    feed: Feed,
    lines: Vec<Vec<u8>>,
    keys: Vec<Key>,
    global: Ordered,
    separator: Option<u8>,
    unique: bool,
    stable: bool,
    /// `c` or `C`.
    check: Option<char>,
    output: Option<String>,
}

/// How two texts are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Ordered {
    blanks: bool,
    dictionary: bool,
    fold: bool,
    kind: Kind,
    reverse: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
enum Kind {
    #[default]
    Text,
    Numeric,
    General,
    Human,
    Month,
    Version,
    Random,
}

/// `-k from,to`: fields and characters count from 1; an end of 0 characters is the end of the field.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    end_blanks: bool,
    order: Ordered,
}

impl Ordered {
    fn letter(&mut self, letter: char) -> bool {
        match letter {
            'b' => self.blanks = true,
            'd' => self.dictionary = true,
            'f' => self.fold = true,
            'r' => self.reverse = true,
            'i' => {}
            'n' => self.kind = Kind::Numeric,
            'g' => self.kind = Kind::General,
            'h' => self.kind = Kind::Human,
            'M' => self.kind = Kind::Month,
            'V' => self.kind = Kind::Version,
            'R' => self.kind = Kind::Random,
            _ => return false,
        }
        true
    }

    fn compare(self, left: &[u8], right: &[u8]) -> Ordering {
        let order = match self.kind {
            Kind::Text => self.bytes(left).cmp(self.bytes(right)),
            Kind::Numeric => numeric(left).total_cmp(&numeric(right)),
            Kind::General => general(left).partial_cmp(&general(right)).unwrap_or(Ordering::Equal),
            Kind::Human => human(left).partial_cmp(&human(right)).unwrap_or(Ordering::Equal),
            Kind::Month => month(left).cmp(&month(right)),
            Kind::Version => version(left, right),
            Kind::Random => scramble(left).cmp(&scramble(right)),
        };
        if self.reverse { order.reverse() } else { order }
    }

    fn bytes(self, text: &[u8]) -> impl Iterator<Item = u8> {
        let kept =
            move |byte: &u8| !self.dictionary || byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\t');
        text.iter()
            .copied()
            .filter(kept)
            .map(move |byte| if self.fold { byte.to_ascii_uppercase() } else { byte })
    }
}

impl Sort {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let mut sort = Self {
            feed: Feed::new("sort", parsed.operands, Wording::CannotRead),
            lines: Vec::new(),
            keys: Vec::new(),
            global: Ordered::default(),
            separator: None,
            unique: false,
            stable: false,
            check: None,
            output: None,
        };
        for (letter, value) in parsed.options {
            match letter {
                'k' => sort.keys.push(Key::parse(&value)?),
                't' => {
                    let separator = if value == "\\0" { "\0" } else { &value };
                    if separator.is_empty() {
                        return Err(Failure::new("sort", "empty tab", 2));
                    }
                    if separator.len() > 1 {
                        return Err(Failure::new(
                            "sort",
                            format_args!("multi-character tab {}", quoted(&value)),
                            2,
                        ));
                    }
                    sort.separator = separator.bytes().next();
                }
                'o' => sort.output = Some(value),
                'u' => sort.unique = true,
                's' => sort.stable = true,
                'c' if value == "silent" || value == "quiet" => sort.check = Some('C'),
                'c' | 'C' => sort.check = Some(letter),
                'z' => return Err(Failure::new("sort", "option -z is not supported here", 2)),
                _ => drop(sort.global.letter(letter)),
            }
        }
        let plain = Ordered::default();
        for key in &mut sort.keys {
            if key.order == plain && !key.end_blanks {
                key.order = sort.global;
            }
        }
        Ok(sort)
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if let Some(step) = self.feed.collect(io, &mut self.lines) {
            return step;
        }
        if self.feed.failed {
            return Step::Exit(2);
        }
        if let Some(check) = self.check {
            return self.check(io, check);
        }
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by(|left, right| self.compare(left, right));
        if self.unique {
            lines.dedup_by(|later, earlier| self.by_keys(later, earlier).is_eq());
        }
        let mut out = Vec::new();
        lines.iter().for_each(|line| put(&mut out, line));
        if let Some(output) = &self.output {
            if let Err(error) = io.write_file(output, &out) {
                io.err(&format!("sort: open failed: {output}: {error}\n"));
                return Step::Exit(2);
            }
        } else {
            flush(io, &mut out);
        }
        Step::Exit(0)
    }

    fn check(&self, io: &mut Io<'_>, how: char) -> Step {
        for (index, pair) in self.lines.windows(2).enumerate() {
            let order =
                if self.unique { self.by_keys(&pair[0], &pair[1]) } else { self.compare(&pair[0], &pair[1]) };
            if order.is_gt() || self.unique && order.is_eq() {
                if how == 'c' {
                    let name = if self.feed.name.is_empty() { "-" } else { &self.feed.name };
                    io.err(&format!(
                        "sort: {name}:{}: disorder: {}\n",
                        index + 2,
                        String::from_utf8_lossy(&pair[1])
                    ));
                }
                return Step::Exit(1);
            }
        }
        Step::Exit(0)
    }

    fn by_keys(&self, left: &[u8], right: &[u8]) -> Ordering {
        if self.keys.is_empty() {
            return self.global.compare(blanks(left, self.global.blanks), blanks(right, self.global.blanks));
        }
        let compare =
            |key: &Key| key.order.compare(key.of(left, self.separator), key.of(right, self.separator));
        self.keys.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Lines that are equal by their keys are ordered by their bytes.
    fn compare(&self, left: &[u8], right: &[u8]) -> Ordering {
        let order = self.by_keys(left, right);
        if order.is_ne() || self.stable || self.unique {
            return order;
        }
        if self.global.reverse { right.cmp(left) } else { left.cmp(right) }
    }
}

fn blanks(text: &[u8], skip: bool) -> &[u8] {
    let start = if skip { text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count() } else { 0 };
    &text[start..]
}

impl Key {
    fn parse(text: &str) -> Result<Self, Failure> {
        let mut key = Self { from: (1, 1), to: None, end_blanks: false, order: Ordered::default() };
        let fail = |message: &str| {
            Failure::new("sort", format_args!("{message}: invalid field specification {}", quoted(text)), 2)
        };
        let (from, to) = text.split_once(',').map_or((text, None), |(from, to)| (from, Some(to)));
        for (end, part) in [(false, Some(from)), (true, to)] {
            let Some(part) = part else { continue };
            let split = part.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(part.len());
            let (numbers, letters) = part.split_at(split);
            let (field, character) = numbers
                .split_once('.')
                .map_or((numbers, None), |(field, character)| (field, Some(character)));
            let number = |digits: &str| {
                digits.parse::<usize>().map_err(|_| {
                    let place =
                        if end { "invalid number after ','" } else { "invalid number at field start" };
                    Failure::new(
                        "sort",
                        format_args!("{place}: invalid count at start of {}", quoted(digits)),
                        2,
                    )
                })
            };
            let field = number(field)?;
            let character = character.map(number).transpose()?;
            if field == 0 {
                return Err(fail("field number is zero"));
            }
            if end {
                key.to = Some((field, character.unwrap_or(0)));
            } else {
                if character == Some(0) {
                    return Err(fail("character offset is zero"));
                }
                key.from = (field, character.unwrap_or(1));
            }
            for letter in letters.chars() {
                if end && letter == 'b' {
                    key.end_blanks = true;
                } else if !key.order.letter(letter) {
                    return Err(fail("stray character in field spec"));
                }
            }
        }
        Ok(key)
    }

    /// The part of a line that is compared.
    fn of<'a>(&self, line: &'a [u8], separator: Option<u8>) -> &'a [u8] {
        let fields = fields(line, separator);
        let start = match fields.get(self.from.0 - 1) {
            Some((start, end)) => {
                let start = start + (end - start - blanks(&line[*start..*end], self.order.blanks).len());
                (start + self.from.1 - 1).min(line.len())
            }
            None => line.len(),
        };
        let end = match self.to {
            None => line.len(),
            Some((field, character)) => match fields.get(field - 1) {
                None => line.len(),
                Some((_, end)) if character == 0 => *end,
                Some((start, end)) => {
                    let start = start + (end - start - blanks(&line[*start..*end], self.end_blanks).len());
                    (start + character).min(line.len())
                }
            },
        };
        &line[start..end.max(start)]
    }
}

/// Where the fields are; blanks before a field belong to it unless there is a separator.
fn fields(line: &[u8], separator: Option<u8>) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    if let Some(separator) = separator {
        for (at, byte) in line.iter().enumerate() {
            if *byte == separator {
                fields.push((start, at));
                start = at + 1;
            }
        }
        fields.push((start, line.len()));
        return fields;
    }
    while start < line.len() {
        let mut end = start;
        while end < line.len() && matches!(line[end], b' ' | b'\t') {
            end += 1;
        }
        while end < line.len() && !matches!(line[end], b' ' | b'\t') {
            end += 1;
        }
        fields.push((start, end));
        start = end;
    }
    fields
}

fn numeric_prefix(text: &[u8]) -> (&str, &[u8]) {
    let text = blanks(text, true);
    let mut end = usize::from(text.first() == Some(&b'-'));
    let mut dot = false;
    while let Some(byte) = text.get(end) {
        if *byte == b'.' && !dot {
            dot = true;
        } else if !byte.is_ascii_digit() {
            break;
        }
        end += 1;
    }
    (std::str::from_utf8(&text[..end]).unwrap_or(""), &text[end..])
}

fn numeric(text: &[u8]) -> f64 {
    numeric_prefix(text).0.parse().unwrap_or(0.0) + 0.0
}

/// `-g`: what is no number comes first.
fn general(text: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(blanks(text, true)).into_owned();
    let mut ends = (1..=text.len()).rev().filter(|end| text.is_char_boundary(*end));
    ends.find_map(|end| text[..end].parse().ok()).unwrap_or(f64::NEG_INFINITY)
}

/// `-h`: first by sign, then by suffix, then by number.
fn human(text: &[u8]) -> (i8, f64) {
    let (number, rest) = numeric_prefix(text);
    let number: f64 = number.parse().unwrap_or(0.0);
    let power = rest
        .first()
        .and_then(|suffix| b"KMGTPEZY".iter().position(|known| *known == suffix.to_ascii_uppercase()));
    let power = power.map_or(0, |power| power as i8 + 1);
    if number == 0.0 { (0, 0.0) } else { (if number < 0.0 { -power } else { power }, number) }
}

fn month(text: &[u8]) -> usize {
    const MONTHS: [&[u8]; 12] =
        [b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC"];
    let name = blanks(text, true).get(..3).unwrap_or_default().to_ascii_uppercase();
    MONTHS.iter().position(|month| *month == name).map_or(0, |index| index + 1)
}

/// Runs of digits compare as numbers, the rest by letters before other signs, `~` first.
fn version(left: &[u8], right: &[u8]) -> Ordering {
    fn weight(byte: Option<u8>) -> i32 {
        match byte {
            Some(b'~') => -1,
            None => 0,
            Some(byte) if byte.is_ascii_digit() => 0,
            Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
            Some(byte) => i32::from(byte) + 256,
        }
    }
    let digit = |text: &[u8], at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        while i < left.len() && !digit(left, i) || j < right.len() && !digit(right, j) {
            let order = weight(left.get(i).copied()).cmp(&weight(right.get(j).copied()));
            if order.is_ne() {
                return order;
            }
            i += 1;
            j += 1;
        }
        let number = |text: &[u8], mut at: usize| {
            while text.get(at) == Some(&b'0') {
                at += 1;
            }
            let start = at;
            while digit(text, at) {
                at += 1;
            }
            (start.min(text.len()), at.min(text.len()))
        };
        let ((a, b), (c, d)) = (number(left, i), number(right, j));
        let order = (b - a).cmp(&(d - c)).then_with(|| left[a..b].cmp(&right[c..d]));
        if order.is_ne() {
            return order;
        }
        (i, j) = (b, d);
    }
    Ordering::Equal
}

/// A fixed shuffle that keeps equal texts together (`-R`).
fn scramble(text: &[u8]) -> u64 {
    text.iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
