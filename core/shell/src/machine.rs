//! The machine: contexts, the processes in them, and the loop that runs whatever can run.

mod context;

use std::collections::BTreeMap;

use engine::{Duration, Instant, Random, Wake};
use serde::{Deserialize, Serialize};

use crate::file_system::Storage;
use crate::host::{Host, ListenerId, SocketId, Unplugged};
use crate::io::{Io, Spawn, SpawnError};
use crate::kernel::{
    CaptureId, Exit, FileObject, Kernel, OutputStream, Pid, PipeEnd, PipeId, Process, ProcessBody, TerminalId,
};
use crate::program::{Fd, LOOP_COST, Programs, STDERR, Signal, Step};
use crate::utilities::Utility;

pub use context::{Build, Context, ContextId, ContextSpec, DEFAULT_CAPABILITIES, Userland};
pub(crate) use context::{CAP_CHOWN, CAP_SYS_ADMIN};

/// What one of a process's three standard files is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Stdio {
    /// Nothing to read, and what is written is lost.
    Null,
    /// A terminal.
    Terminal(TerminalId),
    /// A capture buffer; each chunk knows whether it was standard output or error.
    Capture(CaptureId),
    /// An attached byte queue.
    Queue(PipeId),
}

/// How many steps may happen at one instant before the clock has to move: no program may stop the world.
const STEPS_MAX: u32 = 200_000;

/// All contexts and processes of a world.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Machine<P: Programs> {
    /// Files, terminals, queues and signals.
    pub kernel: Kernel,
    programs: BTreeMap<Pid, P::State>,
}

impl<P: Programs> Default for Machine<P> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl<P: Programs> Machine<P> {
    /// A machine whose instant zero is this Unix time.
    #[must_use]
    pub fn new(epoch_seconds: i64) -> Self {
        let mut kernel = Kernel::default();
        kernel.epoch = epoch_seconds;
        kernel.storage.present = epoch_seconds * 1_000_000;
        Self { kernel, programs: BTreeMap::new() }
    }

    /// The file trees.
    #[must_use]
    pub fn storage(&self) -> &Storage {
        &self.kernel.storage
    }

    /// The file trees, to add layers and volumes or change files from outside.
    pub fn storage_mut(&mut self) -> &mut Storage {
        &mut self.kernel.storage
    }

    /// A new context.
    pub fn create_context(&mut self, spec: ContextSpec) -> ContextId {
        self.kernel.create_context(spec)
    }

    /// A context.
    #[must_use]
    pub fn context(&self, id: ContextId) -> Option<&Context> {
        self.kernel.contexts.get(&id)
    }

    /// A context, to change its mounts or limits.
    pub fn context_mut(&mut self, id: ContextId) -> Option<&mut Context> {
        self.kernel.contexts.get_mut(&id)
    }

    /// Ends all processes of a context and forgets it. Its file trees stay: they are the caller's.
    pub fn remove_context(&mut self, id: ContextId, now: Instant) {
        self.kernel.drop_processes(id, now);
        if let Some(context) = self.kernel.contexts.remove(&id) {
            context.own_trees.into_iter().for_each(|tree| self.kernel.storage.remove_tree(tree));
        }
    }

    /// Starts a process of which the caller is the parent. With a terminal it leads the terminal's foreground group.
    ///
    /// # Errors
    /// If there is no such command in the context; the caller words it (`exec: "x": executable file not found in $PATH`).
    pub fn spawn(
        &mut self,
        context: ContextId,
        argv: Vec<String>,
        env: BTreeMap<String, String>,
        cwd: &str,
        stdio: [Stdio; 3],
        now: Instant,
    ) -> Result<Pid, SpawnError> {
        if !self.kernel.contexts.contains_key(&context) {
            return Err(SpawnError::NotFound);
        }
        let kernel = &mut self.kernel;
        let process =
            Process { context, cwd: cwd.to_owned(), umask: 0o022, started: now, ..Process::default() };
        let pid = kernel.add_process(process);
        let name = argv.first().map_or("", String::as_str);
        let found = kernel.look_up(pid, name, &env, P::find);
        let is_program = found.as_ref().is_ok_and(|command| command.prefix.is_empty());
        let unrunnable = if is_program { None } else { kernel.exec_error(pid, name, &env) };
        match found {
            Ok(command) => kernel.start_program(pid, command, argv, env),
            Err(error) if unrunnable.is_none() => {
                kernel.discard(pid);
                return Err(error);
            }
            Err(_) => {}
        }
        for (fd, stdio) in (0..).zip(stdio) {
            kernel.attach_stdio(pid, fd, stdio);
        }
        if let Some(message) = unrunnable {
            let _ = kernel.write(pid, STDERR, message.as_bytes(), now);
            kernel.end_process(pid, 1, None, now);
            return Ok(pid);
        }
        if let Some(terminal) = kernel.own_terminal(pid) {
            kernel.set_foreground(terminal, pid);
        }
        kernel.ready.push_back(pid);
        Ok(pid)
    }

    /// The environment of a living process, for another one beside it.
    #[must_use]
    pub fn environment_of(&self, pid: Pid) -> Option<BTreeMap<String, String>> {
        self.kernel.processes.get(&pid).map(|process| process.env.clone())
    }

    /// Sends a signal; false if there is no such process.
    pub fn signal(&mut self, pid: Pid, signal: Signal) -> bool {
        self.kernel.signal(pid, signal)
    }

    /// How a process that the caller spawned ended; remembered until [`forget`](Self::forget).
    #[must_use]
    pub fn exit_status(&self, pid: Pid) -> Option<Exit> {
        self.kernel.exits.get(&pid).copied()
    }

    /// Forgets how a process ended.
    pub fn forget(&mut self, pid: Pid) {
        self.kernel.exits.remove(&pid);
    }

    /// Which spawned processes ended since the last time that this was asked.
    pub fn take_exits(&mut self) -> Vec<Pid> {
        std::mem::take(&mut self.kernel.fresh_exits)
    }

    /// Tells what time it is before files are changed from outside: that is when they changed.
    pub fn advance(&mut self, now: Instant) {
        self.kernel.present = now;
        self.kernel.storage.present = self.kernel.unix_micros(now);
    }

    /// Wakes the processes that wait for the world.
    pub fn notify_world(&mut self) {
        self.kernel.notify_world();
    }

    /// Wakes the processes that wait for a socket.
    pub fn notify_socket(&mut self, socket: SocketId) {
        self.kernel.notify_socket(socket);
    }

    /// Wakes the processes that wait for connections to a listener.
    pub fn notify_listener(&mut self, listener: ListenerId) {
        self.kernel.notify_listener(listener);
    }

    /// When a process next has something to do by itself.
    #[must_use]
    pub fn next_wake(&self, now: Instant) -> Wake {
        if self.kernel.ready.is_empty() { self.kernel.timers.first().map(|(at, _)| *at) } else { Some(now) }
    }

    /// Runs everything that can run at `now` until it blocks, and says when the next timer is due.
    pub fn poll(&mut self, world: &mut P::World, random: &mut Random, now: Instant) -> Wake {
        self.advance(now);
        self.kernel.wake_due(now);
        self.bury(world);
        let mut steps = 0;
        while let Some(pid) = self.kernel.ready.pop_front() {
            self.step(pid, world, random, now);
            self.bury(world);
            steps += 1;
            if steps >= STEPS_MAX {
                return Some(now + Duration::from_millis(1));
            }
        }
        self.next_wake(now)
    }

    /// Gives back what processes that have ended held of the world.
    fn bury(&mut self, world: &mut P::World) {
        while let Some((pid, wait)) = self.kernel.ended.pop() {
            if let Some(state) = self.programs.remove(&pid) {
                P::end(state, world);
            }
            let Some(wait) = wait else { continue };
            let host: &mut dyn Host = world;
            wait.listeners.into_iter().for_each(|listener| host.stop_listening(listener));
            wait.sockets.into_iter().for_each(|socket| host.close(socket));
        }
    }

    fn step(&mut self, pid: Pid, world: &mut P::World, random: &mut Random, now: Instant) {
        let Some(process) = self.kernel.processes.get_mut(&pid) else { return };
        if process.exit.is_some() {
            return;
        }
        if let Some(signal) = process.deadly_signal() {
            self.end(pid, 128 + signal.number(), Some(signal), now);
            return;
        }
        let Some(process) = self.kernel.processes.get_mut(&pid) else { return };
        let body = std::mem::take(&mut process.body);
        let mut body = self.start(pid, body);
        let mut io = Io {
            kernel: &mut self.kernel,
            pid,
            now,
            random,
            host: &mut Unplugged,
            find: P::find,
            spent: Duration::ZERO,
        };
        let step = match &mut body {
            ProcessBody::Utility(utility) => {
                io.host = world as &mut dyn Host;
                utility.step(&mut io)
            }
            ProcessBody::Program => match self.programs.get_mut(&pid) {
                Some(state) => P::step(state, &mut io, world),
                None => Step::Exit(127),
            },
            ProcessBody::Start(_) | ProcessBody::Nothing => Step::Exit(127),
        };
        let spent = io.spent;
        self.after(pid, body, step, spent, now);
        self.answer_completion(pid, world, random, now);
    }

    /// What a process that has not started yet runs.
    fn start(&mut self, pid: Pid, body: ProcessBody) -> ProcessBody {
        let ProcessBody::Start(name) = body else { return body };
        let args = &self.kernel.process(pid).argv;
        if let Some(utility) = Utility::start(&name, args) {
            return ProcessBody::Utility(Box::new(utility));
        }
        match P::start(&name, args) {
            Some(state) => {
                self.programs.insert(pid, state);
                ProcessBody::Program
            }
            None => ProcessBody::Nothing,
        }
    }

    fn after(&mut self, pid: Pid, body: ProcessBody, step: Step, spent: Duration, now: Instant) {
        let Some(process) = self.kernel.processes.get_mut(&pid) else { return };
        if let Some(signal) = process.deadly_signal() {
            self.end(pid, 128 + signal.number(), Some(signal), now);
            return;
        }
        // The program may have replaced itself (`exec`).
        let Some(process) = self.kernel.processes.get_mut(&pid) else { return };
        if matches!(process.body, ProcessBody::Nothing) {
            process.body = body;
        } else {
            self.programs.remove(&pid);
        }
        match step {
            Step::Exit(status) => self.end(pid, status & 0xFF, None, now),
            Step::Wait(wait) => {
                self.kernel.process_mut(pid).stuffed = None;
                self.kernel.sleep(pid, wait, now);
            }
            Step::Continue => self.kernel.pause(pid, now + spent.max(LOOP_COST), now),
        }
    }

    fn end(&mut self, pid: Pid, status: i32, signal: Option<Signal>, now: Instant) {
        self.kernel.end_process(pid, status, signal, now);
    }

    fn answer_completion(&mut self, pid: Pid, world: &mut P::World, random: &mut Random, now: Instant) {
        if self.kernel.completions.get(&pid).is_none_or(|request| request.answer.is_some())
            || !self.kernel.processes.contains_key(&pid)
        {
            return;
        }
        let Some(mut request) = self.kernel.completions.remove(&pid) else { return };
        let own = std::mem::replace(&mut self.kernel.process_mut(pid).env, request.env.clone());
        let mut io = Io {
            kernel: &mut self.kernel,
            pid,
            now,
            random,
            host: &mut Unplugged,
            find: P::find,
            spent: Duration::ZERO,
        };
        request.answer = Some(P::complete(&request.words, &mut io, world));
        self.kernel.process_mut(pid).env = own;
        self.kernel.completions.insert(pid, request);
        self.kernel.wake(pid);
    }
}

impl Kernel {
    fn attach_stdio(&mut self, pid: Pid, fd: Fd, stdio: Stdio) {
        let object = match stdio {
            Stdio::Null => FileObject::Device(crate::file_system::Device::Null),
            Stdio::Terminal(terminal) => FileObject::Terminal(terminal),
            Stdio::Capture(capture) => {
                let stream = if fd == 2 { OutputStream::Stderr } else { OutputStream::Stdout };
                FileObject::Capture(capture, stream)
            }
            Stdio::Queue(pipe) if fd == 0 => FileObject::Pipe(pipe, PipeEnd::Read),
            Stdio::Queue(pipe) => FileObject::Pipe(pipe, PipeEnd::Write),
        };
        let file = self.add_file(object);
        self.attach(pid, fd, file);
    }
}

/// A child that only takes over the three standard files of its parent.
impl From<Vec<String>> for Spawn {
    fn from(argv: Vec<String>) -> Self {
        Self { argv, ..Self::default() }
    }
}
