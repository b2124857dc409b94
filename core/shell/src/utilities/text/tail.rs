//! tail: the last lines or bytes, and what is added later.

use engine::Duration;
use serde::{Deserialize, Serialize};

use super::feed::{Feed, Wording, flush, open};
use super::head::old_style;
use super::options::{Argument, Failure, Spec, count, quoted};
use crate::program::{Fd, Io, Read, STDIN, Step, Wait};

const SPEC: Spec = Spec {
    tool: "tail",
    short: "n:c:fFqvs:z",
    long: &[
        ("lines", 'n', Argument::Required),
        ("bytes", 'c', Argument::Required),
        ("follow", 'f', Argument::Optional),
        ("retry", 'r', Argument::No),
        ("sleep-interval", 's', Argument::Required),
        ("quiet", 'q', Argument::No),
        ("silent", 'q', Argument::No),
        ("verbose", 'v', Argument::No),
    ],
    status: 1,
};
/// How often a followed file is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// tail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tail {
    files: Vec<String>,
    feed: Feed,
    amount: Amount,
    follow: bool,
    retry: bool,
    headers: bool,
    shown: Option<String>,
    followed: Option<Vec<Followed>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Amount {
    bytes: bool,
    from_start: bool,
    number: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Followed {
    name: String,
    fd: Option<Fd>,
    size: u64,
}

impl Tail {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(&old_style(args, true))?;
        let mut tail = Self {
            headers: parsed.operands.len() > 1,
            files: parsed.operands.clone(),
            feed: Feed::new("tail", parsed.operands, Wording::CannotOpen),
            amount: Amount { bytes: false, from_start: false, number: 10 },
            follow: false,
            retry: false,
            shown: None,
            followed: None,
        };
        for (letter, value) in parsed.options {
            match letter {
                'f' => tail.follow = true,
                'F' => (tail.follow, tail.retry) = (true, true),
                'r' => tail.retry = true,
                'q' => tail.headers = false,
                'v' => tail.headers = true,
                's' => {}
                'z' => return Err(Failure::new("tail", "option -z is not supported here", 1)),
                _ => {
                    let bytes = letter == 'c';
                    let number = value.strip_prefix(['-', '+']).unwrap_or(&value);
                    let kind = if bytes { "bytes" } else { "lines" };
                    let invalid = || {
                        Failure::new("tail", format_args!("invalid number of {kind}: {}", quoted(&value)), 1)
                    };
                    let number = count(number).ok_or_else(invalid)?;
                    let number = usize::try_from(number).unwrap_or(usize::MAX);
                    tail.amount = Amount { bytes, from_start: value.starts_with('+'), number };
                }
            }
        }
        Ok(tail)
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let mut out = Vec::new();
        if self.followed.is_some() {
            return self.follow(io);
        }
        let piped = self.files.iter().all(|file| file == "-");
        if piped && self.amount.from_start && !self.amount.bytes {
            return self.stream(io);
        }
        loop {
            match self.feed.whole(io) {
                Ok(Some(content)) => {
                    let name = self.feed.name.clone();
                    self.header(&name, &mut out);
                    out.extend_from_slice(self.amount.of(&content));
                }
                Ok(None) => break,
                Err(step) => {
                    flush(io, &mut out);
                    return step;
                }
            }
        }
        flush(io, &mut out);
        if !self.follow || piped {
            return Step::Exit(i32::from(self.feed.failed));
        }
        self.start_following(io)
    }

    /// `tail -n +K` of a pipe, line by line.
    fn stream(&mut self, io: &mut Io<'_>) -> Step {
        let (mut out, amount) = (Vec::new(), &mut self.amount);
        let step = self.feed.each_line(io, |line, terminated| {
            if amount.number > 1 {
                amount.number -= 1;
                return;
            }
            out.extend_from_slice(line);
            if terminated {
                out.push(b'\n');
            }
        });
        flush(io, &mut out);
        step.unwrap_or(Step::Exit(0))
    }

    fn header(&mut self, name: &str, out: &mut Vec<u8>) {
        if self.headers && self.shown.as_deref() != Some(name) {
            let label = if name == "-" { "standard input" } else { name };
            let gap = if self.shown.is_some() { "\n" } else { "" };
            out.extend_from_slice(format!("{gap}==> {label} <==\n").as_bytes());
            self.shown = Some(name.to_owned());
        }
    }

    fn start_following(&mut self, io: &mut Io<'_>) -> Step {
        let mut followed = Vec::new();
        for name in self.files.clone() {
            if name == "-" {
                followed.push(Followed { name, fd: Some(STDIN), size: 0 });
                continue;
            }
            let Ok(fd) = open(io, &name) else {
                if self.retry {
                    followed.push(Followed { name, fd: None, size: 0 });
                }
                continue;
            };
            let mut size = 0;
            while let Read::Data(bytes) = io.read(fd, 1 << 16) {
                size += bytes.len() as u64;
            }
            followed.push(Followed { name, fd: Some(fd), size });
        }
        if followed.is_empty() {
            io.err("tail: no files remaining\n");
            return Step::Exit(1);
        }
        self.followed = Some(followed);
        Step::Wait(Wait::until(io.now() + INTERVAL))
    }

    fn follow(&mut self, io: &mut Io<'_>) -> Step {
        let Some(mut followed) = self.followed.take() else { return Step::Exit(1) };
        let mut out = Vec::new();
        for file in &mut followed {
            let metadata = if file.name == "-" { None } else { io.stat(&file.name).ok() };
            if file.fd.is_none() && metadata.is_some() {
                file.fd = open(io, &file.name).ok();
                file.size = 0;
                io.err(&format!("tail: '{}' has appeared;  following new file\n", file.name));
            }
            let Some(fd) = file.fd else { continue };
            if metadata.is_some_and(|metadata| metadata.size < file.size) {
                io.err(&format!("tail: {}: file truncated\n", file.name));
                io.close(fd);
                file.fd = open(io, &file.name).ok();
                file.size = 0;
            }
            let Some(fd) = file.fd else { continue };
            while let Read::Data(bytes) = io.read(fd, 1 << 16) {
                self.header(&file.name, &mut out);
                file.size += bytes.len() as u64;
                out.extend_from_slice(&bytes);
            }
        }
        flush(io, &mut out);
        self.followed = Some(followed);
        Step::Wait(Wait::until(io.now() + INTERVAL))
    }
}

impl Amount {
    fn of(self, content: &[u8]) -> &[u8] {
        let skipped = self.number.saturating_sub(1);
        match (self.bytes, self.from_start) {
            (true, true) => &content[skipped.min(content.len())..],
            (true, false) => &content[content.len().saturating_sub(self.number)..],
            (false, true) => {
                let skipped: usize =
                    content.split_inclusive(|byte| *byte == b'\n').take(skipped).map(<[u8]>::len).sum();
                &content[skipped..]
            }
            (false, false) => {
                let lines: Vec<usize> =
                    content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len).collect();
                let kept: usize = lines.iter().rev().take(self.number).sum();
                &content[content.len() - kept..]
            }
        }
    }
}
