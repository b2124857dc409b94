//! Resource quantities: `500m`, `1Gi`, `1e3`, as `resource.Quantity` reads, computes and prints them.
//!
//! A quantity is a whole number of nano units (what lies between is rounded away from zero) and the notation that it was
//! written in, which decides the canonical form: `1000m` is `1`, `1024Ki` is `1Mi`, `0.5Gi` is `512Mi`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANOS_PER_UNIT: i128 = 1_000_000_000;
const NANOS_PER_MILLI: i128 = 1_000_000;

/// Decimal suffixes and the power of ten each stands for, largest first.
const DECIMAL_SUFFIXES: [(&str, i32); 10] =
    [("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9)];

/// Binary suffixes and the power of two each stands for, largest first.
const BINARY_SUFFIXES: [(&str, u32); 6] =
    [("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];

/// The notation a quantity was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// `500m`, `1`, `2k`, `3M`.
    #[default]
    DecimalSi,
    /// `1Ki`, `512Mi`, `2Gi`.
    BinarySi,
    /// `1e3`, `12e6`.
    DecimalExponent,
}

/// Why a text is no quantity; the texts are the API server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// Not of the form number and suffix.
    Format,
    /// The number is none.
    Numeric,
    /// No such suffix.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            Self::Numeric => "unable to parse numeric part of quantity",
            Self::Suffix => "unable to parse quantity's suffix",
        })
    }
}

impl std::error::Error for QuantityError {}

/// An amount of a resource. Two quantities are equal when their amounts are, whatever their notation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// Nothing, in decimal notation.
    pub const ZERO: Self = Self { nanos: 0, format: Format::DecimalSi };

    /// So many whole units (`2` cores, bytes, pods).
    pub fn from_units(units: i64, format: Format) -> Self {
        Self { nanos: i128::from(units) * NANOS_PER_UNIT, format }
    }

    /// So many thousandths (`500` is `500m`).
    pub fn from_milli(milli: i64) -> Self {
        Self { nanos: i128::from(milli) * NANOS_PER_MILLI, format: Format::DecimalSi }
    }

    /// Whole units, rounded away from zero: `1500m` is 2.
    pub fn value(&self) -> i64 {
        clamp(divide_away_from_zero(self.nanos, NANOS_PER_UNIT))
    }

    /// Thousandths, rounded away from zero.
    pub fn milli_value(&self) -> i64 {
        clamp(divide_away_from_zero(self.nanos, NANOS_PER_MILLI))
    }

    /// The least whole number of thousandths that is not less; itself if it is one.
    #[must_use]
    pub fn rounded_up_to_milli(self) -> Self {
        let nanos = -(-self.nanos).div_euclid(NANOS_PER_MILLI) * NANOS_PER_MILLI;
        Self { nanos, format: self.format }
    }

    /// The amount as a float, for ratios and graphs.
    pub fn as_f64(&self) -> f64 {
        self.nanos as f64 / NANOS_PER_UNIT as f64
    }

    /// The notation in which the quantity prints.
    pub fn format(&self) -> Format {
        self.format
    }

    /// True for `0`, `0Mi`...
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// The sum, in the notation of `self` unless that is zero.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// The difference, in the notation of `self` unless that is zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { nanos: other.nanos.saturating_neg(), format: other.format })
    }

    /// So many times the amount.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self { nanos: self.nanos.saturating_mul(i128::from(count)), format: self.format }
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.plus(other)
    }
}

impl std::ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.minus(other)
    }
}

impl std::ops::AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = self.plus(other);
    }
}

impl std::ops::SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        *self = self.minus(other);
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Self::plus)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if let Some(quick) = parse_common(text) {
            return Ok(quick);
        }
        let parts = Parts::split(text)?;
        let scale = parts.scale()?;
        let amount = parts.amount(scale)?;
        Ok(Self { nanos: if parts.negative { -amount } else { amount }, format: scale.format() })
    }
}

impl TryFrom<&RawQuantity> for Quantity {
    type Error = QuantityError;
    fn try_from(raw: &RawQuantity) -> Result<Self, QuantityError> {
        raw.0.parse()
    }
}

impl From<Quantity> for RawQuantity {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.to_string())
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The amount of an object's quantity; one that does not parse (validation has refused it before) counts as nothing.
pub fn parse_or_zero(raw: &RawQuantity) -> Quantity {
    raw.0.parse().unwrap_or_default()
}

/// The canonical form of a quantity's text: `0.5` is `500m`.
pub fn canonical(text: &str) -> Result<String, QuantityError> {
    text.parse::<Quantity>().map(|quantity| quantity.to_string())
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let whole = self.nanos % NANOS_PER_UNIT == 0;
        let units = self.nanos / NANOS_PER_UNIT;
        match self.format {
            // A fraction, or less than the first suffix, reads better in decimals.
            Format::BinarySi if whole && units.unsigned_abs() >= 1024 => {
                for (suffix, shift) in BINARY_SUFFIXES {
                    if units % (1i128 << shift) == 0 {
                        return write!(f, "{}{suffix}", units >> shift);
                    }
                }
                write!(f, "{units}")
            }
            Format::BinarySi | Format::DecimalSi => {
                let (mantissa, exponent) = decimal_parts(self.nanos);
                match DECIMAL_SUFFIXES.iter().find(|(_, power)| *power == exponent) {
                    Some((suffix, _)) => write!(f, "{mantissa}{suffix}"),
                    None => write!(f, "{mantissa}e{exponent}"),
                }
            }
            Format::DecimalExponent => match decimal_exponent_parts(self.nanos) {
                (mantissa, 0) => write!(f, "{mantissa}"),
                (mantissa, exponent) => write!(f, "{mantissa}e{exponent}"),
            },
        }
    }
}

/// Mantissa and power of ten (a multiple of three up to 18), the power as large as a whole mantissa allows.
fn decimal_parts(nanos: i128) -> (i128, i32) {
    let (mut mantissa, mut exponent) = (nanos, -9);
    while exponent < 18 && mantissa % 1000 == 0 {
        mantissa /= 1000;
        exponent += 3;
    }
    (mantissa, exponent)
}

fn decimal_exponent_parts(nanos: i128) -> (i128, i32) {
    let (mut mantissa, mut exponent) = decimal_parts(nanos);
    while mantissa % 1000 == 0 {
        mantissa /= 1000;
        exponent += 3;
    }
    (mantissa, exponent)
}

/// Plain integers, `m`, `Ki`, `Mi` and `Gi` of a few digits: nearly every quantity of a manifest.
fn parse_common(text: &str) -> Option<Quantity> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 15 {
        return None;
    }
    let number = text[..digits].bytes().fold(0i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let (factor, format) = match &text[digits..] {
        "" => (NANOS_PER_UNIT, Format::DecimalSi),
        "m" => (NANOS_PER_MILLI, Format::DecimalSi),
        "Ki" => (NANOS_PER_UNIT << 10, Format::BinarySi),
        "Mi" => (NANOS_PER_UNIT << 20, Format::BinarySi),
        "Gi" => (NANOS_PER_UNIT << 30, Format::BinarySi),
        _ => return None,
    };
    let nanos = number * factor;
    let cap = i128::from(i64::MAX) * NANOS_PER_UNIT;
    Some(Quantity { nanos: if format == Format::BinarySi { nanos.min(cap) } else { nanos }, format })
}

/// A quantity's text in pieces: sign, digits before and after the point, suffix.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let (negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = split_while(rest, |byte| byte.is_ascii_digit());
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_while(rest, |byte| byte.is_ascii_digit()),
            None => ("", rest),
        };
        let (_, rest) = split_while(suffix, |byte| b"eEinumkKMGTP".contains(&byte));
        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        let (_, rest) = split_while(rest, |byte| byte.is_ascii_digit());
        // A second sign is a suffix that nobody knows, anything else is no quantity at all.
        match rest.bytes().next() {
            None => Ok(Self { negative, whole, fraction, suffix }),
            Some(_) => Err(QuantityError::Format),
        }
    }

    fn scale(&self) -> Result<Scale, QuantityError> {
        if let Some((_, shift)) = BINARY_SUFFIXES.iter().find(|(suffix, _)| *suffix == self.suffix) {
            return Ok(Scale::Binary(*shift));
        }
        if let Some((_, power)) = DECIMAL_SUFFIXES.iter().find(|(suffix, _)| *suffix == self.suffix) {
            return Ok(Scale::Decimal(*power));
        }
        match self.suffix.strip_prefix(['e', 'E']).and_then(|power| power.parse().ok()) {
            Some(power) => Ok(Scale::Exponent(power)),
            None => Err(QuantityError::Suffix),
        }
    }

    /// The amount without its sign, in nanos.
    fn amount(&self, scale: Scale) -> Result<i128, QuantityError> {
        let digits = format!("{}{}", self.whole, self.fraction);
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return Ok(0);
        }
        let places = i32::try_from(self.fraction.len()).map_err(|_| QuantityError::Numeric)?;
        let power = 9 - places;
        Ok(match scale {
            Scale::Binary(shift) => {
                let number = digits.parse::<i128>().unwrap_or(i128::MAX).saturating_mul(1i128 << shift);
                shift_decimal(number, power).min(i128::from(i64::MAX) * NANOS_PER_UNIT)
            }
            Scale::Decimal(exponent) | Scale::Exponent(exponent) => {
                let power = power.saturating_add(exponent);
                // More digits than an i128 holds: those below a nano only decide the rounding.
                let keep = digits.len().min(38);
                let dropped = i32::try_from(digits.len() - keep).map_err(|_| QuantityError::Numeric)?;
                let number = digits[..keep].parse::<i128>().unwrap_or(i128::MAX);
                shift_decimal(number, power.saturating_add(dropped))
            }
        })
    }
}

#[derive(Clone, Copy)]
enum Scale {
    Binary(u32),
    Decimal(i32),
    Exponent(i32),
}

impl Scale {
    fn format(self) -> Format {
        match self {
            Self::Binary(_) => Format::BinarySi,
            Self::Decimal(_) => Format::DecimalSi,
            Self::Exponent(_) => Format::DecimalExponent,
        }
    }
}

/// `number` times ten to `power`, rounded up, at most what an i128 holds.
fn shift_decimal(number: i128, power: i32) -> i128 {
    let factor = |power: u32| 10i128.checked_pow(power);
    match u32::try_from(power) {
        Ok(power) => factor(power).map_or(i128::MAX, |factor| number.saturating_mul(factor)),
        Err(_) => factor(power.unsigned_abs()).map_or(1, |factor| divide_away_from_zero(number, factor)),
    }
}

fn divide_away_from_zero(number: i128, by: i128) -> i128 {
    let quotient = number / by;
    if number % by == 0 { quotient } else { quotient + number.signum() }
}

fn clamp(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

fn split_while(text: &str, wanted: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().take_while(|byte| wanted(*byte)).count())
}
