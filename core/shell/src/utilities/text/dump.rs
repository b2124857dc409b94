//! od, xxd, hexdump: bytes as numbers.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::feed::{Fed, Feed, Wording, flush};
use super::options::{Argument, Failure, Spec, count};
use crate::program::{Io, Step};

const OD: Spec = Spec {
    tool: "od",
    short: "A:t:N:j:w::vabcdxo",
    long: &[
        ("address-radix", 'A', Argument::Required),
        ("format", 't', Argument::Required),
        ("read-bytes", 'N', Argument::Required),
        ("skip-bytes", 'j', Argument::Required),
        ("width", 'w', Argument::Optional),
        ("output-duplicates", 'v', Argument::No),
    ],
    status: 1,
};
const XXD: Spec = Spec { tool: "xxd", short: "pruc:g:l:s:", long: &[], status: 1 };
const HEXDUMP: Spec = Spec { tool: "hexdump", short: "Cn:s:vxb", long: &[], status: 1 };

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dump {
    feed: Feed,
    content: Vec<u8>,
    layout: Layout,
    skip: usize,
    limit: Option<usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Layout {
    Od { radix: char, formats: Vec<Format>, width: usize, all: bool },
    Xxd { width: usize, group: usize, plain: bool, reverse: bool, upper: bool },
    Canonical { all: bool },
}

/// How od shows units of so many bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Format {
    kind: char,
    size: usize,
}

impl Dump {
    pub fn parse(name: &str, args: &[String]) -> Result<Self, Failure> {
        let spec = match name {
            "od" => OD,
            "xxd" => XXD,
            _ => HEXDUMP,
        };
        let parsed = spec.parse(args)?;
        let (mut skip, mut limit) = (0, None);
        let (mut radix, mut formats, mut width, mut group, mut letters) =
            ('o', Vec::new(), None, None, Vec::new());
        for (letter, value) in parsed.options {
            let number = || {
                let plain = value
                    .strip_prefix("0x")
                    .map_or_else(|| count(&value), |digits| u64::from_str_radix(digits, 16).ok());
                let invalid =
                    || Failure::new(spec.tool, format_args!("invalid -{letter} argument '{value}'"), 1);
                plain.and_then(|number| usize::try_from(number).ok()).ok_or_else(invalid)
            };
            match (name, letter) {
                ("od", 'A') => {
                    radix =
                        value.chars().next().filter(|radix| "doxn".contains(*radix)).ok_or_else(|| {
                            let message = format!(
                                "invalid output address radix '{value}'; it must be one character from [doxn]"
                            );
                            Failure::usage("od", message, 1)
                        })?;
                }
                ("od", 't') => formats.extend(od_formats(&value)?),
                ("od", 'w') => width = Some(if value.is_empty() { 32 } else { number()? }),
                ("od", 'v' | 'a') | ("hexdump", 'v') => letters.push('v'),
                ("od", 'b') => formats.push(Format { kind: 'o', size: 1 }),
                ("od", 'c') => formats.push(Format { kind: 'c', size: 1 }),
                ("od", 'd') => formats.push(Format { kind: 'u', size: 2 }),
                ("od", 'x') => formats.push(Format { kind: 'x', size: 2 }),
                ("od", 'o') => formats.push(Format { kind: 'o', size: 2 }),
                (_, 'N' | 'l' | 'n') => limit = Some(number()?),
                (_, 'j' | 's') => skip = number()?,
                (_, 'c') => width = Some(number()?.max(1)),
                (_, 'g') => group = Some(number()?),
                _ => letters.push(letter),
            }
        }
        let plain = letters.contains(&'p');
        let layout = match name {
            "od" => {
                if formats.is_empty() {
                    formats.push(Format { kind: 'o', size: 2 });
                }
                Layout::Od { radix, formats, width: width.unwrap_or(16).max(1), all: letters.contains(&'v') }
            }
            "xxd" => Layout::Xxd {
                width: width.unwrap_or(if plain { 30 } else { 16 }),
                group: group.unwrap_or(2),
                plain,
                reverse: letters.contains(&'r'),
                upper: letters.contains(&'u'),
            },
            _ if letters.contains(&'C') => Layout::Canonical { all: letters.contains(&'v') },
            _ => Layout::Od {
                radix: 'h',
                formats: vec![Format { kind: 'x', size: 2 }],
                width: 16,
                all: letters.contains(&'v'),
            },
        };
        let feed = Feed::new(spec.tool, parsed.operands, Wording::Plain);
        Ok(Self { feed, content: Vec::new(), layout, skip, limit })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let enough = self.limit.map(|limit| limit.saturating_add(self.skip));
        loop {
            let max =
                enough.map_or(1 << 16, |enough| enough.saturating_sub(self.content.len()).clamp(1, 1 << 16));
            match self.feed.next_bytes(io, max) {
                Fed::Line(bytes, _) => {
                    self.content.extend_from_slice(&bytes);
                    if enough.is_some_and(|enough| self.content.len() >= enough) {
                        break;
                    }
                }
                Fed::Wait(step) => return step,
                Fed::End => break,
                Fed::Start | Fed::Finish => {}
            }
        }
        let mut bytes = self.content.get(self.skip..).unwrap_or_default();
        bytes = &bytes[..self.limit.unwrap_or(bytes.len()).min(bytes.len())];
        let mut out = match &self.layout {
            Layout::Od { radix, formats, width, all } => {
                od(bytes, self.skip, *radix, formats, *width, *all).into_bytes()
            }
            Layout::Xxd { reverse: true, plain, .. } => reverse(bytes, *plain),
            Layout::Xxd { width, plain: true, .. } => plain_hex(bytes, *width).into_bytes(),
            Layout::Xxd { width, group, upper, .. } => {
                xxd(bytes, self.skip, *width, *group, *upper).into_bytes()
            }
            Layout::Canonical { all } => canonical(bytes, self.skip, *all).into_bytes(),
        };
        flush(io, &mut out);
        Step::Exit(i32::from(self.feed.failed))
    }
}

fn od_formats(text: &str) -> Result<Vec<Format>, Failure> {
    let mut formats = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(kind) = letters.next() {
        if kind == 'z' {
            continue;
        }
        let size = match letters.next_if(|size| "1248CSIL".contains(*size)) {
            Some('1' | 'C') => 1,
            Some('2' | 'S') => 2,
            Some('8' | 'L') => 8,
            Some(_) => 4,
            None if kind == 'c' || kind == 'a' => 1,
            None => 4,
        };
        if !"acdoux".contains(kind) {
            return Err(Failure::new(
                "od",
                format_args!("invalid character '{kind}' in type string '{text}'"),
                1,
            ));
        }
        formats.push(Format { kind, size });
    }
    Ok(formats)
}

impl Format {
    fn width(self) -> usize {
        match (self.kind, self.size) {
            ('a' | 'c', _) => 3,
            ('x', size) => size * 2,
            ('o', 1) => 3,
            ('o', 2) => 6,
            ('o', 4) => 11,
            ('o', _) => 22,
            ('u', 1) => 3,
            ('u', 2) => 5,
            ('u', 4) => 10,
            ('u', _) => 20,
            (_, 1) => 4,
            (_, 2) => 6,
            (_, 4) => 11,
            _ => 20,
        }
    }

    fn show(self, unit: &[u8]) -> String {
        let value = unit.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        let width = self.width();
        match self.kind {
            'x' => format!("{value:0width$x}"),
            'o' => format!("{value:0width$o}"),
            'u' => format!("{value:width$}"),
            'd' => {
                let shift = 64 - 8 * self.size.min(8);
                format!("{:width$}", ((value << shift) as i64) >> shift)
            }
            _ => format!("{:>3}", character(unit.first().copied().unwrap_or(0))),
        }
    }
}

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        9 => "\\t".to_owned(),
        10 => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        13 => "\\r".to_owned(),
        32..=126 => char::from(byte).to_string(),
        _ => format!("{byte:03o}"),
    }
}

fn od(bytes: &[u8], start: usize, radix: char, formats: &[Format], width: usize, all: bool) -> String {
    let address = |offset: usize| match radix {
        'o' => format!("{offset:07o}"),
        'd' => format!("{offset:07}"),
        'x' => format!("{offset:06x}"),
        'h' => format!("{offset:07x}"),
        _ => String::new(),
    };
    let gap = formats.iter().map(|format| (format.width() + 1).div_ceil(format.size)).max().unwrap_or(1);
    let (mut text, mut last, mut starred) = (String::new(), None, false);
    for (index, row) in bytes.chunks(width).enumerate() {
        if !all && last == Some(row) && row.len() == width {
            if !std::mem::replace(&mut starred, true) {
                text.push_str("*\n");
            }
            continue;
        }
        (last, starred) = (Some(row), false);
        for (line, format) in formats.iter().enumerate() {
            let label = address(start + index * width);
            text.push_str(&if line == 0 { label } else { " ".repeat(label.len()) });
            for unit in row.chunks(format.size) {
                let mut unit = unit.to_vec();
                unit.resize(format.size, 0);
                let cell = if formats.len() > 1 { gap * format.size } else { format.width() + 1 };
                let _ = write!(text, "{:>cell$}", format.show(&unit));
            }
            text.push('\n');
        }
    }
    if radix != 'n' && !(radix == 'h' && bytes.is_empty()) {
        let _ = writeln!(text, "{}", address(start + bytes.len()));
    }
    text
}

fn xxd(bytes: &[u8], start: usize, width: usize, group: usize, upper: bool) -> String {
    let group = if group == 0 { width } else { group };
    let columns = width * 2 + width.div_ceil(group) - 1;
    let mut text = String::new();
    for (index, row) in bytes.chunks(width).enumerate() {
        let groups: Vec<String> =
            row.chunks(group).map(|group| group.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
        let hex = if upper { groups.join(" ").to_uppercase() } else { groups.join(" ") };
        let shown: String = row.iter().map(|byte| shown(*byte)).collect();
        let _ = writeln!(text, "{:08x}: {hex:columns$}  {shown}", start + index * width);
    }
    text
}

fn shown(byte: u8) -> char {
    if (32..127).contains(&byte) { char::from(byte) } else { '.' }
}

fn plain_hex(bytes: &[u8], width: usize) -> String {
    let mut text = String::new();
    for row in bytes.chunks(width) {
        text.extend(row.iter().map(|byte| format!("{byte:02x}")));
        text.push('\n');
    }
    text
}

/// The bytes of a dump.
fn reverse(dump: &[u8], plain: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in String::from_utf8_lossy(dump).lines() {
        let hex = if plain {
            line
        } else {
            line.split_once(": ").map_or("", |(_, rest)| rest.split("  ").next().unwrap_or(""))
        };
        let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        bytes.extend(digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8));
    }
    bytes
}

/// `hexdump -C`
fn canonical(bytes: &[u8], start: usize, all: bool) -> String {
    let (mut text, mut last, mut starred) = (String::new(), None, false);
    for (index, row) in bytes.chunks(16).enumerate() {
        if !all && last == Some(row) {
            if !std::mem::replace(&mut starred, true) {
                text.push_str("*\n");
            }
            continue;
        }
        (last, starred) = (Some(row), false);
        let mut hex = String::new();
        for (at, byte) in row.iter().enumerate() {
            let _ = write!(hex, "{}{byte:02x} ", if at == 8 { " " } else { "" });
        }
        let shown: String = row.iter().map(|byte| shown(*byte)).collect();
        let _ = writeln!(text, "{:08x}  {hex:50}|{shown}|", start + index * 16);
    }
    if !bytes.is_empty() {
        let _ = writeln!(text, "{:08x}", start + bytes.len());
    }
    text
}
