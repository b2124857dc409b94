//! `printf`.

use super::options::is_busybox;
use crate::interpreter::escapes::{Style, quote, unescape};
use crate::io::Io;
use crate::program::STDOUT;

/// Prints its arguments by a format.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    print(io, args, "")
}

/// The same, with what messages begin with.
pub fn print(io: &mut Io<'_>, args: &[String], prefix: &str) -> i32 {
    let args = if args.get(1).is_some_and(|arg| arg == "--") { &args[1..] } else { args };
    if args.len() < 2 {
        if is_busybox(io) {
            let who = if prefix.is_empty() { "printf: " } else { prefix };
            io.err(&format!("{who}usage: printf FORMAT [ARGUMENT...]\n"));
            return if prefix.is_empty() { 1 } else { 2 };
        }
        io.err("printf: usage: printf [-v var] format [arguments]\n");
        return 2;
    }
    let (bytes, status) = format(io, args, prefix);
    let _ = io.write(STDOUT, &bytes);
    status
}

/// The bytes that `args[1..]` make, and the status. The format is used again until all arguments are used up.
pub fn format(io: &mut Io<'_>, args: &[String], prefix: &str) -> (Vec<u8>, i32) {
    let mut printer =
        Printer { output: Vec::new(), status: 0, args: &args[2..], next: 0, stopped: false, prefix };
    loop {
        let before = printer.next;
        printer.once(io, &args[1]);
        if printer.stopped || printer.next >= printer.args.len() || printer.next == before {
            return (printer.output, printer.status);
        }
    }
}

/// The bytes after which nothing is padded: the real one would write gigabytes, and no learner waits for them.
const MOST: usize = 1 << 22;

/// The digits after a point that Rust can write.
const MOST_DECIMALS: usize = u16::MAX as usize;

struct Printer<'a> {
    output: Vec<u8>,
    status: i32,
    args: &'a [String],
    next: usize,
    stopped: bool,
    prefix: &'a str,
}

#[derive(Default)]
struct Directive {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    /// A size is beyond what C can count: the directive prints nothing.
    excessive: bool,
}

impl Printer<'_> {
    fn once(&mut self, io: &mut Io<'_>, format: &str) {
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            self.literal(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('%') {
                self.output.push(b'%');
                rest = after;
                continue;
            }
            rest = self.directive(io, rest);
            if self.stopped {
                return;
            }
        }
        self.literal(rest);
    }

    fn literal(&mut self, text: &str) {
        let (bytes, complete) = unescape(text, Style::Printf);
        self.output.extend(bytes);
        self.stopped |= !complete;
    }

    fn argument(&mut self) -> Option<String> {
        let argument = self.args.get(self.next).cloned();
        self.next += 1;
        argument
    }

    /// Prints by one directive (after its `%`); what follows it.
    fn directive<'f>(&mut self, io: &mut Io<'_>, text: &'f str) -> &'f str {
        let mut directive = Directive::default();
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|c| "-0+ #".contains(*c)) {
            match flag {
                '-' => directive.left = true,
                '0' => directive.zero = true,
                '+' => directive.plus = true,
                ' ' => directive.space = true,
                _ => directive.alternate = true,
            }
            rest = &rest[1..];
        }
        let (width, after) = self.size(io, rest, &mut directive);
        rest = after;
        directive.width = (width.unsigned_abs() as usize).min(MOST);
        directive.left |= width < 0;
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = self.size(io, after, &mut directive);
            // A negative one is as good as none.
            directive.precision = usize::try_from(precision).ok().map(|precision| precision.min(MOST));
            rest = after;
        }
        rest = rest.trim_start_matches(['l', 'h', 'L', 'j', 'z', 't']);
        let Some(kind) = rest.chars().next() else {
            self.complain(io, "`%': missing format character", "%: invalid format");
            self.stopped = true;
            return rest;
        };
        let known = if is_busybox(io) { "sbcdiuxXofFeEgG" } else { "sbqcdiuxXofFeEgG" };
        if !known.contains(kind) {
            let message = format!("`{kind}': invalid format character");
            self.complain(io, &message, &format!("%{rest}: invalid format"));
            self.stopped = true;
            return "";
        }
        let length = self.output.len();
        self.convert(io, kind, &directive);
        if directive.excessive {
            self.output.truncate(length);
        }
        &rest[kind.len_utf8()..]
    }

    /// A width or precision, and what follows it.
    fn size<'f>(&mut self, io: &mut Io<'_>, text: &'f str, directive: &mut Directive) -> (i32, &'f str) {
        if let Some(rest) = text.strip_prefix('*') {
            let value = self.integer(io).clamp((-i32::MAX).into(), i32::MAX.into());
            return (value as i32, rest);
        }
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let size = if end == 0 { Ok(0) } else { text[..end].parse() };
        directive.excessive |= size.is_err();
        (size.unwrap_or(0), &text[end..])
    }

    fn convert(&mut self, io: &mut Io<'_>, kind: char, directive: &Directive) {
        match kind {
            's' => {
                let text = self.argument().unwrap_or_default();
                let text = match directive.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text,
                };
                self.pad(text.as_bytes(), directive);
            }
            'b' => {
                let text = self.argument().unwrap_or_default();
                let (bytes, complete) = unescape(&text, Style::Echo);
                self.pad(&bytes, directive);
                self.stopped |= !complete;
            }
            'q' => {
                let text = self.argument().unwrap_or_default();
                let quoted = if text.is_empty() { "''".to_owned() } else { backslash_quote(&text) };
                self.pad(quoted.as_bytes(), directive);
            }
            'c' => {
                let text: String = self.argument().unwrap_or_default().chars().take(1).collect();
                self.pad(text.as_bytes(), directive);
            }
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                let number = self.integer(io);
                let text = integer_text(number, kind, directive, MOST.saturating_sub(self.output.len()));
                self.pad_number(&text, directive);
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let number = self.float(io);
                let text = float_text(number, kind, directive);
                self.pad_number(&text, directive);
            }
            _ => {}
        }
    }

    /// Says what is wrong, as bash or BusyBox does.
    fn complain(&mut self, io: &mut Io<'_>, bash: &str, busybox: &str) {
        let prefix = self.prefix;
        io.err(&match (is_busybox(io), prefix.is_empty()) {
            (true, true) => format!("printf: {busybox}\n"),
            (true, false) => format!("{prefix}{busybox}\n"),
            (false, _) => format!("{prefix}printf: {bash}\n"),
        });
        self.status = 1;
    }

    fn invalid_number(&mut self, io: &mut Io<'_>, text: &str) {
        self.complain(io, &format!("{text}: invalid number"), &format!("invalid number '{text}'"));
    }

    fn integer(&mut self, io: &mut Io<'_>) -> i64 {
        let text = self.argument().unwrap_or_default();
        let trimmed = text.trim_start();
        if trimmed.is_empty() {
            return 0;
        }
        if let Some(quoted) = trimmed.strip_prefix(['\'', '"']) {
            return quoted.chars().next().map_or(0, |c| c as i64);
        }
        let (negative, digits) = match trimmed.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(digits) => (16, digits),
            None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
            None => (10, digits),
        };
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        // Digits that make no number are too many, or none.
        let otherwise = if end == 0 { 0 } else { i64::MAX };
        let number = i64::from_str_radix(&digits[..end], radix).unwrap_or(otherwise);
        if end < digits.len() {
            self.invalid_number(io, &text);
            if is_busybox(io) {
                return 0;
            }
        }
        if negative { -number } else { number }
    }

    fn float(&mut self, io: &mut Io<'_>) -> f64 {
        let text = self.argument().unwrap_or_default();
        if text.is_empty() {
            return 0.0;
        }
        text.trim().parse().unwrap_or_else(|_| {
            self.invalid_number(io, &text);
            0.0
        })
    }

    fn pad(&mut self, bytes: &[u8], directive: &Directive) {
        let length = String::from_utf8_lossy(bytes).chars().count();
        let fill = vec![b' '; self.fill(directive.width, length)];
        if directive.left {
            self.output.extend_from_slice(bytes);
            self.output.extend(fill);
        } else {
            self.output.extend(fill);
            self.output.extend_from_slice(bytes);
        }
    }

    /// How much is lacking to a width, as far as there is room.
    fn fill(&self, width: usize, length: usize) -> usize {
        width.saturating_sub(length).min(MOST.saturating_sub(self.output.len()))
    }

    fn pad_number(&mut self, text: &str, directive: &Directive) {
        if directive.zero && !directive.left && text.len() < directive.width {
            let sign = text.len() - text.trim_start_matches(['-', '+', ' ']).len();
            let zeros = "0".repeat(self.fill(directive.width, text.len()));
            self.output.extend(format!("{}{zeros}{}", &text[..sign], &text[sign..]).bytes());
        } else {
            self.pad(text.as_bytes(), directive);
        }
    }
}

fn signed(text: &str, negative: bool, directive: &Directive) -> String {
    let sign = match (negative, directive.plus, directive.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    format!("{sign}{text}")
}

fn integer_text(number: i64, kind: char, directive: &Directive, room: usize) -> String {
    let digits = match kind {
        'x' => format!("{}{number:x}", if directive.alternate { "0x" } else { "" }),
        'X' => format!("{}{number:X}", if directive.alternate { "0X" } else { "" }),
        'o' => format!("{}{number:o}", if directive.alternate { "0" } else { "" }),
        'u' => (number as u64).to_string(),
        _ => number.unsigned_abs().to_string(),
    };
    let zeros = "0".repeat(directive.precision.unwrap_or(0).saturating_sub(digits.len()).min(room));
    let negative = matches!(kind, 'd' | 'i') && number < 0;
    if matches!(kind, 'd' | 'i') { signed(&(zeros + &digits), negative, directive) } else { zeros + &digits }
}

fn exponent(number: f64, precision: usize, upper: bool) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    let letter = if upper { 'E' } else { 'e' };
    format!("{mantissa}{letter}{sign}{:02}", exponent.abs())
}

fn float_text(number: f64, kind: char, directive: &Directive) -> String {
    let precision = directive.precision.unwrap_or(6).min(MOST_DECIMALS);
    let size = number.abs();
    let text = match kind {
        'e' | 'E' => exponent(size, precision, kind == 'E'),
        'g' | 'G' => general(size, precision.max(1), kind == 'G'),
        _ => format!("{size:.precision$}"),
    };
    signed(&text, number.is_sign_negative(), directive)
}

/// `%g`: the shorter of both forms, without zeros at the end.
fn general(number: f64, precision: usize, upper: bool) -> String {
    let power = if number == 0.0 { 0 } else { libm::log10(number).floor() as i32 };
    let trim = |text: String| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    if power < -4 || power >= precision as i32 {
        let text = exponent(number, precision - 1, upper);
        let at = text.find(['e', 'E']).unwrap_or(text.len());
        return trim(text[..at].to_owned()) + &text[at..];
    }
    let decimals = (precision as i32 - 1 - power).max(0) as usize;
    trim(format!("{number:.decimals$}"))
}

fn backslash_quote(text: &str) -> String {
    if text.chars().any(char::is_control) {
        return quote(text);
    }
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-".contains(c);
    text.chars().flat_map(|c| if plain(c) { vec![c] } else { vec!['\\', c] }).collect()
}
