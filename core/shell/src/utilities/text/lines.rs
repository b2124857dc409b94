//! rev, tac, nl, shuf: the same lines turned around, numbered or shuffled.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec, quoted};
use super::regex::{Options, Pattern, Syntax};
use crate::program::{Io, Step};

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lines {
    tool: Tool,
    feed: Feed,
    lines: Vec<Vec<u8>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Tool {
    Rev,
    /// Whole files, the last line first.
    Tac,
    Nl(Numbering),
    Shuf {
        count: Option<usize>,
        repeat: bool,
        given: Option<Vec<Vec<u8>>>,
    },
}

/// How nl numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Numbering {
    /// Which lines: all, those that are not empty, none, or those that match.
    style: Style,
    width: usize,
    separator: String,
    format: String,
    next: i64,
    step: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Style {
    All,
    Filled,
    None,
    Matching(Pattern),
}

const REV: Spec = Spec { tool: "rev", short: "", long: &[], status: 1 };
const TAC: Spec = Spec { tool: "tac", short: "", long: &[], status: 1 };
const NL: Spec = Spec {
    tool: "nl",
    short: "b:w:s:n:v:i:",
    long: &[
        ("body-numbering", 'b', Argument::Required),
        ("number-width", 'w', Argument::Required),
        ("number-separator", 's', Argument::Required),
        ("number-format", 'n', Argument::Required),
        ("starting-line-number", 'v', Argument::Required),
        ("line-increment", 'i', Argument::Required),
    ],
    status: 1,
};
const SHUF: Spec = Spec {
    tool: "shuf",
    short: "ei:n:r",
    long: &[
        ("echo", 'e', Argument::No),
        ("input-range", 'i', Argument::Required),
        ("head-count", 'n', Argument::Required),
        ("repeat", 'r', Argument::No),
    ],
    status: 1,
};

impl Lines {
    pub fn parse(name: &str, args: &[String]) -> Result<Self, Failure> {
        let (tool, files) = match name {
            "rev" => (Tool::Rev, REV.parse(args)?.operands),
            "tac" => (Tool::Tac, TAC.parse(args)?.operands),
            "nl" => numbering(args)?,
            _ => shuffling(args)?,
        };
        let (tool_name, wording) = match name {
            "rev" => ("rev", Wording::CannotOpenPlain),
            "tac" => ("tac", Wording::FailedToOpen),
            "nl" => ("nl", Wording::Plain),
            _ => ("shuf", Wording::Plain),
        };
        Ok(Self { tool, feed: Feed::new(tool_name, files, wording), lines: Vec::new() })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let mut out = Vec::new();
        let step = match &mut self.tool {
            Tool::Rev => self.feed.each_line(io, |line, terminated| {
                let text: String = String::from_utf8_lossy(line).chars().rev().collect();
                out.extend_from_slice(text.as_bytes());
                if terminated {
                    out.push(b'\n');
                }
            }),
            Tool::Nl(numbering) => self.feed.each_line(io, |line, _| numbering.line(line, &mut out)),
            Tool::Tac => loop {
                match self.feed.whole(io) {
                    Ok(Some(content)) => {
                        content
                            .split_inclusive(|byte| *byte == b'\n')
                            .rev()
                            .for_each(|line| out.extend_from_slice(line));
                    }
                    Ok(None) => break None,
                    Err(step) => break Some(step),
                }
            },
            Tool::Shuf { count, repeat, given } => {
                let lines = match given {
                    Some(given) => std::mem::take(given),
                    None => match self.feed.collect(io, &mut self.lines) {
                        Some(step) => return step,
                        None => std::mem::take(&mut self.lines),
                    },
                };
                if *repeat && lines.is_empty() {
                    io.err("shuf: no lines to repeat\n");
                    return Step::Exit(1);
                }
                shuffle(io, lines, *count, *repeat, &mut out);
                None
            }
        };
        flush(io, &mut out);
        step.unwrap_or(Step::Exit(i32::from(self.feed.failed)))
    }
}

fn shuffle(io: &mut Io<'_>, mut lines: Vec<Vec<u8>>, count: Option<usize>, repeat: bool, out: &mut Vec<u8>) {
    let wanted = count.unwrap_or(lines.len());
    let mut random = |below: usize| (io.random() % below as u64) as usize;
    if repeat {
        (0..wanted).for_each(|_| put(out, &lines[random(lines.len())]));
        return;
    }
    for _ in 0..wanted.min(lines.len()) {
        let line = lines.swap_remove(random(lines.len()));
        put(out, &line);
    }
}

fn numbering(args: &[String]) -> Result<(Tool, Vec<String>), Failure> {
    let parsed = NL.parse(args)?;
    let mut numbering = Numbering {
        style: Style::Filled,
        width: 6,
        separator: "\t".to_owned(),
        format: "rn".to_owned(),
        next: 1,
        step: 1,
    };
    for (letter, value) in parsed.options {
        let number = |what: &str| {
            value
                .parse::<i64>()
                .map_err(|_| Failure::new("nl", format_args!("invalid {what}: {}", quoted(&value)), 1))
        };
        match letter {
            'b' => {
                numbering.style = match value.chars().next() {
                    Some('a') => Style::All,
                    Some('t') => Style::Filled,
                    Some('n') => Style::None,
                    Some('p') => Style::Matching(
                        Pattern::new(&value[1..], Syntax::Basic, Options::default())
                            .map_err(|message| Failure::new("nl", message, 1))?,
                    ),
                    _ => {
                        return Err(Failure::usage(
                            "nl",
                            format_args!("invalid body numbering style: {}", quoted(&value)),
                            1,
                        ));
                    }
                }
            }
            'w' => {
                numbering.width =
                    usize::try_from(number("line number field width")?.max(1)).unwrap_or(6).min(1000);
            }
            's' => numbering.separator = value,
            'n' if matches!(value.as_str(), "ln" | "rn" | "rz") => numbering.format = value,
            'n' => {
                return Err(Failure::usage(
                    "nl",
                    format_args!("invalid line numbering format: {}", quoted(&value)),
                    1,
                ));
            }
            'v' => numbering.next = number("starting line number")?,
            _ => numbering.step = number("line number increment")?,
        }
    }
    Ok((Tool::Nl(numbering), parsed.operands))
}

impl Numbering {
    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let numbered = match &self.style {
            Style::All => true,
            Style::Filled => !line.is_empty(),
            Style::None => false,
            Style::Matching(pattern) => pattern.is_match(&String::from_utf8_lossy(line)),
        };
        let width = self.width;
        if numbered {
            let number = match self.format.as_str() {
                "ln" => format!("{:<width$}", self.next),
                "rz" => format!("{:0>width$}", self.next),
                _ => format!("{:>width$}", self.next),
            };
            self.next += self.step;
            out.extend_from_slice(number.as_bytes());
            out.extend_from_slice(self.separator.as_bytes());
        } else {
            out.extend_from_slice(" ".repeat(width + self.separator.len()).as_bytes());
        }
        put(out, line);
    }
}

fn shuffling(args: &[String]) -> Result<(Tool, Vec<String>), Failure> {
    let parsed = SHUF.parse(args)?;
    let (mut count, mut repeat, mut given) = (None, false, None);
    for (letter, value) in parsed.options {
        match letter {
            'e' => given = Some(parsed.operands.iter().map(|operand| operand.clone().into_bytes()).collect()),
            'r' => repeat = true,
            'n' => {
                let invalid =
                    |_| Failure::new("shuf", format_args!("invalid line count: {}", quoted(&value)), 1);
                count = Some(value.parse().map_err(invalid)?);
            }
            _ => {
                let range = value
                    .split_once('-')
                    .and_then(|(from, to)| Some((from.parse::<u64>().ok()?, to.parse::<u64>().ok()?)));
                let Some((from, to)) = range.filter(|(from, to)| from <= to && to - from < 1 << 20) else {
                    return Err(Failure::new(
                        "shuf",
                        format_args!("invalid input range: {}", quoted(&value)),
                        1,
                    ));
                };
                given = Some((from..=to).map(|number| number.to_string().into_bytes()).collect());
            }
        }
    }
    Ok((Tool::Shuf { count, repeat, given }, parsed.operands))
}
