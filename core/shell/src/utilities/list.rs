//! `ls`.

use std::cmp::Reverse;

use super::dates;
use super::options::{Parsed, Spec, is_busybox, name_of};
use super::users;
use crate::file_system::{FileKind, Metadata};
use crate::io::Io;
use crate::program::STDOUT;

const SPEC: Spec = Spec {
    long: &[
        ("all", 'a'),
        ("almost-all", 'A'),
        ("directory", 'd'),
        ("human-readable", 'h'),
        ("inode", 'i'),
        ("recursive", 'R'),
        ("reverse", 'r'),
        ("classify", 'F'),
        ("color", 'G'),
    ],
    status: 2,
    ..Spec::new("1aAdlhinrRtSFpLCGgo", "[OPTION]... [FILE]...")
};

struct Entry {
    name: String,
    path: String,
    metadata: Metadata,
}

struct Lister {
    options: Parsed,
    output: String,
    status: i32,
    columns: Option<usize>,
}

/// Lists files.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    let mut options = match SPEC.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let operands = std::mem::take(&mut options.operands);
    let columns = io.is_terminal(STDOUT).then(|| usize::from(io.terminal_size().0));
    let mut lister = Lister { options, output: String::new(), status: 0, columns };
    let paths = if operands.is_empty() { vec![".".to_owned()] } else { operands };
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for path in &paths {
        let follow = !lister.options.has('l') && !lister.options.has('d')
            || path.ends_with('/')
            || lister.options.has('L');
        let found = if follow { io.stat(path).or_else(|_| io.lstat(path)) } else { io.lstat(path) };
        match found {
            Ok(metadata) => {
                let entry = Entry { name: path.clone(), path: path.clone(), metadata };
                if entry.metadata.is_folder() && !lister.options.has('d') {
                    folders.push(entry);
                } else {
                    files.push(entry);
                }
            }
            Err(errno) => {
                let name = name_of(args);
                let text = if is_busybox(io) {
                    format!("{name}: {path}: {errno}\n")
                } else {
                    format!("{name}: cannot access '{path}': {errno}\n")
                };
                io.err(&text);
                lister.status = if is_busybox(io) { 1 } else { 2 };
            }
        }
    }
    lister.sort(&mut files);
    lister.sort(&mut folders);
    let titled = paths.len() > 1 || lister.options.has('R');
    lister.print(io, &files);
    for (index, folder) in folders.iter().enumerate() {
        if index > 0 || !files.is_empty() {
            lister.output.push('\n');
        }
        lister.folder(io, &folder.path, titled);
    }
    io.out(&lister.output);
    lister.status
}

impl Lister {
    fn folder(&mut self, io: &mut Io<'_>, path: &str, titled: bool) {
        if titled {
            self.output.push_str(&format!("{path}:\n"));
        }
        let names = match io.read_folder(path) {
            Ok(names) => names,
            Err(errno) => {
                let busybox = is_busybox(io);
                let what = if busybox {
                    format!("can't open '{path}'")
                } else {
                    format!("cannot open directory '{path}'")
                };
                io.err(&format!("ls: {what}: {errno}\n"));
                self.status = if busybox { 1 } else { 2 };
                return;
            }
        };
        let (all, almost) = (self.options.has('a'), self.options.has('A'));
        let mut entries = Vec::new();
        let special: &[&str] = if all { &[".", ".."] } else { &[] };
        let shown = names.iter().map(String::as_str).filter(|name| all || almost || !name.starts_with('.'));
        for name in special.iter().copied().chain(shown) {
            let full = format!("{}/{name}", path.trim_end_matches('/'));
            let found = if self.options.has('L') {
                io.stat(&full).or_else(|_| io.lstat(&full))
            } else {
                io.lstat(&full)
            };
            if let Ok(metadata) = found {
                entries.push(Entry { name: name.to_owned(), path: full, metadata });
            }
        }
        self.sort(&mut entries);
        if self.options.has('l') || self.options.has('n') || self.options.has('g') || self.options.has('o') {
            let blocks: u64 = entries.iter().map(|entry| blocks_of(&entry.metadata)).sum();
            let total = if self.options.has('h') { human(blocks * 1024) } else { blocks.to_string() };
            self.output.push_str(&format!("total {total}\n"));
        }
        self.print(io, &entries);
        if self.options.has('R') {
            for entry in entries
                .iter()
                .filter(|entry| entry.metadata.is_folder() && !matches!(entry.name.as_str(), "." | ".."))
            {
                self.output.push('\n');
                self.folder(io, &entry.path, true);
            }
        }
    }

    fn sort(&self, entries: &mut [Entry]) {
        entries.sort_by_key(|a| collation(&a.name));
        if self.options.has('t') {
            entries.sort_by_key(|entry| Reverse(entry.metadata.modified));
        }
        if self.options.has('S') {
            entries.sort_by_key(|entry| Reverse(entry.metadata.size));
        }
        if self.options.has('r') {
            entries.reverse();
        }
    }

    fn print(&mut self, io: &mut Io<'_>, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        if self.options.has('l') || self.options.has('n') || self.options.has('g') || self.options.has('o') {
            self.long(io, entries);
            return;
        }
        let names: Vec<String> = entries
            .iter()
            .map(|entry| {
                let inode =
                    if self.options.has('i') { format!("{} ", entry.metadata.ino) } else { String::new() };
                format!("{inode}{}{}", entry.name, self.mark(&entry.metadata))
            })
            .collect();
        match self.columns.filter(|_| !self.options.has('1')) {
            Some(columns) if is_busybox(io) => self.output.push_str(&in_even_columns(&names, columns)),
            Some(columns) => self.output.push_str(&in_columns(&names, columns)),
            None => names.iter().for_each(|name| self.output.push_str(&format!("{name}\n"))),
        }
    }

    fn mark(&self, metadata: &Metadata) -> &'static str {
        match metadata.kind {
            FileKind::Folder if self.options.has('F') || self.options.has('p') => "/",
            FileKind::Symlink if self.options.has('F') => "@",
            FileKind::File if self.options.has('F') && metadata.mode & 0o111 != 0 => "*",
            _ => "",
        }
    }

    fn long(&mut self, io: &mut Io<'_>, entries: &[Entry]) {
        let numeric = self.options.has('n');
        let now = io.unix_time().0;
        let rows: Vec<[String; 5]> = entries
            .iter()
            .map(|entry| {
                let metadata = &entry.metadata;
                let size = match metadata.kind {
                    FileKind::Device if is_busybox(io) => "1,   3".to_owned(),
                    FileKind::Device => "1, 3".to_owned(),
                    _ if self.options.has('h') => human(metadata.size),
                    _ => metadata.size.to_string(),
                };
                let owner =
                    if numeric { metadata.uid.to_string() } else { users::user_name(io, metadata.uid) };
                let group =
                    if numeric { metadata.gid.to_string() } else { users::group_name(io, metadata.gid) };
                [permissions(metadata), metadata.links.to_string(), owner, group, size]
            })
            .collect();
        let widths = if is_busybox(io) { self.fixed_widths() } else { widest(&rows) };
        for (entry, row) in entries.iter().zip(&rows) {
            let time = dates::file_time(entry.metadata.modified.div_euclid(1_000_000), now);
            let target = match entry.metadata.kind {
                FileKind::Symlink => format!(" -> {}", io.read_link(&entry.path).unwrap_or_default()),
                _ => self.mark(&entry.metadata).to_owned(),
            };
            let inode =
                if self.options.has('i') { format!("{} ", entry.metadata.ino) } else { String::new() };
            let owner =
                if self.options.has('g') { String::new() } else { format!("{:<1$} ", row[2], widths[2]) };
            let group =
                if self.options.has('o') { String::new() } else { format!("{:<1$} ", row[3], widths[3]) };
            self.output.push_str(&format!(
                "{inode}{} {:>links$} {owner}{group}{:>size$} {time} {}{target}\n",
                row[0],
                row[1],
                row[4],
                entry.name,
                links = widths[1],
                size = widths[4],
            ));
        }
    }

    /// The columns of BusyBox, whatever is in them.
    fn fixed_widths(&self) -> [usize; 5] {
        [10, 4, 8, 8, if self.options.has('h') { 7 } else { 9 }]
    }
}

/// As wide as what is in the columns.
fn widest(rows: &[[String; 5]]) -> [usize; 5] {
    let mut widths = [0; 5];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

/// Locales other than C sort letters without regard to case and leading dots.
fn collation(name: &str) -> String {
    name.to_owned()
}

/// Blocks of 1,024 bytes, in fours.
pub fn blocks_of(metadata: &Metadata) -> u64 {
    match metadata.kind {
        FileKind::Symlink | FileKind::Device | FileKind::Pipe => 0,
        // A folder in memory takes no blocks.
        FileKind::Folder if metadata.size < 4096 => 0,
        _ => metadata.size.div_ceil(4096) * 4,
    }
}

/// A size as `-h` shows it.
#[must_use]
pub fn human(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["", "K", "M", "G", "T", "P"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        return bytes.to_string();
    }
    if size < 10.0 && (size * 10.0).ceil() < 100.0 {
        format!("{:.1}{}", (size * 10.0).ceil() / 10.0, UNITS[unit])
    } else {
        format!("{}{}", size.ceil(), UNITS[unit])
    }
}

/// `drwxr-xr-x`.
#[must_use]
pub fn permissions(metadata: &Metadata) -> String {
    let mut text = String::new();
    text.push(match metadata.kind {
        FileKind::File => '-',
        FileKind::Folder => 'd',
        FileKind::Symlink => 'l',
        FileKind::Device => 'c',
        FileKind::Pipe => 'p',
    });
    let mode = metadata.mode;
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// As BusyBox has them: all columns as wide as the longest name.
fn in_even_columns(names: &[String], columns: usize) -> String {
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    let rows = names.len().div_ceil((columns / width).max(1));
    let mut text = String::new();
    for row in 0..rows {
        let cells: Vec<String> =
            names.iter().skip(row).step_by(rows).map(|name| format!("{name:<width$}")).collect();
        text.push_str(cells.concat().trim_end());
        text.push('\n');
    }
    text
}

fn in_columns(names: &[String], columns: usize) -> String {
    let count = names.len();
    for rows in 1..=count {
        let widths: Vec<usize> = names
            .chunks(rows)
            .map(|column| column.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2)
            .collect();
        if widths.iter().sum::<usize>() <= columns + 2 || rows == count {
            let mut text = String::new();
            for row in 0..rows {
                let cells: Vec<&String> = names.iter().skip(row).step_by(rows).collect();
                for (index, cell) in cells.iter().enumerate() {
                    let width = if index + 1 < cells.len() { widths[index] } else { 0 };
                    text.push_str(&format!("{cell:<width$}"));
                }
                text.push('\n');
            }
            return text;
        }
    }
    String::new()
}
