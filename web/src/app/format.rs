//! Numbers and names as people read them.

/// Thousandths of a core as cores: `0.25`, `4`.
#[must_use]
pub fn cores(milli: i64) -> String {
    trim(milli as f64 / 1000.0)
}

/// Bytes as GiB: `1.5`.
#[must_use]
pub fn gibibytes(bytes: i64) -> String {
    trim(bytes as f64 / f64::from(1 << 30))
}

fn trim(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Milliseconds as `00:03:12`, with days before them if there are any.
#[must_use]
pub fn clock(ms: f64) -> String {
    let seconds = (ms / 1000.0).max(0.0) as u64;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let text = format!("{hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60);
    if days > 0 { format!("{days}d {text}") } else { text }
}

/// A long name with its middle left out: both ends are what one tells it by.
#[must_use]
pub fn shorten(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most || most < 8 {
        return name.to_owned();
    }
    let end = (most - 1) / 2;
    let start = most - 1 - end;
    let head: String = letters[..start].iter().collect();
    let tail: String = letters[letters.len() - end..].iter().collect();
    format!("{head}…{tail}")
}
