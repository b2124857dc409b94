//! One visit: the state, who listens to it, and the line to the worker. Every component holds one.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use protocol::{Command, Reply, Request, RequestId, Selection, Update};
use yew::prelude::*;

use super::settings::Query;
use super::state::{State, topic};
use crate::bridge::{FromWorker, WORKER_SCRIPT, WorkerHandle};
use crate::demo::Demo;

type Listener = Rc<dyn Fn(u32)>;
type Show = Rc<dyn Fn(&[u8])>;
type OnReply = Box<dyn FnOnce(Result<Reply, String>)>;
type OnUpdate = Rc<dyn Fn(&Update)>;

/// How the shell's prompt ends.
const PROMPT_END: &[u8] = b"$ ";
/// What a terminal gets while nobody shows it yet, at most.
const BACKLOG_MAX: usize = 1 << 18;

/// Who does the work.
enum Line {
    Closed,
    Worker { handle: WorkerHandle, ready: bool, waiting: Vec<Command> },
    Demo(Demo),
}

/// One visit. Cheap to clone; equal only to itself.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    line: RefCell<Line>,
    listeners: RefCell<Vec<(u64, u32, Listener)>>,
    watchers: RefCell<Vec<OnUpdate>>,
    replies: RefCell<BTreeMap<RequestId, OnReply>>,
    terminals: RefCell<BTreeMap<u32, Terminal>>,
    sizes: RefCell<BTreeMap<u32, (u16, u16)>>,
    /// Lines that are typed by themselves, each once the prompt is back.
    to_type: RefCell<VecDeque<(u32, String)>>,
    next: Cell<u32>,
    query: Query,
}

#[derive(Default)]
struct Terminal {
    show: Option<Show>,
    backlog: Vec<u8>,
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The browser's clock, in milliseconds.
#[must_use]
pub fn browser_ms() -> f64 {
    js_sys::Date::now()
}

impl Session {
    /// A visit without a worker.
    #[must_use]
    pub fn new(state: State, query: Query) -> Self {
        Self(Rc::new(Inner {
            state: RefCell::new(state),
            line: RefCell::new(Line::Closed),
            listeners: RefCell::default(),
            watchers: RefCell::default(),
            replies: RefCell::default(),
            terminals: RefCell::default(),
            sizes: RefCell::default(),
            to_type: RefCell::default(),
            next: Cell::new(1),
            query,
        }))
    }

    /// What the page's address asked for.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.0.query
    }

    /// Looks at the state.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.state.borrow())
    }

    /// Changes the state and tells who listens to `topics`.
    pub fn change(&self, topics: u32, change: impl FnOnce(&mut State)) {
        change(&mut self.0.state.borrow_mut());
        self.tell(topics);
    }

    fn tell(&self, topics: u32) {
        let concerned: Vec<Listener> = {
            let listeners = self.0.listeners.borrow();
            listeners
                .iter()
                .filter(|(_, wanted, _)| wanted & topics != 0)
                .map(|(_, _, f)| Rc::clone(f))
                .collect()
        };
        for listener in concerned {
            listener(topics);
        }
    }

    /// Calls `f` when one of the topics changes, until what comes back is dropped.
    #[must_use]
    pub fn listen(&self, topics: u32, f: impl Fn(u32) + 'static) -> Listening {
        let id = u64::from(self.next_number());
        self.0.listeners.borrow_mut().push((id, topics, Rc::new(f)));
        Listening { session: self.clone(), id }
    }

    /// Calls `f` with every update, for the page's whole life.
    pub fn watch(&self, f: impl Fn(&Update) + 'static) {
        self.0.watchers.borrow_mut().push(Rc::new(f));
    }

    fn next_number(&self) -> u32 {
        let number = self.0.next.get();
        self.0.next.set(number.wrapping_add(1));
        number
    }

    /// Shows what a terminal gets from now on, and what it got before anyone looked.
    pub fn show_terminal(&self, number: u32, show: impl Fn(&[u8]) + 'static) {
        let mut terminals = self.0.terminals.borrow_mut();
        let terminal = terminals.entry(number).or_default();
        show(&std::mem::take(&mut terminal.backlog));
        terminal.show = Some(Rc::new(show));
    }

    /// Nobody shows a terminal any more.
    pub fn hide_terminal(&self, number: u32) {
        self.0.terminals.borrow_mut().remove(&number);
    }

    /// Starts the worker with a command, in place of any that ran before.
    pub fn start(&self, first: Command) {
        let session = self.clone();
        let started = WorkerHandle::start(WORKER_SCRIPT, move |message| session.hear(message));
        *self.0.line.borrow_mut() = match started {
            Ok(handle) => Line::Worker { handle, ready: false, waiting: vec![first] },
            Err(error) => {
                self.change(topic::WORKER, |state| state.died = Some(format!("{error:?}")));
                Line::Closed
            }
        };
    }

    /// Shows a still picture in place of a world.
    pub fn start_demo(&self, demo: Demo) {
        let first = demo.first_updates();
        *self.0.line.borrow_mut() = Line::Demo(demo);
        self.take(first);
    }

    fn hear(&self, message: FromWorker) {
        match message {
            FromWorker::Ready => {
                let mut line = self.0.line.borrow_mut();
                if let Line::Worker { handle, ready, waiting } = &mut *line {
                    *ready = true;
                    let _ = handle.send(&std::mem::take(waiting));
                }
            }
            FromWorker::Updates(updates) => self.take(updates),
            // The first word is the reason; what fails after it follows from it.
            FromWorker::Died(reason) => self.change(topic::WORKER, |state| {
                state.died.get_or_insert(reason);
            }),
        }
    }

    fn take(&self, updates: Vec<Update>) {
        let heard_ms = browser_ms();
        let mut topics = 0;
        let mut replies = Vec::new();
        let watchers = self.0.watchers.borrow().clone();
        for update in updates {
            for watcher in &watchers {
                watcher(&update);
            }
            match update {
                Update::Terminal { terminal, bytes } => self.show(terminal, &bytes),
                Update::Reply { id, reply } => {
                    if let Some(then) = self.0.replies.borrow_mut().remove(&id) {
                        replies.push((then, reply));
                    }
                }
                other => topics |= self.0.state.borrow_mut().apply(other, heard_ms),
            }
        }
        self.tell(topics);
        for (then, reply) in replies {
            then(reply);
        }
    }

    fn show(&self, number: u32, bytes: &[u8]) {
        let show = {
            let mut terminals = self.0.terminals.borrow_mut();
            let terminal = terminals.entry(number).or_default();
            if terminal.show.is_none() && terminal.backlog.len() < BACKLOG_MAX {
                terminal.backlog.extend_from_slice(bytes);
            }
            terminal.show.clone()
        };
        if let Some(show) = show {
            show(bytes);
        }
        if bytes.ends_with(PROMPT_END) {
            self.type_next_line(number);
        }
    }

    /// Sends a command.
    pub fn send(&self, command: Command) {
        let answer = match &mut *self.0.line.borrow_mut() {
            Line::Closed => Vec::new(),
            Line::Worker { ready: false, waiting, .. } => {
                waiting.push(command);
                Vec::new()
            }
            Line::Worker { handle, .. } => {
                let _ = handle.send(&[command]);
                Vec::new()
            }
            Line::Demo(demo) => demo.answer(command),
        };
        if !answer.is_empty() {
            self.take(answer);
        }
    }

    /// Asks something and calls `then` with the answer.
    pub fn ask(&self, request: Request, then: impl FnOnce(Result<Reply, String>) + 'static) {
        let id = RequestId(self.next_number());
        self.0.replies.borrow_mut().insert(id, Box::new(then));
        self.send(Command::Ask { id, request });
    }

    /// Shows the terminal in front and types commands into it, each once the one before it is done.
    pub fn type_lines(&self, text: &str) {
        let terminal = self.read(|state| state.ui.terminal);
        self.change(topic::UI, |state| {
            state.ui.lower = super::state::Lower::Terminal;
            state.ui.pane = super::state::Pane::Terminal;
        });
        let lines = text.trim().lines().map(|line| (terminal, format!("{line}\r")));
        *self.0.to_type.borrow_mut() = lines.collect();
        self.type_next_line(terminal);
    }

    fn type_next_line(&self, number: u32) {
        let next = self.0.to_type.borrow_mut().pop_front_if(|(terminal, _)| *terminal == number);
        if let Some((terminal, line)) = next {
            self.send(Command::Type { terminal, bytes: line.into_bytes() });
        }
    }

    /// What the learner types. It ends what is typed by itself.
    pub fn type_keys(&self, terminal: u32, bytes: Vec<u8>) {
        // What begins with Escape may be the terminal's own answer to a question.
        if bytes.first() != Some(&0x1B) {
            self.0.to_type.borrow_mut().clear();
        }
        self.send(Command::Type { terminal, bytes });
    }

    /// Opens terminals in a worker that was started anew: each tells its size when it is shown.
    pub fn reopen(&self, terminals: &[u32]) {
        let sizes = self.0.sizes.borrow().clone();
        for &terminal in terminals {
            if let Some(&(columns, rows)) = sizes.get(&terminal) {
                self.send(Command::OpenTerminal { terminal, columns, rows });
            }
        }
    }

    /// A terminal has a size: the first time that opens it.
    pub fn size_terminal(&self, terminal: u32, columns: u16, rows: u16) {
        let known = self.0.sizes.borrow_mut().insert(terminal, (columns, rows)).is_some();
        if matches!(&*self.0.line.borrow(), Line::Closed) {
            return;
        }
        self.send(if known {
            Command::Resize { terminal, columns, rows }
        } else {
            Command::OpenTerminal { terminal, columns, rows }
        });
    }

    /// Closes a terminal.
    pub fn close_terminal(&self, terminal: u32) {
        self.0.sizes.borrow_mut().remove(&terminal);
        self.send(Command::CloseTerminal { terminal });
    }

    /// Picks something, or nothing.
    pub fn pick(&self, selection: Option<Selection>) {
        self.change(topic::INSPECTOR, |state| {
            if selection.is_none() || state.picked != selection {
                state.inspector = None;
            }
            state.picked = selection.clone();
        });
        self.send(Command::Inspect(selection));
    }
}

/// Listens for as long as it is held.
pub struct Listening {
    session: Session,
    id: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.session.0.listeners.borrow_mut().retain(|(id, _, _)| *id != self.id);
    }
}

/// The session; draws again when one of the topics changes.
///
/// # Panics
/// Outside of the app, which has a session around everything.
#[hook]
pub fn use_session(topics: u32) -> Session {
    let session = use_context::<Session>().expect("the app holds a session around its parts");
    let draw_again = use_force_update();
    use_effect_with((session.clone(), topics), move |(session, topics)| {
        let listening = session.listen(*topics, move |_| draw_again.force_update());
        move || drop(listening)
    });
    session
}
