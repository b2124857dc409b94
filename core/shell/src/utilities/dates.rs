//! Dates: `date`, and the times that `ls` shows. Everything is UTC.

use super::options::{Spec, is_busybox, name_of};
use crate::io::Io;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment by the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// Year.
    pub year: i64,
    /// Month from 1.
    pub month: u32,
    /// Day of the month from 1.
    pub day: u32,
    /// Hour.
    pub hour: u32,
    /// Minute.
    pub minute: u32,
    /// Second.
    pub second: u32,
    /// Day of the week from Sunday, 0.
    pub weekday: u32,
    /// Day of the year from 1.
    pub yearday: u32,
}

impl Calendar {
    /// The calendar's name of a Unix time.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400);
        let rest = seconds.rem_euclid(86_400) as u32;
        let (year, month, day) = civil(days);
        Self {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (days + 4).rem_euclid(7) as u32,
            yearday: (days - days_from_civil(year, 1, 1)) as u32 + 1,
        }
    }

    fn month_name(&self) -> &'static str {
        MONTHS[self.month as usize - 1]
    }

    fn day_name(&self) -> &'static str {
        DAYS[self.weekday as usize]
    }
}

/// Year, month and day of a number of days since 1970.
fn civil(days: i64) -> (i64, u32, u32) {
    // Years are counted from March, in eras of 400 years, so that the leap day comes last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// `Jan  2 15:04`, or with the year if it is more than half a year away.
#[must_use]
pub fn file_time(seconds: i64, now: i64) -> String {
    let at = Calendar::of(seconds);
    let month = &at.month_name()[..3];
    if (now - seconds).abs() > 15_778_476 {
        format!("{month} {:2}  {}", at.day, at.year)
    } else {
        format!("{month} {:2} {:02}:{:02}", at.day, at.hour, at.minute)
    }
}

/// A moment by a `strftime` format.
#[must_use]
pub fn format_time(format: &str, seconds: i64, micros: u32) -> String {
    let at = Calendar::of(seconds);
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut kind = chars.next();
        let mut digits = 9;
        while let Some(flag) = kind.filter(|kind| matches!(kind, '-' | '_' | '0' | '1'..='9' | ':')) {
            digits = flag.to_digit(10).filter(|digit| *digit > 0).unwrap_or(digits);
            kind = chars.next();
        }
        let part = match kind {
            Some('Y') => at.year.to_string(),
            Some('y') => format!("{:02}", at.year.rem_euclid(100)),
            Some('m') => format!("{:02}", at.month),
            Some('d') => format!("{:02}", at.day),
            Some('e') => format!("{:2}", at.day),
            Some('H') => format!("{:02}", at.hour),
            Some('I') => format!("{:02}", (at.hour + 11) % 12 + 1),
            Some('M') => format!("{:02}", at.minute),
            Some('S') => format!("{:02}", at.second),
            Some('N') => format!("{micros:06}000")[..digits as usize].to_owned(),
            Some('p') => if at.hour < 12 { "AM" } else { "PM" }.to_owned(),
            Some('j') => format!("{:03}", at.yearday),
            Some('u') => if at.weekday == 0 { 7 } else { at.weekday }.to_string(),
            Some('w') => at.weekday.to_string(),
            Some('a') => at.day_name()[..3].to_owned(),
            Some('A') => at.day_name().to_owned(),
            Some('b' | 'h') => at.month_name()[..3].to_owned(),
            Some('B') => at.month_name().to_owned(),
            Some('F') => format_time("%Y-%m-%d", seconds, micros),
            Some('T') => format_time("%H:%M:%S", seconds, micros),
            Some('R') => format_time("%H:%M", seconds, micros),
            Some('D') => format_time("%m/%d/%y", seconds, micros),
            Some('c') => format_time("%a %b %e %H:%M:%S %Y", seconds, micros),
            Some('s') => seconds.to_string(),
            Some('z') => "+0000".to_owned(),
            Some('Z') => "UTC".to_owned(),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        text.push_str(&part);
    }
    text
}

const DATE: Spec = Spec {
    long: &[("utc", 'u'), ("date", 'd'), ("rfc-3339", 'x'), ("iso-8601", 'I'), ("rfc-email", 'R')],
    ..Spec::new("uRIs:d:r:x:", "[OPTION]... [+FORMAT]")
};

/// `date`.
pub fn date(io: &mut Io<'_>, args: &[String]) -> i32 {
    let args: Vec<String> =
        args.iter().map(|arg| if arg.starts_with("-I") { "-I".to_owned() } else { arg.clone() }).collect();
    let parsed = match DATE.parse(io, &args) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (now, now_micros) = io.unix_time();
    let (mut seconds, mut micros) = (now, now_micros);
    if let Some(text) = parsed.value('d') {
        match parse_time(text, now) {
            Some(time) => (seconds, micros) = (time, 0),
            None => {
                invalid_date(io, &args, text);
                return 1;
            }
        }
    }
    if parsed.has('s') {
        io.err(&format!("{}: cannot set date: Operation not permitted\n", name_of(&args)));
        return 1;
    }
    let format = match parsed.operands.first() {
        Some(format) if format.starts_with('+') => format[1..].to_owned(),
        Some(other) => {
            invalid_date(io, &args, other);
            return 1;
        }
        None if parsed.has('R') => "%a, %d %b %Y %H:%M:%S %z".to_owned(),
        None if parsed.has('I') => "%F".to_owned(),
        None if parsed.has('x') => "%F %T+00:00".to_owned(),
        None => "%a %b %e %H:%M:%S UTC %Y".to_owned(),
    };
    io.out(&format!("{}\n", format_time(&format, seconds, micros)));
    0
}

/// `@1700000000`, `2026-01-02`, `2026-01-02T03:04:05Z`, `now`, `yesterday`, `-1 hour`, `2 days ago`.
#[must_use]
pub fn parse_time(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().ok();
    }
    match text {
        "" | "now" => return Some(now),
        "today" => return Some(now),
        "tomorrow" => return Some(now + 86_400),
        "yesterday" => return Some(now - 86_400),
        _ => {}
    }
    absolute(text).or_else(|| relative(text, now))
}

fn absolute(text: &str) -> Option<i64> {
    let text = text.trim_end_matches('Z').trim_end_matches(" UTC");
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut parts = time.split('.').next()?.split(':').map(str::parse::<i64>);
    let hour = parts.next()?.ok()?;
    let minute = parts.next().unwrap_or(Ok(0)).ok()?;
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    Some(days_from_civil(year, month as u32, day as u32) * 86_400 + hour * 3600 + minute * 60 + second)
}

fn relative(text: &str, now: i64) -> Option<i64> {
    let ago = text.ends_with("ago");
    let mut words = text.trim_end_matches("ago").split_whitespace();
    let mut time = now;
    while let Some(word) = words.next() {
        let split = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let number: i64 = word[..split].trim_start_matches('+').parse().ok()?;
        let unit = if split < word.len() { &word[split..] } else { words.next()? };
        let size = match unit.trim_end_matches('s') {
            "sec" | "second" | "" => 1,
            "min" | "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            "week" => 604_800,
            _ => return None,
        };
        time += if ago { -number * size } else { number * size };
    }
    Some(time)
}

fn invalid_date(io: &mut Io<'_>, args: &[String], text: &str) {
    let quotes = if is_busybox(io) { ['\'', '\''] } else { ['‘', '’'] };
    io.err(&format!("{}: invalid date {}{text}{}\n", name_of(args), quotes[0], quotes[1]));
}
