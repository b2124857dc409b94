//! Utilities that make names: `mkdir`, `touch`, `ln`, `mktemp`.

use super::dates;
use super::options::{Spec, is_busybox, name_of};
use crate::file_system::{Errno, parent_and_name};
use crate::io::{Io, Mode};

const MKDIR: Spec = Spec {
    long: &[("parents", 'p'), ("mode", 'm'), ("verbose", 'v')],
    ..Spec::new("pm:v", "[OPTION]... DIRECTORY...")
};

/// `mkdir`.
pub fn mkdir(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match MKDIR.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    if parsed.operands.is_empty() {
        return MKDIR.misused(io, args, "missing operand");
    }
    let name = name_of(args);
    let standard = 0o777 & !io.umask();
    let mode =
        parsed.value('m').and_then(|mode| super::change::new_mode(mode, standard, true)).unwrap_or(standard);
    let mut status = 0;
    for path in &parsed.operands {
        let made = if parsed.has('p') { make_all(io, path, mode) } else { io.make_folder(path, mode) };
        match made {
            Ok(()) if parsed.has('v') => io.out(&format!("{name}: created directory '{path}'\n")),
            Ok(()) => {}
            Err(errno) => {
                let text = if is_busybox(io) {
                    format!("can't create directory '{path}'")
                } else {
                    format!("cannot create directory ‘{path}’")
                };
                io.err(&format!("{name}: {text}: {errno}\n"));
                status = 1;
            }
        }
    }
    status
}

/// Makes a folder and those above it.
fn make_all(io: &mut Io<'_>, path: &str, mode: u32) -> Result<(), Errno> {
    match io.stat(path) {
        Ok(metadata) if metadata.is_folder() => return Ok(()),
        Ok(_) => return Err(Errno::Exists),
        Err(_) => {}
    }
    let (parent, _) = parent_and_name(path);
    if parent != "/" && parent != "." {
        make_all(io, parent, 0o777 & !io.umask())?;
    }
    io.make_folder(path, mode)
}

const TOUCH: Spec = Spec {
    long: &[("no-create", 'c'), ("date", 'd'), ("reference", 'r')],
    ..Spec::new("acmd:r:t:h", "[OPTION]... FILE...")
};

/// `touch`.
pub fn touch(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match TOUCH.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let name = name_of(args);
    if parsed.operands.is_empty() {
        return TOUCH.misused(io, args, "missing file operand");
    }
    let now = io.unix_time().0;
    let mut time = now;
    if let Some(text) = parsed.value('d') {
        let Some(given) = dates::parse_time(text, now) else {
            io.err(&format!("{name}: invalid date format ‘{text}’\n"));
            return 1;
        };
        time = given;
    }
    if let Some(Ok(metadata)) = parsed.value('r').map(|path| io.stat(path)) {
        time = metadata.modified / 1_000_000;
    }
    let mut status = 0;
    for path in &parsed.operands {
        let mut result = io.set_modified(path, time);
        if result == Err(Errno::NoEntry) {
            if parsed.has('c') {
                continue;
            }
            result = io.open(path, Mode::Append).and_then(|fd| {
                io.close(fd);
                if time == now { Ok(()) } else { io.set_modified(path, time) }
            });
        }
        if let Err(errno) = result {
            let text = if is_busybox(io) { path.clone() } else { format!("cannot touch '{path}'") };
            io.err(&format!("{name}: {text}: {errno}\n"));
            status = 1;
        }
    }
    status
}

const LN: Spec = Spec {
    long: &[
        ("symbolic", 's'),
        ("force", 'f'),
        ("no-dereference", 'n'),
        ("no-target-directory", 'T'),
        ("verbose", 'v'),
    ],
    ..Spec::new("sfnTvr", "[OPTION]... TARGET LINK_NAME")
};

/// `ln`.
pub fn ln(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match LN.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let name = name_of(args);
    let Some((last, targets)) = parsed.operands.split_last() else {
        return LN.misused(io, args, "missing file operand");
    };
    let (targets, destination) =
        if targets.is_empty() { (std::slice::from_ref(last), ".") } else { (targets, last.as_str()) };
    let keeps_link = parsed.has('n') && io.lstat(destination).is_ok_and(|metadata| metadata.is_symlink());
    let into =
        !parsed.has('T') && !keeps_link && io.stat(destination).is_ok_and(|metadata| metadata.is_folder());
    let mut status = 0;
    for target in targets {
        let path = if into {
            format!("{}/{}", destination.trim_end_matches('/'), parent_and_name(target).1)
        } else {
            destination.to_owned()
        };
        if parsed.has('f') {
            let _ = io.unlink(&path);
        }
        let made = if parsed.has('s') { io.symlink(target, &path) } else { io.link(target, &path) };
        if let Err(errno) = made {
            let text = match (parsed.has('s'), errno) {
                (false, Errno::NoEntry) if io.lstat(target).is_err() => {
                    format!("failed to access '{target}'")
                }
                (true, _) => format!("failed to create symbolic link '{path}'"),
                (false, _) => format!("failed to create hard link '{path}'"),
            };
            let text = if is_busybox(io) { path.clone() } else { text };
            io.err(&format!("{name}: {text}: {errno}\n"));
            status = 1;
        }
    }
    status
}

const MKTEMP: Spec = Spec {
    long: &[("directory", 'd'), ("dry-run", 'u'), ("tmpdir", 't'), ("quiet", 'q')],
    ..Spec::new("duqtp:", "[OPTION]... [TEMPLATE]")
};
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `mktemp`.
pub fn mktemp(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match MKTEMP.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let folder =
        parsed.value('p').map_or_else(|| io.env("TMPDIR").unwrap_or("/tmp").to_owned(), str::to_owned);
    let template = match parsed.operands.first() {
        Some(template) if parsed.has('t') || parsed.has('p') => format!("{folder}/{template}"),
        Some(template) => template.clone(),
        None => format!("{folder}/tmp.XXXXXXXXXX"),
    };
    let marks = template.len() - template.trim_end_matches('X').len();
    if marks < 3 {
        io.err(&format!("{}: too few X's in template ‘{template}’\n", name_of(args)));
        return 1;
    }
    let random: String =
        (0..marks).map(|_| LETTERS[(io.random() % LETTERS.len() as u64) as usize] as char).collect();
    let path = format!("{}{random}", &template[..template.len() - marks]);
    let made = if parsed.has('d') {
        io.make_folder(&path, 0o700)
    } else {
        io.write_file(&path, b"").and_then(|()| io.change_mode(&path, 0o600))
    };
    match made {
        Ok(()) => {
            io.out(&format!("{path}\n"));
            0
        }
        Err(errno) => {
            let kind = if parsed.has('d') { "directory" } else { "file" };
            io.err(&format!(
                "{}: failed to create {kind} via template ‘{template}’: {errno}\n",
                name_of(args)
            ));
            1
        }
    }
}
