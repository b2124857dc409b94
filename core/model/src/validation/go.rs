//! Go's notation of values (`%q`, `%#v`), in which the API server shows what is wrong.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::error::Shown;

/// An address in place of the one that the server's memory would give: the text is the same in every run.
pub(super) const ADDRESS: &str = "0xc000000000";

/// A text in double quotes, escaped as Go does.
pub fn quoted(text: &str) -> String {
    quoted_bytes(text.as_bytes())
}

/// The same of bytes that may be no text.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push_escaped(&mut quoted, character));
        quoted.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    quoted.push('"');
    quoted
}

fn push_escaped(quoted: &mut String, character: char) {
    match character {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{b}' => quoted.push_str("\\v"),
        '\u{c}' => quoted.push_str("\\f"),
        plain if printable(plain) => quoted.push(plain),
        control if control.is_ascii() => quoted.push_str(&format!("\\x{:02x}", u32::from(control))),
        wide if u32::from(wide) < 0x1_0000 => quoted.push_str(&format!("\\u{:04x}", u32::from(wide))),
        wide => quoted.push_str(&format!("\\U{:08x}", u32::from(wide))),
    }
}

/// Whether Go prints a character as it is: no control or format character, and no blank but the common one.
pub(super) fn printable(character: char) -> bool {
    let invisible = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..);
    character == ' ' || !(character.is_control() || character.is_whitespace() || invisible)
}

/// `[]string{"a", "b"}`.
pub fn strings<S: AsRef<str>>(values: &[S]) -> Shown {
    Shown::raw(string_slice(values))
}

fn string_slice<S: AsRef<str>>(values: &[S]) -> String {
    let items = values.iter().map(|value| quoted(value.as_ref())).collect::<Vec<_>>().join(", ");
    format!("[]string{{{items}}}")
}

/// `map[string]string{"app":"a"}`.
pub fn string_map<'a>(map: impl IntoIterator<Item = (&'a String, &'a String)>) -> Shown {
    Shown::raw(string_map_text(Some(map)))
}

/// The same of a map that may be absent.
pub fn optional_string_map<'a, M: IntoIterator<Item = (&'a String, &'a String)>>(map: Option<M>) -> Shown {
    Shown::raw(string_map_text(map))
}

fn string_map_text<'a, M: IntoIterator<Item = (&'a String, &'a String)>>(map: Option<M>) -> String {
    let Some(map) = map else { return "map[string]string(nil)".to_owned() };
    let items: Vec<String> =
        map.into_iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value))).collect();
    format!("map[string]string{{{}}}", items.join(", "))
}

/// `v1.LabelSelector{...}`.
pub fn label_selector(selector: &LabelSelector) -> Shown {
    let expressions = match &selector.match_expressions {
        None => "[]v1.LabelSelectorRequirement(nil)".to_owned(),
        Some(expressions) => {
            let items: Vec<String> = expressions.iter().map(requirement).collect();
            format!("[]v1.LabelSelectorRequirement{{{}}}", items.join(", "))
        }
    };
    let labels = string_map_text(selector.match_labels.as_ref());
    Shown::raw(format!("v1.LabelSelector{{MatchLabels:{labels}, MatchExpressions:{expressions}}}"))
}

fn requirement(requirement: &LabelSelectorRequirement) -> String {
    let values =
        requirement.values.as_ref().map_or_else(|| "[]string(nil)".to_owned(), |values| string_slice(values));
    let (key, operator) = (quoted(&requirement.key), quoted(&requirement.operator));
    format!("v1.LabelSelectorRequirement{{Key:{key}, Operator:{operator}, Values:{values}}}")
}

/// `intstr.IntOrString{Type:1, IntVal:0, StrVal:"101%"}`.
pub fn int_or_string(value: &IntOrString) -> Shown {
    Shown::raw(int_or_string_text(value))
}

pub(super) fn int_or_string_text(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => format!("intstr.IntOrString{{Type:0, IntVal:{number}, StrVal:\"\"}}"),
        IntOrString::String(text) => {
            format!("intstr.IntOrString{{Type:1, IntVal:0, StrVal:{}}}", quoted(text))
        }
    }
}

/// `resource.Quantity{...}` of this text; `cached` is the text that the server has printed before, if any. A fraction is told as
/// one, since the text is canonical by now and nobody knows whether it was written as `0.5` or `500m`.
pub fn quantity(text: &str, cached: &str) -> Shown {
    let (mut value, mut scale) = amount(text);
    while scale < 0 && value % 10 == 0 && value != 0 {
        value /= 10;
        scale += 1;
    }
    let format = if text.ends_with('i') { "BinarySI" } else { "DecimalSI" };
    Shown::raw(format!(
        "resource.Quantity{{i:resource.int64Amount{{value:{value}, scale:{scale}}}, \
         d:resource.infDecAmount{{Dec:(*inf.Dec)(nil)}}, s:{}, Format:\"{format}\"}}",
        quoted(cached)
    ))
}

/// Digits and power of ten of a quantity as the server keeps it: `0.5` is 5 and -1, `100m` is 100 and -3, `1Gi` 1073741824 and 0.
pub(super) fn amount(text: &str) -> (i128, i32) {
    let digits_end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits_end);
    let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|it| *it == suffix);
    let decimals = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let value: i128 = number.replace(['.', '+'], "").parse().unwrap_or(0);
    if let Some(power) = binary {
        let divisor = 10i128.saturating_pow(u32::try_from(decimals).unwrap_or(0));
        return (value.saturating_mul(1i128 << (10 * (power + 1))) / divisor, 0);
    }
    let power = match suffix {
        "n" => -9,
        "u" => -6,
        "m" => -3,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        "P" => 15,
        "E" => 18,
        _ => suffix.trim_start_matches(['e', 'E']).parse().unwrap_or(0),
    };
    (value, power - i32::try_from(decimals).unwrap_or(0))
}
