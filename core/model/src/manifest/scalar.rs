//! What a plain YAML 1.1 scalar means to kubectl.

/// The meaning of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    /// Above what an `i64` holds.
    Unsigned(u64),
    Float(f64),
    /// A date or time: kept as text, but a text of this form is quoted when printed.
    Timestamp,
    Text,
}

const TRUE_WORDS: [&str; 11] = ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const FALSE_WORDS: [&str; 11] = ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];
const NULL_WORDS: [&str; 5] = ["", "~", "null", "Null", "NULL"];

pub(super) fn resolve(text: &str) -> Scalar {
    match text.bytes().next() {
        None | Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => infinity(text).or_else(|| float(text)).unwrap_or(Scalar::Text),
        Some(b'+' | b'-' | b'0'..=b'9') => number(text),
        Some(_) => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    if TRUE_WORDS.contains(&text) {
        Scalar::Bool(true)
    } else if FALSE_WORDS.contains(&text) {
        Scalar::Bool(false)
    } else if NULL_WORDS.contains(&text) {
        Scalar::Null
    } else {
        Scalar::Text
    }
}

fn infinity(text: &str) -> Option<Scalar> {
    Some(Scalar::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

fn number(text: &str) -> Scalar {
    if is_timestamp(text) {
        return Scalar::Timestamp;
    }
    let plain = text.replace('_', "");
    infinity(text).or_else(|| integer(&plain)).or_else(|| float(&plain)).unwrap_or(Scalar::Text)
}

/// Decimal, `0x1f`, `0b1`, and octal as both `0644` and `0o644`.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match prefix.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some(_) if digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let size = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -size } else { size };
    match i64::try_from(value) {
        Ok(value) => Some(Scalar::Integer(value)),
        Err(_) => u64::try_from(value).ok().map(Scalar::Unsigned),
    }
}

/// Digits with a point or an exponent; what a float cannot hold stays text.
fn float(text: &str) -> Option<Scalar> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(unsigned);
    let mut rest = &unsigned[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let fraction = digits(after);
        if whole + fraction == 0 {
            return None;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return None;
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let after = after.strip_prefix(['-', '+']).unwrap_or(after);
        let power = digits(after);
        if power == 0 {
            return None;
        }
        rest = &after[power..];
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite()).map(Scalar::Float)
}

/// `2001-1-2`, `2001-01-02 03:04:05`, `2001-01-02T03:04:05.5Z`, `...+01:00`.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = split_date(text) else { return false };
    let Some(separator) = time.chars().next() else { return date };
    let clock = &time[separator.len_utf8()..];
    let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(end);
    let zone_fits = match zone {
        "Z" => separator != ' ',
        "" => separator == ' ',
        zone => separator != ' ' && zone.len() == 6 && zone.as_bytes()[3] == b':',
    };
    "Tt ".contains(separator) && zone_fits && is_clock(clock)
}

/// Whether the text begins with a date, and what follows it.
fn split_date(text: &str) -> Option<(bool, &str)> {
    let year = text.get(..4)?.bytes().all(|byte| byte.is_ascii_digit());
    let rest = text[4..].strip_prefix('-')?;
    let (month, rest) = short_number(rest, 12)?;
    let (day, rest) = short_number(rest.strip_prefix('-')?, 31)?;
    (year && month && day).then_some((true, rest))
}

fn is_clock(text: &str) -> bool {
    let mut parts = text.split(':');
    let whole = |part: Option<&str>, most| {
        part.and_then(|part| short_number(part, most)).is_some_and(|(fits, rest)| fits && rest.is_empty())
    };
    let (hours, minutes) = (whole(parts.next(), 23), whole(parts.next(), 59));
    let seconds = parts.next().map(|part| part.split_once('.').map_or(part, |(seconds, _)| seconds));
    hours && minutes && whole(seconds, 59) && parts.next().is_none()
}

/// One or two digits of at most so much.
fn short_number(text: &str, most: u32) -> Option<(bool, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let number: u32 = text[..length].parse().ok()?;
    Some((number <= most, &text[length..]))
}

/// `190:20:30`, a number of base 60 to some YAML readers: text to kubectl, but quoted when printed.
pub(super) fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first = parts.next().unwrap_or_default();
    let is_first = first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut others = parts.peekable();
    if !is_first || others.peek().is_none() {
        return false;
    }
    others.all(|part| {
        let part = part.split_once('.').map_or(part, |(whole, _)| whole);
        matches!(part.len(), 1 | 2)
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part.len() == 1 || part.as_bytes()[0] < b'6')
    })
}
