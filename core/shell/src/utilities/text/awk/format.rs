//! `printf`, as the C library does it.

use super::value::Value;

/// The parts of a conversion.
#[derive(Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// Formats `arguments`; none if there are too few of them.
pub fn format(format: &str, arguments: &[Value]) -> Option<String> {
    let mut result = String::new();
    let mut arguments = arguments.iter();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            result.push(letter);
            continue;
        }
        if letters.peek() == Some(&'%') {
            letters.next();
            result.push('%');
            continue;
        }
        let mut conversion = Conversion::default();
        while let Some(flag) = letters.next_if(|flag| "-+ #0".contains(*flag)) {
            match flag {
                '-' => conversion.left = true,
                '+' => conversion.plus = true,
                ' ' => conversion.space = true,
                '#' => conversion.alternate = true,
                _ => conversion.zero = true,
            }
        }
        let mut number = |letters: &mut std::iter::Peekable<std::str::Chars<'_>>| -> Option<i64> {
            if letters.next_if_eq(&'*').is_some() {
                return arguments.next().map(|value| value.number() as i64);
            }
            let mut number: i64 = 0;
            while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                number = (number * 10 + i64::from(digit as u8 - b'0')).min(100_000);
            }
            Some(number)
        };
        let width = number(&mut letters)?;
        conversion.left |= width < 0;
        conversion.width = usize::try_from(width.unsigned_abs().min(100_000)).unwrap_or(0);
        if letters.next_if_eq(&'.').is_some() {
            conversion.precision = usize::try_from(number(&mut letters)?).ok();
        }
        while letters.next_if(|letter| "hlLqjzt".contains(*letter)).is_some() {}
        let Some(kind) = letters.next() else { break };
        let value = arguments.next()?;
        result.push_str(&conversion.apply(kind, value));
    }
    Some(result)
}

impl Conversion {
    fn apply(&self, kind: char, value: &Value) -> String {
        let number = value.number();
        match kind {
            'd' | 'i' => self.integer(number),
            'o' | 'x' | 'X' | 'u' => {
                let number = number as i64 as u64;
                let digits = match kind {
                    'o' => format!("{number:o}"),
                    'x' => format!("{number:x}"),
                    'X' => format!("{number:X}"),
                    _ => number.to_string(),
                };
                let prefix = match kind {
                    'x' if self.alternate && number != 0 => "0x",
                    'X' if self.alternate && number != 0 => "0X",
                    'o' if self.alternate => "0",
                    _ => "",
                };
                self.pad(prefix, &self.digits(&digits), self.precision.is_none())
            }
            'c' => {
                let text = match value {
                    Value::Number(number) => {
                        char::from_u32(*number as u32).map(String::from).unwrap_or_default()
                    }
                    value => value.text("%.6g").chars().take(1).collect(),
                };
                self.pad("", &text, false)
            }
            's' => {
                let text = value.text("%.6g");
                let text = match self.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text,
                };
                self.pad("", &text, false)
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.float(kind, number),
            _ => format!("%{kind}"),
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            _ => "",
        }
    }

    fn digits(&self, digits: &str) -> String {
        format!("{digits:0>width$}", width = self.precision.unwrap_or(0))
    }

    fn integer(&self, number: f64) -> String {
        if !number.is_finite() {
            return self.float('f', number);
        }
        let number = number.trunc() as i128;
        let number = number.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        self.pad(
            self.sign(number < 0),
            &self.digits(&number.unsigned_abs().to_string()),
            self.precision.is_none(),
        )
    }

    fn float(&self, kind: char, number: f64) -> String {
        let sign = self.sign(number.is_sign_negative());
        let number = number.abs();
        if !number.is_finite() {
            let text = if number.is_nan() { "nan" } else { "inf" };
            return self.pad(sign, text, false);
        }
        let precision = self.precision.unwrap_or(6);
        let body = match kind.to_ascii_lowercase() {
            'f' => format!("{number:.precision$}"),
            'e' => exponential(number, precision),
            _ => self.general(number, precision.max(1)),
        };
        let body = if kind.is_uppercase() { body.to_uppercase() } else { body };
        self.pad(sign, &body, true)
    }

    /// `%g`: the shorter of both forms, without zeros at the end.
    fn general(&self, number: f64, precision: usize) -> String {
        let scientific = exponential(number, precision - 1);
        let exponent: i32 =
            scientific.rsplit('e').next().and_then(|exponent| exponent.parse().ok()).unwrap_or(0);
        let strip = |text: &str| {
            if self.alternate || !text.contains('.') {
                return text.to_owned();
            }
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        if exponent < -4 || exponent >= precision as i32 {
            let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
            return format!("{}e{exponent}", strip(mantissa));
        }
        let decimals = usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0);
        strip(&format!("{number:.decimals$}"))
    }

    fn pad(&self, prefix: &str, body: &str, zeros: bool) -> String {
        let length = prefix.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        if self.left {
            format!("{prefix}{body}{}", " ".repeat(missing))
        } else if self.zero && zeros {
            format!("{prefix}{}{body}", "0".repeat(missing))
        } else {
            format!("{}{prefix}{body}", " ".repeat(missing))
        }
    }
}

/// `%e`: Rust writes `1.5e3`, C `1.5e+03`.
fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}
