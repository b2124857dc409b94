//! What a first visit asks of the worker: the page opens, the first commands are typed, a rollout runs, things are looked at.

use protocol::{ClockCommand, Command};
use serde_json::{Value, json};

use crate::Result;

const TERMINAL: u32 = 1;
/// What is typed, key by key.
const LINES: &[&str] = &["kubectl get nodes", "kubectl get pods"];
/// A person looks at what came, and the cluster moves on.
const LOOK_MS: u64 = 600;

/// The messages in order, as JSON: `{"send": BYTES IN HEX}` or `{"wait": MILLISECONDS}`.
pub fn commands() -> Result<String> {
    let start = |lesson: Option<&str>, language: &str| Command::Start {
        workers: 3,
        seed: 1,
        epoch_seconds: 1_767_225_600,
        snapshot: None,
        lesson: lesson.map(str::to_owned),
        language: language.to_owned(),
    };
    let open = Command::OpenTerminal { terminal: TERMINAL, columns: 100, rows: 30 };
    let key = |byte: u8| Command::Type { terminal: TERMINAL, bytes: vec![byte] };

    let mut steps = vec![send(&[start(None, "en")])?, send(std::slice::from_ref(&open))?, wait()];
    for line in LINES {
        for byte in line.bytes().chain([b'\r']) {
            steps.push(send(&[key(byte)])?);
        }
        steps.push(wait());
    }
    steps.push(send(&[Command::Clock(ClockCommand::Speed(10.0))])?);
    steps.push(wait());
    steps.extend([send(&[start(Some("first-cluster"), "ko")])?, send(&[open])?, wait()]);
    Ok(Value::Array(steps).to_string())
}

fn send(commands: &[Command]) -> Result<Value> {
    let bytes = postcard::to_allocvec(commands).map_err(|error| error.to_string())?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({ "send": hex }))
}

fn wait() -> Value {
    json!({ "wait": LOOK_MS })
}
