//! `redis-server`: the few commands that lessons use, in its inline and its own form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shell::{Host, Io, Signal, Step};

use super::server::Server;

const PORT: u16 = 6379;

/// The running server with its data.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Redis {
    port: u16,
    started: bool,
    data: BTreeMap<String, String>,
    server: Server,
}

impl Redis {
    pub(super) fn new(args: &[String]) -> Self {
        let port = args.iter().position(|arg| arg == "--port").and_then(|at| args.get(at + 1)?.parse().ok());
        Self { port: port.unwrap_or(PORT), ..Self::default() }
    }

    pub(super) fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        if !self.started {
            self.started = true;
            io.handle_signals(&[Signal::Int, Signal::Term]);
            if self.server.listen(host, io.context().netns, self.port).is_err() {
                io.out("# Warning: Could not create server TCP listening socket *:6379: bind: Address already in use\n");
                return Step::Exit(1);
            }
            io.out("* Running mode=standalone, port=6379.\n* Ready to accept connections tcp\n");
        }
        if io.take_signal().is_some() {
            io.out("# User requested shutdown...\n* Redis is now ready to exit, bye bye...\n");
            self.server.close(host);
            return Step::Exit(0);
        }
        let data = &mut self.data;
        self.server.serve(host, |_, _, received| {
            let words = take_command(received)?;
            let quit = words.first().is_some_and(|word| word.eq_ignore_ascii_case("quit"));
            Some((answer(data, &words).into_bytes(), !quit))
        });
        Step::Wait(self.server.wait())
    }
}

/// Takes one whole command off the front.
fn take_command(received: &mut Vec<u8>) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(received).into_owned();
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.ends_with('\n'))?;
    let mut taken = first.len();
    let words = match first.strip_prefix('*') {
        Some(count) => {
            let count: usize = count.trim().parse().ok()?;
            let mut words = Vec::new();
            for _ in 0..count.min(1024) {
                let length = lines.next().filter(|line| line.ends_with('\n'))?;
                let word = lines.next().filter(|line| line.ends_with('\n'))?;
                taken += length.len() + word.len();
                words.push(word.trim_end().to_owned());
            }
            words
        }
        None => first.split_whitespace().map(str::to_owned).collect(),
    };
    received.drain(..taken.min(received.len()));
    Some(words)
}

fn answer(data: &mut BTreeMap<String, String>, words: &[String]) -> String {
    let name = words.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let rest: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    match (name.as_str(), rest.as_slice()) {
        ("PING", []) => "+PONG\r\n".to_owned(),
        ("PING" | "ECHO", [text]) => bulk(Some(text)),
        ("SET", [key, value, ..]) => {
            data.insert((*key).to_owned(), (*value).to_owned());
            "+OK\r\n".to_owned()
        }
        ("GET", [key]) => bulk(data.get(*key).map(String::as_str)),
        ("DEL", keys) => format!(":{}\r\n", keys.iter().filter(|key| data.remove(**key).is_some()).count()),
        ("EXISTS", keys) => format!(":{}\r\n", keys.iter().filter(|key| data.contains_key(**key)).count()),
        ("INCR", [key]) => increment(data, key),
        ("KEYS", ["*"]) => {
            let keys: String = data.keys().map(|key| bulk(Some(key))).collect();
            format!("*{}\r\n{keys}", data.len())
        }
        ("DBSIZE", []) => format!(":{}\r\n", data.len()),
        ("COMMAND" | "CONFIG" | "CLIENT" | "HELLO", _) => "*0\r\n".to_owned(),
        ("QUIT", _) => "+OK\r\n".to_owned(),
        ("", _) => String::new(),
        _ => format!("-ERR unknown command '{}', with args beginning with: \r\n", words[0]),
    }
}

fn increment(data: &mut BTreeMap<String, String>, key: &str) -> String {
    let value = data.entry(key.to_owned()).or_insert_with(|| "0".to_owned());
    match value.parse::<i64>().ok().and_then(|number| number.checked_add(1)) {
        Some(number) => {
            *value = number.to_string();
            format!(":{number}\r\n")
        }
        None => "-ERR value is not an integer or out of range\r\n".to_owned(),
    }
}

fn bulk(text: Option<&str>) -> String {
    text.map_or_else(|| "$-1\r\n".to_owned(), |text| format!("${}\r\n{text}\r\n", text.len()))
}
