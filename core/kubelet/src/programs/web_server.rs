//! Web servers that give files: nginx, Apache httpd and BusyBox httpd. They read the files of the container at each request, so that a
//! changed page, or a volume over it, shows.

use network::http::{Request, Response};
use serde::{Deserialize, Serialize};
use shell::{Host, Io, Signal, Step};

use super::server::Server;

/// Which server it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Flavour {
    Nginx,
    Apache,
    Busybox,
}

/// A running web server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebServer {
    flavour: Flavour,
    root: String,
    port: u16,
    started: bool,
    /// It was asked to end once the open requests are answered.
    draining: bool,
    server: Server,
}

impl WebServer {
    pub(super) fn nginx() -> Self {
        Self::new(Flavour::Nginx, "/usr/share/nginx/html", 80)
    }

    pub(super) fn apache() -> Self {
        Self::new(Flavour::Apache, "/usr/local/apache2/htdocs", 80)
    }

    /// `httpd -f -p PORT -h FOLDER`.
    pub(super) fn busybox(args: &[String]) -> Self {
        let option = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
        let root = option("-h").map_or(".", String::as_str);
        let port = option("-p").and_then(|port| port.rsplit(':').next()?.parse().ok()).unwrap_or(80);
        Self::new(Flavour::Busybox, root, port)
    }

    fn new(flavour: Flavour, root: &str, port: u16) -> Self {
        let server = Server::default();
        Self { flavour, root: root.to_owned(), port, started: false, draining: false, server }
    }

    pub(super) fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        if !self.started {
            self.started = true;
            if let Err(status) = self.begin(io, host) {
                return Step::Exit(status);
            }
        }
        while let Some(signal) = io.take_signal() {
            let graceful = match self.flavour {
                Flavour::Nginx => signal == Signal::Quit,
                Flavour::Apache => signal == Signal::Winch,
                Flavour::Busybox => false,
            };
            if !graceful {
                self.say_stopping(io, signal);
                self.server.close(host);
                return Step::Exit(0);
            }
            self.say_stopping(io, signal);
            self.draining = true;
            self.server.stop_listening(host);
        }
        self.answer(io, host);
        if self.draining {
            self.server.close_idle(host);
            if self.server.is_idle() {
                return Step::Exit(0);
            }
        }
        Step::Wait(self.server.wait())
    }

    fn begin<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Result<(), i32> {
        match self.flavour {
            Flavour::Nginx => io.handle_signals(&[Signal::Int, Signal::Term, Signal::Quit]),
            Flavour::Apache => io.handle_signals(&[Signal::Int, Signal::Term, Signal::Winch]),
            // BusyBox httpd handles nothing: as pid 1 only a kill ends it.
            Flavour::Busybox => {}
        }
        if self.server.listen(host, io.context().netns, self.port).is_err() {
            let text = match self.flavour {
                Flavour::Nginx => format!(
                    "{} [emerg] 1#1: bind() to 0.0.0.0:{} failed (98: Address already in use)\n",
                    error_time(io),
                    self.port
                ),
                Flavour::Apache => {
                    "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80\n"
                        .to_owned()
                }
                Flavour::Busybox => "httpd: bind: Address already in use\n".to_owned(),
            };
            io.err(&text);
            return Err(1);
        }
        self.say_started(io);
        Ok(())
    }

    fn say_started(&self, io: &mut Io<'_>) {
        let time = error_time(io);
        match self.flavour {
            Flavour::Nginx => {
                io.out(NGINX_ENTRYPOINT);
                let lines = [
                    "using the \"epoll\" event method",
                    "nginx/1.27.5",
                    "built by gcc 12.2.0 (Debian 12.2.0-14+deb12u1) ",
                    "OS: Linux 6.1.0",
                    "getrlimit(RLIMIT_NOFILE): 1048576:1048576",
                    "start worker processes",
                    "start worker process 29",
                    "start worker process 30",
                ];
                io.err(&lines.map(|line| format!("{time} [notice] 1#1: {line}\n")).concat());
                io.set_title("nginx: master process nginx -g daemon off;");
            }
            Flavour::Apache => io.err(&format!(
                "[{time}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.63 (Unix) configured -- resuming normal operations\n\
                 [{time}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'\n"
            )),
            Flavour::Busybox => {}
        }
    }

    fn say_stopping(&self, io: &mut Io<'_>, signal: Signal) {
        let time = error_time(io);
        let text = match (self.flavour, signal) {
            (Flavour::Nginx, Signal::Quit) => {
                format!(
                    "{time} [notice] 1#1: signal 3 (SIGQUIT) received, shutting down\n{time} [notice] 1#1: gracefully shutting down\n"
                )
            }
            (Flavour::Nginx, _) => {
                format!(
                    "{time} [notice] 1#1: signal {} (SIG{}) received, exiting\n",
                    signal.number(),
                    signal.name()
                )
            }
            (Flavour::Apache, Signal::Winch) => {
                format!(
                    "[{time}] [mpm_event:notice] [pid 1:tid 1] AH00492: caught SIGWINCH, shutting down gracefully\n"
                )
            }
            (Flavour::Apache, _) => {
                format!("[{time}] [mpm_event:notice] [pid 1:tid 1] AH00491: caught SIGTERM, shutting down\n")
            }
            (Flavour::Busybox, _) => return,
        };
        io.err(&text);
    }

    fn answer<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) {
        let (flavour, root) = (self.flavour, self.root.clone());
        self.server.serve_http(host, |request, client| {
            let response = page(io, flavour, &root, request);
            match flavour {
                Flavour::Nginx => {
                    let line = access_line(io, request, client, &response);
                    io.out(&format!("{line} \"-\"\n"));
                }
                Flavour::Apache => {
                    let line = access_line(io, request, client, &response);
                    let short = line.split(" \"-\" ").next().unwrap_or_default().to_owned();
                    io.out(&format!("{short}\n"));
                }
                Flavour::Busybox => {}
            }
            response
        });
    }
}

const NGINX_ENTRYPOINT: &str =
    "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration
/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/
/docker-entrypoint.sh: Configuration complete; ready for start up
";

/// The file that a request asks for, or why it can't be had.
fn page(io: &mut Io<'_>, flavour: Flavour, root: &str, request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return failure(flavour, 405);
    }
    let path = request.path();
    if path.split('/').any(|name| name == "..") {
        return failure(flavour, 400);
    }
    let mut file = format!("{}/{}", root.trim_end_matches('/'), path.trim_start_matches('/'));
    // What is asked most, a folder's page, takes one look.
    if flavour != Flavour::Busybox && file.ends_with('/') {
        let index = format!("{file}index.html");
        if let Ok(content) = io.read_file(&index) {
            return found(flavour, &index, content);
        }
    }
    if io.stat(&file).is_ok_and(|found| found.is_folder()) {
        if flavour == Flavour::Busybox && io.stat(&format!("{file}/cgi-bin/index.cgi")).is_ok() {
            return script(io, &format!("{file}/cgi-bin/index.cgi"));
        }
        file.push_str(if file.ends_with('/') { "index.html" } else { "/index.html" });
        if io.stat(&file).is_err() && flavour == Flavour::Nginx {
            return failure(flavour, 403);
        }
    }
    match io.read_file(&file) {
        Ok(content) => found(flavour, &file, content),
        Err(shell::file_system::Errno::Permission) => failure(flavour, 403),
        Err(_) => failure(flavour, 404),
    }
}

/// A CGI script of one `echo`, as the recorded images of `kubia` have: no process is started for it.
fn script(io: &mut Io<'_>, path: &str) -> Response {
    let source = io.read_file(path).unwrap_or_default();
    let source = String::from_utf8_lossy(&source).into_owned();
    let hostname = io.context().hostname.clone();
    let text = source.split("echo \"").nth(1).and_then(|rest| rest.split("\"\n").next()).unwrap_or_default();
    Response::new(200, "text/plain", text.replace("$(hostname)", &hostname) + "\n")
}

fn failure(flavour: Flavour, status: u16) -> Response {
    let reason = network::http::reason(status);
    let body = match flavour {
        Flavour::Nginx => format!(
            "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n\
             <hr><center>nginx/1.27.5</center>\r\n</body>\r\n</html>\r\n"
        ),
        Flavour::Apache => format!(
            "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>{status} {reason}</title>\n</head><body>\n\
             <h1>{reason}</h1>\n</body></html>\n"
        ),
        Flavour::Busybox => format!(
            "<HTML><HEAD><TITLE>{status} {reason}</TITLE></HEAD>\n<BODY><H1>{status} {reason}</H1>\n\
             The requested URL was not found\n</BODY></HTML>\n"
        ),
    };
    signed(flavour, Response::new(status, "text/html", body))
}

fn found(flavour: Flavour, file: &str, content: Vec<u8>) -> Response {
    signed(flavour, Response::new(200, content_type(file), content))
}

/// With the server's name.
fn signed(flavour: Flavour, mut response: Response) -> Response {
    if let Some(server) = server_header(flavour) {
        response.headers.insert(0, ("Server".to_owned(), server.to_owned()));
    }
    response
}

fn server_header(flavour: Flavour) -> Option<&'static str> {
    match flavour {
        Flavour::Nginx => Some("nginx/1.27.5"),
        Flavour::Apache => Some("Apache/2.4.63 (Unix)"),
        Flavour::Busybox => None,
    }
}

fn content_type(path: &str) -> &'static str {
    const TYPES: [(&str, &str); 8] = [
        (".html", "text/html"),
        (".htm", "text/html"),
        (".txt", "text/plain"),
        (".css", "text/css"),
        (".js", "application/javascript"),
        (".json", "application/json"),
        (".svg", "image/svg+xml"),
        (".png", "image/png"),
    ];
    TYPES.iter().find(|(end, _)| path.ends_with(end)).map_or("application/octet-stream", |(_, kind)| kind)
}

fn access_line(io: &Io<'_>, request: &Request, client: &str, response: &Response) -> String {
    let time = clock::access_time(io.unix_time().0);
    let agent = request.header("User-Agent").unwrap_or("-");
    let (method, target, version) = (&request.method, &request.target, &request.version);
    let size = if request.method == "HEAD" { 0 } else { response.body.len() };
    format!(
        "{client} - - [{time}] \"{method} {target} {version}\" {} {size} \"-\" \"{agent}\"",
        response.status
    )
}

fn error_time(io: &Io<'_>) -> String {
    clock::error_time(io.unix_time().0)
}

mod clock {
    //! Times as these servers write them.

    use k8s_openapi::jiff::Timestamp;

    fn written(seconds: i64, format: &str) -> String {
        Timestamp::from_second(seconds).map(|time| time.strftime(format).to_string()).unwrap_or_default()
    }

    pub(super) fn access_time(seconds: i64) -> String {
        written(seconds, "%d/%b/%Y:%H:%M:%S +0000")
    }

    pub(super) fn error_time(seconds: i64) -> String {
        written(seconds, "%Y/%m/%d %H:%M:%S")
    }
}
