//! strings and yes.

use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, put};
use super::options::{Argument, Failure, Spec};
use crate::program::{Io, STDOUT, Step};

const STRINGS: Spec = Spec {
    tool: "strings",
    short: "an:",
    long: &[("all", 'a', Argument::No), ("bytes", 'n', Argument::Required)],
    status: 1,
};
/// How much yes writes in one step.
const CHUNK: usize = 8192;

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Bytes {
    /// Runs of at least so many printable characters.
    Strings { feed: Feed, least: usize },
    /// The same line for ever.
    Yes { line: String },
}

impl Bytes {
    pub fn parse(name: &str, args: &[String]) -> Result<Self, Failure> {
        if name == "yes" {
            let line = if args.is_empty() { "y".to_owned() } else { args.join(" ") };
            return Ok(Self::Yes { line: line + "\n" });
        }
        let parsed = STRINGS.parse(args)?;
        let mut least = 4;
        for (letter, value) in parsed.options {
            if letter == 'n' {
                let invalid =
                    || Failure::new("strings", format_args!("invalid minimum string length {value}"), 1);
                least = value.parse().ok().filter(|least| *least > 0).ok_or_else(invalid)?;
            }
        }
        Ok(Self::Strings { feed: Feed::new("strings", parsed.operands, Wording::Quoted), least })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        match self {
            Self::Yes { line } => {
                match io.write(STDOUT, line.repeat(CHUNK.div_ceil(line.len())).as_bytes()) {
                    Ok(()) => Step::Continue,
                    Err(_) => Step::Exit(1),
                }
            }
            Self::Strings { feed, least } => {
                let mut out = Vec::new();
                let printable = |byte: &u8| (32..127).contains(byte) || *byte == b'\t';
                let step = feed.each_line(io, |line, _| {
                    line.split(|byte| !printable(byte))
                        .filter(|run| run.len() >= *least)
                        .for_each(|run| put(&mut out, run));
                });
                flush(io, &mut out);
                step.unwrap_or(Step::Exit(i32::from(feed.failed)))
            }
        }
    }
}
