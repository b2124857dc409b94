//! Users and groups: `/etc/passwd` and `/etc/group`, and the utilities that ask them.

use super::options::{Spec, is_busybox, name_of};
use crate::io::Io;

fn field(io: &mut Io<'_>, file: &str, matches: impl Fn(&[&str]) -> bool, wanted: usize) -> Option<String> {
    let bytes = io.read_file(file).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| matches(fields))
        .and_then(|fields| fields.get(wanted).map(|field| (*field).to_owned()))
}

/// The name of a user, or the number if it has none.
pub fn user_name(io: &mut Io<'_>, uid: u32) -> String {
    let number = uid.to_string();
    field(io, "/etc/passwd", |fields| fields.get(2) == Some(&number.as_str()), 0).unwrap_or(number)
}

/// The name of a group, or the number if it has none.
pub fn group_name(io: &mut Io<'_>, gid: u32) -> String {
    let number = gid.to_string();
    field(io, "/etc/group", |fields| fields.get(2) == Some(&number.as_str()), 0).unwrap_or(number)
}

/// The number of a user by name or number.
pub fn user_number(io: &mut Io<'_>, name: &str) -> Option<u32> {
    name.parse().ok().or_else(|| {
        field(io, "/etc/passwd", |fields| fields.first() == Some(&name), 2)
            .and_then(|number| number.parse().ok())
    })
}

/// The number of a group by name or number.
pub fn group_number(io: &mut Io<'_>, name: &str) -> Option<u32> {
    name.parse().ok().or_else(|| {
        field(io, "/etc/group", |fields| fields.first() == Some(&name), 2)
            .and_then(|number| number.parse().ok())
    })
}

/// `whoami`.
pub fn whoami(io: &mut Io<'_>, args: &[String]) -> i32 {
    let uid = io.user().0;
    let name = user_name(io, uid);
    if name == uid.to_string() {
        let text = if is_busybox(io) {
            format!("unknown uid {uid}")
        } else {
            format!("cannot find name for user ID {uid}")
        };
        io.err(&format!("{}: {text}\n", name_of(args)));
        return 1;
    }
    io.out(&format!("{name}\n"));
    0
}

const ID: Spec = Spec {
    long: &[("user", 'u'), ("group", 'g'), ("groups", 'G'), ("name", 'n'), ("real", 'r')],
    ..Spec::new("ugGnr", "[OPTION]... [USER]")
};

/// `id`.
pub fn id(io: &mut Io<'_>, args: &[String]) -> i32 {
    let parsed = match ID.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let context = io.context();
    let (mut uid, mut gid, mut groups) = (context.uid, context.gid, context.groups.clone());
    if let Some(user) = parsed.operands.first() {
        let Some(number) = user_number(io, user) else {
            let text = if is_busybox(io) {
                format!("unknown user {user}")
            } else {
                format!("‘{user}’: no such user")
            };
            io.err(&format!("{}: {text}\n", name_of(args)));
            return 1;
        };
        uid = number;
        let number = uid.to_string();
        let group = field(io, "/etc/passwd", |fields| fields.get(2) == Some(&number.as_str()), 3);
        gid = group.and_then(|group| group.parse().ok()).unwrap_or(uid);
        groups = vec![gid];
    }
    let named = parsed.has('n');
    let text = if parsed.has('u') {
        if named { user_name(io, uid) } else { uid.to_string() }
    } else if parsed.has('g') {
        if named { group_name(io, gid) } else { gid.to_string() }
    } else if parsed.has('G') {
        let names: Vec<String> = groups
            .iter()
            .map(|group| if named { group_name(io, *group) } else { group.to_string() })
            .collect();
        names.join(" ")
    } else {
        let user = with_name(uid, &user_name(io, uid));
        let group = with_name(gid, &group_name(io, gid));
        if is_busybox(io) {
            // As the kernel keeps them; GNU's begins with the first.
            groups.sort_unstable();
        }
        let all: Vec<String> =
            groups.iter().map(|group| with_name(*group, &group_name(io, *group))).collect();
        format!("uid={user} gid={group} groups={}", all.join(","))
    };
    io.out(&format!("{text}\n"));
    0
}

fn with_name(number: u32, name: &str) -> String {
    if number.to_string() == name { name.to_owned() } else { format!("{number}({name})") }
}
