//! `mount` and `umount`: what is mounted, and, where a container is privileged, one more memory file system.

use super::options::{Spec, is_busybox, name_of};
use crate::file_system::{Errno, FileKind};
use crate::io::Io;
use crate::machine::CAP_SYS_ADMIN;

/// The status of util-linux's `mount` when mounting fails.
const FAILED: i32 = 32;

/// `mount`.
pub fn mount(io: &mut Io<'_>, args: &[String]) -> i32 {
    const MOUNT: Spec = Spec::new("rwt:o:a", "[OPTIONS] [-o OPT] DEVICE NODE");
    let parsed = match MOUNT.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let [device, path] = parsed.operands.as_slice() else {
        return list(io);
    };
    match io.stat(path).map(|metadata| metadata.kind) {
        Ok(FileKind::Folder) => {}
        Ok(_) => return refuse(io, device, path, Errno::NotFolder),
        Err(errno) => return refuse(io, device, path, errno),
    }
    if !io.context().can(CAP_SYS_ADMIN) {
        return refuse(io, device, path, Errno::NotPermitted);
    }
    if parsed.value('t') != Some("tmpfs") {
        io.err(&format!("{}: only tmpfs can be mounted in this simulation\n", name_of(args)));
        return 1;
    }
    match io.canonical(path) {
        Ok(path) => {
            io.kernel.mount_memory(io.pid, &path);
            0
        }
        Err(errno) => refuse(io, device, path, errno),
    }
}

fn list(io: &mut Io<'_>) -> i32 {
    let table = io.read_file("/proc/mounts").unwrap_or_default();
    for line in String::from_utf8_lossy(&table).lines() {
        if let [device, path, kind, options, ..] = line.split(' ').collect::<Vec<_>>()[..] {
            io.out(&format!("{device} on {path} type {kind} ({options})\n"));
        }
    }
    0
}

fn refuse(io: &mut Io<'_>, device: &str, path: &str, errno: Errno) -> i32 {
    if is_busybox(io) {
        let text = match errno {
            Errno::NotPermitted => "permission denied (are you root?)".to_owned(),
            errno => format!("mounting {device} on {path} failed: {errno}"),
        };
        io.err(&format!("mount: {text}\n"));
        return 1;
    }
    let text = match errno {
        Errno::NotPermitted => "permission denied".to_owned(),
        Errno::NoEntry => "mount point does not exist".to_owned(),
        Errno::NotFolder => "mount point is not a directory".to_owned(),
        errno => errno.to_string(),
    };
    io.err(&format!("mount: {path}: {text}.\n"));
    FAILED
}

/// `umount`.
pub fn umount(io: &mut Io<'_>, args: &[String]) -> i32 {
    const UMOUNT: Spec = Spec::new("lrfv", "[OPTIONS] FILESYSTEM|DIRECTORY");
    let parsed = match UMOUNT.parse(io, args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut status = 0;
    for path in &parsed.operands {
        let done = match io.canonical(path) {
            Ok(_) if !io.context().can(CAP_SYS_ADMIN) => Err(Errno::NotPermitted),
            Ok(place) => io.kernel.unmount(io.pid, &place),
            Err(errno) => Err(errno),
        };
        let Err(errno) = done else { continue };
        if is_busybox(io) {
            io.err(&format!("umount: can't unmount {path}: {errno}\n"));
            status = 1;
        } else {
            let text = match errno {
                Errno::NotPermitted => "must be superuser to unmount".to_owned(),
                Errno::Invalid => "not mounted".to_owned(),
                errno => errno.to_string(),
            };
            io.err(&format!("umount: {path}: {text}.\n"));
            status = FAILED;
        }
    }
    status
}
