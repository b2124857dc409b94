//! `curl`.

use base64::Engine as _;
use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use super::http::{Exchange, Failure, Progress, Url};
use crate::io::{Io, Mode};
use crate::program::{Fd, Lines, STDIN, STDOUT, Step, Wait};

const UNTRUSTED: &str = "SSL certificate problem: unable to get local issuer certificate
More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above.";
const REDIRECTS_MAX: u32 = 50;

/// Options: the short letter (or a space), the long name, whether a value follows.
const OPTIONS: [(char, &str, bool); 38] = [
    ('X', "request", true),
    ('H', "header", true),
    ('d', "data", true),
    (' ', "data-raw", true),
    (' ', "data-binary", true),
    (' ', "data-urlencode", true),
    (' ', "json", true),
    ('o', "output", true),
    ('O', "remote-name", false),
    ('w', "write-out", true),
    ('m', "max-time", true),
    (' ', "connect-timeout", true),
    ('s', "silent", false),
    ('S', "show-error", false),
    ('v', "verbose", false),
    ('k', "insecure", false),
    ('L', "location", false),
    ('i', "include", false),
    ('I', "head", false),
    ('f', "fail", false),
    ('A', "user-agent", true),
    ('u', "user", true),
    ('e', "referer", true),
    ('b', "cookie", true),
    ('c', "cookie-jar", true),
    ('N', "no-buffer", false),
    ('G', "get", false),
    ('T', "upload-file", true),
    (' ', "resolve", true),
    (' ', "retry", true),
    (' ', "retry-delay", true),
    (' ', "cacert", true),
    (' ', "cert", true),
    (' ', "key", true),
    (' ', "url", true),
    ('4', "ipv4", false),
    ('#', "progress-bar", false),
    (' ', "compressed", false),
];

/// A running `curl`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Curl {
    started: bool,
    options: Vec<(String, String)>,
    urls: Vec<String>,
    exchange: Option<Exchange>,
    /// Where standard input goes if it is the data (`-d @-`).
    input: Lines,
    needs_input: bool,
    data: Option<Vec<u8>>,
    output: Option<Fd>,
    head_shown: bool,
    connected_shown: bool,
    redirects: u32,
    url: String,
    status: i32,
    begun: Instant,
    meter: bool,
}

impl Curl {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !self.started {
            self.started = true;
            let args = io.args().to_vec();
            if let Err(status) = self.read_options(io, &args[1..]) {
                return Step::Exit(status);
            }
        }
        if self.needs_input {
            match self.input.rest(io, STDIN) {
                Some(bytes) => {
                    let kept = bytes.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
                    self.data = Some(kept);
                    self.needs_input = false;
                }
                None => return Step::Wait(Wait::readable(STDIN)),
            }
        }
        loop {
            if self.exchange.is_none() {
                if self.urls.is_empty() {
                    return Step::Exit(self.status);
                }
                let url = self.urls.remove(0);
                self.begun = io.now();
                self.redirects = 0;
                if let Err(status) = self.begin(io, &url) {
                    self.status = status;
                    continue;
                }
            }
            let Some(mut exchange) = self.exchange.take() else { continue };
            let progress = exchange.step(io);
            self.show(io, &mut exchange);
            match progress {
                Progress::Wait(wait) => {
                    self.exchange = Some(exchange);
                    return Step::Wait(wait);
                }
                Progress::Done => self.finish(io, &exchange),
                Progress::Failed(failure) => self.fail(io, &exchange, &failure),
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| option == name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(option, _)| option == name).map(|(_, value)| value.as_str())
    }

    fn read_options(&mut self, io: &mut Io<'_>, args: &[String]) -> Result<(), i32> {
        let hint = "curl: try 'curl --help' or 'curl --manual' for more information\n";
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            if let Some(name) = arg.strip_prefix("--") {
                match name {
                    "help" => {
                        io.out("Usage: curl [options...] <url>\n");
                        return Err(0);
                    }
                    "version" => {
                        io.out("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\nProtocols: http https\n");
                        return Err(0);
                    }
                    _ => {}
                }
                let known = OPTIONS.iter().find(|(_, long, _)| *long == name);
                let Some((_, long, takes)) = known else {
                    io.err(&format!("curl: option {arg}: is unknown\n{hint}"));
                    return Err(2);
                };
                let value = if *takes { rest.next().cloned() } else { Some(String::new()) };
                self.add_option(io, arg, long, value)?;
            } else if arg.len() > 1 && arg.starts_with('-') {
                let letters = arg[1..].char_indices();
                for (at, letter) in letters {
                    let known = OPTIONS.iter().find(|(short, ..)| *short == letter && letter != ' ');
                    let Some((_, long, takes)) = known else {
                        io.err(&format!("curl: option {arg}: is unknown\n{hint}"));
                        return Err(2);
                    };
                    if !takes {
                        self.add_option(io, arg, long, Some(String::new()))?;
                        continue;
                    }
                    let inline = &arg[1 + at + letter.len_utf8()..];
                    let value =
                        if inline.is_empty() { rest.next().cloned() } else { Some(inline.to_owned()) };
                    self.add_option(io, arg, long, value)?;
                    break;
                }
            } else {
                self.urls.push(arg.clone());
            }
        }
        if self.urls.is_empty() {
            let text = if args.is_empty() { "" } else { "curl: no URL specified!\n" };
            io.err(&format!("{text}{hint}"));
            return Err(2);
        }
        self.gather_data(io)
    }

    fn add_option(
        &mut self,
        io: &mut Io<'_>,
        arg: &str,
        long: &str,
        value: Option<String>,
    ) -> Result<(), i32> {
        let Some(value) = value else {
            io.err(&format!("curl: option {arg}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n"));
            return Err(2);
        };
        if long == "url" {
            self.urls.push(value);
        } else {
            self.options.push((long.to_owned(), value));
        }
        Ok(())
    }

    fn gather_data(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for (name, value) in self.options.clone() {
            let part = match name.as_str() {
                "data" | "data-binary" | "json" => match value.strip_prefix('@') {
                    Some("-") => {
                        self.needs_input = true;
                        continue;
                    }
                    Some(path) => match io.read_file(path) {
                        Ok(bytes) if name == "data" => {
                            bytes.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
                        }
                        Ok(bytes) => bytes,
                        Err(_) => {
                            io.err("curl: option -d: error encountered when reading a file\n");
                            return Err(26);
                        }
                    },
                    None => value.into_bytes(),
                },
                "data-raw" => value.into_bytes(),
                "data-urlencode" => url_encoded(&value).into_bytes(),
                "upload-file" => match io.read_file(&value) {
                    Ok(bytes) => bytes,
                    Err(errno) => {
                        io.err(&format!("curl: Can't open '{value}': {errno}\n"));
                        return Err(26);
                    }
                },
                _ => continue,
            };
            parts.push(part);
        }
        if !parts.is_empty() {
            self.data = Some(parts.join(&b'&'));
        }
        Ok(())
    }

    fn complain(&self, io: &mut Io<'_>, status: i32, text: &str) {
        if !self.has("silent") || self.has("show-error") {
            io.err(&format!("curl: ({status}) {text}\n"));
        }
    }

    /// Starts an exchange with a URL; an error is curl's status.
    fn begin(&mut self, io: &mut Io<'_>, text: &str) -> Result<(), i32> {
        self.url = text.to_owned();
        self.head_shown = false;
        self.connected_shown = false;
        let Some(url) = Url::parse(text) else {
            self.complain(io, 3, "URL using bad/illegal format or missing URL");
            return Err(3);
        };
        if url.scheme != "http" && url.scheme != "https" {
            self.complain(
                io,
                1,
                &format!("Protocol \"{}\" not supported or disabled in libcurl", url.scheme),
            );
            return Err(1);
        }
        let seconds =
            |name: &str| self.value(name).and_then(|text| text.parse::<f64>().ok()).filter(|s| *s > 0.0);
        let until = seconds("max-time").map(|span| self.begun + Duration::from_secs_f64(span));
        // Without a limit curl gives up a connection after five minutes.
        let connect = io.now() + Duration::from_secs_f64(seconds("connect-timeout").unwrap_or(300.0));
        let given = self.options.iter().filter(|(name, _)| name == "resolve").find_map(|(_, value)| {
            let mut parts = value.splitn(3, ':');
            let (host, port, address) = (parts.next()?, parts.next()?, parts.next()?);
            (host == url.host && port == url.port.to_string()).then(|| address.to_owned())
        });
        let request = self.request(&url);
        if self.has("verbose") && given.is_some() {
            io.err(&format!(
                "* Added {}:{}:{} to DNS cache\n",
                url.host,
                url.port,
                given.clone().unwrap_or_default()
            ));
        }
        self.meter = !self.has("silent") && (self.value("output").is_some() || !io.is_terminal(STDOUT));
        let trusted = self.has("insecure") || self.has("cacert") || io.env("CURL_CA_BUNDLE").is_some();
        let wants_certificate = url.scheme == "https" && !trusted;
        self.exchange = Some(Exchange {
            url,
            request,
            head_only: self.has("head"),
            wants_certificate,
            address: given,
            connect_until: Some(connect),
            until,
            started: io.now(),
            ..Exchange::default()
        });
        Ok(())
    }

    fn request(&self, url: &Url) -> Vec<u8> {
        let upload = self.has("upload-file");
        let data = self.data.as_deref().filter(|_| !self.has("get"));
        let method = match self.value("request") {
            Some(method) => method.to_owned(),
            None if self.has("head") => "HEAD".to_owned(),
            None if upload => "PUT".to_owned(),
            None if data.is_some() => "POST".to_owned(),
            None => "GET".to_owned(),
        };
        let mut path = url.path.clone();
        if let Some(data) = self.data.as_deref().filter(|_| self.has("get")) {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&String::from_utf8_lossy(data));
        }
        let given: Vec<(&str, &str)> = self
            .options
            .iter()
            .filter(|(name, _)| name == "header")
            .filter_map(|(_, value)| value.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim()))
            .collect();
        let mut headers: Vec<(String, String)> = vec![("Host".to_owned(), url.authority())];
        if let Some(user) = self.value("user").or(url.user.as_deref()) {
            let encoded = base64::engine::general_purpose::STANDARD.encode(user);
            headers.push(("Authorization".to_owned(), format!("Basic {encoded}")));
        }
        headers.push(("User-Agent".to_owned(), self.value("user-agent").unwrap_or("curl/7.88.1").to_owned()));
        headers.push((
            "Accept".to_owned(),
            if self.has("json") { "application/json" } else { "*/*" }.to_owned(),
        ));
        for (option, name) in [("referer", "Referer"), ("cookie", "Cookie")] {
            if let Some(value) = self.value(option) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        if let Some(data) = data {
            headers.push(("Content-Length".to_owned(), data.len().to_string()));
            if !upload {
                let kind =
                    if self.has("json") { "application/json" } else { "application/x-www-form-urlencoded" };
                headers.push(("Content-Type".to_owned(), kind.to_owned()));
            }
        }
        headers.retain(|(name, _)| !given.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
        let host = given.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        if let Some((name, value)) = host {
            headers.insert(0, ((*name).to_owned(), (*value).to_owned()));
        }
        let more =
            given.iter().filter(|(name, value)| !value.is_empty() && !name.eq_ignore_ascii_case("host"));
        headers.extend(more.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut text = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(data.unwrap_or_default());
        bytes
    }

    fn redirected(&self, exchange: &Exchange) -> Option<String> {
        let follows = self.has("location") && (300..400).contains(&exchange.status) && exchange.status != 304;
        let target = exchange.header("location").filter(|_| follows)?;
        if target.contains("://") {
            return Some(target.to_owned());
        }
        let url = &exchange.url;
        let folder = url.path.rfind('/').map_or("/", |at| &url.path[..=at]);
        let path = if target.starts_with('/') { target.to_owned() } else { format!("{folder}{target}") };
        Some(format!("{}://{}{path}", url.scheme, url.authority()))
    }

    /// Prints what has come.
    fn show(&mut self, io: &mut Io<'_>, exchange: &mut Exchange) {
        if self.has("verbose") && !self.connected_shown && exchange.is_connected() {
            self.connected_shown = true;
            let address = exchange.address.clone().unwrap_or_default();
            let (host, port) = (&exchange.url.host, exchange.url.port);
            let request = String::from_utf8_lossy(&exchange.request);
            let head = request.split("\r\n\r\n").next().unwrap_or_default();
            let lines: String = head.lines().map(|line| format!("> {line}\r\n")).collect();
            io.err(&format!("*   Trying {address}:{port}...\n* Connected to {host} ({address}) port {port} (#0)\n{lines}> \r\n"));
        }
        if !exchange.has_head() {
            return;
        }
        if !self.head_shown {
            self.head_shown = true;
            if self.has("verbose") {
                let lines: String = exchange.head.lines().map(|line| format!("< {line}\r\n")).collect();
                io.err(&lines);
            }
            if self.has("include") || self.has("head") {
                let head = exchange.head.clone();
                self.write(io, exchange, head.as_bytes());
            }
        }
        let body = std::mem::take(&mut exchange.body);
        let hidden = self.redirected(exchange).is_some() || (self.has("fail") && exchange.status >= 400);
        if !body.is_empty() && !hidden {
            self.write(io, exchange, &body);
        }
    }

    fn write(&mut self, io: &mut Io<'_>, exchange: &Exchange, bytes: &[u8]) {
        let fd = match self.output {
            Some(fd) => fd,
            None => {
                let path = match self.value("output") {
                    Some("-") => None,
                    Some(path) => Some(path.to_owned()),
                    None if self.has("remote-name") => exchange
                        .url
                        .path
                        .split('?')
                        .next()
                        .and_then(|path| path.rsplit('/').next())
                        .map(str::to_owned),
                    None => None,
                };
                let opened = path.map_or(Ok(STDOUT), |path| io.open(&path, Mode::Write));
                match opened {
                    Ok(fd) => fd,
                    Err(errno) => {
                        let path = self.value("output").unwrap_or_default().to_owned();
                        io.err(&format!("Warning: Failed to open the file {path}: {errno}\n"));
                        self.complain(io, 23, "Failure writing output to destination");
                        self.status = 23;
                        io.open("/dev/null", Mode::Write).unwrap_or(STDOUT)
                    }
                }
            }
        };
        self.output = Some(fd);
        let _ = io.write(fd, bytes);
    }

    fn print_meter(&self, io: &mut Io<'_>, exchange: &Exchange) {
        if !self.meter {
            return;
        }
        let zero = "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0";
        io.err(&format!("  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n\r{zero}"));
        if exchange.has_head() {
            let size = exchange.received;
            let millis = io.now().since(exchange.started).as_millis().max(1);
            let speed = size * 1000 / millis;
            io.err(&format!("\r100 {size:5}  100 {size:5}    0     0 {speed:6}      0 --:--:-- --:--:-- --:--:-- {speed:5}"));
        }
        io.err("\n");
    }

    fn finish(&mut self, io: &mut Io<'_>, exchange: &Exchange) {
        if let Some(target) = self.redirected(exchange) {
            self.redirects += 1;
            if self.redirects > REDIRECTS_MAX {
                self.complain(io, 47, &format!("Maximum ({REDIRECTS_MAX}) redirects followed"));
                self.status = 47;
                return;
            }
            if let Err(status) = self.begin(io, &target) {
                self.status = status;
            }
            return;
        }
        if self.value("output").is_some() && self.output.is_none() {
            self.write(io, exchange, b"");
        }
        self.print_meter(io, exchange);
        if self.has("verbose") {
            io.err(&format!("* Connection #0 to host {} left intact\n", exchange.url.host));
        }
        if self.has("fail") && exchange.status >= 400 {
            self.complain(io, 22, &format!("The requested URL returned error: {}", exchange.status));
            self.status = 22;
        }
        self.write_out(io, exchange);
        self.close_output(io);
    }

    fn close_output(&mut self, io: &mut Io<'_>) {
        if let Some(fd) = self.output.take().filter(|fd| *fd != STDOUT) {
            io.close(fd);
        }
    }

    fn write_out(&self, io: &mut Io<'_>, exchange: &Exchange) {
        let Some(format) = self.value("write-out") else { return };
        let (bytes, _) =
            crate::interpreter::escapes::unescape(format, crate::interpreter::escapes::Style::Printf);
        let mut rest = String::from_utf8_lossy(&bytes).into_owned();
        let total = io.now().since(self.begun).as_micros() as f64 / 1e6;
        let mut text = String::new();
        while let Some(at) = rest.find("%{") {
            text.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else { break };
            let name = &rest[at + 2..at + end];
            text.push_str(&match name {
                "http_code" | "response_code" => format!("{:03}", exchange.status),
                "time_total" | "time_starttransfer" | "time_connect" | "time_pretransfer" => {
                    format!("{total:.6}")
                }
                "time_namelookup" => "0.000000".to_owned(),
                "size_download" => exchange.received.to_string(),
                "remote_ip" => exchange.address.clone().unwrap_or_default(),
                "remote_port" => exchange.url.port.to_string(),
                "url_effective" | "url" => self.url.clone(),
                "content_type" => exchange.header("content-type").unwrap_or_default().to_owned(),
                "num_redirects" => self.redirects.to_string(),
                "redirect_url" => exchange.header("location").unwrap_or_default().to_owned(),
                "exitcode" => self.status.to_string(),
                "errormsg" => String::new(),
                _ => String::new(),
            });
            rest = rest[at + end + 1..].to_owned();
        }
        text.push_str(&rest);
        io.out(&text);
    }

    fn fail(&mut self, io: &mut Io<'_>, exchange: &Exchange, failure: &Failure) {
        let millis = io.now().since(exchange.started).as_millis();
        let (host, port) = (&exchange.url.host, exchange.url.port);
        let (status, text) = match failure {
            Failure::Resolve => (6, format!("Could not resolve host: {host}")),
            Failure::ResolveTimeout => (28, format!("Resolving timed out after {millis} milliseconds")),
            Failure::Untrusted => (60, UNTRUSTED.to_owned()),
            Failure::Refused | Failure::Unreachable => (
                7,
                format!(
                    "Failed to connect to {host} port {port} after {millis} ms: Couldn't connect to server"
                ),
            ),
            Failure::ConnectTimeout
                if exchange.until.is_none_or(|until| until > io.now())
                    && self.value("connect-timeout").is_none() =>
            {
                (
                    28,
                    format!(
                        "Failed to connect to {host} port {port} after {millis} ms: Couldn't connect to server"
                    ),
                )
            }
            Failure::ConnectTimeout => (28, format!("Connection timed out after {millis} milliseconds")),
            Failure::Timeout => {
                let got = exchange.received;
                let of = exchange.length().map_or(String::new(), |length| format!(" out of {length}"));
                (28, format!("Operation timed out after {millis} milliseconds with {got}{of} bytes received"))
            }
            Failure::Empty => (52, "Empty reply from server".to_owned()),
            Failure::Reset => (56, "Recv failure: Connection reset by peer".to_owned()),
            Failure::Malformed => (1, "Received HTTP/0.9 when not allowed".to_owned()),
            Failure::Partial(missing) => {
                (18, format!("transfer closed with {missing} bytes remaining to read"))
            }
        };
        self.print_meter(io, exchange);
        self.status = status;
        self.complain(io, status, &text);
        self.write_out(io, exchange);
        self.close_output(io);
    }
}

fn url_encoded(value: &str) -> String {
    let (name, content) = value.split_once('=').map_or(("", value), |(name, content)| (name, content));
    let encoded: String = content
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte as char).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    if name.is_empty() { encoded } else { format!("{name}={encoded}") }
}
