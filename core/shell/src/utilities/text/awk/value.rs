//! Values of awk: numbers, strings, and strings that look like numbers.

use serde::{Deserialize, Serialize};

/// A value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Never set: both 0 and the empty string.
    #[default]
    Unset,
    Number(f64),
    Text(String),
    /// From the input: a string that compares as a number.
    Input(String, f64),
    /// An array, as a parameter.
    Array(usize),
}

impl Value {
    /// A string from the input.
    pub fn input(text: String) -> Self {
        let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
        if !trimmed.is_empty() && number_length(trimmed) == trimmed.len() {
            let number = trimmed.parse().unwrap_or(0.0);
            return Self::Input(text, number);
        }
        Self::Text(text)
    }

    /// As a number.
    pub fn number(&self) -> f64 {
        match self {
            Self::Unset | Self::Array(_) => 0.0,
            Self::Number(number) | Self::Input(_, number) => *number,
            Self::Text(text) => leading_number(text),
        }
    }

    /// As a string; `format` is CONVFMT or OFMT.
    pub fn text(&self, format: &str) -> String {
        match self {
            Self::Unset | Self::Array(_) => String::new(),
            Self::Number(number) => number_text(*number, format),
            Self::Text(text) | Self::Input(text, _) => text.clone(),
        }
    }

    /// As a condition.
    pub fn truth(&self) -> bool {
        match self {
            Self::Unset => false,
            Self::Number(number) | Self::Input(_, number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Array(_) => true,
        }
    }

    /// Whether it compares as a number.
    pub fn is_numeric(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

/// The number that a string starts with.
pub fn leading_number(text: &str) -> f64 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r']);
    text[..number_length(text)].parse().unwrap_or(0.0)
}

/// How many bytes at the start are a decimal number.
pub fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(start);
    let mut end = whole;
    let mut any = whole > start;
    if bytes.get(whole) == Some(&b'.') {
        let fraction = digits(whole + 1);
        any |= fraction > whole + 1;
        end = fraction;
    }
    if !any {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(sign);
        if exponent > sign {
            end = exponent;
        }
    }
    end
}

fn number_text(number: f64, format: &str) -> String {
    // mawk prints integers of 32 bits as such and the rest by the format.
    if number == number.trunc() && number.abs() < 2_147_483_648.0 {
        return format!("{}", number as i64);
    }
    super::format::format(format, &[Value::Number(number)]).unwrap_or_default()
}
