//! cut: parts of each line.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec, quoted};
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "cut",
    short: "b:c:d:f:nsz",
    long: &[
        ("bytes", 'b', Argument::Required),
        ("characters", 'c', Argument::Required),
        ("fields", 'f', Argument::Required),
        ("delimiter", 'd', Argument::Required),
        ("only-delimited", 's', Argument::No),
        ("complement", 'C', Argument::No),
        ("output-delimiter", 'O', Argument::Required),
    ],
    status: 1,
};

/// cut.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cut {
    feed: Feed,
    list: List,
    fields: bool,
    delimiter: u8,
    output: Option<String>,
    only_delimited: bool,
}

/// Which positions (from 1).
#[derive(Clone, Debug, Serialize, Deserialize)]
struct List {
    ranges: Vec<(usize, usize)>,
    complement: bool,
}

impl Cut {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let (mut list, mut delimiter, mut output) = (None, None, None);
        let (mut only_delimited, mut complement) = (false, false);
        for (letter, value) in parsed.options {
            match letter {
                'b' | 'c' | 'f' if list.is_some() => {
                    return Err(Failure::usage("cut", "only one list may be specified", 1));
                }
                'b' | 'c' | 'f' => list = Some((letter == 'f', value)),
                'd' if value.len() > 1 => {
                    return Err(Failure::usage("cut", "the delimiter must be a single character", 1));
                }
                'd' => delimiter = Some(value.bytes().next().unwrap_or(0)),
                's' => only_delimited = true,
                'C' => complement = true,
                'O' => output = Some(value),
                'z' => return Err(Failure::new("cut", "option -z is not supported here", 1)),
                _ => {}
            }
        }
        let Some((fields, list)) = list else {
            return Err(Failure::usage("cut", "you must specify a list of bytes, characters, or fields", 1));
        };
        if delimiter.is_some() && !fields {
            let message = "an input delimiter may be specified only when operating on fields";
            return Err(Failure::usage("cut", message, 1));
        }
        if only_delimited && !fields {
            let message = "suppressing non-delimited lines makes sense\n\tonly when operating on fields";
            return Err(Failure::usage("cut", message, 1));
        }
        let list = List { ranges: ranges(&list, fields)?, complement };
        let feed = Feed::new("cut", parsed.operands, Wording::Plain);
        Ok(Self { feed, list, fields, delimiter: delimiter.unwrap_or(b'\t'), output, only_delimited })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let mut out = Vec::new();
        let (list, fields, delimiter, only) = (&self.list, self.fields, self.delimiter, self.only_delimited);
        let output = self.output.as_deref();
        let step = self.feed.each_line(io, |line, _| {
            if !fields {
                return put(&mut out, &list.bytes(line, output.unwrap_or("").as_bytes()));
            }
            if !line.contains(&delimiter) {
                if !only {
                    put(&mut out, line);
                }
                return;
            }
            let parts = line.split(|byte| *byte == delimiter).enumerate();
            let parts: Vec<&[u8]> =
                parts.filter(|(index, _)| list.has(index + 1)).map(|(_, part)| part).collect();
            put(&mut out, &parts.join(output.map_or([delimiter].as_slice(), str::as_bytes)));
        });
        flush(io, &mut out);
        step.unwrap_or(Step::Exit(i32::from(self.feed.failed)))
    }
}

impl List {
    fn has(&self, position: usize) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&position)) != self.complement
    }

    /// The bytes at these positions, with `between` where a new range begins.
    fn bytes(&self, line: &[u8], between: &[u8]) -> Vec<u8> {
        let mut result = Vec::new();
        let mut last = 0;
        for (index, byte) in line.iter().enumerate().filter(|(index, _)| self.has(index + 1)) {
            if !result.is_empty() && last != index {
                result.extend_from_slice(between);
            }
            result.push(*byte);
            last = index + 1;
        }
        result
    }
}

fn ranges(list: &str, fields: bool) -> Result<Vec<(usize, usize)>, Failure> {
    let from_one =
        if fields { "fields are numbered from 1" } else { "byte/character positions are numbered from 1" };
    let mut ranges = Vec::new();
    for part in list.split([',', ' ', '\t']) {
        let number = |text: &str| {
            let what = if fields { "field value" } else { "byte/character position" };
            let invalid = || Failure::usage("cut", format_args!("invalid {what} {}", quoted(text)), 1);
            text.parse::<usize>().map_err(|_| invalid())
        };
        let (from, to) = match part.split_once('-') {
            None if part.is_empty() => return Err(Failure::usage("cut", from_one, 1)),
            None => (number(part)?, number(part)?),
            Some(("", "")) => return Err(Failure::usage("cut", "invalid range with no endpoint: -", 1)),
            Some(("", to)) => (1, number(to)?),
            Some((from, "")) => (number(from)?, usize::MAX),
            Some((from, to)) => (number(from)?, number(to)?),
        };
        if from == 0 {
            return Err(Failure::usage("cut", from_one, 1));
        }
        if to < from {
            return Err(Failure::usage("cut", "invalid decreasing range", 1));
        }
        ranges.push((from, to));
    }
    Ok(ranges)
}
