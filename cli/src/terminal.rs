//! `podarium sh` at a terminal: what is typed goes to the sandbox's own line editor, and its screen comes back.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration as RealDuration;

use sandbox::{ContextId, TerminalSession, World};

/// While a command runs without being awaited, so much of the world's time passes in a second of ours.
const PACE: f64 = 60.0;
/// So much of the world's time a command may take before it is paced.
const FREE_SECONDS: f64 = 3600.0;
const FRAME: RealDuration = RealDuration::from_millis(16);

/// Lets somebody work in the world until the shell ends; answers its status.
pub fn interact(world: &mut World, learner: ContextId) -> Result<i32, String> {
    crossterm::terminal::enable_raw_mode().map_err(|error| error.to_string())?;
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    let keys = read_keys();
    let mut session = TerminalSession::open(world, learner, columns, rows);
    let status = work(world, &mut session, &keys);
    let _ = crossterm::terminal::disable_raw_mode();
    println!();
    Ok(status)
}

fn work(world: &mut World, session: &mut TerminalSession, keys: &Receiver<Vec<u8>>) -> i32 {
    let mut busy_seconds = 0.0;
    loop {
        show(&session.take_output(world));
        if let Some(status) = session.exit_status(world) {
            return status;
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

#[expect(clippy::disallowed_methods, reason = "keys are read while the world runs; this is not the core")]
fn read_keys() -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok(count) = std::io::stdin().read(&mut buffer) {
            if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}
