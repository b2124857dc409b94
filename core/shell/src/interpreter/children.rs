//! Children of a shell: pipelines, subshells, substitutions and background jobs, and waiting for them.

use serde::{Deserialize, Serialize};

use super::fields::Segment;
use super::redirects::KEPT_FROM;
use super::{Frame, FrameKind, Input, Shell, Waiting, ash};
use crate::io::Io;
use crate::kernel::{Pid, ProcessBody};
use crate::language::Address;
use crate::program::{Fd, Read, Signal, Wait};
use crate::utilities::Utility;

/// A background job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub(super) number: u32,
    pub(super) pid: Pid,
    pub(super) local: u32,
    pub(super) text: String,
    /// Its status, once it has ended.
    pub(super) status: Option<i32>,
}

impl Shell {
    /// A child that runs this code from `start` to its `EndChild`, with these files on top of all of the shell's.
    fn fork(&mut self, io: &mut Io<'_>, start: Address, files: &[(Fd, Fd)], new_group: bool) -> Option<Pid> {
        let own: Vec<Fd> =
            io.kernel.process(io.pid).fds.keys().copied().filter(|fd| *fd < KEPT_FROM).collect();
        let mut all: Vec<(Fd, Fd)> = own
            .into_iter()
            .filter(|fd| !files.iter().any(|(child, _)| child == fd))
            .map(|fd| (fd, fd))
            .collect();
        all.extend(files);
        let job_control = new_group && self.options.interactive && !self.child;
        let Ok(pid) = io.kernel.fork(io.pid, &all, job_control, io.now) else {
            self.complain(io, "fork: retry: Resource temporarily unavailable");
            self.status = 254;
            return None;
        };
        let child = self.child_of(io, start);
        io.kernel.process_mut(pid).body = ProcessBody::Utility(Box::new(Utility::Shell(Box::new(child))));
        io.kernel.ready.push_back(pid);
        Some(pid)
    }

    fn child_of(&mut self, io: &Io<'_>, start: Address) -> Self {
        let pid = match self.variables.text("_podarium_pid") {
            Some(pid) => pid.to_owned(),
            None => io.local_pid().to_string(),
        };
        let frame = self.frame();
        let condition = frame.condition;
        let mut child_frame = Frame::new(frame.code.clone(), start, FrameKind::Top, condition);
        // The child may be inside loops, where its commands read the values under them.
        child_frame.values.clone_from(&frame.values);
        let mut child = Self {
            frames: vec![child_frame],
            jobs: Vec::new(),
            pending_traps: Vec::new(),
            input: Input::Ended,
            waiting: None,
            child: true,
            editor: crate::terminal::LineEditor::default(),
            ..self.clone_without_frames()
        };
        child.traps.retain(|_, command| command.is_empty());
        child.variables.set("_podarium_pid", pid);
        child
    }

    fn clone_without_frames(&mut self) -> Self {
        let frames = std::mem::take(&mut self.frames);
        let copy = self.clone();
        self.frames = frames;
        copy
    }

    pub(super) fn start_pipeline(&mut self, io: &mut Io<'_>, parts: &[Address], text: &str) {
        let mut pids = Vec::new();
        let mut input: Option<Fd> = None;
        let mut group: Option<Pid> = None;
        for (index, start) in parts.iter().enumerate() {
            let output = (index + 1 < parts.len()).then(|| io.pipe());
            let mut files: Vec<(Fd, Fd)> = Vec::new();
            files.extend(input.map(|fd| (0, fd)));
            files.extend(output.map(|(_, write)| (1, write)));
            let child = self.fork(io, *start, &files, true);
            // The ends of the pipes are the children's only.
            if let Some(child) = child {
                for fd in input.into_iter().chain(output.iter().flat_map(|(read, write)| [*read, *write])) {
                    if !files.iter().any(|(child, _)| *child == fd) {
                        io.kernel.close(child, fd);
                    }
                }
                if self.options.interactive && !self.child {
                    let leader = *group.get_or_insert(child);
                    io.kernel.process_mut(child).group = leader;
                }
                pids.push(child);
            }
            input.into_iter().for_each(|fd| io.close(fd));
            input = output.map(|(read, write)| {
                io.close(write);
                read
            });
        }
        self.wait_for(io, pids, text);
    }

    /// Waits for the processes of a command, which own the terminal meanwhile.
    pub(super) fn wait_for(&mut self, io: &mut Io<'_>, pids: Vec<Pid>, text: &str) {
        let statuses = vec![None; pids.len()];
        if let Some(first) = pids.first() {
            let group = io.kernel.process(*first).group;
            self.give_terminal(io, group);
        }
        self.waiting = Some(Waiting::Foreground { pids, statuses, text: text.to_owned() });
    }

    fn give_terminal(&self, io: &mut Io<'_>, group: Pid) {
        if self.options.interactive
            && !self.child
            && let Some(terminal) = io.kernel.own_terminal(io.pid)
        {
            io.kernel.set_foreground(terminal, group);
        }
    }

    pub(super) fn start_subshell(&mut self, io: &mut Io<'_>, start: Address) {
        if let Some(child) = self.fork(io, start, &[], true) {
            self.wait_for(io, vec![child], "");
        }
    }

    pub(super) fn start_background(&mut self, io: &mut Io<'_>, start: Address, text: &str) {
        let job_control = self.options.interactive && !self.child;
        let null = if job_control { None } else { io.open("/dev/null", crate::io::Mode::Read).ok() };
        let files: Vec<(Fd, Fd)> = null.into_iter().map(|fd| (0, fd)).collect();
        let child = self.fork(io, start, &files, true);
        null.into_iter().for_each(|fd| io.close(fd));
        let Some(pid) = child else { return };
        if !job_control {
            // Without job control a background command does not hear Ctrl-C.
            io.kernel.process_mut(pid).ignored.extend([Signal::Int, Signal::Quit]);
        }
        let local = io.kernel.process(pid).local;
        let number = self.jobs.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        self.jobs.push(Job { number, pid, local, text: text.to_owned(), status: None });
        self.last_background = Some(local);
        self.status = 0;
        if job_control {
            io.err(&format!("[{number}] {local}\n"));
        }
    }

    pub(super) fn start_substitution(&mut self, io: &mut Io<'_>, start: Address, quoted: bool) {
        let (read, write) = io.pipe();
        let child = self.fork(io, start, &[(1, write)], false);
        io.close(write);
        let Some(child) = child else {
            io.close(read);
            return;
        };
        io.kernel.close(child, read);
        io.kernel.close(child, write);
        self.waiting =
            Some(Waiting::Substitution { child, fd: read, output: Vec::new(), ended: false, quoted });
    }

    pub(super) fn start_process_substitution(&mut self, io: &mut Io<'_>, start: Address, write: bool) {
        let (read, write_end) = io.pipe();
        let (files, mine, theirs) =
            if write { ([(0, read)], write_end, read) } else { ([(1, write_end)], read, write_end) };
        let child = self.fork(io, start, &files, false);
        io.close(theirs);
        if let Some(child) = child {
            io.kernel.close(child, mine);
            io.kernel.close(child, theirs);
        }
        self.add(Segment::Quoted(format!("/dev/fd/{mine}")));
        self.frame().substitution_files.push(mine);
    }

    /// Goes on with what the shell waits for: what to sleep for, or nothing if it can go on.
    pub(super) fn resume(&mut self, io: &mut Io<'_>) -> Option<Wait> {
        match self.waiting.take()? {
            Waiting::Foreground { pids, mut statuses, text } => {
                let last = pids.last().and_then(|pid| io.kernel.processes.get(pid));
                let local = last.map_or(0, |process| process.local);
                for (pid, status) in pids.iter().zip(&mut statuses) {
                    if status.is_none() {
                        *status = io.child_status(*pid);
                    }
                }
                if statuses.iter().any(Option::is_none) {
                    self.waiting = Some(Waiting::Foreground { pids, statuses, text });
                    return Some(Self::wait_for_children());
                }
                let group = io.kernel.process(io.pid).group;
                self.give_terminal(io, group);
                self.finish_foreground(io, statuses.into_iter().flatten().collect(), local, &text);
                None
            }
            Waiting::Substitution { child, fd, mut output, mut ended, quoted } => {
                while !ended {
                    match io.read(fd, 1 << 16) {
                        Read::Data(bytes) => output.extend(bytes),
                        Read::Empty => break,
                        Read::End => ended = true,
                    }
                }
                let status = if ended { io.child_status(child) } else { None };
                let Some(status) = status else {
                    let wait = if ended { Wait::child() } else { Wait::readable(fd) };
                    self.waiting = Some(Waiting::Substitution { child, fd, output, ended, quoted });
                    return Some(wait);
                };
                io.close(fd);
                self.finish_substitution(&output, quoted, status);
                None
            }
            Waiting::Read(reading, restore) => match self.go_on_reading(io, reading) {
                Ok(status) => {
                    self.restore(io, restore);
                    self.status = status;
                    None
                }
                Err((reading, wait)) => {
                    self.waiting = Some(Waiting::Read(reading, restore));
                    Some(wait)
                }
            },
            Waiting::Source(sourcing, restore) => self.go_on_sourcing(io, sourcing, restore),
            Waiting::Jobs { pids, any, status, restore } => self.resume_jobs(io, pids, any, status, restore),
        }
    }

    fn finish_foreground(&mut self, io: &mut Io<'_>, statuses: Vec<i32>, last: u32, text: &str) {
        self.status = statuses.last().copied().unwrap_or(0);
        self.tell_death(io, self.status, last, text);
        if self.options.pipefail
            && let Some(failed) = statuses.iter().rev().find(|status| **status != 0)
        {
            self.status = *failed;
        }
        let interrupted = statuses.iter().any(|status| *status == 128 + Signal::Int.number());
        self.pipe_status = statuses;
        let frame = self.frame();
        let files = std::mem::take(&mut frame.substitution_files);
        files.into_iter().for_each(|fd| io.close(fd));
        if self.options.interactive && !self.child && interrupted {
            io.err("\n");
            self.abandon(io, 130);
        }
    }

    /// Says that a signal ended the command, as bash does for some signals.
    fn tell_death(&mut self, io: &mut Io<'_>, status: i32, pid: u32, text: &str) {
        let what = match status - 128 {
            1 => "Hangup",
            9 => "Killed",
            15 => "Terminated",
            3 if ash::is_ash(io) => "Quit",
            6 if ash::is_ash(io) => "Aborted",
            11 => "Segmentation fault",
            _ => return,
        };
        if self.child || text.is_empty() {
            return;
        }
        if ash::is_ash(io) {
            io.err(&format!("{what}\n"));
            return;
        }
        if self.options.interactive || what == "Terminated" {
            io.err(&format!("{what}\n"));
        } else {
            self.complain(io, &format!("{pid:5} {what:<23} {text}"));
        }
    }

    fn finish_substitution(&mut self, output: &[u8], quoted: bool, status: i32) {
        let kept: Vec<u8> = output.iter().copied().filter(|byte| *byte != 0).collect();
        let text = String::from_utf8_lossy(&kept);
        let text = text.trim_end_matches('\n').to_owned();
        self.status = status;
        self.frame().substituted = Some(status);
        self.add(if quoted { Segment::Quoted(text) } else { Segment::Split(text) });
    }

    fn resume_jobs(
        &mut self,
        io: &mut Io<'_>,
        mut pids: Vec<Pid>,
        any: bool,
        mut status: i32,
        restore: Vec<super::Saved>,
    ) -> Option<Wait> {
        self.update_jobs(io);
        let mut ended = 0;
        let last = pids.last().copied();
        pids.retain(|pid| match self.jobs.iter().find(|job| job.pid == *pid) {
            Some(Job { status: None, .. }) => true,
            Some(Job { status: Some(job_status), .. }) => {
                if any || last == Some(*pid) {
                    status = *job_status;
                }
                ended += 1;
                false
            }
            None => false,
        });
        let trapped = self.pending_traps.first().copied();
        if let Some(signal) = trapped {
            status = 128 + signal.number();
        }
        if pids.is_empty() || (any && ended > 0) || trapped.is_some() {
            self.jobs.retain(|job| job.status.is_none());
            self.restore(io, restore);
            self.status = status;
            return None;
        }
        // What stands for all jobs stays the last: no job's own status counts.
        if last == Some(Pid::default()) {
            pids.push(Pid::default());
        }
        self.waiting = Some(Waiting::Jobs { pids, any, status, restore });
        Some(Wait::child())
    }

    /// Asks which background jobs have ended.
    pub(super) fn update_jobs(&mut self, io: &mut Io<'_>) {
        for job in &mut self.jobs {
            if job.status.is_none() {
                job.status = io.child_status(job.pid);
            }
        }
    }

    /// Forgets jobs that have ended, telling of them first if someone reads.
    pub(super) fn report_jobs(&mut self, io: &mut Io<'_>) {
        self.update_jobs(io);
        if self.options.interactive && !self.child {
            let current = self.jobs.last().map(|job| job.number);
            let lines: Vec<String> = self
                .jobs
                .iter()
                .filter(|job| job.status.is_some())
                .map(|job| job.line(current == Some(job.number)))
                .collect();
            io.err(&lines.concat());
            self.jobs.retain(|job| job.status.is_none());
        }
    }
}

impl Job {
    pub(super) fn line(&self, current: bool) -> String {
        let state = match self.status {
            None => "Running".to_owned(),
            Some(0) => "Done".to_owned(),
            Some(130) => "Interrupt".to_owned(),
            Some(137) => "Killed".to_owned(),
            Some(143) => "Terminated".to_owned(),
            Some(status) => format!("Exit {status}"),
        };
        let mark = if current { '+' } else { '-' };
        let end = if self.status.is_none() { " &" } else { "" };
        format!("[{}]{mark}  {state:<22}  {}{end}\n", self.number, self.text)
    }
}
