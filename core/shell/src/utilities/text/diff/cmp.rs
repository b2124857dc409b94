//! cmp: the first byte that differs.

use serde::{Deserialize, Serialize};

use crate::program::{Io, Step};
use crate::utilities::options::is_busybox;
use crate::utilities::text::feed::{Feed, Wording};
use crate::utilities::text::options::{Argument, Failure, Spec};

const SPEC: Spec = Spec {
    tool: "cmp",
    short: "lsbn:",
    long: &[
        ("silent", 's', Argument::No),
        ("quiet", 's', Argument::No),
        ("verbose", 'l', Argument::No),
        ("bytes", 'n', Argument::Required),
    ],
    status: 2,
};

/// cmp.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cmp {
    feed: Feed,
    names: [String; 2],
    silent: bool,
    verbose: bool,
    limit: Option<usize>,
    contents: Vec<Vec<u8>>,
}

impl Cmp {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let names = match parsed.operands.as_slice() {
            [left, right] => [left.clone(), right.clone()],
            [only] => [only.clone(), "-".to_owned()],
            [] => return Err(Failure::usage("cmp", "missing operand after 'cmp'", 2)),
            [_, _, extra, ..] => {
                return Err(Failure::usage("cmp", format_args!("extra operand '{extra}'"), 2));
            }
        };
        let (mut silent, mut verbose, mut limit) = (false, false, None);
        for (letter, value) in parsed.options {
            match letter {
                's' => silent = true,
                'l' => verbose = true,
                'n' => {
                    let invalid =
                        || Failure::usage("cmp", format_args!("invalid --bytes value '{value}'"), 2);
                    limit = Some(value.parse().map_err(|_| invalid())?);
                }
                _ => {}
            }
        }
        let feed = Feed::new("cmp", names.to_vec(), Wording::Plain);
        Ok(Self { feed, names, silent, verbose, limit, contents: Vec::new() })
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
            return Step::Exit(2);
        }
        let cut =
            |content: &Vec<u8>| content[..self.limit.unwrap_or(content.len()).min(content.len())].to_vec();
        let (left, right) = (cut(&self.contents[0]), cut(&self.contents[1]));
        let differences = left.iter().zip(&right).enumerate().filter(|(_, (a, b))| a != b);
        let mut status = 0;
        for (at, (a, b)) in differences {
            status = 1;
            if self.silent {
                break;
            }
            if !self.verbose {
                let line = left[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                let unit = if is_busybox(io) { "char" } else { "byte" };
                io.out(&format!(
                    "{} {} differ: {unit} {}, line {line}\n",
                    self.names[0],
                    self.names[1],
                    at + 1
                ));
                return Step::Exit(1);
            }
            let width = left.len().min(right.len()).to_string().len();
            io.out(&format!("{:width$} {a:3o} {b:3o}\n", at + 1));
        }
        if left.len() == right.len() {
            return Step::Exit(status);
        }
        let (shorter, content) = if left.len() < right.len() { (0, &left) } else { (1, &right) };
        if !self.silent {
            let lines = content.iter().filter(|byte| **byte == b'\n').count();
            let place = match (content.is_empty(), self.verbose, content.ends_with(b"\n")) {
                (true, ..) => " which is empty".to_owned(),
                (_, true, _) => format!(" after byte {}", content.len()),
                (_, _, true) => format!(" after byte {}, line {lines}", content.len()),
                _ => format!(" after byte {}, in line {}", content.len(), lines + 1),
            };
            io.err(&format!("cmp: EOF on {}{place}\n", self.names[shorter]));
        }
        Step::Exit(1)
    }
}
