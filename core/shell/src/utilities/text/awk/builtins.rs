//! awk's own functions, those that need nothing but their arguments.

use super::value::Value;
use crate::utilities::text::regex::{Pattern, Piece, replace};

/// A function of values; none if it is not one of these.
pub fn pure(name: &str, arguments: &[Value], format: &str) -> Option<Value> {
    let text = |index: usize| arguments.get(index).map(|value| value.text(format)).unwrap_or_default();
    let number = |index: usize| arguments.get(index).map_or(0.0, Value::number);
    let count = |count: usize| Value::Number(count as f64);
    Some(match name {
        "length" => count(text(0).chars().count()),
        "substr" => Value::Text(substring(&text(0), number(1), arguments.get(2).map(Value::number))),
        "index" => {
            let (text, part) = (text(0), text(1));
            count(text.find(&part).map_or(0, |at| text[..at].chars().count() + 1))
        }
        "tolower" => Value::Text(text(0).to_lowercase()),
        "toupper" => Value::Text(text(0).to_uppercase()),
        "int" => Value::Number(number(0).trunc()),
        "sin" => Value::Number(libm::sin(number(0))),
        "cos" => Value::Number(libm::cos(number(0))),
        "atan2" => Value::Number(libm::atan2(number(0), number(1))),
        "exp" => Value::Number(libm::exp(number(0))),
        "log" => Value::Number(libm::log(number(0))),
        "sqrt" => Value::Number(number(0).sqrt()),
        _ => return None,
    })
}

/// Positions are rounded and may lie outside, as POSIX has it.
fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let start = start.round_ties_even();
    let end = length.map_or(f64::INFINITY, |length| start + length.round_ties_even());
    let inside = |index: usize| {
        let position = index as f64 + 1.0;
        position >= start && position < end
    };
    text.chars().enumerate().filter(|(index, _)| inside(*index)).map(|(_, letter)| letter).collect()
}

/// The replacement of `sub` and `gsub`: `&` is the match, `\&` an ampersand.
pub fn pieces(replacement: &str, groups: bool) -> Vec<Piece> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    let mut letters = replacement.chars().peekable();
    while let Some(letter) = letters.next() {
        let group = match letter {
            '&' => 0,
            '\\' => {
                match letters.next_if(|next| matches!(next, '&' | '\\') || groups && next.is_ascii_digit()) {
                    Some(digit) if digit.is_ascii_digit() => digit as usize - '0' as usize,
                    quoted => {
                        text.push(quoted.unwrap_or('\\'));
                        continue;
                    }
                }
            }
            _ => {
                text.push(letter);
                continue;
            }
        };
        pieces.push(Piece::Text(std::mem::take(&mut text)));
        pieces.push(Piece::Group(group));
    }
    pieces.push(Piece::Text(text));
    pieces
}

/// gawk's `gensub`.
pub fn general_substitution(pattern: &Pattern, replacement: &str, how: &Value, text: &str) -> String {
    let every = how.text("%.6g").starts_with(['g', 'G']);
    let from = if every { 1 } else { (how.number() as usize).max(1) };
    replace(pattern, text, &pieces(replacement, true), from, every).0
}
