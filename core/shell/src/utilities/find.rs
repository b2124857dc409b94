//! `find`.

use serde::{Deserialize, Serialize};

use super::options::is_busybox;
use crate::file_system::{FileKind, Metadata, parent_and_name};
use crate::interpreter::pattern;
use crate::io::{Io, Spawn};
use crate::kernel::Pid;
use crate::program::{Step, Wait};

/// A test or an action.
#[derive(Clone, Debug)]
enum Term {
    Name(String, bool),
    Path(String),
    Kind(char),
    Size(char, u64, u64),
    Newer(i64),
    Minutes(char, i64),
    Empty,
    Permissions(u32),
    Not(Box<Term>),
    All(Vec<Term>),
    Any(Vec<Term>),
    Print,
    PrintNull,
    Delete,
    Exec(Vec<String>, bool),
    True,
}

/// A running `find`: first it walks, then it runs its commands one by one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Find {
    started: bool,
    commands: Vec<Vec<String>>,
    child: Option<Pid>,
    status: i32,
}

struct Walk {
    now: i64,
    depth_max: usize,
    depth_min: usize,
    output: String,
    commands: Vec<Vec<String>>,
    batches: Vec<(Vec<String>, Vec<String>)>,
    status: i32,
}

impl Find {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            let args = io.args().to_vec();
            if let Err(message) = self.walk(io, &args[1..]) {
                complain(io, &message);
                return Step::Exit(1);
            }
        }
        loop {
            if let Some(child) = self.child {
                match io.child_status(child) {
                    None => return Step::Wait(Wait::child()),
                    Some(_) => self.child = None,
                }
            }
            let Some(words) = self.commands.pop() else { return Step::Exit(self.status) };
            let name = words[0].clone();
            match io.spawn(Spawn::from(words)) {
                Ok(child) => self.child = Some(child),
                Err(_) => {
                    complain(io, &format!("‘{name}’: No such file or directory"));
                    self.status = 1;
                }
            }
        }
    }

    fn walk(&mut self, io: &mut Io<'_>, args: &[String]) -> Result<(), String> {
        let first = args.iter().position(|arg| arg.starts_with(['-', '(', '!'])).unwrap_or(args.len());
        let mut walk = Walk {
            now: io.unix_time().0,
            depth_max: usize::MAX,
            depth_min: 0,
            output: String::new(),
            commands: Vec::new(),
            batches: Vec::new(),
            status: 0,
        };
        let mut words = args[first..].to_vec();
        for (name, limit) in [("-maxdepth", &mut walk.depth_max), ("-mindepth", &mut walk.depth_min)] {
            if let Some(at) = words.iter().position(|word| word == name) {
                let value = words.get(at + 1).and_then(|text| text.parse().ok());
                *limit =
                    value.ok_or_else(|| format!("Expected a positive decimal integer argument to {name}"))?;
                words.drain(at..at + 2);
            }
        }
        let mut at = 0;
        let term = any(io, &words, &mut at)?;
        if at < words.len() {
            return Err(format!("paths must precede expression: `{}'", words[at]));
        }
        let term = if acts(&term) { term } else { Term::All(vec![term, Term::Print]) };
        let roots = if first == 0 { vec![".".to_owned()] } else { args[..first].to_vec() };
        for root in roots {
            match io.lstat(&root) {
                Ok(metadata) => visit(io, &root, &metadata, 0, &term, &mut walk),
                Err(errno) => {
                    complain(io, &format!("‘{root}’: {errno}"));
                    walk.status = 1;
                }
            }
        }
        io.out(&walk.output);
        self.status = walk.status;
        self.commands = walk.commands;
        for (words, paths) in walk.batches {
            self.commands.push(
                words
                    .into_iter()
                    .flat_map(|word| if word == "{}" { paths.clone() } else { vec![word] })
                    .collect(),
            );
        }
        self.commands.reverse();
        Ok(())
    }
}

fn acts(term: &Term) -> bool {
    match term {
        Term::Print | Term::PrintNull | Term::Delete | Term::Exec(..) => true,
        Term::All(terms) | Term::Any(terms) => terms.iter().any(acts),
        Term::Not(term) => acts(term),
        _ => false,
    }
}

fn any(io: &Io<'_>, words: &[String], at: &mut usize) -> Result<Term, String> {
    let mut terms = vec![all(io, words, at)?];
    while words.get(*at).is_some_and(|word| word == "-o" || word == "-or") {
        *at += 1;
        terms.push(all(io, words, at)?);
    }
    Ok(Term::Any(terms))
}

fn all(io: &Io<'_>, words: &[String], at: &mut usize) -> Result<Term, String> {
    let mut terms = Vec::new();
    while let Some(word) = words.get(*at).filter(|word| !matches!(word.as_str(), "-o" | "-or" | ")")) {
        if word == "-a" || word == "-and" {
            *at += 1;
            continue;
        }
        terms.push(single(io, words, at)?);
    }
    Ok(Term::All(terms))
}

fn single(io: &Io<'_>, words: &[String], at: &mut usize) -> Result<Term, String> {
    let word = words[*at].clone();
    *at += 1;
    let mut value = || {
        let value = words.get(*at).cloned().ok_or_else(|| format!("missing argument to `{word}'"));
        *at += 1;
        value
    };
    Ok(match word.as_str() {
        "!" | "-not" => Term::Not(Box::new(single(io, words, at)?)),
        "(" => {
            let inner = any(io, words, at)?;
            *at += 1;
            inner
        }
        "-name" => Term::Name(value()?, false),
        "-iname" => Term::Name(value()?.to_lowercase(), true),
        "-path" | "-wholename" => Term::Path(value()?),
        "-type" => Term::Kind(value()?.chars().next().unwrap_or('f')),
        "-size" => {
            let text = value()?;
            let (sign, number) = signed(&text);
            let unit = match number.chars().last() {
                Some('c') => 1,
                Some('k') => 1 << 10,
                Some('M') => 1 << 20,
                Some('G') => 1 << 30,
                _ => 512,
            };
            let digits = number.trim_end_matches(char::is_alphabetic);
            Term::Size(sign, digits.parse().map_err(|_| format!("Invalid argument `{text}' to -size"))?, unit)
        }
        "-newer" => {
            let path = value()?;
            Term::Newer(io.stat(&path).map_err(|errno| format!("‘{path}’: {errno}"))?.modified)
        }
        "-mmin" | "-mtime" => {
            let text = value()?;
            let (sign, number) = signed(&text);
            let factor = if word == "-mtime" { 1440 } else { 1 };
            let number: i64 = number.parse().map_err(|_| format!("invalid argument `{text}' to `{word}'"))?;
            Term::Minutes(sign, number * factor)
        }
        "-empty" => Term::Empty,
        "-perm" => {
            Term::Permissions(u32::from_str_radix(value()?.trim_start_matches(['-', '/']), 8).unwrap_or(0))
        }
        "-print" => Term::Print,
        "-print0" => Term::PrintNull,
        "-delete" => Term::Delete,
        "-true" | "-depth" | "-xdev" | "-mount" | "-follow" => Term::True,
        "-exec" => {
            let end = words[*at..].iter().position(|word| word == ";" || word == "+");
            let end = end.ok_or("missing argument to `-exec'")? + *at;
            let command = words[*at..end].to_vec();
            let batch = words[end] == "+";
            *at = end + 1;
            Term::Exec(command, batch)
        }
        _ => return Err(format!("unknown predicate `{word}'")),
    })
}

fn signed(text: &str) -> (char, &str) {
    match text.strip_prefix(['+', '-']) {
        Some(number) => (text.chars().next().unwrap_or('='), number),
        None => ('=', text),
    }
}

fn visit(io: &mut Io<'_>, path: &str, metadata: &Metadata, depth: usize, term: &Term, walk: &mut Walk) {
    // With -delete the content of a folder goes first.
    let last = acts_delete(term);
    if !last && depth >= walk.depth_min {
        holds(io, path, metadata, term, walk);
    }
    if metadata.is_folder() && depth < walk.depth_max {
        match io.read_folder(path) {
            Ok(names) => {
                for name in names {
                    let below = format!("{}/{name}", path.trim_end_matches('/'));
                    if let Ok(metadata) = io.lstat(&below) {
                        visit(io, &below, &metadata, depth + 1, term, walk);
                    }
                }
            }
            Err(errno) => {
                complain(io, &format!("‘{path}’: {errno}"));
                walk.status = 1;
            }
        }
    }
    if last && depth >= walk.depth_min {
        holds(io, path, metadata, term, walk);
    }
}

fn acts_delete(term: &Term) -> bool {
    match term {
        Term::Delete => true,
        Term::All(terms) | Term::Any(terms) => terms.iter().any(acts_delete),
        Term::Not(term) => acts_delete(term),
        _ => false,
    }
}

fn compared(sign: char, left: i64, right: i64) -> bool {
    match sign {
        '+' => left > right,
        '-' => left < right,
        _ => left == right,
    }
}

fn holds(io: &mut Io<'_>, path: &str, metadata: &Metadata, term: &Term, walk: &mut Walk) -> bool {
    match term {
        Term::True => true,
        Term::Name(name, folded) => {
            let own = parent_and_name(path).1;
            if *folded { pattern::matches(name, &own.to_lowercase()) } else { pattern::matches(name, own) }
        }
        Term::Path(wanted) => pattern::matches(wanted, path),
        Term::Kind(kind) => match kind {
            'd' => metadata.kind == FileKind::Folder,
            'l' => metadata.kind == FileKind::Symlink,
            'c' => metadata.kind == FileKind::Device,
            'p' => metadata.kind == FileKind::Pipe,
            _ => metadata.kind == FileKind::File,
        },
        Term::Size(sign, size, unit) => compared(*sign, metadata.size.div_ceil(*unit) as i64, *size as i64),
        Term::Newer(time) => metadata.modified > *time,
        Term::Minutes(sign, minutes) => {
            compared(*sign, (walk.now - metadata.modified / 1_000_000) / 60, *minutes)
        }
        Term::Empty if metadata.is_folder() => io.read_folder(path).is_ok_and(|names| names.is_empty()),
        Term::Empty => metadata.is_file() && metadata.size == 0,
        Term::Permissions(mode) => metadata.mode & mode == *mode,
        Term::Not(term) => !holds(io, path, metadata, term, walk),
        Term::All(terms) => terms.iter().all(|term| holds(io, path, metadata, term, walk)),
        Term::Any(terms) => terms.iter().any(|term| holds(io, path, metadata, term, walk)),
        Term::Print => {
            walk.output.push_str(&format!("{path}\n"));
            true
        }
        Term::PrintNull => {
            walk.output.push_str(&format!("{path}\0"));
            true
        }
        Term::Delete => {
            let removed = if metadata.is_folder() { io.remove_folder(path) } else { io.unlink(path) };
            if let Err(errno) = removed {
                complain(io, &format!("cannot delete ‘{path}’: {errno}"));
                walk.status = 1;
                return false;
            }
            true
        }
        Term::Exec(words, false) => {
            walk.commands.push(words.iter().map(|word| word.replace("{}", path)).collect());
            true
        }
        Term::Exec(words, true) => {
            match walk.batches.iter_mut().find(|(known, _)| known == words) {
                Some((_, paths)) => paths.push(path.to_owned()),
                None => walk.batches.push((words.clone(), vec![path.to_owned()])),
            }
            true
        }
    }
}

/// Says what is wrong: BusyBox's does so without quotes, and in its own words of what it was asked.
fn complain(io: &mut Io<'_>, message: &str) {
    if !is_busybox(io) {
        io.err(&format!("find: {message}\n"));
        return;
    }
    let quoted = |before: &str| message.strip_prefix(before).and_then(|rest| rest.strip_suffix('\''));
    let text = match (quoted("unknown predicate `"), quoted("missing argument to `")) {
        (Some(word), _) => format!("unrecognized: {word}"),
        (_, Some(word)) => format!("{word} requires an argument"),
        _ => message.replace(['‘', '’'], ""),
    };
    io.err(&format!("find: {text}\n"));
}
