//! Redirections: applying them, and giving back what they took.

use super::{Saved, Shell};
use crate::file_system::Errno;
use crate::io::{Io, Mode};
use crate::language::RedirectKind;
use crate::machine::Userland;
use crate::program::Fd;

/// Kept numbers start here; children do not get them.
pub(super) const KEPT_FROM: Fd = 10;

impl Shell {
    /// Applies redirections in order; what they took, to be given back. On an error everything is given back.
    pub(super) fn apply_redirects(
        &mut self,
        io: &mut Io<'_>,
        redirects: Vec<(Option<Fd>, RedirectKind, String)>,
    ) -> Result<Vec<Saved>, String> {
        let mut saved = Vec::new();
        for (fd, kind, value) in redirects {
            if let Err(message) = self.apply(io, fd, kind, &value, &mut saved) {
                self.restore(io, saved);
                return Err(message);
            }
        }
        Ok(saved)
    }

    fn apply(
        &mut self,
        io: &mut Io<'_>,
        fd: Option<Fd>,
        kind: RedirectKind,
        value: &str,
        saved: &mut Vec<Saved>,
    ) -> Result<(), String> {
        let reads = matches!(kind, RedirectKind::Read | RedirectKind::ReadWrite | RedirectKind::Here);
        let target = fd.unwrap_or(u32::from(!reads));
        let mode = match kind {
            RedirectKind::Read => Mode::Read,
            RedirectKind::ReadWrite => Mode::ReadWrite,
            RedirectKind::Append | RedirectKind::OutputAndError { append: true } => Mode::Append,
            RedirectKind::Write if self.options.noclobber => {
                if io.stat(value).is_ok_and(|metadata| metadata.is_file()) {
                    return Err(match io.context().userland {
                        Userland::Busybox => format!("can't create {value}: File exists"),
                        Userland::Gnu => format!("{value}: cannot overwrite existing file"),
                    });
                }
                Mode::Write
            }
            RedirectKind::Write | RedirectKind::Clobber | RedirectKind::OutputAndError { append: false } => {
                Mode::Write
            }
            RedirectKind::Here => {
                let (read, write) = io.pipe();
                let _ = io.write(write, value.as_bytes());
                io.kernel.process_mut(io.pid).stuffed = None;
                io.close(write);
                self.take_over(io, read, target, saved);
                return Ok(());
            }
            RedirectKind::Duplicate => return self.duplicate(io, fd.unwrap_or(1), value, saved),
            RedirectKind::DuplicateInput => return self.duplicate(io, fd.unwrap_or(0), value, saved),
        };
        let opened = io.open(value, mode).map_err(|errno| cannot_open(io, value, mode, errno))?;
        self.take_over(io, opened, target, saved);
        if let RedirectKind::OutputAndError { .. } = kind {
            self.copy(io, target, 2, saved);
        }
        Ok(())
    }

    fn duplicate(
        &mut self,
        io: &mut Io<'_>,
        target: Fd,
        value: &str,
        saved: &mut Vec<Saved>,
    ) -> Result<(), String> {
        if value == "-" {
            let kept = self.keep(io, target);
            saved.push(Saved { fd: target, kept });
            io.close(target);
            return Ok(());
        }
        match value.parse::<Fd>() {
            Ok(source) if io.is_open(source) => {
                self.copy(io, source, target, saved);
                Ok(())
            }
            Ok(_) => Err(format!("{value}: Bad file descriptor")),
            // `>& file` is `&> file`.
            Err(_) => {
                let opened = io
                    .open(value, Mode::Write)
                    .map_err(|errno| cannot_open(io, value, Mode::Write, errno))?;
                self.take_over(io, opened, 1, saved);
                self.copy(io, 1, 2, saved);
                Ok(())
            }
        }
    }

    fn keep(&mut self, io: &mut Io<'_>, fd: Fd) -> Option<Fd> {
        let file = io.kernel.file_of(io.pid, fd)?;
        let kept = io.kernel.free_fd(io.pid, KEPT_FROM);
        io.kernel.attach(io.pid, kept, file);
        Some(kept)
    }

    fn copy(&mut self, io: &mut Io<'_>, source: Fd, target: Fd, saved: &mut Vec<Saved>) {
        let Some(file) = io.kernel.file_of(io.pid, source) else { return };
        let kept = self.keep(io, target);
        saved.push(Saved { fd: target, kept });
        io.kernel.attach(io.pid, target, file);
    }

    /// Makes a just opened file the number `target`.
    fn take_over(&mut self, io: &mut Io<'_>, opened: Fd, target: Fd, saved: &mut Vec<Saved>) {
        if opened == target {
            saved.push(Saved { fd: target, kept: None });
            return;
        }
        self.copy(io, opened, target, saved);
        io.close(opened);
    }

    /// Gives back what redirections took, the last first.
    pub(super) fn restore(&mut self, io: &mut Io<'_>, saved: Vec<Saved>) {
        for Saved { fd, kept } in saved.into_iter().rev() {
            match kept.and_then(|kept| io.kernel.file_of(io.pid, kept)) {
                Some(file) => {
                    io.kernel.attach(io.pid, fd, file);
                    kept.into_iter().for_each(|kept| io.close(kept));
                }
                None => io.close(fd),
            }
        }
    }

    /// Makes redirections last, as `exec` does.
    pub(super) fn forget_saved(io: &mut Io<'_>, saved: Vec<Saved>) {
        saved.into_iter().filter_map(|saved| saved.kept).for_each(|kept| io.close(kept));
    }
}

/// What bash and ash say of a file that a redirection cannot open.
fn cannot_open(io: &Io<'_>, path: &str, mode: Mode, errno: Errno) -> String {
    if io.context().userland != Userland::Busybox {
        return format!("{path}: {errno}");
    }
    let reads = mode == Mode::Read;
    let why = match errno {
        Errno::NoEntry if reads => "no such file".to_owned(),
        Errno::NoEntry => "nonexistent directory".to_owned(),
        errno => errno.to_string(),
    };
    format!("can't {} {path}: {why}", if reads { "open" } else { "create" })
}
