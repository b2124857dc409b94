//! Who sleeps, what for, and who wakes. A sleeping process is in exactly the lists of what it waits for, so it costs nothing.

use engine::Instant;

use super::Kernel;
use super::files::FileObject;
use super::pipes::End;
use super::processes::Pid;
use crate::file_system::Device;
use crate::host::{ListenerId, SocketId};
use crate::program::{Fd, LOOP_COST, Wait};

impl Kernel {
    /// Lets a process sleep. What it waits for may hold already: then it goes on a moment later, so that a process that does not
    /// take what it waited for keeps the clock moving.
    pub(crate) fn sleep(&mut self, pid: Pid, wait: Wait, now: Instant) {
        let signalled = self.process(pid).pending.iter().any(|signal| {
            let process = self.process(pid);
            process.handled.contains(signal)
        });
        let holds = signalled
            || wait.until.is_some_and(|until| until <= now)
            || wait.readable.iter().any(|fd| self.is_readable(pid, *fd))
            || (wait.child && std::mem::take(&mut self.process_mut(pid).child_ended));
        let wait = if holds { Wait::until(now + LOOP_COST) } else { wait };
        if let Some(until) = wait.until {
            self.timers.insert((until, pid));
        }
        for fd in &wait.readable {
            self.watch_file(pid, *fd, true);
        }
        for socket in &wait.sockets {
            self.socket_waiters.entry(*socket).or_default().insert(pid);
        }
        for listener in &wait.listeners {
            self.listener_waiters.entry(*listener).or_default().insert(pid);
        }
        if wait.world {
            self.world_waiters.insert(pid);
        }
        self.process_mut(pid).wait = Some(wait);
    }

    fn watch_file(&mut self, pid: Pid, fd: Fd, watch: bool) {
        let object = self.file_of(pid, fd).and_then(|id| self.files.get(&id)).map(|file| file.object.clone());
        let terminal = match object {
            Some(FileObject::Pipe(pipe, End::Read)) => {
                if let Some(pipe) = self.pipe_mut(pipe) {
                    if watch {
                        pipe.read_waiters.insert(pid);
                    } else {
                        pipe.read_waiters.remove(&pid);
                    }
                }
                return;
            }
            Some(FileObject::Terminal(terminal)) => Some(terminal),
            Some(FileObject::Device(Device::Tty)) => self.own_terminal(pid),
            _ => None,
        };
        if let Some(terminal) = terminal {
            self.watch_terminal(terminal, pid, watch);
        }
    }

    /// Takes a process out of all lists.
    pub(crate) fn cancel_wait(&mut self, pid: Pid) -> bool {
        let Some(wait) = self.processes.get_mut(&pid).and_then(|process| process.wait.take()) else {
            return false;
        };
        if let Some(until) = wait.until {
            self.timers.remove(&(until, pid));
        }
        for fd in &wait.readable {
            self.watch_file(pid, *fd, false);
        }
        for socket in &wait.sockets {
            if let Some(waiters) = self.socket_waiters.get_mut(socket) {
                waiters.remove(&pid);
                if waiters.is_empty() {
                    self.socket_waiters.remove(socket);
                }
            }
        }
        for listener in &wait.listeners {
            if let Some(waiters) = self.listener_waiters.get_mut(listener) {
                waiters.remove(&pid);
                if waiters.is_empty() {
                    self.listener_waiters.remove(listener);
                }
            }
        }
        if wait.world {
            self.world_waiters.remove(&pid);
        }
        if !(wait.sockets.is_empty() && wait.listeners.is_empty()) {
            self.process_mut(pid).network_wait = Some(wait);
        }
        true
    }

    /// Makes a sleeping process ready.
    pub(crate) fn wake(&mut self, pid: Pid) {
        if self.cancel_wait(pid) {
            self.ready.push_back(pid);
        }
    }

    /// Wakes those who wait for the world.
    pub fn notify_world(&mut self) {
        for pid in std::mem::take(&mut self.world_waiters) {
            self.wake(pid);
        }
    }

    /// Wakes those who wait for a socket.
    pub fn notify_socket(&mut self, socket: SocketId) {
        for pid in self.socket_waiters.remove(&socket).unwrap_or_default() {
            self.wake(pid);
        }
    }

    /// Wakes those who wait for a connection to a listener.
    pub fn notify_listener(&mut self, listener: ListenerId) {
        for pid in self.listener_waiters.remove(&listener).unwrap_or_default() {
            self.wake(pid);
        }
    }

    pub(crate) fn wake_due(&mut self, now: Instant) {
        while let Some((at, pid)) = self.timers.first().copied() {
            if at > now {
                break;
            }
            self.timers.remove(&(at, pid));
            self.wake(pid);
        }
    }

    /// Lets a process that just ran go on after `until`, or once the pipe that it filled has room.
    pub(crate) fn pause(&mut self, pid: Pid, until: Instant, now: Instant) {
        let stuffed = self.process_mut(pid).stuffed.take();
        match stuffed.filter(|pipe| self.pipe_ref(*pipe).is_some_and(super::Pipe::is_full)) {
            Some(pipe) => {
                self.pause_writer(pipe, pid);
                self.sleep(pid, Wait::default(), now);
            }
            None => self.sleep(pid, Wait::until(until), now),
        }
    }
}
