//! tr: translates, squeezes or deletes characters.

use serde::{Deserialize, Serialize};

use super::options::{Argument, Failure, Spec, quoted};
use super::regex::posix_class;
use crate::program::{Io, Read, STDIN, STDOUT, Step, Wait};

const SPEC: Spec = Spec {
    tool: "tr",
    short: "cCdst",
    long: &[
        ("complement", 'c', Argument::No),
        ("delete", 'd', Argument::No),
        ("squeeze-repeats", 's', Argument::No),
        ("truncate-set1", 't', Argument::No),
    ],
    status: 1,
};

/// tr.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tr {
    /// What each byte becomes; nothing if it is deleted.
    map: Vec<Option<u8>>,
    /// Bytes whose repeats are squeezed.
    squeezed: Vec<u8>,
    last: Option<u8>,
}

impl Tr {
    pub fn parse(_: &str, args: &[String]) -> Result<Self, Failure> {
        let parsed = SPEC.parse(args)?;
        let has = |letter: char| parsed.options.iter().any(|(known, _)| *known == letter);
        let (complement, delete, squeeze) = (has('c') || has('C'), has('d'), has('s'));
        let operands = &parsed.operands;
        let Some(first) = operands.first() else { return Err(Failure::usage("tr", "missing operand", 1)) };
        let (least, most) = match (delete, squeeze) {
            (true, true) => (2, 2),
            (true, false) => (1, 1),
            (false, true) => (1, 2),
            (false, false) => (2, 2),
        };
        if operands.len() < least {
            let why = if delete {
                "Two strings must be given when both deleting and squeezing repeats."
            } else {
                "Two strings must be given when translating."
            };
            return Err(Failure::usage(
                "tr",
                format_args!("missing operand after {}\n{why}", quoted(first)),
                1,
            ));
        }
        if let Some(extra) = operands.get(most) {
            let why = if most == 1 {
                "\nOnly one string may be given when deleting without squeezing repeats."
            } else {
                ""
            };
            return Err(Failure::usage("tr", format_args!("extra operand {}{why}", quoted(extra)), 1));
        }
        let mut from = set(first, None)?;
        if complement {
            from = (0..=255).filter(|byte| !from.contains(byte)).collect();
        }
        let to = operands.get(1).map(|second| set(second, Some(from.len()))).transpose()?;
        let mut map: Vec<Option<u8>> = (0..=255).map(Some).collect();
        if delete {
            from.iter().for_each(|byte| map[usize::from(*byte)] = None);
            return Ok(Self { map, squeezed: to.unwrap_or_default(), last: None });
        }
        if let Some(to) = &to {
            let Some(fill) = to.last() else {
                return Err(Failure::new("tr", "when not truncating set1, string2 must be non-empty", 1));
            };
            let count = if has('t') { to.len() } else { from.len() };
            for (index, byte) in from.iter().take(count).enumerate() {
                map[usize::from(*byte)] = Some(*to.get(index).unwrap_or(fill));
            }
        }
        let squeezed = if squeeze { to.unwrap_or(from) } else { Vec::new() };
        Ok(Self { map, squeezed, last: None })
    }

    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        let bytes = match io.read(STDIN, 1 << 16) {
            Read::Data(bytes) => bytes,
            Read::Empty => return Step::Wait(Wait::readable(STDIN)),
            Read::End => return Step::Exit(0),
        };
        let mut out = Vec::with_capacity(bytes.len());
        for byte in bytes {
            let Some(byte) = self.map[usize::from(byte)] else { continue };
            if self.last == Some(byte) && self.squeezed.contains(&byte) {
                continue;
            }
            self.last = Some(byte);
            out.push(byte);
        }
        if !out.is_empty() {
            let _ = io.write(STDOUT, &out);
        }
        Step::Continue
    }
}

/// The bytes of a set; `length` is how long the second one is made by `[x*]`.
fn set(text: &str, length: Option<usize>) -> Result<Vec<u8>, Failure> {
    let fail = |message: String| Failure::new("tr", message, 1);
    let bytes = text.as_bytes();
    let mut set = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"[:")
            && let Some(end) = find(rest, b":]")
        {
            let name = String::from_utf8_lossy(&rest[2..end]).into_owned();
            let class = posix_class(&name)
                .ok_or_else(|| fail(format!("invalid character class {}", quoted(&name))))?;
            let mut members: Vec<u8> = class.iter().flat_map(|(from, to)| *from as u8..=*to as u8).collect();
            members.sort_unstable();
            set.extend(members);
            at += end + 2;
            continue;
        }
        if rest.starts_with(b"[=") && rest.get(3..5) == Some(b"=]") {
            set.push(rest[2]);
            at += 5;
            continue;
        }
        if let (Some(length), Some(close)) = (length, find(rest, b"]"))
            && rest[0] == b'['
            && rest.get(2) == Some(&b'*')
        {
            let count = String::from_utf8_lossy(&rest[3..close]).parse().unwrap_or(0);
            let count = if count == 0 { length.saturating_sub(set.len()) } else { count };
            set.extend(std::iter::repeat_n(rest[1], count.min(1 << 16)));
            at += close + 1;
            continue;
        }
        let (from, next) = member(bytes, at);
        at = next;
        if bytes.get(at) == Some(&b'-') && at + 1 < bytes.len() {
            let (to, next) = member(bytes, at + 1);
            if to < from {
                let range = format!("{}-{}", char::from(from), char::from(to));
                return Err(fail(format!(
                    "range-endpoints of '{range}' are in reverse collating sequence order"
                )));
            }
            set.extend(from..=to);
            at = next;
        } else {
            set.push(from);
        }
    }
    Ok(set)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// One byte, perhaps escaped, and where the next begins.
fn member(bytes: &[u8], at: usize) -> (u8, usize) {
    if bytes[at] != b'\\' || at + 1 >= bytes.len() {
        return (bytes[at], at + 1);
    }
    let escaped = match bytes[at + 1] {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'0'..=b'7' => {
            let digits = bytes[at + 1..].iter().take(3).take_while(|digit| (b'0'..=b'7').contains(digit));
            let (mut code, mut count) = (0_u32, 0);
            for digit in digits {
                code = code * 8 + u32::from(digit - b'0');
                count += 1;
            }
            return ((code & 255) as u8, at + 1 + count);
        }
        other => other,
    };
    (escaped, at + 2)
}
