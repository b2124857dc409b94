//! wc: counts of lines, words, characters and bytes.

use serde::{Deserialize, Serialize};

use super::feed::{Fed, Feed, Wording};
use super::options::{Argument, Failure, Spec};
use crate::program::{Io, Step};
use crate::utilities::options::is_busybox;

const SPEC: Spec = Spec {
    tool: "wc",
    short: "clLmw",
    long: &[
        ("bytes", 'c', Argument::No),
        ("lines", 'l', Argument::No),
        ("max-line-length", 'L', Argument::No),
        ("chars", 'm', Argument::No),
        ("words", 'w', Argument::No),
    ],
    status: 1,
};
/// The order of the columns.
const BUSYBOX_WIDTH: usize = 9;
const COLUMNS: [char; 5] = ['l', 'w', 'm', 'c', 'L'];

/// wc.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wc {
    files: Vec<String>,
    columns: Vec<char>,
    feed: Feed,
    /// Per file: its name and counts in the order of `COLUMNS`.
    counts: Vec<(String, [u64; 5])>,
    current: [u64; 5],
}

impl Wc {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let mut columns: Vec<char> = COLUMNS
            .into_iter()
            .filter(|column| parsed.options.iter().any(|(letter, _)| letter == column))
            .collect();
        if columns.is_empty() {
            columns = vec!['l', 'w', 'c'];
        }
        let feed = Feed::new("wc", parsed.operands.clone(), Wording::Plain);
        Ok(Self { files: parsed.operands, columns, feed, counts: Vec::new(), current: [0; 5] })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        loop {
            match self.feed.next(io) {
                Fed::Start => self.current = [0; 5],
                Fed::Line(line, terminated) => self.line(&line, terminated),
                Fed::Finish => self.counts.push((self.feed.name.clone(), self.current)),
                Fed::Wait(step) => return step,
                Fed::End => break,
            }
        }
        let width = self.width(io);
        let print = |io: &mut Io<'_>, counts: &[u64; 5], name: &str| {
            let shown = COLUMNS.iter().zip(counts).filter(|(column, _)| self.columns.contains(column));
            let numbers: Vec<String> = shown.map(|(_, count)| format!("{count:width$}")).collect();
            let name = if name.is_empty() { String::new() } else { format!(" {name}") };
            io.out(&format!("{}{name}\n", numbers.join(" ")));
        };
        let mut total = [0; 5];
        for (name, counts) in &self.counts {
            print(io, counts, if self.files.is_empty() { "" } else { name });
            for (index, count) in counts.iter().enumerate() {
                total[index] = if index == 4 { total[index].max(*count) } else { total[index] + count };
            }
        }
        if self.files.len() > 1 {
            print(io, &total, "total");
        }
        Step::Exit(i32::from(self.feed.failed))
    }

    fn line(&mut self, line: &[u8], terminated: bool) {
        let text = String::from_utf8_lossy(line);
        let [lines, words, letters, bytes, longest] = &mut self.current;
        *lines += u64::from(terminated);
        *words += text.split_whitespace().count() as u64;
        *letters += text.chars().count() as u64 + u64::from(terminated);
        *bytes += line.len() as u64 + u64::from(terminated);
        let width = text
            .chars()
            .fold(0, |column, letter| if letter == '\t' { column / 8 * 8 + 8 } else { column + 1 });
        *longest = (*longest).max(width);
    }

    /// Wide enough for the sizes of all files; 7 if one of them has no size to know before it is read.
    fn width(&self, io: &Io<'_>) -> usize {
        if self.columns.len() == 1 && self.files.len() < 2 {
            return 1;
        }
        if is_busybox(io) {
            return BUSYBOX_WIDTH;
        }
        if self.files.is_empty() || self.files.iter().any(|file| file == "-") {
            return if self.files.len() < 2 || self.columns.len() > 1 || !self.files.is_empty() {
                7
            } else {
                1
            };
        }
        let sizes =
            self.files.iter().filter_map(|file| io.stat(file).ok()).filter(|metadata| !metadata.is_folder());
        sizes.map(|metadata| metadata.size).sum::<u64>().to_string().len()
    }
}
