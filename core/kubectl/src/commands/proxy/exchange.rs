//! Requests and responses of HTTP/1.1 as bytes.

use jiff::Timestamp;

/// A request as it came in.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    /// Takes the first whole request from what was received.
    pub(super) fn take(received: &mut Vec<u8>) -> Option<Self> {
        let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_lowercase(), value.trim().to_owned()))
        };
        let mut asked =
            Self { method, target, headers: lines.filter_map(header).collect(), body: String::new() };
        let start = end + 4;
        let length: usize = asked.header("content-length").parse().unwrap_or(0);
        let body = received.get(start..start.saturating_add(length))?;
        asked.body = String::from_utf8_lossy(body).into_owned();
        received.drain(..start + length);
        Some(asked)
    }

    /// A header's text; empty if it is not there.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
}

/// A response to be sent.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) code: u16,
    /// The content's type.
    pub(super) sort: &'static str,
    pub(super) body: String,
}

impl Response {
    pub(super) fn text(code: u16, text: &str) -> Self {
        Self { code, sort: "text/plain; charset=utf-8", body: text.to_owned() }
    }

    /// The response as it is sent; a stream says no length, and its body follows in chunks.
    pub(super) fn to_bytes(&self, time: Timestamp, streams: bool, head_only: bool) -> Vec<u8> {
        let length = if streams {
            "Transfer-Encoding: chunked".to_owned()
        } else {
            format!("Content-Length: {}", self.body.len())
        };
        let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let mut text = format!(
            "HTTP/1.1 {} {}\r\nCache-Control: no-cache, private\r\nContent-Type: {}\r\nDate: {date}\r\n{length}\r\n\r\n",
            self.code,
            reason(self.code),
            self.sort
        );
        if !head_only && !streams {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

/// A part of a stream.
pub(super) fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        410 => "Gone",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        _ => "Internal Server Error",
    }
}
