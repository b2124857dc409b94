//! One visit: the state, who listens to it, and the line to the worker. Every component holds one.

mod typing;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::{Command, Reply, Request, RequestId, Selection, Update};
use yew::prelude::*;

use self::typing::Typing;
use super::settings::Query;
use super::state::{State, topic};
use super::ui;
use crate::bridge::{FromWorker, WORKER_SCRIPT, WorkerHandle};

type Listener = Rc<dyn Fn(u32)>;
type Show = Rc<dyn Fn(&[u8])>;
type OnReply = Box<dyn FnOnce(Result<Reply, String>)>;
type OnUpdate = Rc<dyn Fn(&Update)>;

/// What a terminal gets while nobody shows it yet, at most.
const BACKLOG_MAX: usize = 1 << 18;

/// Who does the work.
enum Line {
    Closed,
    Worker { handle: WorkerHandle, ready: bool, waiting: Vec<Command> },
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
    typing: RefCell<Typing>,
    next: Cell<u32>,
    /// How many worlds were asked for.
    worlds: Cell<u32>,
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
            typing: RefCell::default(),
            next: Cell::new(1),
            worlds: Cell::new(0),
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

    /// Begins another world: in the worker that there is, or in a new one if there is none or it failed. What terminals show of the world
    /// before goes with it.
    pub fn start(&self, first: Command) {
        self.forget_typing();
        let again = self.read(|state| state.started || state.died.is_some());
        if again {
            self.0.sizes.borrow_mut().clear();
            self.change(topic::UI, |state| {
                state.ui.world += 1;
                state.ui.terminals = vec![1];
                state.ui.terminal = 1;
            });
        }
        let lives =
            self.read(|state| state.died.is_none()) && matches!(&*self.0.line.borrow(), Line::Worker { .. });
        if lives {
            self.send(first);
        } else {
            self.start_worker(first);
        }
        if !again {
            self.reopen();
        }
        if let Some(picked) = self.read(|state| state.picked.clone()) {
            self.send(Command::Inspect(Some(picked)));
        }
    }

    /// Counts another world that is asked for.
    pub fn next_world(&self) -> u32 {
        self.0.worlds.set(self.0.worlds.get() + 1);
        self.0.worlds.get()
    }

    /// Whether no other world was asked for since.
    pub fn is_newest_world(&self, number: u32) -> bool {
        self.0.worlds.get() == number
    }

    fn start_worker(&self, first: Command) {
        let session = self.clone();
        self.0.replies.borrow_mut().clear();
        let started = WorkerHandle::start(WORKER_SCRIPT, move |message| session.hear(message));
        *self.0.line.borrow_mut() = match started {
            Ok(handle) => Line::Worker { handle, ready: false, waiting: vec![first] },
            Err(error) => {
                self.change(topic::WORKER, |state| state.died = Some(format!("{error:?}")));
                return;
            }
        };
        self.change(topic::WORKER, |state| state.died = None);
    }

    /// Shows a still picture in place of a world.
    pub fn start_demo(&self, name: &str) {
        self.start_worker(Command::Demo(name.to_owned()));
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
        let mut solution = None;
        let watchers = self.0.watchers.borrow().clone();
        for update in updates {
            for watcher in &watchers {
                watcher(&update);
            }
            match update {
                Update::Terminal { terminal, bytes } => self.show(terminal, &bytes),
                Update::Solution(script) => solution = Some(script),
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
        if let Some(script) = solution {
            self.type_lines(&script);
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
        if typing::is_prompt(bytes) {
            ui::mark("podarium-prompt");
            self.type_next_line(number);
        }
    }

    /// Sends a command.
    pub fn send(&self, command: Command) {
        match &mut *self.0.line.borrow_mut() {
            Line::Closed => {}
            Line::Worker { ready: false, waiting, .. } => waiting.push(command),
            Line::Worker { handle, .. } => {
                let _ = handle.send(&[command]);
            }
        }
    }

    /// Asks something and calls `then` with the answer.
    pub fn ask(&self, request: Request, then: impl FnOnce(Result<Reply, String>) + 'static) {
        let id = RequestId(self.next_number());
        self.0.replies.borrow_mut().insert(id, Box::new(then));
        self.send(Command::Ask { id, request });
    }

    /// Opens the terminals that were shown before there was a world: each told its size then.
    fn reopen(&self) {
        let sizes = self.0.sizes.borrow().clone();
        for (terminal, (columns, rows)) in sizes {
            self.send(Command::OpenTerminal { terminal, columns, rows });
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
