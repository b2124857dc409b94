//! The small web applications that the notes run: one table of how each listens and ends, one function that answers. None handles
//! SIGTERM, so that its runtime ends it at once, in the middle of whatever it was answering.

use engine::{Duration, Instant};
use network::http::Response;
use serde::{Deserialize, Serialize};
use shell::{Host, Io, Signal, Step, Wait};

use super::server::Server;

/// An application.
struct Sample {
    name: &'static str,
    port: u16,
    /// From its start until it does its work; it listens from the start.
    warm_up: Duration,
    /// What it logs then.
    log: &'static str,
    /// What its runtime exits with when it is terminated as pid 1.
    terminated: i32,
}

/// What Go's runtime, and Java's, make of SIGTERM.
const GO: i32 = 2;
const JAVA: i32 = 143;
/// For so long the sample of liveness probes is well.
const WELL: Duration = Duration::from_secs(10);

const SAMPLES: [Sample; 6] = [
    Sample { name: "http-go", port: 8080, warm_up: Duration::ZERO, log: "", terminated: GO },
    Sample { name: "agnhost", port: 8080, warm_up: Duration::ZERO, log: "", terminated: GO },
    Sample { name: "goproxy", port: 8080, warm_up: Duration::ZERO, log: "", terminated: GO },
    Sample { name: "echo-hostname", port: 80, warm_up: Duration::ZERO, log: "", terminated: 0 },
    Sample {
        name: "tomcat",
        port: 8080,
        warm_up: Duration::from_secs(1),
        log: "INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [1000] milliseconds\n",
        terminated: JAVA,
    },
    Sample {
        name: "jenkins",
        port: 8080,
        warm_up: Duration::from_secs(10),
        log: "INFO: Jenkins is fully up and running\n",
        terminated: JAVA,
    },
];

/// The running application.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SampleApp {
    name: String,
    started: Option<Instant>,
    warm: bool,
    server: Server,
}

impl SampleApp {
    /// The application of this name. `agnhost` is many programs, of which `liveness` is here.
    pub(super) fn new(name: &str, args: &[String]) -> Self {
        let other = args.first().is_some_and(|path| path.ends_with("agnhost"))
            && args.get(1).is_none_or(|program| program != "liveness");
        Self { name: if other { String::new() } else { name.to_owned() }, ..Self::default() }
    }

    pub(super) fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        let Some(sample) = SAMPLES.iter().find(|sample| sample.name == self.name) else {
            io.err("Of agnhost's programs only \"liveness\" is in this cluster yet\n");
            return Step::Exit(1);
        };
        let started = match self.started {
            Some(started) => started,
            None => {
                io.handle_signals(&[Signal::Int, Signal::Term, Signal::Hup, Signal::Quit]);
                if self.server.listen(host, io.context().netns, sample.port).is_err() {
                    io.err(&format!("listen tcp :{}: bind: address already in use\n", sample.port));
                    return Step::Exit(1);
                }
                *self.started.insert(io.now())
            }
        };
        if io.take_signal().is_some() {
            self.server.close(host);
            return Step::Exit(sample.terminated);
        }
        let age = io.now().since(started);
        if !self.warm && age >= sample.warm_up {
            self.warm = true;
            io.err(sample.log);
        }
        let tag = io.context().image.rsplit_once(':').map_or("latest", |(_, tag)| tag).to_owned();
        let hostname = io.context().hostname.clone();
        let name = self.name.as_str();
        let warm = self.warm;
        self.server.serve_http(host, |request, _| match name {
            "http-go" if tag == "latest" => text(200, format!("Welcome! {hostname}\n")),
            "http-go" => text(200, format!("Welcome! http-go:{tag}\n")),
            "agnhost" if request.target != "/healthz" => text(404, "404 page not found\n".to_owned()),
            "agnhost" if age > WELL => text(500, format!("error: {}", age.as_micros() as f64 / 1e6)),
            "agnhost" => text(200, "ok".to_owned()),
            "goproxy" => {
                text(500, "This is a proxy server. Does not respond to non-proxy requests.\n".to_owned())
            }
            "tomcat" => page(404, "<h1>HTTP Status 404 – Not Found</h1>"),
            "jenkins" if !warm => {
                page(503, "<h1>Please wait while Jenkins is getting ready to work ...</h1>")
            }
            "jenkins" if !request.target.starts_with("/login") => page(
                403,
                "<meta http-equiv='refresh' content='1;url=/login?from=%2F'/>\n\nAuthentication required\n",
            ),
            "jenkins" => page(200, "<title>Sign in [Jenkins]</title>"),
            _ => page(200, &format!("<p>Hello,  {hostname}</p>")),
        });
        let until = Some(started + sample.warm_up).filter(|_| !self.warm);
        Step::Wait(Wait { until, ..self.server.wait() })
    }
}

fn text(status: u16, text: String) -> Response {
    Response::new(status, "text/plain; charset=utf-8", text)
}

fn page(status: u16, body: &str) -> Response {
    Response::new(status, "text/html;charset=utf-8", format!("<!DOCTYPE html>\n<html>{body}</html>\n"))
}
