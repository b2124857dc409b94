//! grep: lines that match.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::feed::{Fed, Feed, Wording, flush};
use super::options::{Argument, Failure, Spec};
use super::regex::{Options, Pattern, Syntax};
use crate::program::{Io, Step};

const SPEC: Spec = Spec {
    tool: "grep",
    short: "EFGPe:f:iyvwxcoqsnhHlLrRm:A:B:C:abTUzZ",
    long: &[
        ("extended-regexp", 'E', Argument::No),
        ("fixed-strings", 'F', Argument::No),
        ("basic-regexp", 'G', Argument::No),
        ("perl-regexp", 'P', Argument::No),
        ("regexp", 'e', Argument::Required),
        ("file", 'f', Argument::Required),
        ("ignore-case", 'i', Argument::No),
        ("invert-match", 'v', Argument::No),
        ("word-regexp", 'w', Argument::No),
        ("line-regexp", 'x', Argument::No),
        ("count", 'c', Argument::No),
        ("only-matching", 'o', Argument::No),
        ("quiet", 'q', Argument::No),
        ("silent", 'q', Argument::No),
        ("no-messages", 's', Argument::No),
        ("line-number", 'n', Argument::No),
        ("no-filename", 'h', Argument::No),
        ("with-filename", 'H', Argument::No),
        ("files-with-matches", 'l', Argument::No),
        ("files-without-match", 'L', Argument::No),
        ("recursive", 'r', Argument::No),
        ("dereference-recursive", 'R', Argument::No),
        ("max-count", 'm', Argument::Required),
        ("after-context", 'A', Argument::Required),
        ("before-context", 'B', Argument::Required),
        ("context", 'C', Argument::Required),
        ("text", 'a', Argument::No),
        ("byte-offset", 'b', Argument::No),
        ("include", 'I', Argument::Required),
        ("exclude", 'X', Argument::Required),
        ("line-buffered", 'U', Argument::No),
        ("color", 'U', Argument::Optional),
        ("colour", 'U', Argument::Optional),
    ],
    status: 2,
};

/// grep, egrep or fgrep.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grep {
    syntax: Syntax,
    options: Options,
    sources: Vec<String>,
    pattern_files: Vec<String>,
    patterns: Vec<Pattern>,
    files: Vec<String>,
    recursive: bool,
    include: Vec<String>,
    exclude: Vec<String>,
    show: Show,
    feed: Option<Feed>,
    state: State,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Show {
    invert: bool,
    count: bool,
    only: bool,
    quiet: bool,
    silent: bool,
    number: bool,
    offset: bool,
    text: bool,
    names: Option<bool>,
    list: bool,
    list_without: bool,
    max: Option<u64>,
    before: usize,
    after: usize,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    number: u64,
    offset: u64,
    selected: u64,
    held: VecDeque<(u64, u64, Vec<u8>)>,
    after_left: usize,
    last_printed: Option<u64>,
    any: bool,
    any_listed: bool,
    separate: bool,
    binary: bool,
}

impl Grep {
    pub fn parse(name: &str, args: &[String]) -> Result<Self, Failure> {
        let args = with_context_numbers(args);
        let parsed = SPEC.parse(&args)?;
        let mut grep = Self {
            syntax: match name {
                "egrep" => Syntax::Extended,
                "fgrep" => Syntax::Fixed,
                _ => Syntax::Basic,
            },
            options: Options::default(),
            sources: Vec::new(),
            pattern_files: Vec::new(),
            patterns: Vec::new(),
            files: parsed.operands,
            recursive: false,
            include: Vec::new(),
            exclude: Vec::new(),
            show: Show::default(),
            feed: None,
            state: State::default(),
        };
        for (letter, value) in parsed.options {
            grep.option(letter, value)?;
        }
        if grep.sources.is_empty() && grep.pattern_files.is_empty() {
            if grep.files.is_empty() {
                let text =
                    "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n";
                return Err(Failure { text: text.to_owned(), status: 2 });
            }
            let source = grep.files.remove(0);
            grep.sources.extend(source.split('\n').map(str::to_owned));
        }
        grep.compile()?;
        Ok(grep)
    }

    fn option(&mut self, letter: char, value: String) -> Result<(), Failure> {
        let show = &mut self.show;
        match letter {
            'E' => self.syntax = Syntax::Extended,
            'F' => self.syntax = Syntax::Fixed,
            'G' => self.syntax = Syntax::Basic,
            'P' => self.syntax = Syntax::Perl,
            'e' => self.sources.extend(value.split('\n').map(str::to_owned)),
            'f' => self.pattern_files.push(value),
            'i' | 'y' => self.options.ignore_case = true,
            'w' => self.options.word = true,
            'x' => self.options.line = true,
            'v' => show.invert = true,
            'c' => show.count = true,
            'o' => show.only = true,
            'q' => show.quiet = true,
            's' => show.silent = true,
            'n' => show.number = true,
            'b' => show.offset = true,
            'a' => show.text = true,
            'h' => show.names = Some(false),
            'H' => show.names = Some(true),
            'l' => show.list = true,
            'L' => show.list_without = true,
            'r' | 'R' => self.recursive = true,
            'm' => show.max = Some(value.parse().map_err(|_| Failure::new("grep", "invalid max count", 2))?),
            'I' => self.include.push(value),
            'X' => self.exclude.push(value),
            'A' | 'B' | 'C' => {
                let message = format!("{value}: invalid context length argument");
                let lines = value.parse().map_err(|_| Failure::new("grep", message, 2))?;
                if letter != 'A' {
                    show.before = lines;
                }
                if letter != 'B' {
                    show.after = lines;
                }
            }
            'z' | 'Z' | 'T' => {
                return Err(Failure::new("grep", format_args!("option -{letter} is not supported here"), 2));
            }
            _ => {}
        }
        Ok(())
    }

    fn compile(&mut self) -> Result<(), Failure> {
        for source in self.sources.drain(..) {
            let class = source.starts_with("[:") && source.ends_with(":]") && source.len() > 4;
            if class && !matches!(self.syntax, Syntax::Fixed) {
                return Err(Failure::new("grep", "character class syntax is [[:space:]], not [:space:]", 2));
            }
            let pattern = Pattern::new(&source, self.syntax, self.options)
                .map_err(|message| Failure::new("grep", message, 2))?;
            self.patterns.push(pattern);
        }
        Ok(())
    }

    fn prepare(&mut self, io: &mut Io<'_>) -> Result<Feed, Step> {
        for file in std::mem::take(&mut self.pattern_files) {
            match io.read_file(&file) {
                Ok(content) => {
                    self.sources.extend(String::from_utf8_lossy(&content).lines().map(str::to_owned));
                }
                Err(error) => {
                    io.err(&format!("grep: {file}: {error}\n"));
                    return Err(Step::Exit(2));
                }
            }
        }
        self.compile().map_err(|failure| failure.step(io))?;
        let mut files = std::mem::take(&mut self.files);
        let named = files.len() > 1 || self.recursive;
        if self.recursive {
            let roots = if files.is_empty() { vec![String::new()] } else { files };
            files = Vec::new();
            for root in roots {
                self.walk(io, &root, &mut files);
            }
        }
        self.show.names.get_or_insert(named);
        let empty = self.recursive && files.is_empty();
        let mut feed = Feed::new("grep", files, Wording::Plain);
        feed.silent = self.show.silent;
        if empty {
            return Err(Step::Exit(1));
        }
        Ok(feed)
    }

    fn walk(&self, io: &Io<'_>, path: &str, files: &mut Vec<String>) {
        let folder = if path.is_empty() { "." } else { path };
        if !io.stat(folder).is_ok_and(|metadata| metadata.is_folder()) {
            let name = path.rsplit('/').next().unwrap_or(path);
            let wanted = self.include.is_empty() || self.include.iter().any(|glob| matches_glob(glob, name));
            if wanted && !self.exclude.iter().any(|glob| matches_glob(glob, name)) {
                files.push(path.to_owned());
            }
            return;
        }
        let prefix = if path.is_empty() { String::new() } else { format!("{}/", path.trim_end_matches('/')) };
        for name in io.read_folder(folder).unwrap_or_default() {
            self.walk(io, &format!("{prefix}{name}"), files);
        }
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if self.feed.is_none() {
            match self.prepare(io) {
                Ok(feed) => self.feed = Some(feed),
                Err(step) => return step,
            }
        }
        let Some(mut feed) = self.feed.take() else { return Step::Exit(2) };
        let mut out = Vec::new();
        let step = loop {
            match feed.next(io) {
                Fed::Start => self.start_file(),
                Fed::Line(line, _) => {
                    if self.line(&line, &feed.name, &mut out) {
                        feed.skip(io);
                        if std::mem::take(&mut self.state.binary) {
                            let label = if feed.name == "-" { "(standard input)" } else { &feed.name };
                            io.err(&format!("grep: {label}: binary file matches\n"));
                        }
                        self.finish_file(&feed.name, &mut out);
                    }
                    if self.show.quiet && self.state.any {
                        break Step::Exit(0);
                    }
                }
                Fed::Finish => self.finish_file(&feed.name, &mut out),
                Fed::Wait(step) => break step,
                Fed::End => break Step::Exit(self.status(feed.failed)),
            }
        };
        flush(io, &mut out);
        self.feed = Some(feed);
        step
    }

    fn status(&self, failed: bool) -> i32 {
        let found = if self.show.list_without { self.state.any_listed } else { self.state.any };
        if failed { 2 } else { i32::from(!found) }
    }

    fn start_file(&mut self) {
        let State { any, any_listed, separate, .. } = self.state;
        self.state = State { any, any_listed, separate, ..State::default() };
    }

    fn finish_file(&mut self, name: &str, out: &mut Vec<u8>) {
        let (selected, show) = (self.state.selected > 0, &self.show);
        let label = if name == "-" { "(standard input)" } else { name };
        if show.quiet {
            return;
        }
        if show.list && selected || show.list_without && !selected {
            self.state.any_listed = true;
            out.extend_from_slice(format!("{label}\n").as_bytes());
        } else if show.count && !show.list && !show.list_without {
            let prefix = if show.names == Some(true) { format!("{label}:") } else { String::new() };
            out.extend_from_slice(format!("{prefix}{}\n", self.state.selected).as_bytes());
        }
    }

    /// Takes a line; true if the rest of the file does not matter.
    fn line(&mut self, line: &[u8], name: &str, out: &mut Vec<u8>) -> bool {
        self.state.number += 1;
        let offset = self.state.offset;
        self.state.offset += line.len() as u64 + 1;
        let text = String::from_utf8_lossy(line);
        let full = self.show.max.is_some_and(|max| self.state.selected >= max);
        let selected =
            !full && self.patterns.iter().any(|pattern| pattern.is_match(&text)) != self.show.invert;
        let silent = self.show.count || self.show.list || self.show.list_without || self.show.quiet;
        if !selected {
            if !silent && !self.show.only {
                self.context(line, offset, name, out);
            }
            return full && self.state.after_left == 0;
        }
        self.state.selected += 1;
        self.state.any = true;
        if silent {
            let known = self.show.list || self.show.list_without || self.show.quiet;
            return known || self.show.max.is_some_and(|max| self.state.selected >= max);
        }
        if line.contains(&0) && !self.show.text {
            self.state.binary = true;
            return true;
        }
        self.print_selected(line, &text, offset, name, out);
        self.state.after_left = self.show.after;
        self.show.max.is_some_and(|max| self.state.selected >= max) && self.show.after == 0
    }

    fn print_selected(&mut self, line: &[u8], text: &str, offset: u64, name: &str, out: &mut Vec<u8>) {
        let number = self.state.number;
        if self.show.only {
            if self.show.invert {
                return;
            }
            let mut at = 0;
            while let Some((start, end)) = self.first_match(text, at) {
                if end > start {
                    self.prefix(number, offset + start as u64, name, b':', out);
                    out.extend_from_slice(&text.as_bytes()[start..end]);
                    out.push(b'\n');
                }
                at = if end > start {
                    end
                } else {
                    end + text[end..].chars().next().map_or(1, char::len_utf8)
                };
                if at > text.len() {
                    break;
                }
            }
            return;
        }
        let held = std::mem::take(&mut self.state.held);
        let first = held.front().map_or(number, |(number, ..)| *number);
        let gap = self.state.last_printed.map_or(self.state.separate, |last| first > last + 1);
        if gap && self.show.before + self.show.after > 0 {
            out.extend_from_slice(b"--\n");
        }
        for (number, offset, line) in held {
            self.print(number, offset, &line, name, b'-', out);
        }
        self.print(number, offset, line, name, b':', out);
    }

    fn first_match(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        self.patterns
            .iter()
            .filter_map(|pattern| pattern.find_at(text, at))
            .min_by_key(|(start, end)| (*start, usize::MAX - end))
    }

    fn context(&mut self, line: &[u8], offset: u64, name: &str, out: &mut Vec<u8>) {
        let number = self.state.number;
        if self.state.after_left > 0 {
            self.state.after_left -= 1;
            self.print(number, offset, line, name, b'-', out);
        } else if self.show.before > 0 {
            self.state.held.push_back((number, offset, line.to_vec()));
            if self.state.held.len() > self.show.before {
                self.state.held.pop_front();
            }
        }
    }

    fn print(&mut self, number: u64, offset: u64, line: &[u8], name: &str, mark: u8, out: &mut Vec<u8>) {
        self.prefix(number, offset, name, mark, out);
        out.extend_from_slice(line);
        out.push(b'\n');
        self.state.last_printed = Some(number);
        self.state.separate = true;
    }

    fn prefix(&self, number: u64, offset: u64, name: &str, mark: u8, out: &mut Vec<u8>) {
        if self.show.names == Some(true) {
            out.extend_from_slice(if name == "-" { "(standard input)" } else { name }.as_bytes());
            out.push(mark);
        }
        for (wanted, value) in [(self.show.number, number), (self.show.offset, offset)] {
            if wanted {
                out.extend_from_slice(value.to_string().as_bytes());
                out.push(mark);
            }
        }
    }
}

/// `-2` among the short options is `-C2`; what follows an option with a value is no option.
fn with_context_numbers(args: &[String]) -> Vec<String> {
    let takes_value = |letter: char| SPEC.short.contains(&format!("{letter}:"));
    let mut rewritten = Vec::new();
    let mut rest = args.iter();
    while let Some(argument) = rest.next() {
        let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
            rewritten.push(argument.clone());
            if argument == "--" {
                rewritten.extend(rest.by_ref().cloned());
            }
            continue;
        };
        let (flags, valued) = letters.split_at(letters.find(takes_value).unwrap_or(letters.len()));
        let digits: String = flags.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            rewritten.push(argument.clone());
        } else {
            let flags: String = flags.chars().filter(|letter| !letter.is_ascii_digit()).collect();
            rewritten.push(format!("-C{digits}"));
            rewritten.extend(Some(format!("-{flags}{valued}")).filter(|rest| rest != "-"));
        }
        if valued.chars().count() == 1 {
            rewritten.extend(rest.next().cloned());
        }
    }
    rewritten
}

/// Whether a name matches a glob of `*` and `?`.
fn matches_glob(glob: &str, name: &str) -> bool {
    match (glob.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            matches_glob(&glob[1..], name)
                || name.chars().next().is_some_and(|letter| matches_glob(glob, &name[letter.len_utf8()..]))
        }
        (Some(wanted), Some(letter)) if wanted == '?' || wanted == letter => {
            matches_glob(&glob[wanted.len_utf8()..], &name[letter.len_utf8()..])
        }
        _ => false,
    }
}
