//! join: lines of two sorted files with a common field.

use serde::{Deserialize, Serialize};

use super::comm::two_files;
use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec, quoted};
use super::paste::lines_of;
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "join",
    short: "1:2:a:e:ij:o:t:v:",
    long: &[
        ("ignore-case", 'i', Argument::No),
        ("nocheck-order", 'N', Argument::No),
        ("check-order", 'N', Argument::No),
    ],
    status: 1,
};

/// join.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Join {
    feed: Feed,
    fields: [usize; 2],
    separator: Option<char>,
    /// Sides whose lines without a partner are printed.
    unpaired: [bool; 2],
    pairs: bool,
    empty: String,
    ignore_case: bool,
    /// `(side, field)`; side 0 is the common field.
    format: Vec<(usize, usize)>,
    contents: Vec<String>,
}

impl Join {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        two_files("join", &parsed.operands, 1)?;
        let mut join = Self {
            feed: Feed::new("join", parsed.operands, Wording::Plain),
            fields: [1, 1],
            separator: None,
            unpaired: [false, false],
            pairs: true,
            empty: String::new(),
            ignore_case: false,
            format: Vec::new(),
            contents: Vec::new(),
        };
        for (letter, value) in parsed.options {
            let field = |text: &str| {
                let invalid =
                    || Failure::new("join", format_args!("invalid field number: {}", quoted(text)), 1);
                text.parse::<usize>().ok().filter(|field| *field > 0).ok_or_else(invalid)
            };
            match letter {
                '1' => join.fields[0] = field(&value)?,
                '2' => join.fields[1] = field(&value)?,
                'j' => join.fields = [field(&value)?; 2],
                't' => join.separator = value.chars().next(),
                'e' => join.empty = value,
                'i' => join.ignore_case = true,
                'a' | 'v' => {
                    let side = field(&value)?;
                    let Some(unpaired) = join.unpaired.get_mut(side - 1) else {
                        return Err(Failure::new(
                            "join",
                            format_args!("invalid file number: {}", quoted(&value)),
                            1,
                        ));
                    };
                    *unpaired = true;
                    join.pairs &= letter == 'a';
                }
                'o' => {
                    for item in value.split([',', ' ']) {
                        let (side, number) = item.split_once('.').unwrap_or((item, "1"));
                        let invalid = || {
                            Failure::new(
                                "join",
                                format_args!("invalid file number in field spec: {}", quoted(item)),
                                1,
                            )
                        };
                        let side = side.parse().ok().filter(|side| *side <= 2).ok_or_else(invalid)?;
                        join.format.push((side, field(number)?));
                    }
                }
                _ => {}
            }
        }
        Ok(join)
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        loop {
            match self.feed.whole(io) {
                Ok(Some(content)) => self.contents.push(String::from_utf8_lossy(&content).into_owned()),
                Ok(None) => break,
                Err(step) => return step,
            }
        }
        if self.feed.failed {
            return Step::Exit(1);
        }
        let mut out = Vec::new();
        self.join(&mut out);
        flush(io, &mut out);
        Step::Exit(0)
    }

    fn split<'a>(&self, line: &'a str) -> Vec<&'a str> {
        match self.separator {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        }
    }

    fn join(&self, out: &mut Vec<u8>) {
        let rows = |side: usize| -> Vec<(String, Vec<&str>)> {
            let lines =
                lines_of(self.contents[side].as_bytes()).filter_map(|line| std::str::from_utf8(line).ok());
            lines
                .map(|line| {
                    let fields = self.split(line);
                    let key = (*fields.get(self.fields[side] - 1).unwrap_or(&"")).to_owned();
                    (if self.ignore_case { key.to_lowercase() } else { key }, fields)
                })
                .collect()
        };
        let (left, right) = (rows(0), rows(1));
        let (mut i, mut j) = (0, 0);
        while i < left.len() || j < right.len() {
            let order = match (left.get(i), right.get(j)) {
                (Some((left, _)), Some((right, _))) => left.cmp(right),
                (Some(_), None) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            if order.is_lt() {
                self.alone(0, &left[i].1, out);
                i += 1;
            } else if order.is_gt() {
                self.alone(1, &right[j].1, out);
                j += 1;
            } else {
                let key = &left[i].0;
                let lefts = left[i..].iter().take_while(|(other, _)| other == key).count();
                let rights = right[j..].iter().take_while(|(other, _)| other == key).count();
                for (_, left) in left[i..i + lefts].iter().filter(|_| self.pairs) {
                    right[j..j + rights]
                        .iter()
                        .for_each(|(_, right)| self.print([left.as_slice(), right.as_slice()], 0, out));
                }
                i += lefts;
                j += rights;
            }
        }
    }

    fn alone(&self, side: usize, fields: &[&str], out: &mut Vec<u8>) {
        if self.unpaired[side] {
            self.print(if side == 0 { [fields, &[]] } else { [&[], fields] }, side, out);
        }
    }

    fn print(&self, sides: [&[&str]; 2], keyed: usize, out: &mut Vec<u8>) {
        let key = sides[keyed].get(self.fields[keyed] - 1).copied().unwrap_or("");
        let mut parts: Vec<&str> = Vec::new();
        if self.format.is_empty() {
            parts.push(key);
            for (side, fields) in sides.iter().enumerate() {
                parts.extend(
                    fields
                        .iter()
                        .enumerate()
                        .filter(|(index, _)| index + 1 != self.fields[side])
                        .map(|(_, field)| *field),
                );
            }
        } else {
            for (side, field) in &self.format {
                let text = if *side == 0 { Some(key) } else { sides[side - 1].get(field - 1).copied() };
                parts.push(text.filter(|text| !text.is_empty()).unwrap_or(&self.empty));
            }
        }
        put(out, parts.join(&self.separator.unwrap_or(' ').to_string()).as_bytes());
    }
}
