//! paste: lines of files side by side.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec};
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "paste",
    short: "d:sz",
    long: &[("delimiters", 'd', Argument::Required), ("serial", 's', Argument::No)],
    status: 1,
};

/// paste.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Paste {
    feed: Feed,
    files: Vec<String>,
    delimiters: Vec<String>,
    serial: bool,
    contents: Vec<(String, Vec<Vec<u8>>)>,
}

impl Paste {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let (mut delimiters, mut serial) = (vec!["\t".to_owned()], false);
        for (letter, value) in parsed.options {
            match letter {
                'd' => delimiters = unescape(&value),
                's' => serial = true,
                _ => return Err(Failure::new("paste", "option -z is not supported here", 1)),
            }
        }
        let files = if parsed.operands.is_empty() { vec!["-".to_owned()] } else { parsed.operands };
        // Standard input is read once, however often it is named.
        let mut distinct = files.clone();
        let mut seen = false;
        distinct.retain(|file| file != "-" || !std::mem::replace(&mut seen, true));
        Ok(Self {
            feed: Feed::new("paste", distinct, Wording::Plain),
            files,
            delimiters,
            serial,
            contents: Vec::new(),
        })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        loop {
            match self.feed.whole(io) {
                Ok(Some(content)) => {
                    let lines = lines_of(&content).map(<[u8]>::to_vec).collect();
                    self.contents.push((self.feed.name.clone(), lines));
                }
                Ok(None) => break,
                Err(step) => return step,
            }
        }
        if self.feed.failed && !self.serial {
            return Step::Exit(1);
        }
        let mut out = Vec::new();
        if self.serial {
            for (_, lines) in &self.contents {
                put(&mut out, &self.join(lines));
            }
        } else {
            self.parallel(&mut out);
        }
        flush(io, &mut out);
        Step::Exit(i32::from(self.feed.failed))
    }

    fn parallel(&self, out: &mut Vec<u8>) {
        let shared = self.files.iter().filter(|file| *file == "-").count().max(1);
        let mut taken = 0;
        let columns: Vec<Vec<Vec<u8>>> = self
            .files
            .iter()
            .map(|file| {
                let lines = self
                    .contents
                    .iter()
                    .find(|(name, _)| name == file)
                    .map(|(_, lines)| lines.clone())
                    .unwrap_or_default();
                if file != "-" {
                    return lines;
                }
                taken += 1;
                lines.into_iter().skip(taken - 1).step_by(shared).collect()
            })
            .collect();
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            let cells: Vec<Vec<u8>> =
                columns.iter().map(|column| column.get(row).cloned().unwrap_or_default()).collect();
            put(out, &self.join(&cells));
        }
    }

    /// Joins with the delimiters in turn.
    fn join(&self, parts: &[Vec<u8>]) -> Vec<u8> {
        let mut line = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 && !self.delimiters.is_empty() {
                line.extend_from_slice(self.delimiters[(index - 1) % self.delimiters.len()].as_bytes());
            }
            line.extend_from_slice(part);
        }
        line
    }
}

/// The lines of a text without their newlines.
pub(super) fn lines_of(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

fn unescape(text: &str) -> Vec<String> {
    let mut delimiters = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        delimiters.push(match letter {
            '\\' => match letters.next() {
                Some('n') => "\n".to_owned(),
                Some('t') => "\t".to_owned(),
                Some('0') => String::new(),
                Some(other) => other.to_string(),
                None => "\\".to_owned(),
            },
            _ => letter.to_string(),
        });
    }
    delimiters
}
