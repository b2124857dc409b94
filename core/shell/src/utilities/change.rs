//! `chmod`, `chown` and `chgrp`.

use super::options::{Spec, is_busybox, name_of};
use super::users;
use crate::file_system::Errno;
use crate::io::Io;

const CHMOD: Spec = Spec {
    long: &[("recursive", 'R'), ("verbose", 'v'), ("silent", 'f'), ("quiet", 'f')],
    ..Spec::new("Rvfc", "[OPTION]... MODE[,MODE]... FILE...")
};

/// `chmod`.
pub fn chmod(io: &mut Io<'_>, args: &[String]) -> i32 {
    // A mode such as `-x` looks like an option.
    let is_mode = |arg: &String| {
        arg.len() > 1 && arg.starts_with('-') && arg[1..].chars().all(|c| "rwxXst".contains(c))
    };
    let mode_arg = args.iter().position(is_mode);
    let rest: Vec<String> =
        args.iter().enumerate().filter(|(at, _)| Some(*at) != mode_arg).map(|(_, arg)| arg.clone()).collect();
    let parsed = match CHMOD.parse(io, &rest) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut operands = parsed.operands.clone();
    let mode = match mode_arg {
        Some(at) => args[at].clone(),
        None if operands.is_empty() => return CHMOD.misused(io, args, "missing operand"),
        None => operands.remove(0),
    };
    if operands.is_empty() {
        return CHMOD.misused(io, args, &format!("missing operand after ‘{mode}’"));
    }
    if new_mode(&mode, 0, false).is_none() {
        if is_busybox(io) {
            io.err(&format!("chmod: invalid mode '{mode}'\n"));
            return 1;
        }
        return CHMOD.misused(io, args, &format!("invalid mode: ‘{mode}’"));
    }
    let name = name_of(args);
    let mut status = 0;
    for path in operands {
        walk(io, &path, parsed.has('R'), &mut |io, path| {
            let changed = io.stat(path).and_then(|metadata| {
                let new = new_mode(&mode, metadata.mode, metadata.is_folder()).unwrap_or(metadata.mode);
                io.change_mode(path, new)
            });
            if let Err(errno) = changed {
                complain(io, &name, path, errno, "changing permissions of");
                status = 1;
            }
        });
    }
    status
}

fn complain(io: &mut Io<'_>, name: &str, path: &str, errno: Errno, doing: &str) {
    let text = match errno {
        _ if is_busybox(io) => path.to_owned(),
        Errno::NoEntry => format!("cannot access '{path}'"),
        _ => format!("{doing} '{path}'"),
    };
    io.err(&format!("{name}: {text}: {errno}\n"));
}

/// Calls `action` for a path and, if `recursive`, for all that is below it.
pub fn walk(io: &mut Io<'_>, path: &str, recursive: bool, action: &mut dyn FnMut(&mut Io<'_>, &str)) {
    action(io, path);
    if recursive && io.lstat(path).is_ok_and(|metadata| metadata.is_folder()) {
        for name in io.read_folder(path).unwrap_or_default() {
            walk(io, &format!("{}/{name}", path.trim_end_matches('/')), true, action);
        }
    }
}

/// What a mode, octal or symbolic, makes of an old one.
#[must_use]
pub fn new_mode(text: &str, old: u32, is_folder: bool) -> Option<u32> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        mode = apply_clause(clause, mode, is_folder)?;
    }
    Some(mode)
}

fn apply_clause(clause: &str, old: u32, is_folder: bool) -> Option<u32> {
    let at = clause.find(['+', '-', '='])?;
    let who = &clause[..at];
    let mut mask = 0;
    for letter in who.chars() {
        mask |= match letter {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    if who.is_empty() {
        mask = 0o7777;
    }
    let operator = clause[at..].chars().next()?;
    let mut bits = 0;
    for letter in clause[at + 1..].chars() {
        bits |= match letter {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            'X' if is_folder || old & 0o111 != 0 => 0o111,
            'X' => 0,
            's' => 0o6000,
            't' => 0o1000,
            'u' => (old >> 6 & 7) * 0o111,
            'g' => (old >> 3 & 7) * 0o111,
            'o' => (old & 7) * 0o111,
            _ => return None,
        };
    }
    let bits = bits & mask;
    Some(match operator {
        '+' => old | bits,
        '-' => old & !bits,
        _ => old & !(mask & 0o777) | bits,
    })
}

const CHOWN: Spec = Spec {
    long: &[("recursive", 'R'), ("no-dereference", 'h'), ("verbose", 'v')],
    ..Spec::new("Rhv", "[OPTION]... [OWNER][:[GROUP]] FILE...")
};

/// `chown` and `chgrp`.
pub fn chown(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match CHOWN.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let name = name_of(args);
    let Some((owner, paths)) = parsed.operands.split_first().filter(|(_, paths)| !paths.is_empty()) else {
        return CHOWN.misused(io, args, "missing operand");
    };
    let (user, group) = if name == "chgrp" {
        (None, Some(owner.as_str()))
    } else {
        let (user, group) =
            owner.split_once([':', '.']).map_or((owner.as_str(), None), |(u, g)| (u, Some(g)));
        (Some(user).filter(|user| !user.is_empty()), group.filter(|group| !group.is_empty()))
    };
    let uid = user.map(|user| users::user_number(io, user));
    let gid = group.map(|group| users::group_number(io, group));
    if uid == Some(None) || gid == Some(None) {
        let kind = if uid == Some(None) { "user" } else { "group" };
        io.err(&if is_busybox(io) {
            let half = if kind == "user" { user } else { group };
            format!("{name}: unknown {kind} {}\n", half.unwrap_or(owner))
        } else {
            format!("{name}: invalid {kind}: ‘{owner}’\n")
        });
        return 1;
    }
    let mut status = 0;
    for path in paths {
        walk(io, path, parsed.has('R'), &mut |io, path| {
            if let Err(errno) = io.change_owner(path, uid.flatten(), gid.flatten()) {
                let doing = if name == "chgrp" { "changing group of" } else { "changing ownership of" };
                complain(io, &name, path, errno, doing);
                status = 1;
            }
        });
    }
    status
}
