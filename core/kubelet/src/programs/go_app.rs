//! `http-go`: the Go application of the notes. It does not handle SIGTERM, so that Go's runtime ends it at once, in the middle of
//! whatever it was answering.

use network::http::Response;
use serde::{Deserialize, Serialize};
use shell::{Host, Io, Signal, Step};

use super::server::Server;

const PORT: u16 = 8080;
/// What Go's runtime exits with when it is terminated as pid 1.
const TERMINATED: i32 = 2;

/// The running application.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GoApp {
    started: bool,
    server: Server,
}

impl GoApp {
    pub(super) fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        if !self.started {
            self.started = true;
            io.handle_signals(&[Signal::Int, Signal::Term, Signal::Hup, Signal::Quit]);
            if self.server.listen(host, io.context().netns, PORT).is_err() {
                io.err("listen tcp :8080: bind: address already in use\n");
                return Step::Exit(1);
            }
        }
        if io.take_signal().is_some() {
            self.server.close(host);
            return Step::Exit(TERMINATED);
        }
        let tag = io.context().image.rsplit_once(':').map_or("latest", |(_, tag)| tag).to_owned();
        let version = if tag == "latest" { "v1" } else { tag.as_str() };
        self.server.serve_http(host, |_, _| {
            Response::new(200, "text/plain; charset=utf-8", format!("Welcome! http-go:{version}\n"))
        });
        Step::Wait(self.server.wait())
    }
}
