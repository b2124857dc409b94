//! comm: lines that two sorted files have in common.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec, quoted};
use super::paste::lines_of;
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "comm",
    short: "123z",
    long: &[
        ("check-order", 'k', Argument::No),
        ("nocheck-order", 'n', Argument::No),
        ("output-delimiter", 'O', Argument::Required),
    ],
    status: 1,
};

/// comm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comm {
    feed: Feed,
    hidden: Vec<char>,
    check: bool,
    delimiter: String,
    contents: Vec<Vec<u8>>,
}

/// The two operands that comm, join and cmp need.
pub(super) fn two_files(tool: &str, operands: &[String], status: i32) -> Result<(), Failure> {
    match operands {
        [] => Err(Failure::usage(tool, "missing operand", status)),
        [only] => Err(Failure::usage(tool, format_args!("missing operand after {}", quoted(only)), status)),
        [_, _] => Ok(()),
        [_, _, extra, ..] => {
            Err(Failure::usage(tool, format_args!("extra operand {}", quoted(extra)), status))
        }
    }
}

impl Comm {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        two_files("comm", &parsed.operands, 1)?;
        let (mut hidden, mut delimiter, mut check) = (Vec::new(), "\t".to_owned(), true);
        for (letter, value) in parsed.options {
            match letter {
                '1' | '2' | '3' => hidden.push(letter),
                'O' => delimiter = value,
                'n' => check = false,
                'z' => return Err(Failure::new("comm", "option -z is not supported here", 1)),
                _ => {}
            }
        }
        Ok(Self {
            feed: Feed::new("comm", parsed.operands, Wording::Plain),
            hidden,
            check,
            delimiter,
            contents: Vec::new(),
        })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        loop {
            match self.feed.whole(io) {
                Ok(Some(content)) => self.contents.push(content),
                Ok(None) => break,
                Err(step) => return step,
            }
        }
        if self.feed.failed {
            return Step::Exit(1);
        }
        let sides: Vec<Vec<&[u8]>> =
            self.contents.iter().map(|content| lines_of(content).collect()).collect();
        let mut out = Vec::new();
        let (mut at, mut unsorted) = ([0, 0], [false, false]);
        loop {
            let line = |side: usize| sides[side].get(at[side]).copied();
            let order = match (line(0), line(1)) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(left), Some(right)) => left.cmp(right),
            };
            let (column, side) = match order {
                Ordering::Less => ('1', 0),
                Ordering::Greater => ('2', 1),
                Ordering::Equal => ('3', 0),
            };
            self.print(column, line(side).unwrap_or_default(), &mut out);
            for side in 0..2 {
                if order == Ordering::Equal || (order == Ordering::Less) == (side == 0) {
                    unsorted[side] |=
                        sides[side].get(at[side] + 1).is_some_and(|next| *next < sides[side][at[side]]);
                    at[side] += 1;
                }
            }
        }
        flush(io, &mut out);
        self.complain(io, unsorted)
    }

    fn print(&self, column: char, line: &[u8], out: &mut Vec<u8>) {
        if self.hidden.contains(&column) {
            return;
        }
        let before =
            ['1', '2'].iter().filter(|other| **other < column && !self.hidden.contains(other)).count();
        out.extend_from_slice(self.delimiter.repeat(before).as_bytes());
        put(out, line);
    }

    fn complain(&self, io: &mut Io<'_>, unsorted: [bool; 2]) -> Step {
        if !self.check || unsorted == [false, false] {
            return Step::Exit(0);
        }
        for (side, unsorted) in unsorted.iter().enumerate() {
            if *unsorted {
                io.err(&format!("comm: file {} is not in sorted order\n", side + 1));
            }
        }
        io.err("comm: input is not in sorted order\n");
        Step::Exit(1)
    }
}
