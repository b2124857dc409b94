//! Backslash escapes of `$'...'`, `echo -e` and `printf`.

/// Which escapes are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `$'...'`.
    AnsiC,
    /// `echo -e` and `printf %b`: octal needs a zero, `\c` ends the output.
    Echo,
    /// The format of `printf`.
    Printf,
}

/// The bytes that a text stands for; false if `\c` ended it.
#[must_use]
pub fn unescape(text: &str, style: Style) -> (Vec<u8>, bool) {
    let bytes = text.as_bytes();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' || at + 1 == bytes.len() {
            plain.push(bytes[at]);
            at += 1;
            continue;
        }
        let escaped = bytes[at + 1];
        at += 2;
        match escaped {
            b'a' => plain.push(7),
            b'b' => plain.push(8),
            b'e' | b'E' => plain.push(27),
            b'f' => plain.push(12),
            b'n' => plain.push(b'\n'),
            b'r' => plain.push(b'\r'),
            b't' => plain.push(b'\t'),
            b'v' => plain.push(11),
            b'\\' => plain.push(b'\\'),
            b'c' if style == Style::Echo => return (plain, false),
            b'\'' | b'"' | b'?' if style != Style::Echo => plain.push(escaped),
            b'x' => {
                let (value, used) = number(&bytes[at..], 16, 2);
                at += used;
                if used == 0 {
                    plain.extend(b"\\x");
                } else {
                    plain.push(value as u8);
                }
            }
            b'u' | b'U' => {
                let (value, used) = number(&bytes[at..], 16, if escaped == b'u' { 4 } else { 8 });
                at += used;
                match char::from_u32(value).filter(|_| used > 0) {
                    Some(c) => plain.extend(c.to_string().bytes()),
                    None => plain.extend([b'\\', escaped]),
                }
            }
            b'0' if style == Style::Echo => {
                let (value, used) = number(&bytes[at..], 8, 3);
                at += used;
                plain.push(value as u8);
            }
            b'0'..=b'7' if style != Style::Echo => {
                let (value, used) = number(&bytes[at - 1..], 8, 3);
                at += used - 1;
                plain.push(value as u8);
            }
            _ => plain.extend([b'\\', escaped]),
        }
    }
    (plain, true)
}

/// The text of `$'...'`.
#[must_use]
pub fn ansi_c(text: &str) -> String {
    String::from_utf8_lossy(&unescape(text, Style::AnsiC).0).into_owned()
}

fn number(bytes: &[u8], radix: u32, digits: usize) -> (u32, usize) {
    let mut value: u32 = 0;
    let mut used = 0;
    while used < digits {
        let Some(digit) = bytes.get(used).and_then(|byte| (*byte as char).to_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        used += 1;
    }
    (value, used)
}

/// A text as the shell would read it back: in single quotes if it needs any.
#[must_use]
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text.chars().any(char::is_control) {
        let inner: String = text
            .chars()
            .map(|c| match c {
                '\n' => "\\n".to_owned(),
                '\t' => "\\t".to_owned(),
                '\r' => "\\r".to_owned(),
                '\u{1b}' => "\\E".to_owned(),
                '\'' => "\\'".to_owned(),
                '\\' => "\\\\".to_owned(),
                c if c.is_control() => format!("\\{:03o}", c as u32),
                c => c.to_string(),
            })
            .collect();
        return format!("$'{inner}'");
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
