//! column: a table of the fields of lines, or lines in columns.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec};
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "column",
    short: "ts:o:c:xN:R:n",
    long: &[
        ("table", 't', Argument::No),
        ("separator", 's', Argument::Required),
        ("output-separator", 'o', Argument::Required),
        ("output-width", 'c', Argument::Required),
        ("table-columns", 'N', Argument::Required),
        ("table-right", 'R', Argument::Required),
        ("fillrows", 'x', Argument::No),
    ],
    status: 1,
};

/// column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Column {
    feed: Feed,
    table: bool,
    separators: Option<String>,
    between: String,
    names: Vec<String>,
    right: Vec<String>,
    width: Option<usize>,
    rows_first: bool,
    lines: Vec<Vec<u8>>,
}

impl Column {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let mut column = Self {
            feed: Feed::new("column", parsed.operands, Wording::Plain),
            table: false,
            separators: None,
            between: "  ".to_owned(),
            names: Vec::new(),
            right: Vec::new(),
            width: None,
            rows_first: false,
            lines: Vec::new(),
        };
        let list = |text: &str| text.split(',').map(str::to_owned).collect();
        for (letter, value) in parsed.options {
            match letter {
                't' => column.table = true,
                's' => column.separators = Some(value),
                'o' => column.between = value,
                'N' => column.names = list(&value),
                'R' => column.right = list(&value),
                'x' => column.rows_first = true,
                'c' => {
                    let invalid =
                        |_| Failure::new("column", format_args!("invalid columns argument: '{value}'"), 1);
                    column.width = Some(value.parse().map_err(invalid)?);
                }
                _ => {}
            }
        }
        Ok(column)
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if let Some(step) = self.feed.collect(io, &mut self.lines) {
            return step;
        }
        let lines = std::mem::take(&mut self.lines);
        let lines: Vec<String> =
            lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let lines: Vec<&str> =
            lines.iter().map(String::as_str).filter(|line| !line.trim().is_empty()).collect();
        let mut out = Vec::new();
        if self.table {
            self.as_table(&lines, &mut out);
        } else {
            let width = self.width.unwrap_or_else(|| usize::from(io.terminal_size().0));
            self.fill(&lines, width, &mut out);
        }
        flush(io, &mut out);
        Step::Exit(i32::from(self.feed.failed))
    }

    fn as_table(&self, lines: &[&str], out: &mut Vec<u8>) {
        let mut rows: Vec<Vec<&str>> = Vec::new();
        if !self.names.is_empty() {
            rows.push(self.names.iter().map(String::as_str).collect());
        }
        rows.extend(lines.iter().map(|line| match &self.separators {
            Some(separators) => line.split(|letter| separators.contains(letter)).collect(),
            None => line.split_whitespace().collect(),
        }));
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &rows {
            let mut text = String::new();
            for (index, width) in widths.iter().enumerate() {
                let cell = row.get(index).copied().unwrap_or("");
                let gap = " ".repeat(width - cell.chars().count());
                let last = index + 1 == columns;
                let name = self.names.get(index);
                if self.right.iter().any(|right| Some(right) == name || *right == (index + 1).to_string()) {
                    text.push_str(&gap);
                    text.push_str(cell);
                } else {
                    text.push_str(cell);
                    if !last {
                        text.push_str(&gap);
                    }
                }
                if !last {
                    text.push_str(&self.between);
                }
            }
            put(out, text.as_bytes());
        }
    }

    /// Lines in as many columns of a multiple of eight as fit.
    fn fill(&self, lines: &[&str], total: usize, out: &mut Vec<u8>) {
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let step = longest / 8 * 8 + 8;
        let columns = (total / step).max(1);
        let rows = lines.len().div_ceil(columns);
        for row in 0..rows {
            let mut text = String::new();
            let cell = |column: usize| {
                let index = if self.rows_first { row * columns + column } else { column * rows + row };
                lines.get(index).filter(|_| column < columns)
            };
            for column in 0..columns {
                let Some(line) = cell(column) else { break };
                text.push_str(line);
                if cell(column + 1).is_some() {
                    text.push_str(&"\t".repeat((step - line.chars().count()).div_ceil(8)));
                }
            }
            put(out, text.as_bytes());
        }
    }
}
