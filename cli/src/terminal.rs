//! `podarium sh` at a terminal: what is typed goes to the sandbox's own line editor, and its screen comes back.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration as RealDuration;

use sandbox::{ContextId, TerminalSession, World};

/// While a command runs without being awaited, so much of the world's time passes in a second of ours.
const PACE: f64 = 60.0;
/// So much of the world's time a command may take before it is paced.
const FREE_SECONDS: f64 = 3600.0;
const FRAME: RealDuration = RealDuration::from_millis(16);
/// How often the reader of keys looks whether the keyboard is somebody else's.
const LOOK: RealDuration = RealDuration::from_millis(40);

/// The keyboard, which is lent to an editor at times.
struct Keyboard {
    keys: Receiver<Vec<u8>>,
    lent: Arc<AtomicBool>,
}

/// Lets somebody work in the world until the shell ends; answers its status.
pub fn interact(world: &mut World, learner: ContextId) -> Result<i32, String> {
    crossterm::terminal::enable_raw_mode().map_err(|error| error.to_string())?;
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    let keyboard = read_keys();
    let mut session = TerminalSession::open(world, learner, columns, rows);
    let status = work(world, &mut session, &keyboard);
    let _ = crossterm::terminal::disable_raw_mode();
    println!();
    Ok(status)
}

fn work(world: &mut World, session: &mut TerminalSession, keyboard: &Keyboard) -> i32 {
    let keys = &keyboard.keys;
    let mut busy_seconds = 0.0;
    loop {
        show(&session.take_output(world));
        if let Some(status) = session.exit_status(world) {
            return status;
        }
        if let Some(request) = session.editor_request(world) {
            let content = keyboard.lend(|| crate::editor::edit(&request)).unwrap_or_else(|why| {
                show(format!("{why}\r\n").as_bytes());
                None
            });
            session.answer_editor(world, &request, content);
            continue;
        }
        let at_prompt = session.is_at_prompt(world);
        let typed = if at_prompt || busy_seconds >= FREE_SECONDS {
            keys.recv_timeout(FRAME)
        } else {
            keys.try_recv().map_err(|error| match error {
                std::sync::mpsc::TryRecvError::Empty => RecvTimeoutError::Timeout,
                std::sync::mpsc::TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            })
        };
        match typed {
            Ok(bytes) => {
                busy_seconds = 0.0;
                session.type_keys(world, &bytes);
            }
            Err(RecvTimeoutError::Disconnected) => return 0,
            Err(RecvTimeoutError::Timeout) if busy_seconds >= FREE_SECONDS => {
                session.pass(world, PACE * FRAME.as_secs_f64());
            }
            Err(RecvTimeoutError::Timeout) if at_prompt => session.pass(world, FRAME.as_secs_f64()),
            Err(RecvTimeoutError::Timeout) => busy_seconds += session.step(world),
        }
    }
}

fn show(bytes: &[u8]) {
    let mut out = std::io::stdout();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

impl Keyboard {
    /// Leaves the terminal to another program, as it was found.
    #[expect(clippy::disallowed_methods, reason = "waits for the reader of keys, which is not the core")]
    fn lend<T>(&self, work: impl FnOnce() -> T) -> T {
        self.lent.store(true, Ordering::SeqCst);
        std::thread::sleep(LOOK * 2);
        let _ = crossterm::terminal::disable_raw_mode();
        let result = work();
        let _ = crossterm::terminal::enable_raw_mode();
        self.lent.store(false, Ordering::SeqCst);
        result
    }
}

#[expect(clippy::disallowed_methods, reason = "keys are read while the world runs; this is not the core")]
fn read_keys() -> Keyboard {
    let (sender, keys) = channel();
    let lent = Arc::new(AtomicBool::new(false));
    let elsewhere = lent.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            if elsewhere.load(Ordering::SeqCst) {
                std::thread::sleep(LOOK);
                continue;
            }
            if !has_input() || elsewhere.load(Ordering::SeqCst) {
                continue;
            }
            match std::io::stdin().read(&mut buffer) {
                Ok(count) if count > 0 && sender.send(buffer[..count].to_vec()).is_ok() => {}
                _ => return,
            }
        }
    });
    Keyboard { keys, lent }
}

/// Waits a moment for keys, so that a read never holds the keyboard while an editor has it.
#[cfg(unix)]
fn has_input() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = std::io::stdin();
    let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
    let moment = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
    poll(&mut waiting, Some(&moment)).is_ok_and(|ready| ready > 0)
}

#[cfg(not(unix))]
fn has_input() -> bool {
    true
}
