//! Writes indented lines whose tabs become columns.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::tabwriter;

/// A description in the making.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
    done: String,
}

impl Writer {
    /// Adds text at a depth; the text brings its own tabs and newlines.
    pub fn write(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
    }

    /// Adds a line of a name and a value at a depth.
    pub fn field(&mut self, depth: usize, name: &str, value: impl std::fmt::Display) {
        self.write(depth, &format!("{name}:\t{value}\n"));
    }

    /// Aligns what was written; what follows has columns of its own.
    pub fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.done.push_str(&tabwriter::align(&text, tabwriter::DESCRIPTION));
    }

    /// The whole text with its tabs.
    #[must_use]
    pub fn finish_unaligned(self) -> String {
        self.done + &self.text
    }

    /// The whole text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.flush();
        self.done
    }

    /// Labels, one a line.
    pub fn labels(&mut self, depth: usize, title: &str, labels: Option<&BTreeMap<String, String>>) {
        let lines: Vec<String> =
            labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        self.lines(depth, title, &lines);
    }

    /// Annotations, one a line; long ones begin on the next line.
    pub fn annotations(&mut self, depth: usize, title: &str, annotations: Option<&BTreeMap<String, String>>) {
        let mut lines = Vec::new();
        for (key, value) in annotations.into_iter().flatten() {
            if HIDDEN_ANNOTATIONS.contains(&key.as_str()) {
                continue;
            }
            let value = value.strip_suffix('\n').unwrap_or(value);
            if (value.len() + key.len() + 2) < LINE_MAX && !value.contains('\n') {
                lines.push(format!("{key}: {value}"));
                continue;
            }
            lines.push(format!("{key}:"));
            lines.extend(value.split('\n').map(|line| format!("  {}", shorten(line))));
        }
        self.lines(depth, title, &lines);
    }

    /// Lines beside a title.
    pub fn lines(&mut self, depth: usize, title: &str, lines: &[String]) {
        if lines.is_empty() {
            self.field(depth, title, "<none>");
            return;
        }
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                self.write(depth, &format!("{title}:\t{line}\n"));
            } else {
                self.write(0, &format!("\t{line}\n"));
            }
        }
    }
}

const HIDDEN_ANNOTATIONS: &[&str] = &["kubectl.kubernetes.io/last-applied-configuration"];
/// Annotations as long as this get lines of their own.
const LINE_MAX: usize = 140;

fn shorten(line: &str) -> String {
    match line.char_indices().nth(LINE_MAX) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// A time as Go's RFC1123Z: `Wed, 01 May 2024 10:00:00 +0000`.
#[must_use]
pub fn long_time(time: Option<&Time>) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(time) = time else { return "<unset>".to_owned() };
    let days = time.0.as_second().div_euclid(86_400);
    let second = time.0.as_second().rem_euclid(86_400);
    let (year, month, day) = civil_from_days(days);
    // 1 January 1970 was a Thursday.
    let weekday = DAYS[usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0)];
    format!(
        "{weekday}, {day:02} {} {year} {:02}:{:02}:{:02} +0000",
        MONTHS[month - 1],
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The date of a number of days since 1970 (Hinnant's algorithm).
fn civil_from_days(days: i64) -> (i64, usize, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day)
}
