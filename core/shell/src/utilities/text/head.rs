//! head: the first lines or bytes.

use serde::{Deserialize, Serialize};

use super::feed::{Fed, Feed, Wording, flush};
use super::options::{Argument, Failure, Spec, count, quoted};
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "head",
    short: "n:c:qvz",
    long: &[
        ("lines", 'n', Argument::Required),
        ("bytes", 'c', Argument::Required),
        ("quiet", 'q', Argument::No),
        ("silent", 'q', Argument::No),
        ("verbose", 'v', Argument::No),
    ],
    status: 1,
};

/// head.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    feed: Feed,
    bytes: bool,
    /// All but the last `limit`.
    except: bool,
    limit: u64,
    headers: bool,
    any: bool,
    left: u64,
    held: Vec<u8>,
}

/// `-5` as head and tail read it.
pub(super) fn old_style(args: &[String], plus: bool) -> Vec<String> {
    let number = |argument: &String| {
        let digits = argument.strip_prefix('-').or_else(|| argument.strip_prefix('+').filter(|_| plus))?;
        // `tail +5` begins at the fifth line.
        let sign = if argument.starts_with('+') { "+" } else { "" };
        let split = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        if split == 0 {
            return None;
        }
        match &digits[split..] {
            "" => Some(vec!["-n".to_owned(), format!("{sign}{digits}")]),
            "c" => Some(vec!["-c".to_owned(), digits[..split].to_owned()]),
            "f" => Some(vec!["-n".to_owned(), digits[..split].to_owned(), "-f".to_owned()]),
            _ => None,
        }
    };
    match args.split_first() {
        Some((first, rest)) => match number(first) {
            Some(mut args) => {
                args.extend(rest.iter().cloned());
                args
            }
            None => args.to_vec(),
        },
        None => Vec::new(),
    }
}

impl Head {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(&old_style(args, false))?;
        let headers = parsed.operands.len() > 1;
        let feed = Feed::new("head", parsed.operands, Wording::CannotOpen);
        let mut head = Self {
            feed,
            bytes: false,
            except: false,
            limit: 10,
            headers,
            any: false,
            left: 10,
            held: Vec::new(),
        };
        for (letter, value) in parsed.options {
            match letter {
                'q' => head.headers = false,
                'v' => head.headers = true,
                'z' => return Err(Failure::new("head", "option -z is not supported here", 1)),
                _ => {
                    head.bytes = letter == 'c';
                    head.except = value.starts_with('-');
                    let kind = if head.bytes { "bytes" } else { "lines" };
                    let number = value.strip_prefix('-').unwrap_or(&value);
                    let invalid = || {
                        Failure::new("head", format_args!("invalid number of {kind}: {}", quoted(number)), 1)
                    };
                    head.limit = count(number).ok_or_else(invalid)?;
                }
            }
        }
        Ok(head)
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let mut out = Vec::new();
        let step = loop {
            if self.feed.fd().is_some() && !self.except && self.left == 0 {
                self.feed.skip(io);
            }
            let fed = if self.bytes && !self.except {
                self.feed.next_bytes(io, usize::try_from(self.left).unwrap_or(usize::MAX).min(1 << 16))
            } else {
                self.feed.next(io)
            };
            match fed {
                Fed::Start => self.start(&mut out),
                Fed::Line(line, terminated) => self.line(line, terminated, &mut out),
                Fed::Finish => self.finish(&mut out),
                Fed::Wait(step) => break step,
                Fed::End => break Step::Exit(i32::from(self.feed.failed)),
            }
        };
        flush(io, &mut out);
        step
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        self.left = self.limit;
        if self.headers {
            let name = if self.feed.name == "-" { "standard input" } else { &self.feed.name };
            let gap = if self.any { "\n" } else { "" };
            out.extend_from_slice(format!("{gap}==> {name} <==\n").as_bytes());
        }
        self.any = true;
    }

    fn line(&mut self, mut line: Vec<u8>, terminated: bool, out: &mut Vec<u8>) {
        if terminated {
            line.push(b'\n');
        }
        if self.except {
            self.held.extend_from_slice(&line);
        } else if self.bytes {
            line.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= line.len() as u64;
            out.extend_from_slice(&line);
        } else {
            self.left -= 1;
            out.extend_from_slice(&line);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.except {
            return;
        }
        let held = std::mem::take(&mut self.held);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if self.bytes {
            out.extend_from_slice(&held[..held.len().saturating_sub(limit)]);
        } else {
            let lines: Vec<&[u8]> = held.split_inclusive(|byte| *byte == b'\n').collect();
            lines[..lines.len().saturating_sub(limit)].iter().for_each(|line| out.extend_from_slice(line));
        }
    }
}
