//! fold, expand, unexpand: lines by columns.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush};
use super::options::{Argument, Failure, Spec, quoted};
use crate::program::{Io, Step};

const FOLD: Spec = Spec {
    tool: "fold",
    short: "bsw:",
    long: &[("bytes", 'b', Argument::No), ("spaces", 's', Argument::No), ("width", 'w', Argument::Required)],
    status: 1,
};
const EXPAND: Spec = Spec {
    tool: "expand",
    short: "it:",
    long: &[("initial", 'i', Argument::No), ("tabs", 't', Argument::Required)],
    status: 1,
};
const UNEXPAND: Spec = Spec {
    tool: "unexpand",
    short: "at:",
    long: &[("all", 'a', Argument::No), ("first-only", 'F', Argument::No), ("tabs", 't', Argument::Required)],
    status: 1,
};

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wrap {
    tool: Tool,
    feed: Feed,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Tool {
    Fold { width: usize, spaces: bool },
    Expand { width: usize, initial: bool },
    Unexpand { width: usize, all: bool },
}

impl Wrap {
    pub fn parse(name: &str, args: &[String]) -> Result<Self, Failure> {
        let (spec, mut tool) = match name {
            "fold" => (FOLD, Tool::Fold { width: 80, spaces: false }),
            "expand" => (EXPAND, Tool::Expand { width: 8, initial: false }),
            _ => (UNEXPAND, Tool::Unexpand { width: 8, all: false }),
        };
        let digits = |argument: &String| match argument.strip_prefix('-') {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                format!("-{}{digits}", if name == "fold" { 'w' } else { 't' })
            }
            _ => argument.clone(),
        };
        let parsed = spec.parse(&args.iter().map(digits).collect::<Vec<_>>())?;
        for (letter, value) in parsed.options {
            let number = |message: &str| {
                let invalid = || Failure::new(spec.tool, format_args!("{message}: {}", quoted(&value)), 1);
                value.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(invalid)
            };
            match (&mut tool, letter) {
                (Tool::Fold { width, .. }, 'w') => *width = number("invalid number of columns")?,
                (Tool::Fold { spaces, .. }, 's') => *spaces = true,
                (Tool::Expand { width, .. }, 't') => {
                    *width = number("tab size contains invalid character(s)")?;
                }
                (Tool::Unexpand { width, all }, 't') => {
                    *width = number("tab size contains invalid character(s)")?;
                    *all = true;
                }
                (Tool::Expand { initial, .. }, _) => *initial = true,
                (Tool::Unexpand { all, .. }, 'a') => *all = true,
                _ => {}
            }
        }
        Ok(Self { tool, feed: Feed::new(spec.tool, parsed.operands, Wording::Plain) })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let mut out = Vec::new();
        let tool = self.tool;
        let step = self.feed.each_line(io, |line, terminated| {
            let line = String::from_utf8_lossy(line);
            let text = match tool {
                Tool::Fold { width, spaces } => fold(&line, width, spaces),
                Tool::Expand { width, initial } => expand(&line, width, initial),
                Tool::Unexpand { width, all } => unexpand(&line, width, all),
            };
            out.extend_from_slice(text.as_bytes());
            if terminated {
                out.push(b'\n');
            }
        });
        flush(io, &mut out);
        step.unwrap_or(Step::Exit(i32::from(self.feed.failed)))
    }
}

fn fold(line: &str, width: usize, spaces: bool) -> String {
    let (mut text, mut row, mut column) = (String::new(), String::new(), 0);
    for letter in line.chars() {
        let wide = if letter == '\t' { 8 - column % 8 } else { 1 };
        if column + wide > width && !row.is_empty() {
            let cut = if spaces { row.rfind([' ', '\t']).map(|at| at + 1) } else { None };
            let rest = row.split_off(cut.unwrap_or(row.len()));
            text.push_str(&row);
            text.push('\n');
            column = rest.chars().count();
            row = rest;
        }
        row.push(letter);
        column += wide;
    }
    text + &row
}

fn expand(line: &str, width: usize, initial: bool) -> String {
    let (mut text, mut column, mut leading) = (String::new(), 0, true);
    for letter in line.chars() {
        leading &= letter == ' ' || letter == '\t';
        if letter == '\t' && (leading || !initial) {
            let spaces = width - column % width;
            text.push_str(&" ".repeat(spaces));
            column += spaces;
        } else {
            text.push(letter);
            column += 1;
        }
    }
    text
}

fn unexpand(line: &str, width: usize, all: bool) -> String {
    let (mut text, mut column, mut pending, mut leading) = (String::new(), 0_usize, 0, true);
    for letter in line.chars() {
        if letter == ' ' && (leading || all) {
            pending += 1;
            column += 1;
            if column.is_multiple_of(width) && (pending > 1 || leading) {
                text.push('\t');
                pending = 0;
            }
            continue;
        }
        if letter == '\t' {
            pending = 0;
            column = column / width * width + width;
        } else {
            text.push_str(&" ".repeat(pending));
            pending = 0;
            leading = false;
            column += 1;
        }
        text.push(letter);
    }
    text + &" ".repeat(pending)
}
