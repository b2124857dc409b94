//! As much of HTTP/1.1 as servers and probes need: a request or response head, and a body of a known length or up to the end.

/// A message's head fields, in their order.
pub type Headers = Vec<(String, String)>;

/// A request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// `HTTP/1.1`.
    pub version: String,
    /// The head fields.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The head fields.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// What comes of reading bytes that may not be all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parsed<T> {
    /// A message, and how many bytes it took.
    Whole(T, usize),
    /// More bytes are needed.
    Partial,
    /// These bytes are not HTTP.
    Malformed,
}

impl Request {
    /// A GET as a program named `agent` sends it.
    #[must_use]
    pub fn get(host: &str, target: &str, agent: &str) -> Self {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            method: "GET".to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: vec![header("Host", host), header("User-Agent", agent), header("Accept", "*/*")],
            body: Vec::new(),
        }
    }

    /// Reads a request from the beginning of `bytes`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Parsed<Self> {
        let (first, headers, head) = match head(bytes) {
            Parsed::Whole((first, headers), head) => (first, headers, head),
            Parsed::Partial => return Parsed::Partial,
            Parsed::Malformed => return Parsed::Malformed,
        };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Parsed::Malformed;
        };
        if !version.starts_with("HTTP/") || method.is_empty() {
            return Parsed::Malformed;
        }
        let length = content_length(&headers).unwrap_or(0);
        let Some(body) = bytes.get(head..head.saturating_add(length)) else { return Parsed::Partial };
        let request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: version.to_owned(),
            headers,
            body: body.to_vec(),
        };
        Parsed::Whole(request, head + length)
    }

    /// The path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// A head field by its name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the connection is to be kept for another request.
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        let connection = self.header("Connection").unwrap_or_default().to_ascii_lowercase();
        if self.version == "HTTP/1.0" { connection == "keep-alive" } else { connection != "close" }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let first = format!("{} {} {}", self.method, self.target, self.version);
        message(&first, fields(&self.headers), &self.body)
    }
}

impl Response {
    /// A response with a body of this type.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// Reads a response from the beginning of `bytes`; `ended` says that no more will come. `to_head`: it answers a HEAD request and
    /// has no body.
    #[must_use]
    pub fn parse(bytes: &[u8], ended: bool, to_head: bool) -> Parsed<Self> {
        let (first, headers, head) = match head(bytes) {
            Parsed::Whole((first, headers), head) => (first, headers, head),
            Parsed::Partial if ended => return Parsed::Malformed,
            Parsed::Partial => return Parsed::Partial,
            Parsed::Malformed => return Parsed::Malformed,
        };
        let mut words = first.splitn(3, ' ');
        let version = words.next().unwrap_or_default();
        let Some(status) = words.next().and_then(|status| status.parse().ok()) else {
            return Parsed::Malformed;
        };
        if !version.starts_with("HTTP/") {
            return Parsed::Malformed;
        }
        let available = bytes.len() - head;
        let length = match content_length(&headers) {
            _ if to_head || status == 204 || status == 304 => 0,
            Some(length) => length,
            None if ended => available,
            None => return Parsed::Partial,
        };
        if available < length && !ended {
            return Parsed::Partial;
        }
        let end = head + length.min(available);
        Parsed::Whole(Self { status, headers, body: bytes[head..end].to_vec() }, end)
    }

    /// A head field by its name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The bytes on the wire, with the body's length.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let first = format!("HTTP/1.1 {} {}", self.status, reason(self.status));
        let length = self.body.len().to_string();
        let missing =
            header(&self.headers, "Content-Length").is_none().then_some(("Content-Length", &*length));
        message(&first, fields(&self.headers).chain(missing), &self.body)
    }
}

/// The words that go with a status code.
#[must_use]
pub fn reason(status: u16) -> &'static str {
    const REASONS: [(u16, &str); 15] = [
        (200, "OK"),
        (201, "Created"),
        (204, "No Content"),
        (301, "Moved Permanently"),
        (302, "Found"),
        (304, "Not Modified"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Timeout"),
    ];
    REASONS.iter().find(|(code, _)| *code == status).map_or("Unknown", |(_, reason)| reason)
}

fn head(bytes: &[u8]) -> Parsed<(String, Headers)> {
    const HEAD_MAX: usize = 64 * 1024;
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() > HEAD_MAX { Parsed::Malformed } else { Parsed::Partial };
    };
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { return Parsed::Malformed };
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Parsed::Whole((first, headers), end + 4)
}

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn content_length(headers: &Headers) -> Option<usize> {
    header(headers, "Content-Length").and_then(|text| text.parse().ok())
}

fn fields(headers: &Headers) -> impl Iterator<Item = (&str, &str)> + Clone {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn message<'a>(
    first: &'a str,
    headers: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    body: &[u8],
) -> Vec<u8> {
    let lines = headers.flat_map(|(name, value)| [name, ": ", value, "\r\n"]);
    let head = [first, "\r\n"].into_iter().chain(lines).chain(["\r\n"]);
    // Its length is known: it takes one piece of memory.
    let length: usize = head.clone().map(str::len).sum();
    let mut bytes = Vec::with_capacity(length + body.len());
    head.for_each(|part| bytes.extend_from_slice(part.as_bytes()));
    bytes.extend_from_slice(body);
    bytes
}
