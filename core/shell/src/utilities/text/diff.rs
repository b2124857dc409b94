//! diff: what differs between files or folders.

pub mod cmp;

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::feed::{flush, open};
use super::options::{Argument, Failure, Spec};
use crate::program::{Fd, Io, Lines, STDIN, Step, Wait};
use crate::utilities::options::is_busybox;

const SPEC: Spec = Spec {
    tool: "diff",
    short: "abBcdiNqrsuwU:C:L:EZx:",
    long: &[
        ("unified", 'U', Argument::Optional),
        ("new-file", 'N', Argument::No),
        ("recursive", 'r', Argument::No),
        ("brief", 'q', Argument::No),
        ("report-identical-files", 's', Argument::No),
        ("ignore-case", 'i', Argument::No),
        ("ignore-all-space", 'w', Argument::No),
        ("ignore-space-change", 'b', Argument::No),
        ("ignore-blank-lines", 'B', Argument::No),
        ("label", 'L', Argument::Required),
        ("text", 'a', Argument::No),
        ("minimal", 'd', Argument::No),
        ("exclude", 'x', Argument::Required),
        ("color", 'n', Argument::Optional),
    ],
    status: 2,
};

/// diff.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Diff {
    options: Options,
    /// As the command line gave them, for the headings of compared files.
    flags: String,
    started: bool,
    tasks: VecDeque<Task>,
    reading: Option<Reading>,
    status: i32,
    roots: (String, String),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Options {
    unified: Option<usize>,
    new_file: bool,
    recursive: bool,
    brief: bool,
    same: bool,
    ignore_case: bool,
    ignore_space: bool,
    ignore_change: bool,
    ignore_blank: bool,
    labels: Vec<String>,
    exclude: Vec<String>,
}

/// What is still to do, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Task {
    /// Two files; whether a heading comes before their differences.
    Files {
        left: Option<String>,
        right: Option<String>,
        names: (String, String),
        heading: bool,
    },
    Say(String),
}

/// The files of a task while they are read.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reading {
    names: (String, String),
    heading: bool,
    sides: [Side; 2],
    times: [Option<i64>; 2],
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Side {
    Open(Fd, Lines),
    Read(Vec<u8>),
}

impl Diff {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let mut options = Options::default();
        for (letter, value) in parsed.options {
            match letter {
                'u' => options.unified = Some(3),
                'U' => {
                    let invalid =
                        |_| Failure::usage("diff", format_args!("invalid context length '{value}'"), 2);
                    options.unified =
                        Some(if value.is_empty() { 3 } else { value.parse().map_err(invalid)? });
                }
                'N' => options.new_file = true,
                'r' => options.recursive = true,
                'q' => options.brief = true,
                's' => options.same = true,
                'i' => options.ignore_case = true,
                'w' => options.ignore_space = true,
                'b' | 'Z' | 'E' => options.ignore_change = true,
                'B' => options.ignore_blank = true,
                'L' => options.labels.push(value),
                'x' => options.exclude.push(value),
                'c' | 'C' => {
                    return Err(Failure::new("diff", "context output (-c) is not supported here; use -u", 2));
                }
                _ => {}
            }
        }
        let roots = match parsed.operands.as_slice() {
            [left, right] => (left.clone(), right.clone()),
            [] => return Err(Failure::usage("diff", "missing operand after 'diff'", 2)),
            [only] => return Err(Failure::usage("diff", format_args!("missing operand after '{only}'"), 2)),
            [_, _, extra, ..] => {
                return Err(Failure::usage("diff", format_args!("extra operand '{extra}'"), 2));
            }
        };
        let operands = &parsed.operands;
        let flags = args
            .iter()
            .filter(|argument| !operands.contains(argument))
            .map(|argument| format!("{argument} "))
            .collect();
        Ok(Self { options, flags, started: false, tasks: VecDeque::new(), reading: None, status: 0, roots })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            let (mut left, mut right) = self.roots.clone();
            let folder = |io: &Io<'_>, path: &str| io.stat(path).is_ok_and(|metadata| metadata.is_folder());
            match (folder(io, &left), folder(io, &right)) {
                (true, true) => self.folders(io, &left, &right),
                (on_left, on_right) => {
                    // A file against a folder is compared with the file of this name in it.
                    if on_left {
                        left = format!("{left}/{}", right.rsplit('/').next().unwrap_or(&right));
                    } else if on_right {
                        right = format!("{right}/{}", left.rsplit('/').next().unwrap_or(&left));
                    }
                    let names = (left.clone(), right.clone());
                    self.tasks.push_back(Task::Files {
                        left: Some(left),
                        right: Some(right),
                        names,
                        heading: false,
                    });
                }
            }
        }
        loop {
            if let Some(reading) = &mut self.reading {
                for side in &mut reading.sides {
                    if let Side::Open(fd, lines) = side {
                        let fd = *fd;
                        let Some(content) = lines.rest(io, fd) else { return Step::Wait(Wait::readable(fd)) };
                        if fd != STDIN {
                            io.close(fd);
                        }
                        *side = Side::Read(content);
                    }
                }
            }
            if let Some(Reading { names, heading, sides: [Side::Read(left), Side::Read(right)], times }) =
                self.reading.take()
            {
                self.compare(io, &names, heading, &left, &right, times);
                continue;
            }
            match self.tasks.pop_front() {
                Some(Task::Say(text)) => {
                    self.status = self.status.max(1);
                    io.out(&text);
                }
                Some(Task::Files { left, right, names, heading }) => {
                    self.begin(io, left, right, names, heading);
                }
                None => return Step::Exit(self.status),
            }
        }
    }

    fn begin(
        &mut self,
        io: &mut Io<'_>,
        left: Option<String>,
        right: Option<String>,
        names: (String, String),
        heading: bool,
    ) {
        let missing = |io: &Io<'_>, path: &Option<String>| {
            path.as_ref().is_some_and(|path| path != "-" && io.stat(path).is_err())
        };
        let absent = [missing(io, &left), missing(io, &right)];
        let mut failed = false;
        let mut times = [None, None];
        let mut sides = Vec::new();
        for (index, path) in [left, right].into_iter().enumerate() {
            let opened = match path {
                None => Ok(None),
                Some(path) if path == "-" => Ok(Some(STDIN)),
                Some(_) if self.options.new_file && absent[index] && !absent[1 - index] => Ok(None),
                Some(path) => open(io, &path).map(Some).map_err(|error| (path, error)),
            };
            match opened {
                Ok(Some(fd)) => {
                    let name = if index == 0 { &names.0 } else { &names.1 };
                    times[index] = if name == "-" {
                        Some(unix_microseconds(io))
                    } else {
                        io.stat(name).ok().map(|metadata| metadata.modified)
                    };
                    sides.push(Side::Open(fd, Lines::default()));
                }
                Ok(None) => sides.push(Side::Read(Vec::new())),
                Err((path, error)) => {
                    io.err(&format!("diff: {path}: {error}\n"));
                    failed = true;
                }
            }
        }
        if failed {
            self.status = 2;
            return;
        }
        if let Ok(sides) = <[Side; 2]>::try_from(sides) {
            self.reading = Some(Reading { names, heading, sides, times });
        }
    }

    fn folders(&mut self, io: &Io<'_>, left: &str, right: &str) {
        let list = |path: &str| io.read_folder(path).unwrap_or_default();
        let (lefts, rights) = (list(left), list(right));
        let all: BTreeSet<&String> =
            lefts.iter().chain(&rights).filter(|name| !self.options.exclude.contains(name)).collect();
        for name in all {
            let inner = |folder: &str| format!("{}/{name}", folder.trim_end_matches('/'));
            let (a, b) = (inner(left), inner(right));
            let (on_left, on_right) = (lefts.contains(name), rights.contains(name));
            let folder = |path: &str| io.stat(path).is_ok_and(|metadata| metadata.is_folder());
            let on_both = on_left && on_right;
            if !on_both && !self.options.new_file {
                let only = if on_left { left } else { right };
                self.tasks.push_back(Task::Say(format!("Only in {only}: {name}\n")));
                continue;
            }
            match (on_left && folder(&a), on_right && folder(&b)) {
                (true, true) if self.options.recursive => self.folders(io, &a, &b),
                (true, false) | (false, true) if self.options.recursive && !(on_left && on_right) => {
                    self.folders(io, &a, &b);
                }
                (true, true) => {
                    self.tasks.push_back(Task::Say(format!("Common subdirectories: {a} and {b}\n")));
                }
                (true, false) if on_right => {
                    self.tasks.push_back(Task::Say(format!(
                        "File {a} is a directory while file {b} is a regular file\n"
                    )));
                }
                (false, true) if on_left => {
                    self.tasks.push_back(Task::Say(format!(
                        "File {a} is a regular file while file {b} is a directory\n"
                    )));
                }
                (true, false) | (false, true) => {}
                (false, false) => self.tasks.push_back(Task::Files {
                    left: on_left.then(|| a.clone()),
                    right: on_right.then(|| b.clone()),
                    names: (a, b),
                    heading: true,
                }),
            }
        }
    }

    fn compare(
        &mut self,
        io: &mut Io<'_>,
        names: &(String, String),
        heading: bool,
        left: &[u8],
        right: &[u8],
        times: [Option<i64>; 2],
    ) {
        let options = &self.options;
        let (before, after) = (lines(left), lines(right));
        let keys = |lines: &[&[u8]]| lines.iter().map(|line| options.key(line)).collect::<Vec<_>>();
        let (left_keys, right_keys) = (keys(&before), keys(&after));
        let ops = capture_diff_slices(Algorithm::Myers, &left_keys, &right_keys);
        let blank = |op: &DiffOp| {
            let changed = before[op.old_range()].iter().chain(&after[op.new_range()]);
            changed.into_iter().all(|line| line.trim_ascii().is_empty())
        };
        let differs =
            !ops.iter().all(|op| matches!(op, DiffOp::Equal { .. }) || options.ignore_blank && blank(op));
        let (a, b) = names;
        if !differs {
            if options.same {
                io.out(&format!("Files {a} and {b} are identical\n"));
            }
            return;
        }
        self.status = self.status.max(1);
        let binary = left.contains(&0) || right.contains(&0);
        if options.brief || binary {
            let kind = if binary && !options.brief { "Binary files" } else { "Files" };
            io.out(&format!("{kind} {a} and {b} differ\n"));
            return;
        }
        let mut out = Vec::new();
        if heading {
            out.extend_from_slice(format!("diff {}{a} {b}\n", self.flags).as_bytes());
        }
        // BusyBox's knows no other form, and shows no times.
        let busybox = is_busybox(io);
        match options.unified.or(busybox.then_some(3)) {
            Some(context) => {
                let label = |side: usize, name: &str| match options.labels.get(side) {
                    Some(label) => label.clone(),
                    None if busybox => name.to_owned(),
                    None => format!("{name}\t{}", stamp(times[side].unwrap_or(0))),
                };
                out.extend_from_slice(format!("--- {}\n+++ {}\n", label(0, a), label(1, b)).as_bytes());
                unified(&ops, &before, &after, context, &mut out);
            }
            None => normal(&ops, &before, &after, &mut out),
        }
        flush(io, &mut out);
    }
}

impl Options {
    /// What of a line is compared.
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let mut key = line.to_vec();
        if self.ignore_case {
            key.make_ascii_lowercase();
        }
        if self.ignore_space {
            key.retain(|byte| !byte.is_ascii_whitespace());
        } else if self.ignore_change {
            let text = String::from_utf8_lossy(&key).into_owned();
            let leading = text.starts_with([' ', '\t']);
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            key = format!("{}{}", if leading { " " } else { "" }, words.join(" ")).into_bytes();
        }
        key
    }
}

fn unix_microseconds(io: &Io<'_>) -> i64 {
    let (seconds, microseconds) = io.unix_time();
    seconds * 1_000_000 + i64::from(microseconds)
}

/// Lines with their newlines.
fn lines(content: &[u8]) -> Vec<&[u8]> {
    content.split_inclusive(|byte| *byte == b'\n').collect()
}

fn show(mark: &str, line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(mark.as_bytes());
    out.extend_from_slice(line);
    if !line.ends_with(b"\n") {
        out.extend_from_slice(b"\n\\ No newline at end of file\n");
    }
}

fn unified(ops: &[DiffOp], before: &[&[u8]], after: &[&[u8]], context: usize, out: &mut Vec<u8>) {
    for group in similar::group_diff_ops(ops.to_vec(), context) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |start: usize, end: usize| match end - start {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            count => format!("{},{count}", start + 1),
        };
        let old = range(first.old_range().start, last.old_range().end);
        let new = range(first.new_range().start, last.new_range().end);
        out.extend_from_slice(format!("@@ -{old} +{new} @@\n").as_bytes());
        for op in group {
            if matches!(op, DiffOp::Equal { .. }) {
                before[op.old_range()].iter().for_each(|line| show(" ", line, out));
                continue;
            }
            before[op.old_range()].iter().for_each(|line| show("-", line, out));
            after[op.new_range()].iter().for_each(|line| show("+", line, out));
        }
    }
}

fn normal(ops: &[DiffOp], before: &[&[u8]], after: &[&[u8]], out: &mut Vec<u8>) {
    let range = |range: std::ops::Range<usize>| match range.len() {
        0 => range.start.to_string(),
        1 => (range.start + 1).to_string(),
        _ => format!("{},{}", range.start + 1, range.end),
    };
    for op in ops {
        let letter = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { .. } => 'd',
            DiffOp::Insert { .. } => 'a',
            DiffOp::Replace { .. } => 'c',
        };
        out.extend_from_slice(
            format!("{}{letter}{}\n", range(op.old_range()), range(op.new_range())).as_bytes(),
        );
        before[op.old_range()].iter().for_each(|line| show("< ", line, out));
        if letter == 'c' {
            out.extend_from_slice(b"---\n");
        }
        after[op.new_range()].iter().for_each(|line| show("> ", line, out));
    }
}

/// `2025-06-01 12:00:00.000000000 +0000`
fn stamp(microseconds: i64) -> String {
    let (seconds, micros) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}000 +0000")
}

/// Year, month and day of a day since 1970 (in years that begin in March, so that leap days come last).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
