//! `cp`, `mv`, `rm` and `rmdir`.

use super::options::{Parsed, Spec, is_busybox, name_of};
use crate::file_system::{Errno, parent_and_name};
use crate::io::Io;

const CP: Spec = Spec {
    long: &[
        ("archive", 'a'),
        ("force", 'f'),
        ("recursive", 'r'),
        ("no-clobber", 'n'),
        ("preserve", 'p'),
        ("verbose", 'v'),
        ("dereference", 'L'),
        ("no-target-directory", 'T'),
        ("target-directory", 't'),
    ],
    ..Spec::new("afrRnpvLPdTt:ui", "[OPTION]... SOURCE... DEST")
};
const MV: Spec = Spec {
    long: &[
        ("force", 'f'),
        ("no-clobber", 'n'),
        ("verbose", 'v'),
        ("no-target-directory", 'T'),
        ("target-directory", 't'),
    ],
    ..Spec::new("fnvTt:ui", "[OPTION]... SOURCE... DEST")
};

/// `cp`.
pub fn cp(io: &mut Io<'_>, args: &[String]) -> i32 {
    transfer(io, args, &CP, copy)
}

/// `mv`.
pub fn mv(io: &mut Io<'_>, args: &[String]) -> i32 {
    transfer(io, args, &MV, move_one)
}

type Transfer = fn(&mut Io<'_>, &str, &Parsed, &str, &str) -> i32;

/// Finds out what goes where, and does it one by one.
fn transfer(io: &mut Io<'_>, args: &[String], spec: &Spec, one: Transfer) -> i32 {
    let parsed = match spec.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let name = name_of(args);
    let (sources, destination) = match parsed.value('t') {
        Some(target) => (parsed.operands.as_slice(), target.to_owned()),
        None => match parsed.operands.split_last() {
            None => return spec.misused(io, args, "missing file operand"),
            Some((only, [])) => {
                return spec.misused(io, args, &format!("missing destination file operand after '{only}'"));
            }
            Some((last, sources)) => (sources, last.clone()),
        },
    };
    let into = !parsed.has('T') && io.stat(&destination).is_ok_and(|metadata| metadata.is_folder());
    if sources.len() > 1 && !into {
        let text = match io.stat(&destination) {
            Err(errno) => format!("target '{destination}': {errno}"),
            Ok(_) => format!("target '{destination}': Not a directory"),
        };
        io.err(&format!("{name}: {text}\n"));
        return 1;
    }
    let mut status = 0;
    for source in sources {
        let target = if into {
            format!("{}/{}", destination.trim_end_matches('/'), parent_and_name(source).1)
        } else {
            destination.clone()
        };
        if parsed.has('n') && io.lstat(&target).is_ok() {
            continue;
        }
        status |= one(io, &name, &parsed, source, &target);
        if parsed.has('v') && status == 0 {
            let text = if name == "mv" {
                format!("renamed '{source}' -> '{target}'\n")
            } else {
                format!("'{source}' -> '{target}'\n")
            };
            io.out(&text);
        }
    }
    status
}

fn fail(io: &mut Io<'_>, name: &str, gnu: &str, busybox: &str, errno: Errno) -> i32 {
    let text = if is_busybox(io) { busybox } else { gnu };
    io.err(&format!("{name}: {text}: {errno}\n"));
    1
}

fn copy(io: &mut Io<'_>, name: &str, options: &Parsed, source: &str, target: &str) -> i32 {
    let archive = options.has('a') || options.has('d') || options.has('P');
    let recursive = options.has('r') || options.has('R') || options.has('a');
    let keep_links = archive || (recursive && !options.has('L'));
    let found = if keep_links { io.lstat(source) } else { io.stat(source) };
    let metadata = match found {
        Ok(metadata) => metadata,
        Err(errno) => {
            return fail(
                io,
                name,
                &format!("cannot stat '{source}'"),
                &format!("can't stat '{source}'"),
                errno,
            );
        }
    };
    if metadata.is_folder() {
        if !recursive {
            let text = if is_busybox(io) {
                format!("omitting directory '{source}'")
            } else {
                format!("-r not specified; omitting directory '{source}'")
            };
            io.err(&format!("{name}: {text}\n"));
            return 1;
        }
        return copy_folder(io, name, options, source, target, metadata.mode);
    }
    let same = io.stat(target).is_ok_and(|other| (other.tree, other.ino) == (metadata.tree, metadata.ino));
    if same {
        io.err(&format!("{name}: '{source}' and '{target}' are the same file\n"));
        return 1;
    }
    let new = io.lstat(target).is_err();
    let written = if metadata.is_symlink() {
        let _ = io.unlink(target);
        io.read_link(source).and_then(|link| io.symlink(&link, target))
    } else {
        let bytes = match io.read_file(source) {
            Ok(bytes) => bytes,
            Err(errno) => {
                let text = format!("cannot open '{source}' for reading");
                return fail(io, name, &text, &format!("can't open '{source}'"), errno);
            }
        };
        io.write_file(target, &bytes)
    };
    if let Err(errno) = written {
        let doing = if new { "create regular file" } else { "open" };
        let text = format!("cannot {doing} '{target}'");
        return fail(io, name, &text, &format!("can't create '{target}'"), errno);
    }
    if !metadata.is_symlink() && (new || options.has('p') || options.has('a')) {
        let mask = if options.has('p') || options.has('a') { 0 } else { io.umask() };
        let _ = io.change_mode(target, metadata.mode & !mask);
    }
    if options.has('p') || options.has('a') {
        let _ = io.set_modified(target, metadata.modified / 1_000_000);
        let _ = io.change_owner(target, Some(metadata.uid), Some(metadata.gid));
    }
    0
}

fn copy_folder(io: &mut Io<'_>, name: &str, options: &Parsed, source: &str, target: &str, mode: u32) -> i32 {
    let inside = io.canonical(source).ok().zip(io.canonical(parent_and_name(target).0).ok());
    if inside.is_some_and(|(source, folder)| folder == source || folder.starts_with(&(source + "/"))) {
        io.err(&format!("{name}: cannot copy a directory, '{source}', into itself, '{target}'\n"));
        return 1;
    }
    if !io.stat(target).is_ok_and(|metadata| metadata.is_folder())
        && let Err(errno) = io.make_folder(target, mode)
    {
        let text = format!("cannot create directory '{target}'");
        return fail(io, name, &text, &format!("can't create directory '{target}'"), errno);
    }
    let mut status = 0;
    for entry in io.read_folder(source).unwrap_or_default() {
        let from = format!("{}/{entry}", source.trim_end_matches('/'));
        status |= copy(io, name, options, &from, &format!("{}/{entry}", target.trim_end_matches('/')));
    }
    status
}

fn move_one(io: &mut Io<'_>, name: &str, options: &Parsed, source: &str, target: &str) -> i32 {
    if let Err(errno) = io.lstat(source) {
        return fail(
            io,
            name,
            &format!("cannot stat '{source}'"),
            &format!("can't rename '{source}'"),
            errno,
        );
    }
    match io.rename(source, target) {
        Ok(()) => 0,
        Err(Errno::CrossDevice) => {
            let mut archive = options.clone();
            archive.options.push(('a', String::new()));
            let status = copy(io, name, &archive, source, target);
            if status == 0 { remove(io, name, source, true, true) } else { status }
        }
        Err(errno) => {
            let text = format!("cannot move '{source}' to '{target}'");
            fail(io, name, &text, &format!("can't rename '{source}'"), errno)
        }
    }
}

const RM: Spec = Spec {
    long: &[("force", 'f'), ("recursive", 'r'), ("verbose", 'v'), ("dir", 'd')],
    ..Spec::new("frRvdi", "[OPTION]... [FILE]...")
};

/// `rm`.
pub fn rm(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match RM.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() && !parsed.has('f') {
        return RM.misused(io, args, "missing operand");
    }
    let name = name_of(args);
    let recursive = parsed.has('r') || parsed.has('R');
    let mut status = 0;
    for path in &parsed.operands {
        if matches!(parent_and_name(path).1, "." | "..") {
            io.err(&format!("{name}: refusing to remove '.' or '..' directory: skipping '{path}'\n"));
            status = 1;
            continue;
        }
        if path == "/" && recursive {
            io.err(&format!("{name}: it is dangerous to operate recursively on '/'\n{name}: use --no-preserve-root to override this failsafe\n"));
            status = 1;
            continue;
        }
        let result = remove(io, &name, path, recursive, parsed.has('f'));
        if result == 0 && parsed.has('v') {
            io.out(&format!("removed '{path}'\n"));
        }
        status |= result;
    }
    status
}

fn remove(io: &mut Io<'_>, name: &str, path: &str, recursive: bool, force: bool) -> i32 {
    let metadata = match io.lstat(path) {
        Ok(metadata) => metadata,
        Err(Errno::NoEntry) if force => return 0,
        Err(errno) => {
            return fail(
                io,
                name,
                &format!("cannot remove '{path}'"),
                &format!("can't remove '{path}'"),
                errno,
            );
        }
    };
    let mut status = 0;
    let removed = if metadata.is_folder() && recursive {
        for entry in io.read_folder(path).unwrap_or_default() {
            status |= remove(io, name, &format!("{}/{entry}", path.trim_end_matches('/')), true, force);
        }
        if status != 0 {
            return status;
        }
        io.remove_folder(path)
    } else {
        io.unlink(path)
    };
    match removed {
        Ok(()) => status,
        Err(Errno::IsFolder) if is_busybox(io) => {
            io.err(&format!("{name}: '{path}' is a directory\n"));
            1
        }
        Err(errno) => {
            fail(io, name, &format!("cannot remove '{path}'"), &format!("can't remove '{path}'"), errno)
        }
    }
}

/// `unlink`.
pub fn unlink(io: &mut Io<'_>, args: &[String]) -> i32 {
    let name = name_of(args);
    let Some(path) = args.get(1) else { return RM.misused(io, args, "missing operand") };
    match io.unlink(path) {
        Ok(()) => 0,
        Err(errno) => {
            fail(io, &name, &format!("cannot unlink '{path}'"), &format!("can't remove '{path}'"), errno)
        }
    }
}

const RMDIR: Spec = Spec { long: &[("parents", 'p')], ..Spec::new("pv", "[OPTION]... DIRECTORY...") };

/// `rmdir`.
pub fn rmdir(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match RMDIR.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return RMDIR.misused(io, args, "missing operand");
    }
    let name = name_of(args);
    let mut status = 0;
    for path in &parsed.operands {
        let mut path = path.clone();
        loop {
            if let Err(errno) = io.remove_folder(&path) {
                status |= fail(io, &name, &format!("failed to remove '{path}'"), &format!("'{path}'"), errno);
                break;
            }
            let parent = parent_and_name(&path).0.to_owned();
            if !parsed.has('p') || parent == "." || parent == "/" {
                break;
            }
            path = parent;
        }
    }
    status
}
