//! Utilities about paths: `basename`, `dirname`, `readlink`, `realpath`, `stat`, `which`.

use super::list::{blocks_of, permissions};
use super::options::{Spec, is_busybox, name_of};
use super::{dates, users};
use crate::file_system::{Errno, FileKind, Metadata, parent_and_name};
use crate::io::Io;

const BASENAME: Spec =
    Spec { long: &[("multiple", 'a'), ("suffix", 's')], ..Spec::new("as:z", "NAME [SUFFIX]") };

/// `basename`.
pub fn basename(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match BASENAME.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return BASENAME.misused(io, args, "missing operand");
    }
    let many = parsed.has('a') || parsed.has('s');
    if !many && parsed.operands.len() > 2 {
        return BASENAME.misused(io, args, &format!("extra operand ‘{}’", parsed.operands[2]));
    }
    let suffix = parsed.value('s').or_else(|| parsed.operands.get(1).map(String::as_str).filter(|_| !many));
    let count = if many { parsed.operands.len() } else { 1 };
    for path in &parsed.operands[..count] {
        let name = if path.trim_end_matches('/').is_empty() && !path.is_empty() {
            "/"
        } else {
            parent_and_name(path).1
        };
        let short = suffix.and_then(|suffix| name.strip_suffix(suffix)).filter(|short| !short.is_empty());
        io.out(&format!("{}\n", short.unwrap_or(name)));
    }
    0
}

/// `dirname`.
pub fn dirname(io: &mut Io<'_>, args: &[String]) -> i32 {
    const DIRNAME: Spec = Spec::new("z", "[OPTION] NAME...");
    let parsed = match DIRNAME.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return DIRNAME.misused(io, args, "missing operand");
    }
    for path in &parsed.operands {
        let only_slashes = !path.is_empty() && path.trim_end_matches('/').is_empty();
        let folder = if only_slashes { "/" } else { parent_and_name(path).0 };
        io.out(&format!("{folder}\n"));
    }
    0
}

const READLINK: Spec = Spec {
    long: &[
        ("canonicalize", 'f'),
        ("canonicalize-existing", 'e'),
        ("canonicalize-missing", 'm'),
        ("no-newline", 'n'),
    ],
    ..Spec::new("femnvsq", "[OPTION]... FILE...")
};

/// `readlink`.
pub fn readlink(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match READLINK.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return READLINK.misused(io, args, "missing operand");
    }
    let canonical = parsed.has('f') || parsed.has('e') || parsed.has('m');
    let mut status = 0;
    for path in &parsed.operands {
        let found = if canonical { io.canonical(path) } else { io.read_link(path) };
        match found {
            Ok(target) => io.out(&format!("{target}{}", if parsed.has('n') { "" } else { "\n" })),
            Err(errno) => {
                if parsed.has('v') {
                    io.err(&format!("{}: {path}: {errno}\n", name_of(args)));
                }
                status = 1;
            }
        }
    }
    status
}

/// `realpath`.
pub fn realpath(io: &mut Io<'_>, args: &[String]) -> i32 {
    const REALPATH: Spec = Spec::new("emsLPq", "[OPTION]... FILE...");
    let parsed = match REALPATH.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return REALPATH.misused(io, args, "missing operand");
    }
    let mut status = 0;
    for path in &parsed.operands {
        match io.canonical(path) {
            Ok(target) => io.out(&format!("{target}\n")),
            Err(errno) => {
                io.err(&format!("{}: {path}: {errno}\n", name_of(args)));
                status = 1;
            }
        }
    }
    status
}

/// `which`.
pub fn which(io: &mut Io<'_>, args: &[String]) -> i32 {
    const WHICH: Spec = Spec::new("as", "[-a] args");
    let parsed = match WHICH.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut status = i32::from(parsed.operands.is_empty());
    for name in &parsed.operands {
        match io.find_command(name) {
            Ok(path) => io.out(&format!("{path}\n")),
            Err(_) => status = 1,
        }
    }
    status
}

const STAT: Spec = Spec {
    long: &[("format", 'c'), ("printf", 'p'), ("dereference", 'L'), ("file-system", 'f'), ("terse", 't')],
    ..Spec::new("c:p:Lft", "[OPTION]... FILE...")
};

/// `stat`.
pub fn stat(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match STAT.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return STAT.misused(io, args, "missing operand");
    }
    let mut status = 0;
    for path in &parsed.operands {
        let found = if parsed.has('L') { io.stat(path) } else { io.lstat(path) };
        match found {
            Ok(metadata) => {
                let text = match (parsed.value('c'), parsed.value('p')) {
                    (Some(format), _) => formatted(io, format, path, &metadata) + "\n",
                    (None, Some(format)) => {
                        let text = formatted(io, format, path, &metadata);
                        let (bytes, _) = crate::interpreter::escapes::unescape(
                            &text,
                            crate::interpreter::escapes::Style::Printf,
                        );
                        String::from_utf8_lossy(&bytes).into_owned()
                    }
                    (None, None) => described(io, path, &metadata),
                };
                io.out(&text);
            }
            Err(errno) => {
                let name = name_of(args);
                let text = if is_busybox(io) {
                    format!("can't stat '{path}'")
                } else {
                    format!("cannot statx '{path}'")
                };
                io.err(&format!("{name}: {text}: {errno}\n"));
                status = 1;
            }
        }
    }
    status
}

fn kind_text(metadata: &Metadata) -> &'static str {
    match metadata.kind {
        FileKind::File if metadata.size == 0 => "regular empty file",
        FileKind::File => "regular file",
        FileKind::Folder => "directory",
        FileKind::Symlink => "symbolic link",
        FileKind::Device => "character special file",
        FileKind::Pipe => "fifo",
    }
}

fn formatted(io: &mut Io<'_>, format: &str, path: &str, metadata: &Metadata) -> String {
    let seconds = metadata.modified.div_euclid(1_000_000);
    let micros = metadata.modified.rem_euclid(1_000_000) as u32;
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let part = match chars.next() {
            Some('a') => format!("{:o}", metadata.mode),
            Some('A') => permissions(metadata),
            Some('b') => (blocks_of(metadata) * 2).to_string(),
            Some('B') => "512".to_owned(),
            Some('F') => kind_text(metadata).to_owned(),
            Some('g') => metadata.gid.to_string(),
            Some('G') => users::group_name(io, metadata.gid),
            Some('h') => metadata.links.to_string(),
            Some('i') => metadata.ino.to_string(),
            Some('n') => path.to_owned(),
            Some('N') => match io.read_link(path) {
                Ok(target) => format!("'{path}' -> '{target}'"),
                Err(_) => format!("'{path}'"),
            },
            Some('s') => metadata.size.to_string(),
            Some('u') => metadata.uid.to_string(),
            Some('U') => users::user_name(io, metadata.uid),
            Some('d') => metadata.tree.0.to_string(),
            Some('X' | 'Y' | 'Z' | 'W') => seconds.to_string(),
            Some('x' | 'y' | 'z' | 'w') => dates::format_time("%F %T.%N %z", seconds, micros),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        text.push_str(&part);
    }
    text
}

fn described(io: &mut Io<'_>, path: &str, metadata: &Metadata) -> String {
    let name = match io.read_link(path) {
        Ok(target) => format!("{path} -> {target}"),
        Err(Errno::Invalid | _) => path.to_owned(),
    };
    let time = formatted(io, "%y", path, metadata);
    let user = users::user_name(io, metadata.uid);
    let group = users::group_name(io, metadata.gid);
    format!(
        "  File: {name}\n  Size: {:<10}\tBlocks: {:<10} IO Block: 4096   {}\nDevice: 0,{}\tInode: {:<11} Links: {}\n\
         Access: ({:04o}/{})  Uid: ({:5}/{user:>8})   Gid: ({:5}/{group:>8})\nAccess: {time}\nModify: {time}\nChange: {time}\n Birth: {time}\n",
        metadata.size,
        blocks_of(metadata) * 2,
        kind_text(metadata),
        metadata.tree.0,
        metadata.ino,
        metadata.links,
        metadata.mode,
        permissions(metadata),
        metadata.uid,
        metadata.gid,
    )
}
