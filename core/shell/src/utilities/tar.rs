//! `tar`: makes, lists and unpacks archives. There is no compression.

use serde::{Deserialize, Serialize};

use super::archive::{self, Body, Entry};
use super::dates;
use super::options::{Parsed, Spec, is_busybox};
use crate::file_system::{Errno, parent_and_name};
use crate::io::Io;
use crate::program::{Lines, STDIN, STDOUT, Step, Wait};

const SPEC: Spec = Spec {
    long: &[
        ("create", 'c'),
        ("extract", 'x'),
        ("get", 'x'),
        ("list", 't'),
        ("file", 'f'),
        ("directory", 'C'),
        ("verbose", 'v'),
        ("touch", 'm'),
        ("preserve-permissions", 'p'),
        ("same-permissions", 'p'),
        ("no-same-permissions", 'P'),
        ("no-same-owner", 'o'),
        ("to-stdout", 'O'),
        ("gzip", 'z'),
    ],
    status: 2,
    ..Spec::new("cxtf:C:vmpoOzjJ", "[OPTION...] [FILE]...")
};

/// A running `tar`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tar {
    input: Lines,
}

impl Tar {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let args = with_dash(io.args().to_vec());
        let parsed = match SPEC.parse(io, &args) {
            Ok(parsed) => parsed,
            Err(status) => return Step::Exit(status),
        };
        if ['z', 'j', 'J'].iter().any(|letter| parsed.has(*letter)) {
            io.err("tar: compression is not supported here\n");
            return Step::Exit(2);
        }
        let modes = ['c', 'x', 't'].into_iter().filter(|letter| parsed.has(*letter)).count();
        if modes != 1 {
            let text = if modes == 0 {
                "tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n"
            } else {
                "tar: You may not specify more than one '-Acdtrux', '--delete' or '--test-label' option\n"
            };
            io.err(text);
            return Step::Exit(2);
        }
        let file = parsed.value('f').unwrap_or("-").to_owned();
        if parsed.has('c') {
            return Step::Exit(create(io, &parsed, &file));
        }
        let bytes = if file == "-" {
            match self.input.rest(io, STDIN) {
                Some(bytes) => bytes,
                None => return Step::Wait(Wait::readable(STDIN)),
            }
        } else {
            match io.read_file(&file) {
                Ok(bytes) => bytes,
                Err(error) => {
                    cannot(io, "open", &file, error);
                    return Step::Exit(2);
                }
            }
        };
        match archive::read(&bytes) {
            Ok(entries) if parsed.has('t') => Step::Exit(list(io, &parsed, &entries)),
            Ok(entries) => Step::Exit(extract(io, &parsed, &entries)),
            Err(archive::Malformed) => {
                io.err(if is_busybox(io) {
                    "tar: invalid tar magic\n"
                } else {
                    "tar: This does not look like a tar archive\n"
                });
                Step::Exit(2)
            }
        }
    }
}

/// The letters of the first argument need no dash.
fn with_dash(mut args: Vec<String>) -> Vec<String> {
    if let Some(first) = args.get_mut(1).filter(|first| !first.starts_with('-')) {
        first.insert(0, '-');
    }
    args
}

/// GNU's and BusyBox's words for what failed.
fn cannot(io: &mut Io<'_>, what: &str, path: &str, error: Errno) {
    let text = if is_busybox(io) {
        format!("tar: can't {what} '{path}': {error}\n")
    } else {
        format!("tar: {path}: Cannot {what}: {error}\n")
    };
    io.err(&text);
}

fn create(io: &mut Io<'_>, parsed: &Parsed, file: &str) -> i32 {
    if parsed.operands.is_empty() {
        io.err(if is_busybox(io) {
            "tar: empty archive\n"
        } else {
            "tar: Cowardly refusing to create an empty archive\n"
        });
        return 2;
    }
    let folder = parsed.value('C').unwrap_or(".").to_owned();
    let (mut entries, mut failed) = (Vec::new(), false);
    for operand in &parsed.operands {
        let path = if operand.starts_with('/') { operand.clone() } else { format!("{folder}/{operand}") };
        let name = operand.trim_start_matches('/');
        if name.len() < operand.len() {
            io.err(if is_busybox(io) {
                "tar: removing leading '/' from member names\n"
            } else {
                "tar: Removing leading `/' from member names\n"
            });
        }
        let name = if name.trim_end_matches('/').is_empty() { "." } else { name.trim_end_matches('/') };
        archive::collect(io, &path, name, &mut entries, &mut |io, path, error| {
            failed = true;
            let text = match is_busybox(io) {
                true => format!("tar: {path}: {error}\n"),
                false => format!("tar: {operand}: Cannot stat: {error}\n"),
            };
            io.err(&text);
        });
    }
    if parsed.has('v') {
        let names: String = entries.iter().map(|entry| format!("{}\n", shown(entry))).collect();
        if file == "-" { io.err(&names) } else { io.out(&names) }
    }
    let bytes = archive::write(&entries);
    let written = if file == "-" {
        let _ = io.write(STDOUT, &bytes);
        Ok(())
    } else {
        io.write_file(file, &bytes)
    };
    if let Err(error) = written {
        cannot(io, "open", file, error);
        return 2;
    }
    if failed {
        delayed(io);
    }
    if failed { if is_busybox(io) { 1 } else { 2 } } else { 0 }
}

fn delayed(io: &mut Io<'_>) {
    io.err(if is_busybox(io) {
        "tar: error exit delayed from previous errors\n"
    } else {
        "tar: Exiting with failure status due to previous errors\n"
    });
}

fn shown(entry: &Entry) -> String {
    if entry.body == Body::Folder { format!("{}/", entry.name) } else { entry.name.clone() }
}

fn is_wanted(parsed: &Parsed, entry: &Entry) -> bool {
    parsed.operands.is_empty()
        || parsed.operands.iter().any(|wanted| {
            let wanted = wanted.trim_end_matches('/');
            entry.name == wanted || entry.name.starts_with(&format!("{wanted}/"))
        })
}

fn list(io: &mut Io<'_>, parsed: &Parsed, entries: &[Entry]) -> i32 {
    for entry in entries.iter().filter(|entry| is_wanted(parsed, entry)) {
        let line = if parsed.has('v') { long_line(entry) } else { format!("{}\n", shown(entry)) };
        io.out(&line);
    }
    0
}

fn long_line(entry: &Entry) -> String {
    let (letter, size, end) = match &entry.body {
        Body::File(content) => ('-', content.len(), String::new()),
        Body::Folder => ('d', 0, String::new()),
        Body::Symlink(target) => ('l', 0, format!(" -> {target}")),
    };
    let when = dates::format_time("%Y-%m-%d %H:%M", entry.modified, 0);
    let (uid, gid) = entry.owner;
    let permissions: String = "rwxrwxrwx"
        .chars()
        .enumerate()
        .map(|(at, letter)| if entry.mode & (0o400 >> at) == 0 { '-' } else { letter })
        .collect();
    format!("{letter}{permissions} {uid}/{gid} {size:>9} {when} {}{end}\n", shown(entry))
}

fn extract(io: &mut Io<'_>, parsed: &Parsed, entries: &[Entry]) -> i32 {
    let folder = parsed.value('C').unwrap_or(".").trim_end_matches('/').to_owned();
    if let Err(error) = io.stat(&format!("{folder}/")) {
        let text = if is_busybox(io) {
            format!("tar: can't change directory to '{folder}': {error}\n")
        } else {
            format!("tar: {folder}: Cannot open: {error}\ntar: Error is not recoverable: exiting now\n")
        };
        io.err(&text);
        return if is_busybox(io) { 1 } else { 2 };
    }
    let mut status = 0;
    for entry in entries.iter().filter(|entry| is_wanted(parsed, entry)) {
        if parsed.has('O') {
            if let Body::File(content) = &entry.body {
                let _ = io.write(STDOUT, content);
            }
            continue;
        }
        // No entry may lead out of the folder.
        let steps = entry.name.split('/').filter(|step| !matches!(*step, "" | "." | ".."));
        let path = steps.fold(folder.clone(), |path, step| format!("{path}/{step}"));
        if parsed.has('v') {
            io.out(&format!("{}\n", shown(entry)));
        }
        if let Err(error) = put(io, &path, entry, !parsed.has('m')) {
            cannot(io, "open", &entry.name, error);
            status = 2;
        }
    }
    if status != 0 {
        delayed(io);
    }
    status
}

fn put(io: &mut Io<'_>, path: &str, entry: &Entry, with_time: bool) -> Result<(), Errno> {
    make_parents(io, path)?;
    let umask = if io.user().0 == 0 { 0 } else { io.umask() };
    match &entry.body {
        Body::Folder => {
            if !io.stat(path).is_ok_and(|metadata| metadata.is_folder()) {
                io.make_folder(path, entry.mode & !umask)?;
            }
            return Ok(());
        }
        Body::Symlink(target) => {
            let _ = io.unlink(path);
            return io.symlink(target, path);
        }
        Body::File(content) => io.write_file(path, content)?,
    }
    io.change_mode(path, entry.mode & !umask)?;
    if io.user().0 == 0 {
        let (uid, gid) = entry.owner;
        let _ = io.change_owner(path, Some(uid), Some(gid));
    }
    if with_time { io.set_modified(path, entry.modified) } else { Ok(()) }
}

fn make_parents(io: &mut Io<'_>, path: &str) -> Result<(), Errno> {
    let parent = parent_and_name(path).0;
    if parent.is_empty() || io.stat(parent).is_ok() {
        return Ok(());
    }
    make_parents(io, parent)?;
    io.make_folder(parent, 0o755)
}
