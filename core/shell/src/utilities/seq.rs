//! `seq`.

use super::options::{Spec, is_busybox};
use crate::io::Io;

const SPEC: Spec = Spec {
    long: &[("separator", 's'), ("equal-width", 'w'), ("format", 'f')],
    command: true,
    ..Spec::new("s:wf:", "[OPTION]... LAST")
};

/// Prints numbers.
pub fn run(io: &mut Io<'_>, args: &[String]) -> i32 {
    // A negative number is no option.
    let first =
        args.iter().skip(1).position(|arg| arg.parse::<f64>().is_ok()).map_or(args.len(), |at| at + 1);
    let mut parsed = match SPEC.parse(io, &args[..first]) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    parsed.operands.extend(args[first..].iter().cloned());
    let mut numbers = Vec::new();
    for operand in &parsed.operands {
        match operand.parse::<f64>() {
            Ok(number) => numbers.push(number),
            Err(_) => {
                if is_busybox(io) {
                    return SPEC.misused(io, args, "missing number");
                }
                return SPEC.misused(io, args, &format!("invalid floating point argument: ‘{operand}’"));
            }
        }
    }
    let (start, step, last) = match numbers.as_slice() {
        [] => return SPEC.misused(io, args, "missing operand"),
        [last] => (1.0, 1.0, *last),
        [start, last] => (*start, 1.0, *last),
        [start, step, last] => (*start, *step, *last),
        _ => return SPEC.misused(io, args, &format!("extra operand ‘{}’", parsed.operands[3])),
    };
    if step == 0.0 {
        return SPEC.misused(io, args, "invalid Zero increment value: ‘0’");
    }
    let decimals = parsed
        .operands
        .iter()
        .map(|text| text.split_once('.').map_or(0, |(_, digits)| digits.len()))
        .max()
        .unwrap_or(0);
    let count = ((last - start) / step + 1e-9).floor();
    let texts: Vec<String> = (0..=(count as i64).min(10_000_000))
        .filter(|_| count >= 0.0)
        .map(|index| format!("{:.decimals$}", start + step * index as f64))
        .collect();
    let width = if parsed.has('w') { texts.iter().map(String::len).max().unwrap_or(0) } else { 0 };
    let texts: Vec<String> = texts
        .into_iter()
        .map(|text| match text.strip_prefix('-') {
            Some(digits) => format!("-{:0>1$}", digits, width.saturating_sub(1)),
            None => format!("{text:0>width$}"),
        })
        .map(|text| match parsed.value('f') {
            Some(format) => formatted(format, &text),
            None => text,
        })
        .collect();
    if !texts.is_empty() {
        io.out(&(texts.join(parsed.value('s').unwrap_or("\n")) + "\n"));
    }
    0
}

/// `%g`, `%03g` and `%.2f` in a format.
fn formatted(format: &str, number: &str) -> String {
    let Some((before, rest)) = format.split_once('%') else { return format.to_owned() };
    let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
    let (size, after) = (&rest[..end], &rest[(end + 1).min(rest.len())..]);
    let value: f64 = number.parse().unwrap_or(0.0);
    let (width, decimals) = size.split_once('.').unwrap_or((size, ""));
    let text = match decimals.parse::<usize>() {
        Ok(decimals) => format!("{value:.decimals$}"),
        Err(_) => number.to_owned(),
    };
    let zeros = width.starts_with('0');
    let width: usize = width.parse().unwrap_or(0);
    let text = if zeros { format!("{text:0>width$}") } else { format!("{text:>width$}") };
    format!("{before}{text}{after}")
}
