//! Counting what passed, from the closing lines of each test runner.

use std::time::Duration;

/// How one part of the tests went.
#[derive(Default)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Why the part did not run, or what went wrong around it.
    pub note: String,
}

impl Tally {
    /// A part that is one check.
    pub fn of_check(is_good: bool) -> Self {
        Self { passed: u64::from(is_good), failed: u64::from(!is_good), note: String::new() }
    }

    /// A part that did not run.
    pub fn skipped(why: &str) -> Self {
        Self { note: format!("skipped: {why}"), ..Self::default() }
    }

    /// A part that could not run.
    pub fn broken(why: &str) -> Self {
        Self { failed: 1, note: why.to_owned(), ..Self::default() }
    }

    /// Adds what a line of a runner's output says, if it is a closing line.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        let counts = cargo_counts(line).or_else(|| node_counts(line)).or_else(|| plain_counts(line));
        if let Some((passed, failed)) = counts {
            self.passed += passed;
            self.failed += failed;
        }
    }

    /// Counts a failure that no closing line told: a build that broke, a runner that died.
    pub fn close(mut self, succeeded: bool) -> Self {
        if !succeeded && self.failed == 0 {
            self.failed = 1;
            "did not come to its end".clone_into(&mut self.note);
        }
        self
    }
}

/// Prints the table of all parts, and last the totals alone on a line; says whether all is well.
pub fn print(parts: &[(&str, Tally, Duration)], total: Duration) -> bool {
    println!("\n{:<10} {:>7} {:>7} {:>9}", "part", "passed", "failed", "seconds");
    for (name, tally, time) in parts {
        let line = format!(
            "{name:<10} {:>7} {:>7} {:>9.1}  {}",
            tally.passed,
            tally.failed,
            time.as_secs_f64(),
            tally.note
        );
        println!("{}", line.trim_end());
    }
    let passed: u64 = parts.iter().map(|(_, tally, _)| tally.passed).sum();
    let failed: u64 = parts.iter().map(|(_, tally, _)| tally.failed).sum();
    println!("total time, set-up and builds included: {:.1} s\n", total.as_secs_f64());
    println!("{passed} passed, {failed} failed");
    failed == 0
}

/// `test result: ok. 3 passed; 1 failed; ...`, of cargo and of wasm-bindgen's runner.
fn cargo_counts(line: &str) -> Option<(u64, u64)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = counts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some((passed, failed))
}

/// `ℹ pass 3`, `ℹ fail 1`, of Node's runner.
fn node_counts(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_prefix('ℹ')?.split_whitespace();
    let (what, count) = (words.next()?, words.next()?.parse().ok()?);
    match what {
        "pass" => Some((count, 0)),
        "fail" => Some((0, count)),
        _ => None,
    }
}

/// `3 passed, 1 failed`, of our own programs.
fn plain_counts(line: &str) -> Option<(u64, u64)> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some((passed.parse().ok()?, failed.strip_suffix(" failed")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_all_runners_add_up() {
        let mut tally = Tally::default();
        for line in [
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "ℹ pass 3",
            "ℹ fail 4",
            "ℹ duration_ms 100",
            "10 passed, 20 failed",
            "and then 5 passed, 6 failed",
        ] {
            tally.read(line);
        }
        assert_eq!((tally.passed, tally.failed), (15, 25));
    }

    #[test]
    fn a_runner_that_dies_is_a_failure() {
        assert_eq!(Tally { passed: 3, ..Tally::default() }.close(false).failed, 1);
        assert_eq!(Tally { failed: 2, ..Tally::default() }.close(false).failed, 2);
        assert_eq!(Tally::default().close(true).failed, 0);
    }
}
