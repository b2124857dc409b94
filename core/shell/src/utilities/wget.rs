//! `wget`: BusyBox's texts in containers, GNU's elsewhere.

use engine::Duration;
use serde::{Deserialize, Serialize};

use super::dates;
use super::http::{Exchange, Failure, Progress, Url};
use super::options::{Parsed, Spec, is_busybox};
use crate::file_system::Errno;
use crate::io::{Io, Mode};
use crate::program::{Fd, STDOUT, Step};

const SPEC: Spec = Spec {
    long: &[
        ("quiet", 'q'),
        ("output-document", 'O'),
        ("timeout", 'T'),
        ("tries", 't'),
        ("server-response", 'S'),
        ("header", 'h'),
        ("post-data", 'p'),
        ("no-check-certificate", 'k'),
        ("user-agent", 'U'),
        ("spider", 's'),
        ("no-verbose", 'n'),
        ("directory-prefix", 'P'),
    ],
    ..Spec::new("qO:T:t:Sh:p:kU:snP:c", "[OPTION]... [URL]...")
};
const REDIRECTS_MAX: u32 = 20;

/// A running `wget`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Wget {
    started: bool,
    quiet: bool,
    spider: bool,
    show_head: bool,
    document: Option<String>,
    timeout: Option<f64>,
    headers: Vec<String>,
    agent: String,
    data: Option<String>,
    unchecked: bool,
    exchange: Option<Exchange>,
    output: Option<Fd>,
    name: String,
    told: u8,
    redirects: u32,
}

impl Wget {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            let args = io.args().to_vec();
            let parsed = match SPEC.parse(io, &args) {
                Ok(parsed) => parsed,
                Err(status) => return Step::Exit(status),
            };
            let Some(url) = parsed.operands.first().cloned() else {
                io.err("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n");
                return Step::Exit(1);
            };
            self.read(&parsed, is_busybox(io));
            if let Err(status) = self.begin(io, &url) {
                return Step::Exit(status);
            }
        }
        loop {
            let Some(mut exchange) = self.exchange.take() else { return Step::Exit(0) };
            let progress = exchange.step(io);
            self.tell(io, &exchange);
            match progress {
                Progress::Wait(wait) => {
                    let status = self.save(io, &mut exchange);
                    if let Some(status) = status {
                        return Step::Exit(status);
                    }
                    self.exchange = Some(exchange);
                    return Step::Wait(wait);
                }
                Progress::Failed(failure) => return Step::Exit(self.failed(io, &exchange, &failure)),
                Progress::Done => {
                    if (300..400).contains(&exchange.status)
                        && self.redirects < REDIRECTS_MAX
                        && let Some(target) = exchange.header("location").map(str::to_owned)
                    {
                        self.redirects += 1;
                        self.told = 0;
                        let target = if target.starts_with('/') {
                            format!("{}://{}{target}", exchange.url.scheme, exchange.url.authority())
                        } else {
                            target
                        };
                        if let Err(status) = self.begin(io, &target) {
                            return Step::Exit(status);
                        }
                        continue;
                    }
                    return Step::Exit(self.done(io, exchange));
                }
            }
        }
    }

    fn read(&mut self, parsed: &Parsed, busybox: bool) {
        self.quiet = parsed.has('q');
        self.spider = parsed.has('s');
        self.show_head = parsed.has('S');
        self.unchecked = parsed.has('k');
        self.document = parsed.value('O').map(str::to_owned);
        self.timeout = parsed.value('T').and_then(|text| text.parse().ok());
        self.headers = parsed
            .options
            .iter()
            .filter(|(letter, _)| *letter == 'h')
            .map(|(_, text)| text.clone())
            .collect();
        self.agent = parsed.value('U').unwrap_or(if busybox { "Wget" } else { "Wget/1.21.3" }).to_owned();
        self.data = parsed.value('p').map(str::to_owned);
    }

    fn begin(&mut self, io: &mut Io<'_>, text: &str) -> Result<(), i32> {
        let Some(url) = Url::parse(text) else {
            io.err(&format!("wget: bad address '{text}'\n"));
            return Err(1);
        };
        let last = url.path.split('?').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        self.name = if last.is_empty() { "index.html".to_owned() } else { last.to_owned() };
        let method = match (&self.data, self.spider) {
            (Some(_), _) => "POST",
            (None, true) => "HEAD",
            (None, false) => "GET",
        };
        let mut request = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n",
            url.path,
            url.authority(),
            self.agent
        );
        if !is_busybox(io) {
            request.push_str("Accept: */*\r\n");
        }
        for header in &self.headers {
            request.push_str(&format!("{header}\r\n"));
        }
        request.push_str("Connection: close\r\n");
        if let Some(data) = &self.data {
            request.push_str(&format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{data}",
                data.len()
            ));
        } else {
            request.push_str("\r\n");
        }
        let until =
            self.timeout.filter(|span| *span > 0.0).map(|span| io.now() + Duration::from_secs_f64(span));
        // GNU's limit is 900 seconds; BusyBox leaves it to the system (a little over two minutes).
        let standard = Duration::from_secs(if is_busybox(io) { 127 } else { 900 });
        let connect_until = Some(until.unwrap_or(io.now() + standard));
        let wants_certificate = url.scheme == "https" && !self.unchecked && !is_busybox(io);
        self.exchange = Some(Exchange {
            url,
            wants_certificate,
            request: request.into_bytes(),
            head_only: self.spider,
            connect_until,
            until,
            started: io.now(),
            ..Exchange::default()
        });
        Ok(())
    }

    /// Tells what happens, as it happens.
    fn tell(&mut self, io: &mut Io<'_>, exchange: &Exchange) {
        if self.quiet && !self.show_head {
            return;
        }
        let url = &exchange.url;
        let address = exchange.address.clone().unwrap_or_default();
        if is_busybox(io) {
            if self.told == 0 && exchange.address.is_some() && !self.quiet {
                self.told = 1;
                io.err(&format!("Connecting to {} ({address}:{})\n", url.authority(), url.port));
            }
            if self.told < 2 && exchange.has_head() && self.show_head {
                self.told = 2;
                let lines: String =
                    exchange.head.trim_end().lines().map(|line| format!("  {line}\n")).collect();
                io.err(&lines);
            }
            return;
        }
        if self.told == 0 {
            self.told = 1;
            let date = dates::format_time("%F %T", io.unix_time().0, 0);
            io.err(&format!("--{date}--  {}://{}{}\n", url.scheme, url.authority(), url.path));
            let literal = url.host.chars().all(|c| c.is_ascii_digit() || c == '.');
            if !literal && exchange.address.is_some() {
                io.err(&format!("Resolving {0} ({0})... {address}\n", url.host));
            }
            if exchange.address.is_some() {
                let name = if literal { url.host.clone() } else { format!("{0} ({0})|{address}|", url.host) };
                io.err(&format!("Connecting to {name}:{}... ", url.port));
            }
        }
        if self.told == 1 && exchange.is_connected() {
            self.told = 2;
            io.err("connected.\nHTTP request sent, awaiting response... ");
        }
        if self.told == 2 && exchange.has_head() {
            self.told = 3;
            let line = exchange.head.lines().next().unwrap_or_default();
            io.err(&format!("{}\n", line.split_once(' ').map_or(line, |(_, rest)| rest)));
        }
    }

    /// Writes what has come; a status if that ends it.
    fn save(&mut self, io: &mut Io<'_>, exchange: &mut Exchange) -> Option<i32> {
        if !exchange.has_head() || exchange.status >= 300 || self.spider {
            return None;
        }
        let fd = match self.output {
            Some(fd) => fd,
            None => {
                let path = self.document.clone().unwrap_or_else(|| self.name.clone());
                let taken = self.document.is_none() && is_busybox(io) && io.stat(&path).is_ok();
                if path == "-" && is_busybox(io) && !self.quiet {
                    io.err("writing to stdout\n");
                }
                let opened = match () {
                    () if path == "-" => Ok(STDOUT),
                    () if taken => Err(Errno::Exists),
                    () => io.open(&path, Mode::Write),
                };
                match opened {
                    Ok(fd) => fd,
                    Err(errno) if is_busybox(io) => {
                        io.err(&format!("wget: can't open '{path}': {errno}\n"));
                        return Some(1);
                    }
                    Err(errno) => {
                        io.err(&format!("{path}: {errno}\n"));
                        return Some(3);
                    }
                }
            }
        };
        self.output = Some(fd);
        let body = std::mem::take(&mut exchange.body);
        let _ = io.write(fd, &body);
        None
    }

    fn done(&mut self, io: &mut Io<'_>, mut exchange: Exchange) -> i32 {
        let line = exchange.head.lines().next().unwrap_or_default().to_owned();
        if exchange.status >= 400 {
            if is_busybox(io) {
                io.err(&format!("wget: server returned error: {line}\n"));
                return 1;
            }
            if !self.quiet {
                let date = dates::format_time("%F %T", io.unix_time().0, 0);
                let text = line.splitn(3, ' ').nth(2).unwrap_or_default();
                io.err(&format!("{date} ERROR {}: {text}.\n\n", exchange.status));
            }
            return 8;
        }
        if let Some(status) = self.save(io, &mut exchange) {
            return status;
        }
        if let Some(fd) = self.output.take().filter(|fd| *fd != STDOUT) {
            io.close(fd);
        }
        if !self.quiet && !self.spider {
            self.tell_saved(io, &exchange);
        } else if self.spider && !self.quiet {
            io.err("remote file exists\n");
        }
        0
    }

    fn tell_saved(&self, io: &mut Io<'_>, exchange: &Exchange) {
        let to_stdout = self.document.as_deref() == Some("-");
        let name = self.document.clone().unwrap_or_else(|| self.name.clone());
        let size = exchange.received;
        if is_busybox(io) {
            let (start, end) = if to_stdout {
                (String::new(), "written to stdout\n".to_owned())
            } else {
                (format!("saving to '{name}'\n"), format!("'{name}' saved\n"))
            };
            let bar = "*".repeat(32);
            io.err(&format!("{start}{name:<20} 100% |{bar}| {size:5}  0:00:00 ETA\n{end}"));
            return;
        }
        let kind = exchange
            .header("content-type")
            .map_or(String::new(), |kind| format!(" [{}]", kind.split(';').next().unwrap_or(kind)));
        let length = exchange.length().map_or("unspecified".to_owned(), |length| length.to_string());
        let shown = if to_stdout { "STDOUT".to_owned() } else { name.clone() };
        let date = dates::format_time("%F %T", io.unix_time().0, 0);
        let end = if to_stdout { "written to stdout".to_owned() } else { format!("‘{name}’ saved") };
        io.err(&format!(
            "Length: {length}{kind}\nSaving to: ‘{shown}’\n\n{date} (0.0 B/s) - {end} [{size}/{size}]\n\n"
        ));
    }

    fn failed(&self, io: &mut Io<'_>, exchange: &Exchange, failure: &Failure) -> i32 {
        let host = &exchange.url.host;
        let address = exchange.address.clone().unwrap_or_default();
        if is_busybox(io) {
            let text = match failure {
                Failure::Resolve | Failure::ResolveTimeout => {
                    format!("bad address '{}'", exchange.url.authority())
                }
                Failure::Refused => format!("can't connect to remote host ({address}): Connection refused"),
                Failure::Unreachable => {
                    format!("can't connect to remote host ({address}): Host is unreachable")
                }
                Failure::ConnectTimeout if self.timeout.is_some() => "download timed out".to_owned(),
                Failure::ConnectTimeout => {
                    format!("can't connect to remote host ({address}): Connection timed out")
                }
                Failure::Timeout => "download timed out".to_owned(),
                Failure::Untrusted => "note: TLS certificate validation not implemented".to_owned(),
                Failure::Empty | Failure::Malformed => "error getting response".to_owned(),
                Failure::Reset => "error getting response: Connection reset by peer".to_owned(),
                Failure::Partial(_) => "connection closed prematurely".to_owned(),
            };
            io.err(&format!("wget: {text}\n"));
            return 1;
        }
        if *failure == Failure::Untrusted {
            io.err(&format!("ERROR: cannot verify {host}'s certificate\nTo connect to {host} insecurely, use `--no-check-certificate'.\n"));
            return 5;
        }
        if self.quiet {
            return 4;
        }
        io.err(&match failure {
            Failure::Resolve | Failure::ResolveTimeout => {
                format!("Resolving {host} ({host})... failed: Name or service not known.\nwget: unable to resolve host address ‘{host}’\n")
            }
            Failure::Refused => "failed: Connection refused.\n".to_owned(),
            Failure::Unreachable => "failed: No route to host.\n".to_owned(),
            Failure::ConnectTimeout => "failed: Connection timed out.\n".to_owned(),
            Failure::Timeout => "Read error (Connection timed out) in headers.\n".to_owned(),
            Failure::Reset => "Read error (Connection reset by peer) in headers.\n".to_owned(),
            _ => "No data received.\n".to_owned(),
        });
        4
    }
}
