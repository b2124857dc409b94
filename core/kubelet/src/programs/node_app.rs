//! `node app.js`: an HTTP server as the book's `kubia` is one. What it answers is read from the file: the texts of its `response.end`,
//! and after how many requests it begins to fail. As pid 1 without a handler it never sees SIGTERM, and is killed in the end.

use network::http::Response;
use serde::{Deserialize, Serialize};
use shell::{Host, Io, Step};

use super::server::Server;

const PORT: u16 = 8080;

/// The running application.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NodeApp {
    script: String,
    started: bool,
    requests: u64,
    app: App,
    server: Server,
}

/// What the script says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct App {
    greeting: String,
    /// The request from which on it fails, and what it says then.
    fails_from: Option<u64>,
    failure: String,
}

impl NodeApp {
    pub(super) fn new(args: &[String]) -> Self {
        Self { script: args.get(1).cloned().unwrap_or_default(), ..Self::default() }
    }

    pub(super) fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        if !self.started {
            self.started = true;
            if let Err(status) = self.load(io, host) {
                return Step::Exit(status);
            }
        }
        let mut log = String::new();
        let (app, requests) = (&self.app, &mut self.requests);
        self.server.serve_http(host, |_, client| {
            *requests += 1;
            log.push_str(&format!("Received request from ::ffff:{client}\n"));
            if app.fails_from.is_some_and(|first| *requests >= first) {
                return Response::new(500, "text/plain", app.failure.clone());
            }
            Response::new(200, "text/plain", app.greeting.clone())
        });
        if !log.is_empty() {
            io.out(&log);
        }
        Step::Wait(self.server.wait())
    }

    fn load<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Result<(), i32> {
        if self.script.is_empty() {
            return Err(0);
        }
        let Ok(source) = io.read_file(&self.script) else {
            io.err(&format!("node: Cannot find module '{}'\n", self.script));
            return Err(1);
        };
        let source = String::from_utf8_lossy(&source).into_owned();
        let hostname = io.context().hostname.clone();
        self.app = App::read(&source, &hostname);
        if let Some(start) = source.split("console.log(\"").nth(1).and_then(|rest| rest.split('"').next()) {
            io.out(&format!("{start}\n"));
        }
        if self.server.listen(host, io.context().netns, PORT).is_err() {
            super::server::port_taken(io, "Error: listen EADDRINUSE: address already in use :::8080\n");
            return Err(1);
        }
        Ok(())
    }
}

impl App {
    fn read(source: &str, hostname: &str) -> Self {
        let texts: Vec<String> =
            source.split("response.end(").skip(1).map(|rest| concatenation(rest, hostname)).collect();
        let limit = source.split("++requestCount >= ").nth(1);
        let limit = limit.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
        match (limit, texts.as_slice()) {
            (Some(first), [failure, greeting, ..]) => {
                Self { greeting: greeting.clone(), fails_from: Some(first), failure: failure.clone() }
            }
            (_, texts) => Self { greeting: texts.last().cloned().unwrap_or_default(), ..Self::default() },
        }
    }
}

/// The value of `"text" + os.hostname() + "\n"` up to the closing bracket.
fn concatenation(source: &str, hostname: &str) -> String {
    let mut value = String::new();
    let mut rest = source;
    loop {
        rest = rest.trim_start_matches([' ', '+']);
        if let Some(quoted) = rest.strip_prefix('"') {
            let Some((text, after)) = quoted.split_once('"') else { return value };
            value.push_str(&text.replace("\\n", "\n"));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("os.hostname()") {
            value.push_str(hostname);
            rest = after;
        } else {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::App;
    use crate::images::kubia_source;

    #[test]
    fn the_script_says_what_is_answered() {
        for (version, greeting, fails_from) in [
            ("", "You've hit pod-1\n", None),
            ("v1", "This is v1 running in pod pod-1\n", None),
            ("v3", "This is v3 running in pod pod-1\n", Some(5)),
            ("v4", "This is v4 running in pod pod-1\n", None),
        ] {
            let app = App::read(&kubia_source(version), "pod-1");
            assert_eq!((app.greeting.as_str(), app.fails_from), (greeting, fails_from), "{version}");
        }
    }
}
